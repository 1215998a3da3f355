"""A second run finds each standing decision where it was made in its day, so it answers the same."""

from datetime import timedelta

from core.model.decision import Decision
from core.reconciliation import Item, Line, Policy, Prior
from core.reconciliation.fold import reconcile
from tests.core.reconciliation.build import DAY, DEFAULTS, item, line

LATER = DAY + timedelta(days=1)


def twice(lines: list[Line], items: list[Item], policy: Policy = DEFAULTS) -> dict[str, Decision]:
    first = reconcile(lines, items, policy=policy)
    assert reconcile(lines, items, prior=Prior(decisions=first), policy=policy) == first
    return {d.transaction_id: d for d in first}


SHARED = [
    item("FA-801", 700, id="ours"), item("FA-900", "333.33"),
    item("FA-801", "512.17", "Kervadec SARL", id="theirs"), item("FA-777", "95.50", "Kervadec SARL"),
]  # fmt: skip
UNCLEAR = line("RGLT FA-801 FA-900", "1033.33", id="a")
"""Clear only once the other FA-801 is paid."""


def test_what_a_later_line_of_the_same_tier_took_makes_no_earlier_one_clear() -> None:
    found = twice([UNCLEAR, line("FA-801 FA-777", "607.67", id="b", payer="Kervadec SARL")], SHARED)
    assert (found["a"].outcome, found["b"].tier) == ("review", "T3")


def test_what_joint_lines_took_makes_no_list_of_their_day_clear() -> None:
    parts = [
        line("FA-801 FA-777", part, id=name, payer="Kervadec SARL")
        for part, name in ((300, "b"), ("307.67", "c"))
    ]
    found = twice([UNCLEAR, *parts], SHARED, Policy(joint_decisions=True))
    assert (found["a"].outcome, found["b"].reason, found["c"].reason) == ("review", "joint_sum", "joint_sum")


def test_a_number_that_became_clear_during_the_day_is_asked_again_at_its_end() -> None:
    part = line("FA-12", 300, id="b", payer="Ateliers Brunoy SAS")
    rest = line("FA-12", 400, id="a", payer="Inconnu")
    found = twice([part, rest], [item("FA-12", 700, whole_turnover=True)])
    assert [(found[i].tier, found[i].reason) for i in "ab"] == [
        ("T2", "reference_and_rest"), ("T8", "reference_and_part"),
    ]  # fmt: skip


def test_equal_payments_that_wait_together_are_all_left_to_a_person() -> None:
    items = [item("FA-12", "1911.97", whole_turnover=True), item("FA-13", "450.37", whole_turnover=True)]
    payer = "Ateliers Brunoy SAS"
    lines = [
        line("VIREMENT", "1911.97", id="first", payer=payer),
        line("VIREMENT", "1911.97", id="second", payer=payer, booking_date=LATER),
        line("FRAIS", -3, id="later", booking_date=DAY + timedelta(days=20)),
    ]
    found = twice(lines, items, Policy(hold_days=3))
    assert [found[i].reason for i in ("first", "second")] == ["twin_payments", "twin_payments"]


def test_a_twin_that_was_returned_while_it_waited_is_none() -> None:
    items = [item("FA-12", "1911.97", whole_turnover=True), item("FA-13", "450.37", whole_turnover=True)]
    payer = "Ateliers Brunoy SAS"
    lines = [
        line("VIREMENT", "1911.97", id="first", payer=payer, bank_reference="B-4711"),
        line("VIREMENT", "1911.97", id="second", payer=payer, booking_date=LATER),
        line("REJET", "-1911.97", id="back", payer=payer, bank_reference="B-4711", booking_date=LATER),
        line("FRAIS", -3, id="later", booking_date=DAY + timedelta(days=20)),
    ]
    found = twice(lines, items, Policy(hold_days=3))
    assert (found["first"].reason, found["second"].tier) == ("returned", "T6")


def test_a_correction_stays_uncertain_when_one_of_the_two_it_may_mean_was_decided() -> None:
    lines = [
        line("VIR FA-12", 700, id="a", payer="Ateliers Brunoy SAS", end_to_end_id="E2E-0001"),
        line("VIR", 700, id="b", end_to_end_id="E2E-0001"),
        line("DEBIT", -700, id="c", end_to_end_id="E2E-0001"),
    ]
    twice(lines, [item("FA-12", 700)])


def test_a_return_that_was_uncertain_stays_so_when_a_later_one_of_its_day_found_its_original() -> None:
    payer = "Ateliers Brunoy SAS"
    lines = [
        line("FA-12", 700, id="a", payer=payer, bank_reference="B-0001"),
        line("FA-13", 700, id="b", payer=payer, bank_reference="B-0002"),
        line("REJET", -700, id="c", payer=payer, return_reason="AC04", booking_date=LATER),
        line("REJET", -700, id="d", payer=payer, bank_reference="B-0001", booking_date=LATER),
    ]
    found = twice(lines, [item("FA-12", 700), item("FA-13", 700)])
    assert (found["c"].reason, found["d"].reason) == ("return_ambiguous", "return")


def test_what_a_person_refused_for_a_return_is_refused_in_every_later_run() -> None:
    payer = "Ateliers Brunoy SAS"
    lines = [
        line("FA-12", 700, id="a", payer=payer), line("FA-13", 700, id="b", payer=payer),
        line("REJET", -700, id="c", payer=payer, return_reason="AC04", booking_date=LATER),
    ]  # fmt: skip
    items = [item("FA-12", 700), item("FA-13", 700)]
    known = reconcile(lines, items)
    refused = tuple(
        d.model_copy(update={"decided_by": "person:ana", "rejected": (("FA-12",),)}) if d.candidates else d
        for d in known
    )
    second = reconcile(lines, items, prior=Prior(decisions=refused))
    assert [len(d.candidates) for d in second] == [0, 0, 1]
    assert reconcile(lines, items, prior=Prior(decisions=second)) == second


def test_a_return_that_arrives_late_takes_back_a_payment_that_had_waited_in_every_later_run() -> None:
    items = [item("FA-12", "1911.97", whole_turnover=True), item("FA-13", "450.37", whole_turnover=True)]
    payer, policy = "Ateliers Brunoy SAS", Policy(hold_days=3)
    known = [
        line("VIREMENT", "1911.97", id="a", payer=payer, bank_reference="B-4711"),
        line("FA-12 FA-13", "100", id="b", payer=payer, booking_date=DAY + timedelta(days=20)),
    ]
    back = line("REJET", "-1911.97", id="c", payer=payer, bank_reference="B-4711", booking_date=LATER)
    first = reconcile(known, items, policy=policy)
    second = reconcile([*known, back], items, prior=Prior(decisions=first), policy=policy)
    assert [(d.outcome, d.reason) for d in (second[0], second[2])] == [
        ("auto", "payer_and_amount"), ("auto", "return"),
    ]  # fmt: skip
    assert reconcile([*known, back], items, prior=Prior(decisions=second), policy=policy) == second


def test_a_payment_that_a_standing_return_took_back_is_not_taken_back_by_one_that_arrives_late() -> None:
    payer = "Ateliers Brunoy SAS"
    paid = line("FA-12", 700, id="a", payer=payer, bank_reference="B-0001")
    late, back = (
        line("REJET", -700, id=id, bank_reference="B-0001", return_reason="AC04", booking_date=LATER)
        for id in "bc"
    )
    items = [item("FA-12", 700)]
    first = reconcile([paid, back], items)
    second = reconcile([paid, late, back], items, prior=Prior(decisions=first))
    assert [d.reason for d in second] == ["reference_and_amount", "return_without_original", "return"]
    assert reconcile([paid, late, back], items, prior=Prior(decisions=second)) == second


def test_a_return_of_a_return_that_has_its_turn_later_that_day_finds_it_undecided_in_every_run() -> None:
    payer = "Ateliers Brunoy SAS"
    lines = [
        line("FA-12", 700, id="a", payer=payer, end_to_end_id="E-0001"),
        line(
            "REJET", 700, id="c", bank_reference="B-0009", return_reason="AC04", booking_date=LATER,
            account_id="another",
        ),
        line(
            "REJET", -700, id="d", end_to_end_id="E-0001", bank_reference="B-0009", return_reason="AC04",
            booking_date=LATER,
        ),
    ]  # fmt: skip
    found = twice(lines, [item("FA-12", 700)])
    assert (found["c"].reason, found["d"].reason) == ("return_of_unallocated", "return")
