"""Pieces decided wall by wall and block by block, so that what is in memory at once stays small."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Final

import polars as pl

from core.model.decision import Decision
from core.reconciliation import Line, Policy
from core.reconciliation.columnar.bulk import Debit, Told
from core.reconciliation.columnar.walls import Block, decide_wall
from core.reconciliation.grouping import grouped_accounts
from hub.interchange.outputs import Frames, Rows
from hub.interchange.pieces import Piece, accounts_of, items_of, lines_of
from hub.interchange.plain import WALL, last_days, money_out, with_ways

BLOCK: Final = 20_000
"""Lines that are read at once; a block ends with a day."""
_ADDED: Final = ("free", "way")


class _Outputs:
    """Takes decisions of one wall; hands frames on when there are enough rows."""

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self.rows = Rows()
        self.debits: list[int] = []

    def add(self, decision: Decision, /) -> None:
        self.rows.add(decision, self.tenant_id)

    def tell(self, told: Told, /) -> None:
        self.rows.tell(told)

    def debit(self, place: int, /) -> None:
        self.debits.append(place)


def decide_in_bulk(piece: Piece, policy: Policy) -> Frames:
    """The outputs of a piece, in any order."""
    lines = with_ways(piece.lines, piece.items, policy).sort(*WALL, "booking_date")
    until, accounts = last_days(piece.lines), grouped_accounts(accounts_of(piece.accounts))
    items = piece.items.partition_by(*WALL, as_dict=True)
    kept = [Rows().frames(), _money_out(lines.filter(pl.col("way") == "out"), policy)]
    for key, wall in _walls(lines.filter(pl.col("way") != "out")):
        outputs = _Outputs(key[0])
        owed = items.get(key)
        decide_wall(
            _blocks(wall, kept, outputs), items_of(owed) if owed is not None else [],
            accounts.get(key[0], []), policy, until=until.get(key[0], date.min), sink=outputs,
        )  # fmt: skip
        kept += [outputs.rows.frames(), _money_out(wall[sorted(outputs.debits)], policy)]
    return {name: pl.concat([part[name] for part in kept if name in part]) for name in kept[0]}


def _money_out(debits: pl.DataFrame, policy: Policy) -> Frames:
    return {"decisions": money_out(debits, policy)}


def _walls(lines: pl.DataFrame) -> Iterator[tuple[tuple[str, str], pl.DataFrame]]:
    """Lines come sorted by wall: each wall is a slice."""
    at = 0
    for tenant_id, currency, count in lines.group_by(WALL, maintain_order=True).len().rows():
        yield (tenant_id, currency), lines[at : at + count]
        at += count


def _blocks(wall: pl.DataFrame, kept: list[Frames], outputs: _Outputs) -> Iterator[Block]:
    """Some whole days at a time; what was decided by then is moved to frames."""
    days: list[int] = wall.group_by("booking_date", maintain_order=True).len()["len"].to_list()
    at = 0
    while days:
        count = days.pop(0)
        while days and count + days[0] <= BLOCK:
            count += days.pop(0)
        yield _block(wall, at, count)
        kept.append(outputs.rows.frames())
        outputs.rows = Rows()
        at += count


def _block(wall: pl.DataFrame, at: int, count: int) -> Block:
    part = wall[at : at + count]
    asked = part["way"] == "asked"
    known = part.filter(~asked)
    free = frozenset(part.filter("free")["transaction_id"])
    return Block(lines_of(known.drop(_ADDED)), free, _debits(part, asked, at) if asked.any() else ())


def _line(lines: pl.DataFrame, place: int) -> Line:
    return lines_of(lines[place : place + 1])[0]


def _debits(part: pl.DataFrame, asked: pl.Series, at: int) -> list[Debit]:
    """Money out with its text, which is all ASCII."""
    has_text = "remittance" in part.columns
    text = pl.col("remittance").fill_null("").str.to_uppercase() if has_text else pl.lit("")
    rows = part.with_row_index("place").filter(asked).select("place", text=text)
    plain = part.drop(_ADDED)
    return [Debit(at + place, folded, partial(_line, plain, place)) for place, folded in rows.iter_rows()]
