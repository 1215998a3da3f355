"""What was decided before: it stands, consumes, teaches, and can be taken back."""

from datetime import date, timedelta

from core.model.decision import Share
from core.reconciliation import Prior
from core.reconciliation.fold import reconcile
from tests.core.reconciliation.build import DAY, decided, item, line, shares


def test_taking_a_payment_back_restores_amount_and_forgets_the_account() -> None:
    iban = "FR7630001007941234567890185"
    paid = line("FA-12", 700, id="a", payer="TRESORERIE INCONNUE", iban=iban, end_to_end_id="E2E-77")
    back = line(
        "x", -700, id="b", end_to_end_id="E2E-77", return_reason="FOCR", booking_date=DAY + timedelta(1)
    )
    test = line(
        "FACT 13", 512, id="c", payer="TRESORERIE INCONNUE", iban=iban, booking_date=DAY + timedelta(2)
    )
    items = [item("FA-12", 700), item("FAC-2024-13", 512), *(item(f"Z-{n}", 512, f"N {n}") for n in range(9))]
    taught = decided([paid, test], items)["c"]
    assert (taught.outcome, taught.tier) == ("auto", "T5")
    undone = decided([paid, back, test], items)
    assert shares(undone["b"]) == {"FA-12": "-700"}
    assert undone["c"].outcome == "review"


def test_a_decision_that_stands_keeps_its_amount_against_a_late_line() -> None:
    items = [item("FA-12", 700)]
    first = line("FA-12", 700, id="later", booking_date=DAY)
    prior = Prior(decisions=reconcile([first], items))
    late = line("FA-12", 700, id="late", booking_date=DAY - timedelta(days=5))
    found = decided([first, late], items, prior=prior)
    assert (found["later"].outcome, found["late"].outcome) == ("auto", "review")
    assert found["late"].reason == "already_settled"


def test_prior_lines_need_not_be_among_the_lines() -> None:
    items = [item("FA-12", 700)]
    first = line("FA-12", 700, id="a")
    decisions = reconcile([first], items)
    second = line("FA-12", 700, id="b", booking_date=DAY + timedelta(days=9))
    found = reconcile([second], items, prior=Prior(decisions=decisions, lines=(first,)))
    assert [(d.transaction_id, d.reason) for d in found] == [("b", "already_settled")]


def test_a_match_by_a_person_consumes_and_can_be_returned() -> None:
    items = [item("FA-12", 700)]
    odd = line("merci", 650, id="a", end_to_end_id="E2E-9999")
    human = reconcile([odd], items)[0].model_copy(
        update={
            "outcome": "auto", "decided_by": "person:ana", "reason": "accepted", "allocated_minor": 65000,
            "unallocated_minor": 0, "shares": (Share(item_id="FA-12", amount_minor=65000),),
        }
    )  # fmt: skip
    back = line("RETOUR", -650, id="b", end_to_end_id="E2E-9999", booking_date=date(2024, 4, 1))
    found = decided([odd, back], items, prior=Prior(decisions=(human,)))
    assert found["a"] == human
    assert (found["b"].reason, shares(found["b"])) == ("return", {"FA-12": "-650"})
