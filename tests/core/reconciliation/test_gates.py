"""A payment of a known payer that waits for a person says what kept payer and amount from being enough."""

from datetime import timedelta
from typing import Any

import pytest

from core.reconciliation import Item, Line, PayerAccount, Policy
from core.reconciliation.explain import GATES, explain, gate_in_words
from core.reconciliation.fold import reconcile
from tests.core.reconciliation.build import DAY, DEFAULTS, background, item, line

PAYER = "Ateliers Brunoy SAS"
IBAN = "FR7630001007941234567890185"
ACCOUNTS = (PayerAccount(tenant_id="t", iban=IBAN, debtor_id=f"d:{PAYER}"),)


def owed(number: str, euros: str, debtor: str = PAYER, **more: Any) -> Item:
    return item(number, euros, debtor, **({"whole_turnover": True} | more))


def silent(euros: str = "864.17", **more: Any) -> Line:
    return line(more.pop("text", "VIREMENT"), euros, **({"payer": PAYER} | more))


ONE = [owed("FA-77", "864.17")]
TWIN = silent(id="L2")
CASES: dict[str, tuple[list[Line], list[Item], Policy]] = {
    "amount_billed_again": ([silent()], [*ONE, owed("FA-78", "864.17", open_minor=0)], DEFAULTS),
    "cap_reached": ([silent()], [*ONE, owed("FA-78", "95.50")], Policy(max_group_items=1)),
    "coincidence_bound": (
        [silent("1200")], [owed("FA-77", "1200"), *(item(f"Z-{n}", 1200, f"Client {n}") for n in range(5))],
        DEFAULTS,
    ),
    "credit_note_not_cited": (
        [silent("350.17")], [*ONE, owed("AV-7", "-514.00"), owed("FA-78", "95.50")], DEFAULTS,
    ),
    "far_from_due": ([silent()], [owed("FA-77", "864.17", due_date=DAY - timedelta(days=120))], DEFAULTS),
    "half_of_another": ([silent()], [*ONE, owed("FA-78", "1728.34")], DEFAULTS),
    "issued_later": ([silent()], [owed("FA-77", "864.17", issue_date=DAY + timedelta(days=3))], DEFAULTS),
    "left_over": ([silent("884.17")], [*ONE, owed("FA-78", "540.00", open_minor=2000)], DEFAULTS),
    "no_group_fits": ([silent("311.12")], ONE, DEFAULTS),
    "other_account": ([silent()], [owed("FA-77", "864.17", expected_account_id="elsewhere")], DEFAULTS),
    "paid_lately": (
        [silent(), line("FA-78", "864.17", id="L2", payer=PAYER, booking_date=DAY - timedelta(days=14))],
        [owed("FA-77", "864.17", due_date=DAY), owed("FA-78", "864.17", due_date=DAY - timedelta(days=30))],
        DEFAULTS,
    ),
    "payer_not_sure": ([silent(payer="Inconnu")], ONE, DEFAULTS),
    "several_debtors_possible": (
        [silent(payer="Kervadec SARL", iban=IBAN)], [*ONE, owed("FA-78", "95.50", "Kervadec SARL")], DEFAULTS,
    ),
    "several_groups_fit": (
        [silent()], [*ONE, owed("FA-78", "364.17"), owed("FA-79", "500.00")], DEFAULTS,
    ),
    "several_sellers": (
        [silent("1728.34")],
        [owed("FA-77", "864.17"), owed("FA-78", "864.17"), owed("FA-79", "864.17", seller_id="other")],
        Policy(legal_order=True),
    ),
    "something_cited": ([silent(text="VIREMENT 4711")], ONE, DEFAULTS),
    "third_party": (
        [silent(payer="Tresorerie Meridia", iban=IBAN)], [*ONE, owed("FA-5", "864.17", "Autre SA")], DEFAULTS,
    ),
    "turnover_not_whole": ([silent()], [owed("FA-77", "864.17", whole_turnover=False)], DEFAULTS),
    "twin_payments": ([silent(), TWIN], ONE, DEFAULTS),
}  # fmt: skip


def test_every_gate_is_met() -> None:
    assert CASES.keys() == GATES.keys()


@pytest.mark.parametrize("gate", CASES)
def test_the_gate_is_named_and_told(gate: str) -> None:
    lines, items, policy = CASES[gate]
    decision = reconcile(lines, [*items, *background()], ACCOUNTS, policy=policy)[0]
    assert (decision.outcome, decision.tier) == ("review", "T9")
    assert decision.explanation.get("gate") == gate, decision.reason
    told = explain(decision, lines[0], items)
    assert f"payer and amount are not enough: {gate_in_words(gate)}" in told


def test_the_bound_that_was_passed_is_told() -> None:
    lines, items, policy = CASES["coincidence_bound"]
    decision = reconcile(lines, [*items, *background()], policy=policy)[0]
    assert decision.coincidence > policy.max_coincidence
    assert f"chance alone would give {decision.coincidence:g} matches" in explain(decision, lines[0], items)


@pytest.mark.parametrize(("text", "euros"), [("FA-99", "864.17"), ("FA-77", "860.00")])
def test_a_line_whose_number_is_the_question_has_no_such_gate(text: str, euros: str) -> None:
    decision = reconcile([silent(euros, text=text)], ONE)[0]
    assert decision.outcome == "review"
    assert "gate" not in decision.explanation
