"""Decides frames of lines, items and payer accounts: by the kernel where it can, else by the reference."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import polars as pl

from core.reconciliation import Item, Line, PayerAccount, Policy, kernel, reconcile
from hub.interchange.columns import OPEN_ITEMS, PAYER_ACCOUNTS, TRANSACTIONS, Table
from hub.interchange.outputs import OUTPUTS, Frames, Rows
from hub.interchange.sheet import TYPES

Engine = Literal["kernel", "reference"]
"""Two ways to the same decisions: the first must have been built."""

_TABLES: Final[Mapping[str, Table]] = {"lines": TRANSACTIONS, "items": OPEN_ITEMS, "accounts": PAYER_ACCOUNTS}
_DEFAULTS: Final[Mapping[str, object]] = {"status": "booked", "kind": "invoice", "whole_turnover": False}


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Decided(NamedTuple):
    """The three outputs, in no order; and why the kernel did not make them, if it did not."""

    outputs: Frames
    declined: str | None


def decide(frames: Frames, policy: Policy, *, engine: Engine, threads: int) -> Decided:
    """What the kernel declines, the reference decides."""
    if engine == "reference":
        return Decided(_by_reference(frames, policy), None)
    try:
        return Decided(_by_kernel(frames, policy, threads), None)
    except kernel.Declined as declined:
        return Decided(_by_reference(frames, policy), str(declined))


def _by_kernel(frames: Frames, policy: Policy, threads: int) -> Frames:
    _check_amounts(frames)
    lines, items, accounts = [_complete(frames[name], table) for name, table in _TABLES.items()]
    made = kernel.decide(lines, items, accounts, policy, threads=threads)
    outputs = {name: pl.DataFrame(table) for name, table in zip(OUTPUTS, made, strict=True)}
    named = pl.when(pl.col("gap_reason") != "").then(pl.col("gap_reason")).alias("gap_reason")
    return {**outputs, "allocations": outputs["allocations"].with_columns(named)}


def _check_amounts(frames: Frames) -> None:
    for frame in frames.values():
        amounts = [name for name in frame.columns if name.endswith("_minor")]
        if amounts and not frame.is_empty():
            most = frame.select(pl.max_horizontal(pl.col(amounts).abs().max().fill_null(0))).item()
            if most > kernel.MOST_MINOR:
                raise kernel.Declined(f"an amount is beyond {kernel.MOST_MINOR} minor units")


def _complete(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """All columns of the table, in one piece."""
    absent = [
        pl.lit(None, TYPES[column.kind]).alias(column.name)
        for column in table.columns
        if column.name not in frame.columns
    ]
    return frame.with_columns(absent).select([column.name for column in table.columns]).rechunk()


def _by_reference(frames: Frames, policy: Policy) -> Frames:
    lines, rows = lines_of(frames["lines"]), Rows()
    tenants = {line.transaction_id: line.tenant_id for line in lines}
    items, accounts = items_of(frames["items"]), accounts_of(frames["accounts"])
    for decision in reconcile(lines, items, accounts, policy=policy):
        rows.add(decision, tenants[decision.transaction_id])
    return rows.frames()


def _rows(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows by column name, empty cells with the meaning of an empty cell."""
    fills = [pl.col(name).fill_null(value) for name, value in _DEFAULTS.items() if name in frame.columns]
    return frame.with_columns(fills).iter_rows(named=True)


def lines_of(frame: pl.DataFrame) -> list[Line]:
    """The engine's lines."""
    return [Line(**row) for row in _rows(frame)]


def items_of(frame: pl.DataFrame) -> list[Item]:
    """The engine's items."""
    return [Item(**row) for row in _rows(frame)]


def accounts_of(frame: pl.DataFrame) -> Sequence[PayerAccount]:
    """The engine's payer accounts."""
    return [PayerAccount(**row) for row in _rows(frame)]
