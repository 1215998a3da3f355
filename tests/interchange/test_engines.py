"""Both engines write the same bytes, for worlds with known truth, in any order, by one thread or several."""

import random
from pathlib import Path

import polars as pl
import pytest

from benchmarks.reconciliation.files import Shape, World, build
from benchmarks.reconciliation.files import _frame as frame_of
from benchmarks.reconciliation.world import Account, Item, Line
from core.reconciliation import kernel
from hub.interchange import run_files
from hub.interchange.deciding import Engine

if not kernel.is_available():
    pytest.skip("the kernel was not built here", allow_module_level=True)


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


def outputs(folder: Path, shape: Shape, engine: Engine, threads: int, *, shuffled: bool) -> dict[str, bytes]:
    folder.mkdir()
    lines, items, accounts = save(folder, shape, shuffled=shuffled)
    run_files(lines, items, accounts, None, folder / "out", threads=threads, engine=engine)
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


@pytest.mark.parametrize("shape", ["tenants", "account"])
def test_engines_processes_and_order_change_no_byte(tmp_path: Path, shape: Shape) -> None:
    known = outputs(tmp_path / "known", shape, "reference", 1, shuffled=False)
    assert pl.read_parquet(tmp_path / "known" / "out" / "decisions.parquet").height == 1_500
    assert outputs(tmp_path / "alone", shape, "kernel", 1, shuffled=True) == known
    assert outputs(tmp_path / "several", shape, "kernel", 3, shuffled=False) == known


@pytest.mark.parametrize("shape", ["tenants", "account"])
def test_work_in_pieces_on_disk_changes_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: Shape
) -> None:
    known = outputs(tmp_path / "known", shape, "kernel", 2, shuffled=False)
    monkeypatch.setattr("hub.interchange.pieces.AT_ONCE", 400)
    assert outputs(tmp_path / "pieces", shape, "kernel", 2, shuffled=True) == known


def test_what_the_kernel_declines_the_reference_decides(tmp_path: Path) -> None:
    tmp_path.joinpath("world").mkdir()
    lines, items, accounts = save(tmp_path / "world", "tenants", shuffled=False)
    frame = pl.read_parquet(items)
    frame[0, "amount_minor"] = 10**15
    frame.write_parquet(items)
    engines: tuple[Engine, ...] = ("kernel", "reference")
    done = {e: run_files(lines, items, accounts, None, tmp_path / e, engine=e) for e in engines}
    made, known = ({path.name: path.read_bytes() for path in (tmp_path / e).iterdir()} for e in done)
    assert made == known
    assert done["kernel"].declined == "an amount is beyond 1000000000000 minor units"
    assert done["reference"].declined is None
