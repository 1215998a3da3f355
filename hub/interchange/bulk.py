"""Pieces decided wall by wall and block by block, so that what is in memory at once stays small."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any, Final, NamedTuple

import polars as pl

from core.model.decision import Decision
from core.reconciliation import Item, Policy
from core.reconciliation.columnar.block import Block
from core.reconciliation.columnar.bulk import Told
from core.reconciliation.columnar.walls import Ahead, decide_wall, in_turn
from core.reconciliation.grouping import grouped_accounts
from hub.interchange.ahead import CAN_FORK, in_forks
from hub.interchange.outputs import Rows
from hub.interchange.pieces import Piece, accounts_of, columns_of, items_of
from hub.interchange.plain import WALL, last_days, money_out, with_ways

BLOCK: Final = 5_000
"""Lines that are read at once; a block ends with a day."""
WINDOW: Final = 50_000
"""Lines or rows of which frames are made and kept."""
WORTH_READING_AHEAD: Final = 20_000
"""Lines of a wall for which more processes are started."""
_ADDED: Final = ("free", "way")


class _Outputs:
    """Takes decisions of one tenant after the other, and adds them to the piece when there are enough."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.tenant_id = ""
        self.rows = Rows()

    def add(self, decision: Decision, /) -> None:
        self.rows.add(decision, self.tenant_id)
        self._flush(WINDOW)

    def tell(self, told: Told, /) -> None:
        self.rows.tell(told)
        self._flush(WINDOW)

    def end(self) -> None:
        """There are no more."""
        self._flush(0)

    def _flush(self, enough: int) -> None:
        if len(self.rows.decided) >= enough:
            self.piece.add(self.rows.frames())
            self.rows = Rows()


class _Sorted:
    """The lines of a piece by wall and day, on disk; a window of them is in memory."""

    def __init__(self, piece: Piece, lines: pl.DataFrame) -> None:
        self.path = piece.folder / "sorted.parquet"
        lines.write_parquet(self.path, compression="lz4", statistics=False, row_group_size=WINDOW)
        self.window = lines[:0]
        self.start = 0

    def rows(self, at: int, count: int) -> pl.DataFrame:
        """So many lines from there on; whoever asks goes forward."""
        if at + count > self.start + self.window.height:
            self.window, self.start = self._read(at, max(count, WINDOW)), at
        return self.window[at - self.start : at - self.start + count]

    def _read(self, at: int, count: int) -> pl.DataFrame:
        return pl.scan_parquet(self.path).slice(at, count).collect()


class _Run(NamedTuple):
    """The lines of one wall: where they begin among all, and how many each of its days has."""

    tenant_id: str
    currency: str
    start: int
    days: list[int]


def decide_in_bulk(piece: Piece, policy: Policy, processes: int = 1) -> None:
    """Adds the outputs to the piece; so many `processes` read the lines of big walls ahead."""
    until = last_days(piece.get("lines"))
    lines, runs = _sorted_out(piece, policy)
    items = piece.get("items").partition_by(*WALL, as_dict=True)
    accounts = grouped_accounts(accounts_of(piece.get("accounts")))
    outputs = _Outputs(piece)
    for run in runs:
        outputs.tenant_id = run.tenant_id
        decide_wall(
            _blocks(lines, run), _owed(items, run), accounts.get(run.tenant_id, []), policy,
            until=until.get(run.tenant_id, date.min), sink=outputs, ahead=_ahead(run, processes),
        )  # fmt: skip
    outputs.end()


def _sorted_out(piece: Piece, policy: Policy) -> tuple[_Sorted, list[_Run]]:
    """Decides plain money out, and leaves the other lines sorted."""
    lines = with_ways(piece.get("lines"), piece.get("items"), policy)
    piece.add({"decisions": money_out(lines.filter(pl.col("way") == "out"), policy)})
    lines = lines.filter(pl.col("way") != "out").sort(*WALL, "booking_date")
    days = lines.group_by(*WALL, "booking_date", maintain_order=True).len()
    runs, start = [], 0
    for tenant_id, currency, counts in days.group_by(WALL, maintain_order=True).agg("len").rows():
        runs.append(_Run(tenant_id, currency, start, counts))
        start += sum(counts)
    return _Sorted(piece, lines), runs


def _owed(items: dict[tuple[Any, ...], pl.DataFrame], run: _Run) -> list[Item]:
    """The items of a wall; their frame is not needed any more."""
    owed = items.pop((run.tenant_id, run.currency), None)
    return [] if owed is None else items_of(owed)


def _ahead(run: _Run, processes: int) -> Ahead:
    worth = CAN_FORK and processes > 1 and sum(run.days) >= WORTH_READING_AHEAD
    return partial(in_forks, processes=processes) if worth else in_turn


def _blocks(lines: _Sorted, run: _Run) -> Iterator[Block]:
    """Some whole days at a time."""
    at, size = run.start, 0
    for day in run.days:
        if size and size + day > BLOCK:
            yield _block(lines.rows(at, size))
            at, size = at + size, 0
        size += day
    yield _block(lines.rows(at, size))


def _block(lines: pl.DataFrame) -> Block:
    free, asked = lines["free"].to_list(), (lines["way"] == "asked").to_list()
    return Block(columns_of(lines.drop(_ADDED)), free, asked)
