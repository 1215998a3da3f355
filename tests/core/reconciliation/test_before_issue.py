"""Money that comes before its invoice: numbers start anew each year, and an invoice may be late."""

from datetime import timedelta

import pytest

from core.reconciliation import Policy, Prior
from core.reconciliation.fold import reconcile
from tests.core.reconciliation.build import DAY, background, decided, item, line


@pytest.mark.parametrize(
    ("days", "outcome"), [(-30, "auto"), (0, "auto"), (7, "auto"), (8, "review"), (365, "review")]
)
@pytest.mark.parametrize("text", ["FA-12", "FACT 12"])
def test_an_invoice_is_not_paid_long_before_it_is_issued(text: str, days: int, outcome: str) -> None:
    items = [item("FA-12", "712.33", issue_date=DAY + timedelta(days=days)), *background(20)]
    found = decided([line(text, "712.33", payer="ATELIERS BRUNOY")], items)["L1"]
    assert found.outcome == outcome
    assert (found.reason == "paid_before_issue") == (outcome == "review")
    assert [s.item_id for c in found.candidates for s in c.shares] == (
        ["FA-12"] if outcome == "review" else []
    )


def test_the_policy_says_how_early() -> None:
    items = [item("FA-12", "712.33", issue_date=DAY + timedelta(days=20))]
    assert decided([line("FA-12", "712.33")], items, policy=Policy(early_days=20))["L1"].outcome == "auto"


def test_last_years_payment_known_at_once_or_day_by_day_pays_last_years_invoice() -> None:
    """FA-12 of last year and FA-12 of this year, same payer, same amount."""
    old = item("FA-12", 700, id="old", issue_date=DAY - timedelta(days=370))
    new = item("FA-12", 700, id="new", issue_date=DAY - timedelta(days=5))
    first = line("FA-12", 700, id="a", booking_date=DAY - timedelta(days=340))
    second = line("FA-12", 700, id="b", booking_date=DAY)
    at_once = {d.transaction_id: d for d in reconcile([first, second], [old, new])}
    then = reconcile([first], [old])
    by_day = {
        d.transaction_id: d for d in reconcile([first, second], [old, new], prior=Prior(decisions=then))
    }
    assert [s.item_id for s in by_day["a"].shares] == ["old"]
    assert [s.item_id for s in at_once["a"].shares] == ["old"]
    assert at_once["b"].outcome == by_day["b"].outcome
