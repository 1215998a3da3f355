"""Both engines write the same bytes, for worlds with known truth, in any order, in one process or several."""

import random
from pathlib import Path

import polars as pl
import pytest

from benchmarks.reconciliation.files import Shape, World, build
from benchmarks.reconciliation.files import _frame as frame_of
from benchmarks.reconciliation.world import Account, Item, Line
from core.reconciliation.columnar import is_available
from hub.interchange import run_files
from hub.interchange.ahead import CAN_FORK

if not is_available():
    pytest.skip("numba cannot be used here", allow_module_level=True)


def save(folder: Path, shape: Shape, *, shuffled: bool) -> tuple[Path, Path, Path]:
    parts = list(build(World(shape, 1_500, "tuning", 5)))
    tables = {
        "lines": (Line, [row for part in parts for row in part.lines]),
        "items": (Item, [row for part in parts for row in part.items]),
        "accounts": (Account, [row for part in parts for row in part.accounts]),
    }
    for name, (kind, rows) in tables.items():
        if shuffled:
            random.Random(name).shuffle(rows)
        frame_of(kind, rows).write_parquet(folder / f"{name}.parquet")
    return folder / "lines.parquet", folder / "items.parquet", folder / "accounts.parquet"


def outputs(folder: Path, shape: Shape, engine: str, workers: int, *, shuffled: bool) -> dict[str, bytes]:
    folder.mkdir()
    lines, items, accounts = save(folder, shape, shuffled=shuffled)
    run_files(lines, items, accounts, None, folder / "out", workers=workers, engine=engine)  # type: ignore[arg-type]
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


@pytest.mark.parametrize("shape", ["tenants", "account"])
def test_engines_processes_and_order_change_no_byte(tmp_path: Path, shape: Shape) -> None:
    known = outputs(tmp_path / "known", shape, "reference", 1, shuffled=False)
    assert pl.read_parquet(tmp_path / "known" / "out" / "decisions.parquet").height == 1_500
    assert outputs(tmp_path / "alone", shape, "columnar", 1, shuffled=True) == known
    assert outputs(tmp_path / "crew", shape, "columnar", 2, shuffled=False) == known


@pytest.mark.skipif(not CAN_FORK, reason="nothing is read ahead here")
def test_one_account_read_ahead_in_small_blocks_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = outputs(tmp_path / "known", "account", "reference", 1, shuffled=False)
    monkeypatch.setattr("hub.interchange.bulk.WORTH_READING_AHEAD", 1)
    monkeypatch.setattr("hub.interchange.bulk.BLOCK", 100)
    assert outputs(tmp_path / "ahead", "account", "columnar", 3, shuffled=True) == known
