"""A piece of the work: the lines, items and accounts of some tenants as frames, decided into frames."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from core.reconciliation import Item, Line, PayerAccount, Policy, reconcile
from hub.interchange.outputs import Frames, Rows

Engine = Literal["columnar", "reference"]
"""Two ways to the same decisions; the first needs numba."""

_DEFAULTS: Final[Mapping[str, object]] = {"status": "booked", "kind": "invoice", "whole_turnover": False}


@contextmanager
def all_alive() -> Iterator[None]:
    """Pauses the cyclic collector: the run holds millions of values, all alive and free of cycles, and
    walking them again and again costs more than a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Piece:
    """Everything that is known of its tenants, so that it can be decided apart from the others."""

    lines: pl.DataFrame
    items: pl.DataFrame
    accounts: pl.DataFrame


def columns_of(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """Values by column name, empty cells with the meaning of an empty cell."""
    fills = [pl.col(name).fill_null(value) for name, value in _DEFAULTS.items() if name in frame.columns]
    return frame.with_columns(fills).to_dict(as_series=False)


def _rows(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    columns = columns_of(frame)
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def lines_of(frame: pl.DataFrame) -> list[Line]:
    """The engine's lines."""
    return [Line(**row) for row in _rows(frame)]


def items_of(frame: pl.DataFrame) -> list[Item]:
    """The engine's items."""
    return [Item(**row) for row in _rows(frame)]


def accounts_of(frame: pl.DataFrame) -> list[PayerAccount]:
    """The engine's payer accounts."""
    return [PayerAccount(**row) for row in _rows(frame)]


def decide(piece: Piece, policy: Policy, engine: Engine, processes: int = 1) -> Frames:
    """The outputs of a piece, in any order; the columnar engine may use more `processes`."""
    if engine == "columnar":
        from hub.interchange.bulk import decide_in_bulk

        return decide_in_bulk(piece, policy, processes)
    lines, rows = lines_of(piece.lines), Rows()
    tenants = {line.transaction_id: line.tenant_id for line in lines}
    accounts = accounts_of(piece.accounts)
    for decision in reconcile(lines, items_of(piece.items), accounts, policy=policy):
        rows.add(decision, tenants[decision.transaction_id])
    return rows.frames()


def split(piece: Piece, parts: int) -> list[Piece]:
    """At most `parts` pieces of about equal size: a tenant is never cut in two."""
    counts: dict[str, int] = {}
    for frame in (piece.lines, piece.items):
        for tenant, count in frame.group_by("tenant_id").len().rows():
            counts[tenant] = counts.get(tenant, 0) + count
    loads = [0] * parts
    places: dict[str, int] = {}
    for tenant in sorted(counts, key=lambda t: (-counts[t], t)):
        place = loads.index(min(loads))
        places[tenant] = place
        loads[place] += counts[tenant]
    used = range(sum(load > 0 for load in loads))
    cut = [_cut(frame, places, len(used)) for frame in (piece.lines, piece.items, piece.accounts)]
    return [Piece(cut[0][n], cut[1][n], cut[2][n]) for n in used]


def _cut(frame: pl.DataFrame, places: Mapping[str, int], parts: int) -> list[pl.DataFrame]:
    """The rows of each part; rows of tenants without lines and items belong nowhere."""
    owner = pl.DataFrame(
        {"tenant_id": list(places), "part": list(places.values())},
        schema={"tenant_id": pl.String, "part": pl.Int64},
    )
    parted = frame.select("tenant_id").join(owner, on="tenant_id", how="left", maintain_order="left")
    return [frame.filter(parted["part"] == part) for part in range(parts)]


def joined(outputs: Iterable[Frames]) -> Frames:
    """The outputs of several pieces as one, in the defined order."""
    parts = list(outputs)
    return {
        name: pl.concat([part[name] for part in parts]).sort(list(order)) for name, order in ORDER.items()
    }


ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "decisions": ("transaction_id",),
    "allocations": ("transaction_id", "item_id"),
    "candidates": ("transaction_id", "rank"),
}
