"""Makes a world's files, Parquet as the interchange wants it, and the truth; keeps them."""

import argparse
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

import polars as pl

from benchmarks.reconciliation.noise import TABLE, WORDS, Profile, read_noise
from benchmarks.reconciliation.world import Account, Item, Line, Rows, Size, Tenant, Truth, ids

Shape = Literal["tenants", "account"]
SHAPES: tuple[Shape, ...] = ("tenants", "account")
LINES_PER_ITEM = 4
ITEMS_PER_TENANT = 125
CHUNK = 50_000
ACCOUNTS = 5
"""Receiving accounts of the big tenant, each with its own bank."""
HERE = Path(__file__).parent
KINDS: dict[str, Any] = {"transactions": Line, "items": Item, "accounts": Account, "truth": Truth}
INTEGERS = {"amount_minor", "open_minor", "original_amount_minor", "discount_bp", "retention_bp"}


@dataclass(frozen=True, slots=True)
class World:
    """Which world: shape, number of lines, column of the noise table, seed."""

    shape: Shape
    lines: int
    profile: Profile
    seed: int

    @property
    def name(self) -> str:
        return f"{self.shape}-{self.lines}-{self.profile}-{self.seed}"


class Files(NamedTuple):
    """Where the files of a world are."""

    transactions: Path
    items: Path
    accounts: Path
    truth: Path


def sizes(world: World) -> Iterator[Size]:
    """The tenants of a world: many small ones, or one big account."""
    items = world.lines // LINES_PER_ITEM
    if world.shape == "account":
        yield Size(
            "acc", world.lines, items, max(4, items // 250), max(8, items // 7), ACCOUNTS, company=False
        )
        return
    rng, number = Random(f"sizes/{world.seed}"), 0
    while items > 0:
        number += 1
        mine = min(items, max(15, int(ITEMS_PER_TENANT * 0.74 * rng.lognormvariate(0, 0.78))))
        items -= mine
        yield Size(
            f"t{number:05}", mine * LINES_PER_ITEM, mine, rng.choice((1, 1, 2, 2, 3, 4, 6)),
            max(4, mine // 6), rng.choice((1, 1, 2)), company=True,
        )  # fmt: skip


def build(world: World) -> Iterator[Rows]:
    """The rows of a world, tenant by tenant."""
    noise = read_noise(world.profile)
    line_ids, item_ids = ids("t", world.seed * 7), ids("i", world.seed * 11)
    for size in sizes(world):
        rng = Random(f"{world.profile}/{world.seed}/{size.name}")
        yield Tenant(rng, noise, size, line_ids, item_ids).build()


def cache() -> Path:
    """LETTRAGE_BENCH_WORLDS, else a folder of the system's temporary directory."""
    return Path(os.environ.get("LETTRAGE_BENCH_WORLDS") or Path(tempfile.gettempdir()) / "lettrage-worlds")


def _version() -> str:
    """Of the generator: worlds made by other rules or rates are others."""
    sources = [TABLE, WORDS, *(HERE / f"{name}.py" for name in _SOURCES)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:10]


_SOURCES = (
    "after", "documents", "expected", "files", "labels", "names", "noise", "numbers", "parties", "payments",
    "strangers", "texts", "world",
)  # fmt: skip


def made(world: World) -> Files:
    """The files of a world, made if they are not there."""
    folder = cache() / f"{world.name}-{_version()}"
    files = Files(*(folder / f"{name}.parquet" for name in KINDS))
    if not folder.exists():
        partial = Path(tempfile.mkdtemp(prefix="making-", dir=_existing(cache())))
        try:
            _write(world, partial)
            os.replace(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return files


def _existing(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(world: World, folder: Path) -> None:
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in KINDS}
    waiting: dict[str, list[Any]] = {name: [] for name in KINDS}
    for rows in build(world):
        made: tuple[Sequence[Any], ...] = (rows.lines, rows.items, rows.accounts, rows.truths)
        for name, new in zip(KINDS, made, strict=True):
            waiting[name] += new
            if len(waiting[name]) > CHUNK:
                parts[name].append(_frame(KINDS[name], waiting[name]))
                waiting[name] = []
    for name, kind in KINDS.items():
        frame = pl.concat([*parts[name], _frame(kind, waiting[name])])
        if name == "transactions":
            frame = frame.sort("booking_date", "transaction_id")
        frame.write_parquet(folder / f"{name}.parquet")


def _frame(kind: Any, rows: Sequence[Any]) -> pl.DataFrame:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(kind._fields)
    return pl.DataFrame(
        [
            pl.Series(name, column, dtype=_dtype(name))
            for name, column in zip(kind._fields, columns, strict=True)
        ]
    )


def _dtype(name: str) -> Any:
    if name in INTEGERS:
        return pl.Int64
    if name.endswith("_date") or name == "discount_until":
        return pl.Date
    return pl.Boolean if name == "whole_turnover" else pl.String


def main() -> None:
    """Makes worlds beforehand."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("lines", type=int)
    parser.add_argument("--profile", default="held_out", choices=("tuning", "held_out"))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(made(World(given.shape, given.lines, given.profile, given.seed)).transactions.parent)


if __name__ == "__main__":
    main()
