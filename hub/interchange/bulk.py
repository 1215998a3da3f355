"""Pieces decided wall by wall and block by block, so that what is in memory at once stays small."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import repeat
from typing import Final

import polars as pl

from core.model.decision import Decision
from core.reconciliation import Policy
from core.reconciliation.columnar.block import Block
from core.reconciliation.columnar.bulk import Told
from core.reconciliation.columnar.walls import Ahead, decide_wall, in_turn
from core.reconciliation.grouping import grouped_accounts
from hub.interchange.ahead import CAN_FORK, in_forks
from hub.interchange.outputs import Frames, Rows, nothing_paid
from hub.interchange.pieces import Piece, accounts_of, columns_of, items_of
from hub.interchange.plain import WALL, last_days, money_out, with_ways

BLOCK: Final = 5_000
"""Lines that are read at once; a block ends with a day."""
WORTH_READING_AHEAD: Final = 20_000
"""Lines of a wall for which more processes are started."""
_ADDED: Final = ("free", "way")


class _Outputs:
    """Takes decisions, and makes frames of them when there are enough; `lines` are those of all walls."""

    def __init__(self, lines: pl.DataFrame) -> None:
        self.lines = lines
        self.tenant_id = ""
        self.rows = Rows()
        self.told: list[tuple[int, str, str, str]] = []
        self.kept: list[Frames] = []

    def add(self, decision: Decision, /) -> None:
        self.rows.add(decision, self.tenant_id)
        if len(self.rows.decided) >= BLOCK:
            self.flush()

    def tell(self, told: Told, /) -> None:
        explanations = (
            told.explanations if len(told.explanations) == len(told.places) else repeat(*told.explanations)
        )
        self.told += zip(told.places, repeat(told.tier), repeat(told.reason), explanations, strict=False)
        if len(self.told) >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Makes frames of the rows there are."""
        places, *texts = zip(*self.told, strict=True) if self.told else ((), (), (), ())
        tier, reason, explanation = (pl.lit(pl.Series(text, dtype=pl.String)) for text in texts)
        told = nothing_paid(self.lines[list(places)], tier=tier, reason=reason, explanation=explanation)
        self.kept += [self.rows.frames(), {"decisions": told}]
        self.rows, self.told = Rows(), []


def decide_in_bulk(piece: Piece, policy: Policy, processes: int = 1) -> Frames:
    """The outputs of a piece, in any order; `processes` read the lines of big walls ahead."""
    lines = with_ways(piece.lines, piece.items, policy).sort(*WALL, "booking_date")
    until, accounts = last_days(piece.lines), grouped_accounts(accounts_of(piece.accounts))
    items = piece.items.partition_by(*WALL, as_dict=True)
    debits, lines = lines.filter(pl.col("way") == "out"), lines.filter(pl.col("way") != "out")
    outputs = _Outputs(lines)
    for key, start, count in _walls(lines):
        outputs.tenant_id, owed = key[0], items.get(key)
        decide_wall(
            _blocks(lines, start, count), items_of(owed) if owed is not None else [],
            accounts.get(key[0], []), policy, until=until.get(key[0], date.min), sink=outputs,
            ahead=_ahead(count, processes),
        )  # fmt: skip
    outputs.flush()
    kept = [*outputs.kept, {"decisions": money_out(debits, policy)}]
    return {name: pl.concat([part[name] for part in kept if name in part]) for name in kept[0]}


def _ahead(lines: int, processes: int) -> Ahead:
    worth = CAN_FORK and processes > 1 and lines >= WORTH_READING_AHEAD
    return partial(in_forks, processes=processes) if worth else in_turn


def _walls(lines: pl.DataFrame) -> Iterator[tuple[tuple[str, str], int, int]]:
    """Lines come sorted by wall: each wall is a slice, with its start and length."""
    at = 0
    for tenant_id, currency, count in lines.group_by(WALL, maintain_order=True).len().rows():
        yield (tenant_id, currency), at, count
        at += count


def _blocks(lines: pl.DataFrame, at: int, count: int) -> Iterator[Block]:
    """Some whole days at a time."""
    wall = lines["booking_date"][at : at + count]
    size = 0
    for day in wall.rle().struct["len"].to_list():
        if size and size + day > BLOCK:
            yield _block(lines, at, size)
            at, size = at + size, 0
        size += day
    yield _block(lines, at, size)


def _block(lines: pl.DataFrame, at: int, count: int) -> Block:
    part = lines[at : at + count]
    free, asked = part["free"].to_list(), (part["way"] == "asked").to_list()
    return Block(at, columns_of(part.drop(_ADDED)), free, asked)
