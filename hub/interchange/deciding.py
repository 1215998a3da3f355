"""Decides frames of lines, items and payer accounts: by the kernel where it can, else by the reference."""

import os
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import polars as pl

from core.reconciliation import Policy, kernel
from hub.interchange.columns import OPEN_ITEMS, PAYER_ACCOUNTS, TRANSACTIONS, Table
from hub.interchange.outputs import OUTPUTS, Frames
from hub.interchange.sheet import TYPES

Engine = Literal["kernel", "reference"]
"""Two ways to the same decisions: the first must have been built."""

_TABLES: Final[Mapping[str, Table]] = {"lines": TRANSACTIONS, "items": OPEN_ITEMS, "accounts": PAYER_ACCOUNTS}


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Decided(NamedTuple):
    """The three outputs, in the defined order; and why the kernel did not make them, if it did not."""

    outputs: Frames
    declined: str | None


def decide(frames: Frames, policy: Policy, *, engine: Engine, threads: int) -> Decided:
    """What the kernel declines, the reference decides."""
    declined = None
    if engine == "kernel":
        try:
            return Decided(_by_kernel(frames, policy, threads), None)
        except kernel.Declined as reason:
            declined = str(reason)
    from hub.interchange.reference import by_reference  # loads the rules

    return Decided(by_reference(frames, policy), declined)


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
