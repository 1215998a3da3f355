"""Decides by the rules in Python, line by line: the reference that the kernel is compared with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from core.ids import canonical_json
from core.model.decision import Decision
from core.reconciliation import Item, Line, PayerAccount, Policy
from core.reconciliation.fold import reconcile
from hub.interchange.outputs import OUTPUTS, Frames, ordered

_DEFAULTS: Final[Mapping[str, object]] = {"status": "booked", "kind": "invoice", "whole_turnover": False}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the three outputs, in any order."""

    decided: list[tuple[Any, ...]] = field(default_factory=list)
    allocated: list[tuple[Any, ...]] = field(default_factory=list)
    proposed: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, d: Decision, tenant_id: str) -> None:
        """The rows of a decision."""
        self.decided.append(
            (
                d.transaction_id, tenant_id, d.outcome, d.tier, d.reason, d.coincidence,
                d.allocated_minor, d.unallocated_minor, d.currency, canonical_json(d.explanation),
            )
        )  # fmt: skip
        for share in d.shares:
            self.allocated.append(
                (d.transaction_id, share.item_id, share.amount_minor, share.gap_minor, share.gap_reason)
            )
        for c in d.candidates:
            ids = "|".join([s.item_id for s in c.shares])
            amounts = "|".join([str(s.amount_minor) for s in c.shares])
            self.proposed.append((d.transaction_id, c.rank, ids, amounts, c.score, canonical_json(c.why)))

    def frames(self) -> Frames:
        """The rows as frames."""
        return {
            name: _frame(rows, schema)
            for (name, schema), rows in zip(
                OUTPUTS.items(), (self.decided, self.allocated, self.proposed), strict=True
            )
        }


def _frame(rows: list[tuple[Any, ...]], schema: Mapping[str, Any]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pl.DataFrame(
        [
            pl.Series(name, column, dtype=kind)
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        ]
    )


def by_reference(frames: Frames, policy: Policy) -> Frames:
    """The three outputs, in the defined order."""
    lines, rows = lines_of(frames["lines"]), Rows()
    tenants = {line.transaction_id: line.tenant_id for line in lines}
    items, accounts = items_of(frames["items"]), accounts_of(frames["accounts"])
    for decision in reconcile(lines, items, accounts, policy=policy):
        rows.add(decision, tenants[decision.transaction_id])
    return ordered(rows.frames())


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
