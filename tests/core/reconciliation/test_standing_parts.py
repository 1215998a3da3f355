"""What a standing decision took is taken once; a return finds its original through a copy of it."""

from dataclasses import replace
from datetime import date

from core.reconciliation import BANK, LEDGER, Item, Line, Prior
from core.reconciliation.fold import reconcile
from core.reconciliation.payer import Payer
from core.reconciliation.scope import Scope

ITEM = Item(
    item_id="a", tenant_id="t", seller_id="s", debtor_id="d", debtor_name="Duval SARL",
    number="FA-2026-0412", amount_minor=500_000, currency="EUR", issue_date=date(2026, 9, 10),
    whole_turnover=True,
)  # fmt: skip


def line(id: str, day: int, amount: int, *, tool: bool = False, operation: str | None = None) -> Line:
    return Line(
        transaction_id=id, tenant_id="t", account_id="tool" if tool else "bank",
        booking_date=date(2026, 11, day), amount_minor=amount, currency="EUR",
        counterparty_name=None if tool else "DUVAL SARL",
        remittance="VIR SEPA DUVAL SARL FA-2026-0412" if tool else "FA-2026-0412",
        source_key="tool" if tool else "bank", source_rank=LEDGER if tool else BANK,
        account_iban=None if tool else "FR1420041010050500013M02606", operation=operation,
    )  # fmt: skip


def test_the_rest_is_paid_after_a_part_that_stands() -> None:
    first = reconcile([line("1", 3, 300_000)], [ITEM])
    both = reconcile([line("1", 3, 300_000), line("2", 14, 200_000)], [ITEM], prior=Prior(decisions=first))
    assert [(d.outcome, d.tier) for d in both] == [("auto", "T8"), ("auto", "T2")]


def test_a_part_that_a_person_marked_as_not_ours_claims_nothing() -> None:
    (part,) = reconcile([line("1", 3, 300_000)], [ITEM])
    human = part.model_copy(
        update={
            "outcome": "none", "decided_by": "person:ana", "reason": "not_ours", "shares": (),
            "allocated_minor": 0, "unallocated_minor": 300_000,
        }
    )  # fmt: skip
    lines = [line("1", 3, 300_000), line("2", 14, 200_000)]
    both = reconcile(lines, [ITEM], prior=Prior(decisions=(human,)))
    assert (part.tier, [(d.outcome, d.tier) for d in both]) == ("T8", [("none", "T8"), ("auto", "T8")])


def test_a_recall_at_the_bank_finds_the_payment_that_was_decided_on_the_tools_copy() -> None:
    decided = reconcile([line("1", 3, 500_000, tool=True)], [ITEM])
    assert decided[0].outcome == "auto"
    lines = [
        line("1", 3, 500_000, tool=True),
        line("2", 3, 500_000),
        line("3", 9, -500_000, operation="recall"),
    ]
    _, copy, recall = reconcile(lines, [ITEM], prior=Prior(decisions=decided))
    assert copy.reason == "copy"
    assert (recall.outcome, recall.reason) == ("auto", "return")
    assert [(s.item_id, s.amount_minor) for s in recall.shares] == [("a", -500_000)]
    assert (recall.allocated_minor, recall.unallocated_minor) == (-500_000, 0)


def test_a_return_of_a_return_closes_again_what_the_first_reopened() -> None:
    lines = [
        line("1", 3, 500_000),
        line("2", 9, -500_000, operation="recall"),
        line("3", 12, 500_000, operation="return"),
    ]
    decisions = reconcile(lines, [ITEM])
    assert all(
        d.allocated_minor + d.unallocated_minor == each.amount_minor
        for d, each in zip(decisions, lines, strict=True)
    )
    assert sum(s.amount_minor for d in decisions for s in d.shares) in (0, 500_000)


def test_which_open_items_are_looked_at_does_not_depend_on_what_was_paid_and_taken_back() -> None:
    items = [replace(ITEM, item_id=f"i{n}", number=f"FA-2026-{n:04}") for n in range(9)]
    scope = Scope(items, [])
    payer = Payer(frozenset({"d"}), frozenset(), frozenset())
    before = scope.of_payer(payer, most=3), scope.owed_at("d", 500_000, most=3)
    scope.change(0, -100)
    scope.change(0, 100)
    assert (scope.of_payer(payer, most=3), scope.owed_at("d", 500_000, most=3)) == before


def test_a_return_of_a_return_closes_nothing_that_another_payment_settled_meanwhile() -> None:
    lines = [
        line("1", 3, 500_000),
        line("2", 9, -500_000, operation="recall"),
        line("3", 10, 500_000),
        line("4", 12, 500_000, operation="return"),
    ]
    decisions = reconcile(lines, [ITEM])
    assert sum(s.amount_minor for d in decisions for s in d.shares) == 500_000
    assert [(d.outcome, d.reason) for d in decisions[2:]] == [
        ("auto", "reference_and_amount"), ("review", "settled_meanwhile"),
    ]  # fmt: skip
