"""What must hold for any lines and items: money, order, repetition, increments, people, isolation."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.decision import Decision, Share
from core.reconciliation import Item, Line, Policy, Prior, reconcile
from core.reconciliation.explain import REASONS
from tests.core.reconciliation.build import DAY, cents, decided, item, line, shares

EXAMPLES = 25
"""Per property; raised to thousands by hand when the rules change."""
DEBTORS = ("Ateliers Brunoy SAS", "Kervadec SARL", "Viandes Bost", "Ruel Conseil")
AMOUNTS = ("1200", "360", "864.17", "95.50", "1457.13", "2204")
NUMBERS = ("FA-801", "FA-802", "FAC-2024-000123", "FAC-2024-000124", "INV-4968", "7530", "F2024-007", "AV-7")


@st.composite
def open_items(draw: st.DrawFn) -> list[Item]:
    found = []
    for n in range(draw(st.integers(1, 9))):
        number = draw(st.sampled_from(NUMBERS))
        sign = "-" if number.startswith("AV") else ""
        found.append(
            item(
                number, sign + draw(st.sampled_from(AMOUNTS)), draw(st.sampled_from(DEBTORS)), id=f"i{n}",
                tenant_id=draw(st.sampled_from("tu")), seller_id=draw(st.sampled_from("AB")),
                whole_turnover=draw(st.sampled_from([True, True, False])),
                retention_bp=draw(st.sampled_from([None, 500])),
                direction=draw(st.sampled_from(["receivable", "receivable", "receivable", "payable"])),
            )
        )  # fmt: skip
    return found


@st.composite
def lines_for(draw: st.DrawFn, items: list[Item]) -> list[Line]:
    found: list[Line] = []
    for n in range(draw(st.integers(1, 10))):
        cited = draw(st.lists(st.sampled_from(items), max_size=3))
        text = draw(st.sampled_from(["VIR ", "FACT ", "", "FA-999 "])) + " ".join(i.number for i in cited)
        text = draw(st.sampled_from([text, text, "VIREMENT"]))
        total = sum(i.amount_minor for i in cited) or draw(st.sampled_from([cents(a) for a in AMOUNTS]))
        amount = total + draw(st.sampled_from([0, 0, 0, 4000, -1500, -total // 2, -2 * total]))
        by_item = draw(st.sampled_from(cited or items))
        fields: dict[str, Any] = {
            "tenant_id": draw(st.sampled_from("tu")), "amount_minor": amount,
            "booking_date": DAY + timedelta(days=draw(st.integers(0, 6))),
            "counterparty_name": draw(st.sampled_from([None, "INCONNU", by_item.debtor_name])),
            "counterparty_iban": draw(st.sampled_from([None, "FR7630001007941234567890185"])),
            "end_to_end_id": draw(st.sampled_from([None, "E2E-0001", "E2E-0002"])),
            "return_reason": draw(st.sampled_from([None, None, None, "AC04"])),
            "status": draw(st.sampled_from(["booked"] * 6 + ["pending"])),
        }  # fmt: skip
        found.append(replace(line(text, 1, id=f"L{n:02d}"), **fields))
    return found


POLICIES = st.builds(
    Policy, hold_days=st.integers(0, 3), max_coincidence=st.sampled_from([0.001, 0.5]),
    charges_tolerance_minor=st.sampled_from([0, 2500]), legal_order=st.booleans(),
    joint_decisions=st.booleans(), commission_allowed=st.booleans(), indirect_collection=st.booleans(),
)  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Line], list[Item]]:
    items = draw(open_items())
    return draw(lines_for(items)), items


def taken(decisions: Any) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for decision in decisions:
        for share in decision.shares:
            totals[share.item_id] += share.amount_minor
    return totals


def autos(decisions: Any) -> dict[str, Decision]:
    return {d.transaction_id: d for d in decisions if d.outcome == "auto"}


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(), POLICIES)
def test_money_is_conserved_and_nothing_crosses_zero(
    world: tuple[list[Line], list[Item]], policy: Policy
) -> None:
    lines, items = world
    decisions = reconcile(lines, items, policy=policy)
    by_line, by_item = {x.transaction_id: x for x in lines}, {i.item_id: i for i in items}
    for d in decisions:
        bank = by_line[d.transaction_id]
        assert d.allocated_minor + d.unallocated_minor == bank.amount_minor
        assert abs(d.allocated_minor) <= abs(bank.amount_minor)
        assert d.allocated_minor * bank.amount_minor >= 0
        assert abs(sum(s.amount_minor for s in d.shares)) == abs(d.allocated_minor)
        assert bool(d.shares) == (d.outcome == "auto")
        assert all(by_item[s.item_id].tenant_id == bank.tenant_id for s in d.shares)
        for c in d.candidates:
            assert sum(s.amount_minor for s in c.shares) <= abs(bank.amount_minor)
            assert all(by_item[s.item_id].tenant_id == bank.tenant_id for s in c.shares)
    for item_id, total in taken(decisions).items():
        amount = by_item[item_id].amount_minor
        assert 0 <= total <= amount or amount <= total <= 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(), POLICIES, st.randoms())
def test_order_of_rows_changes_nothing_and_a_second_run_is_silent(
    world: tuple[list[Line], list[Item]], policy: Policy, rng: random.Random
) -> None:
    lines, items = world
    decisions = reconcile(lines, items, policy=policy)
    shuffled_lines, shuffled_items = list(lines), list(items)
    rng.shuffle(shuffled_lines)
    rng.shuffle(shuffled_items)
    assert reconcile(shuffled_lines, shuffled_items, policy=policy) == decisions
    assert reconcile(lines, items, prior=Prior(decisions=decisions), policy=policy) == decisions


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(), POLICIES)
def test_day_by_day_equals_all_at_once(world: tuple[list[Line], list[Item]], policy: Policy) -> None:
    lines, items = world
    at_once = autos(reconcile(lines, items, policy=policy))
    known: tuple[Decision, ...] = ()
    seen: list[Line] = []
    for day in sorted({x.booking_date for x in lines if x.booking_date}):
        seen += [x for x in lines if x.booking_date == day]
        known = reconcile(seen, items, prior=Prior(decisions=known), policy=policy)
    assert autos(known) == at_once


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(), POLICIES, st.integers(0, 9))
def test_a_line_that_arrives_late_changes_no_automatic_decision(
    world: tuple[list[Line], list[Item]], policy: Policy, late: int
) -> None:
    lines, items = world
    held_back = lines[late % len(lines)]
    first = reconcile([x for x in lines if x is not held_back], items, policy=policy)
    then = reconcile(lines, items, prior=Prior(decisions=first), policy=policy)
    kept = {d.transaction_id: d for d in then}
    assert all(kept[i] == d for i, d in autos(first).items())
    by_item = {i.item_id: i for i in items}
    for item_id, total in taken(then).items():
        assert abs(total) <= abs(by_item[item_id].amount_minor)


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds())
def test_tenants_do_not_see_each_other(world: tuple[list[Line], list[Item]]) -> None:
    lines, items = world
    together = {d.transaction_id: d for d in reconcile(lines, items)}
    alone = reconcile([x for x in lines if x.tenant_id == "t"], [i for i in items if i.tenant_id == "t"])
    assert all(together[d.transaction_id] == d for d in alone)


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds())
def test_every_decision_is_explained(world: tuple[list[Line], list[Item]]) -> None:
    for d in reconcile(*world):
        assert {"tokens", "signals", "rivals", "caps", "policy", "code"} <= set(d.explanation)
        assert d.explanation["policy"] == Policy().version
        assert d.reason in REASONS
        for c in d.candidates:
            assert 0 < c.score < 1
            assert c.why


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds(), st.integers(0, 9))
def test_what_a_person_decided_is_never_changed(world: tuple[list[Line], list[Item]], which: int) -> None:
    lines, items = world
    decisions = reconcile(lines, items)
    human = decisions[which % len(decisions)].model_copy(
        update={
            "decided_by": "person:ana", "outcome": "none", "shares": (), "candidates": (),
            "reason": "not_ours", "allocated_minor": 0,
        }
    )  # fmt: skip
    prior = [human if d.transaction_id == human.transaction_id else d for d in decisions]
    again = {d.transaction_id: d for d in reconcile(lines, items, prior=Prior(decisions=tuple(prior)))}
    assert again[human.transaction_id] == human


@settings(max_examples=EXAMPLES, deadline=None)
@given(worlds())
def test_a_rejected_pair_is_never_proposed_again(world: tuple[list[Line], list[Item]]) -> None:
    lines, items = world
    decisions = reconcile(lines, items)
    rejected = {
        d.transaction_id: tuple(sorted({(s.item_id,) for c in d.candidates for s in c.shares}
                                       | {(s.item_id,) for s in d.shares}))
        for d in decisions
    }  # fmt: skip
    prior = tuple(
        d.model_copy(update={"outcome": "review", "shares": (), "rejected": rejected[d.transaction_id]})
        for d in decisions
    )
    for d in reconcile(lines, items, prior=Prior(decisions=prior)):
        refused = {i for group in rejected[d.transaction_id] for i in group}
        if d.reason not in ("return",):
            assert not refused & {s.item_id for s in d.shares}
            assert not refused & {s.item_id for c in d.candidates for s in c.shares}


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
