"""The invariants in crowded worlds where every tier decides, under every policy, holds included."""

import random
from collections import defaultdict
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.model.decision import Decision
from core.reconciliation import Item, Line, Policy, Prior, reconcile
from core.reconciliation.explain import REASONS
from tests.core.reconciliation.made import made

EXAMPLES = 12
"""Per property; raised to thousands by hand when the rules change."""
SEEDS = st.integers(0, 10**9)
POLICIES = st.builds(
    Policy, hold_days=st.integers(0, 3), max_coincidence=st.sampled_from([0.001, 0.5]),
    charges_tolerance_minor=st.sampled_from([0, 2500]), legal_order=st.booleans(),
    joint_decisions=st.booleans(), commission_allowed=st.booleans(), indirect_collection=st.booleans(),
)  # fmt: skip
World = tuple[list[Line], list[Item]]


def autos(decisions: tuple[Decision, ...]) -> dict[str, Decision]:
    return {d.transaction_id: d for d in decisions if d.outcome == "auto"}


def check_money(decisions: tuple[Decision, ...], lines: list[Line], items: list[Item]) -> None:
    """Invariants 1 to 3, 10 and 11, to the cent."""
    by_line, by_item = {x.transaction_id: x for x in lines}, {i.item_id: i for i in items}
    taken: dict[str, int] = defaultdict(int)
    for d in decisions:
        bank = by_line[d.transaction_id]
        assert d.allocated_minor + d.unallocated_minor == bank.amount_minor
        assert d.allocated_minor * bank.amount_minor >= 0
        assert abs(d.allocated_minor) <= abs(bank.amount_minor)
        assert abs(sum(s.amount_minor for s in d.shares)) == abs(d.allocated_minor)
        assert bool(d.shares) == (d.outcome == "auto")
        assert d.reason in REASONS
        assert {"tokens", "signals", "rivals", "caps", "policy", "code"} <= set(d.explanation)
        for c in d.candidates:
            assert c.why
            assert 0 < c.score < 1
            assert abs(sum(s.amount_minor for s in c.shares)) <= abs(bank.amount_minor)
        for s in (*d.shares, *(s for c in d.candidates for s in c.shares)):
            item = by_item[s.item_id]
            assert (item.tenant_id, item.company_id, item.currency) == (
                bank.tenant_id, bank.company_id, bank.currency,
            )  # fmt: skip
        for s in d.shares:
            taken[s.item_id] += s.amount_minor
    for item_id, total in taken.items():
        amount = by_item[item_id].initial_minor
        assert 0 <= total <= amount or amount <= total <= 0


def day_by_day(lines: list[Line], items: list[Item], policy: Policy) -> tuple[Decision, ...]:
    known: tuple[Decision, ...] = ()
    seen: list[Line] = []
    for day in sorted({x.booking_date for x in lines if x.booking_date}):
        seen += [x for x in lines if x.booking_date == day]
        known = reconcile(seen, items, prior=Prior(decisions=known), policy=policy)
    return known


@settings(max_examples=EXAMPLES, deadline=None)
@example(435993885, Policy(joint_decisions=True))
@example(512576026, Policy(legal_order=True, indirect_collection=True))
@given(SEEDS, POLICIES)
def test_money_is_conserved(seed: int, policy: Policy) -> None:
    lines, items = made(seed)
    check_money(reconcile(lines, items, policy=policy), lines, items)


@settings(max_examples=EXAMPLES, deadline=None)
@example(838589702, Policy(joint_decisions=True))
@example(42595430, Policy(hold_days=3))
@example(546066365, Policy(hold_days=1))
@given(SEEDS, POLICIES)
def test_order_repetition_and_partition_change_nothing(seed: int, policy: Policy) -> None:
    lines, items = made(seed)
    decisions = reconcile(lines, items, policy=policy)
    rng = random.Random(seed)
    assert reconcile(rng.sample(lines, len(lines)), rng.sample(items, len(items)), policy=policy) == decisions
    assert reconcile(lines, items, prior=Prior(decisions=decisions), policy=policy) == decisions
    parts = [
        reconcile(
            [x for x in lines if x.tenant_id == t], [i for i in items if i.tenant_id == t], policy=policy
        )
        for t in "tu"
    ]
    assert sorted((d for part in parts for d in part), key=lambda d: d.transaction_id) == list(decisions)


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(SEEDS, POLICIES)
def test_day_by_day_equals_all_at_once(seed: int, policy: Policy) -> None:
    lines, items = made(seed)
    assert autos(day_by_day(lines, items, policy)) == autos(reconcile(lines, items, policy=policy))


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, POLICIES, st.integers(0, 99))
def test_what_arrives_late_changes_no_automatic_decision(seed: int, policy: Policy, which: int) -> None:
    lines, items = made(seed)
    line, item = lines[which % len(lines)], items[which % len(items)]
    few_lines = [x for x in lines if x is not line]
    few_items = [i for i in items if i is not item and i.replaces != item.item_id]
    first = reconcile(few_lines, few_items, policy=policy)
    then = reconcile(lines, items, prior=Prior(decisions=first), policy=policy)
    kept = {d.transaction_id: d for d in then}
    assert all(kept[i] == d for i, d in autos(first).items())
    check_money(then, lines, items)


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, POLICIES, st.integers(0, 99))
def test_undo_and_rejection_restore_and_hold(seed: int, policy: Policy, which: int) -> None:
    """A person undoes one automatic decision: the line is decided as if it had never been, without it."""
    lines, items = made(seed)
    first = reconcile(lines, items, policy=policy)
    decided = [d for d in first if d.outcome == "auto" and d.tier != "T0"]
    if not decided:
        return
    undone = decided[which % len(decided)]
    refused = (*undone.rejected, tuple(sorted({s.item_id for s in undone.shares})))
    back = undone.model_copy(
        update={"outcome": "review", "shares": (), "rejected": refused, "decided_by": "person:ada",
                "allocated_minor": 0}
    )  # fmt: skip
    kept = [d for d in first if d.explanation.get("returns") != undone.transaction_id]
    prior = tuple(back if d is undone else d for d in kept)
    then = {d.transaction_id: d for d in reconcile(lines, items, prior=Prior(decisions=prior), policy=policy)}
    after = then[undone.transaction_id]
    refused_items = set(refused[-1])
    assert not refused_items <= {s.item_id for s in after.shares}
    assert not any(refused_items <= {s.item_id for s in c.shares} for c in after.candidates)
    check_money(tuple(then.values()), lines, items)


@settings(max_examples=EXAMPLES, deadline=None)
@given(SEEDS, POLICIES)
def test_companies_and_currencies_are_walls(seed: int, policy: Policy) -> None:
    lines, items = made(seed)
    mine = reconcile(lines, items, policy=policy)
    other = [replace(i, item_id=f"x{i.item_id}", company_id="other") for i in items]
    dear = [replace(i, item_id=f"y{i.item_id}", currency="CHF") for i in items]
    assert reconcile(lines, [*items, *other, *dear], policy=policy) == mine


def test_every_tier_has_work_in_these_worlds() -> None:
    seen = {
        d.tier for seed in range(150) for d in reconcile(*made(seed), policy=Policy(joint_decisions=True))
    }
    assert seen == {f"T{n}" for n in range(11)}
