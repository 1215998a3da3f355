"""The compiled engine over lines in memory: the tables it is given, and what it told, as decisions."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

import polars as pl

from core.model.decision import Candidate, Decision, Share
from core.reconciliation import Item, Line, PayerAccount, Policy, kernel
from core.reconciliation.decision import decision_id
from hub.interchange.columns import OPEN_ITEMS, PAYER_ACCOUNTS, TRANSACTIONS, Table
from hub.interchange.sheet import TYPES

Decisions = tuple[Decision, ...]


def over_files(lines: Iterable[Line], items: Iterable[Item]) -> tuple[list[Line], list[Item]]:
    """The same world as files can tell it: lines without what no file has, and receivables only."""
    told = {"company_id": None, "operation": None, "account_iban": None, "source_key": None}
    return (
        [replace(x, **told, declared_item_ids=()) for x in lines],
        [replace(x, company_id=None) for x in items if x.direction == "receivable"],
    )


def _table(rows: Sequence[Line | Item | PayerAccount], table: Table) -> pl.DataFrame:
    schema = {column.name: TYPES[column.kind] for column in table.columns}
    values = [{name: value for name, value in asdict(row).items() if name in schema} for row in rows]
    return pl.DataFrame(values, schema=schema)


def by_kernel(
    lines: list[Line],
    items: list[Item],
    policy: Policy,
    *,
    accounts: Sequence[PayerAccount] = (),
    threads: int = 2,
    block: int = 5,
) -> Decisions:
    """One decision per line, ordered by transaction id."""
    lines, items = over_files(lines, items)
    tables = (_table(lines, TRANSACTIONS), _table(items, OPEN_ITEMS), _table(accounts, PAYER_ACCOUNTS))
    made = kernel.decide(*tables, policy, threads=threads, block=block)
    decided, allocated, proposed = (pl.DataFrame(table) for table in made)
    shares, candidates = defaultdict(list), defaultdict(list)
    for row in allocated.rows(named=True):
        shares[row.pop("transaction_id")].append(Share(**{**row, "gap_reason": row["gap_reason"] or None}))
    for row in proposed.rows(named=True):
        candidates[row["transaction_id"]].append(_candidate(row))
    assert decided["transaction_id"].n_unique() == len(lines) == decided.height
    for frame, order in (
        (decided, decided.columns[:1]),
        (allocated, ["transaction_id", "item_id"]),
        (proposed, ["transaction_id", "rank"]),
    ):
        assert frame.equals(frame.sort(order, maintain_order=True))
    return tuple(
        Decision(
            id=decision_id(row["transaction_id"]), company_id=None, rejected=(), provider_words={},
            shares=tuple(shares[row["transaction_id"]]),
            candidates=tuple(candidates[row["transaction_id"]]),
            **{**row, "explanation": json.loads(row["explanation"])},
        )
        for row in decided.drop("tenant_id").rows(named=True)
    )  # fmt: skip


def _candidate(row: dict[str, Any]) -> Candidate:
    pairs = zip(row["item_ids"].split("|"), map(int, row["amounts_minor"].split("|")), strict=True)
    shares = tuple(Share(item_id=item, amount_minor=amount) for item, amount in pairs)
    return Candidate(rank=row["rank"], shares=shares, score=row["score"], why=json.loads(row["why"]))


def check_agrees(
    known: Decisions, lines: list[Line], items: list[Item], accounts: Sequence[PayerAccount], policy: Policy
) -> None:
    """The kernel says the same of what files can tell, unless it was not made for it."""
    if not kernel.is_available() or over_files(lines, items) != (lines, items):
        return
    try:
        made = by_kernel(lines, items, policy, accounts=accounts)
    except kernel.Declined:
        assert max(abs(x.amount_minor) for x in (*lines, *items)) > kernel.MOST_MINOR
        return
    assert made == known
