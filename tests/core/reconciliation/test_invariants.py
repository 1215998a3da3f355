"""The thirteen invariants of reconciliation, one property each, over random worlds and random policies.

Each property runs on every engine that can be asked: the reference, which takes what was decided before,
and the compiled one, which decides whole files. Where state is involved the same is shown on both databases.

| | invariant | engines | with state, on SQLite and PostgreSQL (`tests/store`) |
|-|-|-|-|
| 1 | a line allocates no more than it is: `test_01...` | both | `test_any_history.py` |
| 2 | an item is never used beyond its amount: `test_02...` | both | `test_any_history.py` |
| 3 | money is conserved: `test_03...` | both | `test_any_history.py` |
| 4 | amounts are whole minor units: `test_04...` | both | |
| 5 | the same again adds nothing: `test_05...` | both | `test_any_history.py` |
| 6 | order and partition change nothing: `test_06...` | both | |
| 7 | what a person said stays: `test_07...` | reference | `test_any_history.py` |
| 8 | undone is as if it had never been: `test_08...` | reference | `test_any_history.py` |
| 9 | no evidence crosses a wall: `test_09...` | both | `test_isolation.py` |
| 10 | every decision is explained: `test_10...` | both | |
| 11 | an item is claimed once: `test_11...` | reference | `test_any_history.py` |
| 12 | work is bounded, and a cap shows: `test_12...` | both | |
| 13 | day by day is all at once: `test_13...` | both | |

Beside them: `test_kernel.py` compares the engines byte by byte, `test_warm.py` the warm engine with the
reference, `test_bounds.py` and `test_large_scopes.py` measure what the work costs.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.model.decision import Decision
from core.reconciliation import Item, Line, Policy, Prior, kernel
from core.reconciliation.explain import GATES, REASONS
from core.reconciliation.fold import reconcile
from tests.core.reconciliation.by_kernel import by_kernel, over_files
from tests.core.reconciliation.made import made
from tests.core.reconciliation.worlds import POLICIES, WORLDS, World

EXAMPLES = 30
"""Per property and engine; raised to thousands by hand when the rules change."""
Decisions = tuple[Decision, ...]
Engine = Callable[..., Decisions]
"""Takes lines, items, `policy` and, for tests of increments, the number of `days` given at a time."""
ANY = st.integers(0, 99)


def reference(
    lines: list[Line], items: list[Item], *, policy: Policy, days: int = 99
) -> tuple[Decision, ...]:
    """All lines in one run, or some days at a time, with what was decided before."""
    known: tuple[Decision, ...] = ()
    dates = sorted({x.booking_date for x in lines if x.booking_date})
    for last in dates[days - 1 :: days]:
        seen = [x for x in lines if x.booking_date is None or x.booking_date <= last]
        known = reconcile(seen, items, prior=Prior(decisions=known), policy=policy)
    return reconcile(lines, items, prior=Prior(decisions=known), policy=policy)


def compiled(lines: list[Line], items: list[Item], *, policy: Policy, days: int = 99) -> Decisions:
    """The same lines, as files have them, read ahead in blocks of some days."""
    return by_kernel(lines, items, policy, block=max(1, days))


needs_kernel = pytest.mark.skipif(not kernel.is_available(), reason="the kernel was not built here")
both_engines = pytest.mark.parametrize(
    "engine", [reference, pytest.param(compiled, marks=needs_kernel)], ids=lambda e: e.__name__
)


def seen_by(engine: Engine, lines: list[Line], items: list[Item]) -> World:
    """What the engine is told of a world: the compiled one reads what files can tell."""
    return over_files(lines, items) if engine is compiled else (lines, items)


some = settings(max_examples=EXAMPLES, deadline=None)


def autos(decisions: Iterable[Decision]) -> dict[str, Decision]:
    return {d.transaction_id: d for d in decisions if d.outcome == "auto"}


def taken(decisions: Iterable[Decision]) -> dict[str, int]:
    """What is taken of each item, returns taken off."""
    totals: dict[str, int] = defaultdict(int)
    for decision in decisions:
        for share in decision.shares:
            totals[share.item_id] += share.amount_minor
    return totals


def check_lines(decisions: Iterable[Decision], lines: list[Line]) -> None:
    by_line = {x.transaction_id: x for x in lines}
    for d in decisions:
        bank = by_line[d.transaction_id]
        assert d.currency == bank.currency
        assert d.allocated_minor + d.unallocated_minor == bank.amount_minor
        assert d.allocated_minor * bank.amount_minor >= 0
        assert abs(d.allocated_minor) <= abs(bank.amount_minor)
        assert abs(sum(s.amount_minor for s in d.shares)) == abs(d.allocated_minor)
        assert bool(d.shares) == (d.outcome == "auto")
        for c in d.candidates:
            assert abs(sum(s.amount_minor for s in c.shares)) <= abs(bank.amount_minor)


def check_items(decisions: Iterable[Decision], items: list[Item]) -> None:
    by_item = {i.item_id: i for i in items}
    for item_id, total in taken(decisions).items():
        amount = by_item[item_id].initial_minor
        assert 0 <= total <= amount or amount <= total <= 0


@both_engines
@some
@example(made(435993885), Policy(joint_decisions=True))
@given(WORLDS, POLICIES)
def test_01_a_line_allocates_no_more_than_it_is(engine: Engine, world: World, policy: Policy) -> None:
    lines, items = world
    check_lines(engine(lines, items, policy=policy), lines)


@both_engines
@some
@example(made(512576026), Policy(legal_order=True, indirect_collection=True))
@given(WORLDS, POLICIES)
def test_02_an_item_is_never_used_beyond_its_amount(engine: Engine, world: World, policy: Policy) -> None:
    lines, items = world
    check_items(engine(lines, items, policy=policy), items)


@both_engines
@some
@given(WORLDS, POLICIES)
def test_03_money_is_conserved(engine: Engine, world: World, policy: Policy) -> None:
    """Credits received = what stays on items + what was taken back from them + what is unallocated, for
    each tenant; money out the same."""
    lines, items = world
    found = {d.transaction_id: d for d in engine(lines, items, policy=policy)}
    assert len(found) == len(lines)
    for tenant_id, sign in (("t", 1), ("u", 1), ("t", -1), ("u", -1)):
        side = [x for x in lines if x.tenant_id == tenant_id and x.amount_minor * sign > 0]
        mine = [found[x.transaction_id] for x in side]
        back = [d for d in found.values() if d.reason == "return" and d.explanation["returns"] in found]
        names = {x.transaction_id for x in side}
        returned = -sum(d.allocated_minor for d in back if d.explanation["returns"] in names)
        kept = sum(d.allocated_minor for d in mine) - returned
        unallocated = sum(d.unallocated_minor for d in mine)
        assert sum(x.amount_minor for x in side) == kept + returned + unallocated
        assert kept * sign >= 0


def amounts_in(value: Any) -> Iterator[Any]:
    """Every value under a key that names an amount."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if str(key).endswith("_minor") else amounts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from amounts_in(inner)


@both_engines
@some
@given(WORLDS, POLICIES)
def test_04_amounts_are_whole_minor_units(engine: Engine, world: World, policy: Policy) -> None:
    for decision in engine(*world, policy=policy):
        assert {type(amount) for amount in amounts_in(decision.model_dump())} == {int}


@both_engines
@some
@example(made(838589702), Policy(joint_decisions=True))
@example(made(42595430), Policy(hold_days=3))
@example(made(546066365), Policy(hold_days=1))
@given(WORLDS, POLICIES)
def test_05_the_same_again_adds_nothing(engine: Engine, world: World, policy: Policy) -> None:
    lines, items = seen_by(engine, *world)
    decisions = engine(lines, items, policy=policy)
    assert engine(lines, items, policy=policy) == decisions
    assert reconcile(lines, items, prior=Prior(decisions=decisions), policy=policy) == decisions


@both_engines
@some
@given(WORLDS, POLICIES, st.randoms())
def test_06_order_and_partition_change_nothing(
    engine: Engine, world: World, policy: Policy, rng: random.Random
) -> None:
    lines, items = world
    decisions = engine(lines, items, policy=policy)
    mixed_lines, mixed_items = rng.sample(lines, len(lines)), rng.sample(items, len(items))
    assert engine(mixed_lines, mixed_items, policy=policy) == decisions
    parts = [
        engine([x for x in lines if x.tenant_id == t], [i for i in items if i.tenant_id == t], policy=policy)
        for t in "tu"
    ]
    assert sorted((d for part in parts for d in part), key=lambda d: d.transaction_id) == list(decisions)


@some
@given(WORLDS, POLICIES, ANY)
def test_07_what_a_person_said_stays(world: World, policy: Policy, which: int) -> None:
    """One line is put aside by a person, everything proposed for the others is refused."""
    lines, items = world
    decisions = reconcile(lines, items, policy=policy)
    aside = decisions[which % len(decisions)].model_copy(
        update={
            "decided_by": "person:ana", "outcome": "none", "shares": (), "candidates": (),
            "reason": "not_ours", "allocated_minor": 0,
        }
    )  # fmt: skip
    refused = {
        d.transaction_id: tuple(
            sorted({(s.item_id,) for s in (*d.shares, *(s for c in d.candidates for s in c.shares))})
        )
        for d in decisions
    }
    prior = tuple(
        aside
        if d.transaction_id == aside.transaction_id
        else d.model_copy(update={"outcome": "review", "shares": (), "rejected": refused[d.transaction_id]})
        for d in decisions
    )
    then = reconcile(lines, items, prior=Prior(decisions=prior), policy=policy)
    for d in then:
        if d.transaction_id == aside.transaction_id:
            assert d == aside
            continue
        assert d.rejected == refused[d.transaction_id]
        named = {s.item_id for s in (*d.shares, *(s for c in d.candidates for s in c.shares))}
        assert named.isdisjoint(item_id for group in d.rejected for item_id in group)
    assert reconcile(lines, items, prior=Prior(decisions=then), policy=policy) == then


@some
@given(WORLDS, POLICIES, ANY)
def test_08_undone_is_as_if_it_had_never_been(world: World, policy: Policy, which: int) -> None:
    """A person undoes one automatic decision: what it took is open again, and is never its again."""
    lines, items = world
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
    check_lines(then.values(), lines)
    check_items(then.values(), items)


@both_engines
@some
@given(WORLDS, POLICIES)
def test_09_no_evidence_crosses_a_wall(engine: Engine, world: World, policy: Policy) -> None:
    """The same items of another tenant, company or currency change no decision."""
    lines, items = world
    mine = engine(lines, items, policy=policy)
    foreign = [replace(i, item_id=f"w{i.item_id}", tenant_id="w") for i in items]
    company = [] if engine is compiled else items  # files know no companies
    other = [replace(i, item_id=f"x{i.item_id}", company_id="other") for i in company]
    dear = [replace(i, item_id=f"y{i.item_id}", currency="CHF") for i in items]
    assert engine(lines, [*items, *foreign, *other, *dear], policy=policy) == mine
    by_item, by_line = {i.item_id: i for i in items}, {x.transaction_id: x for x in lines}
    for d in mine:
        bank = by_line[d.transaction_id]
        for s in (*d.shares, *(s for c in d.candidates for s in c.shares)):
            owed = by_item[s.item_id]
            wall = (bank.tenant_id, bank.company_id, bank.currency)
            assert (owed.tenant_id, owed.company_id, owed.currency) == wall


@both_engines
@some
@given(WORLDS, POLICIES)
def test_10_every_decision_is_explained(engine: Engine, world: World, policy: Policy) -> None:
    lines, items = world
    for d in engine(lines, items, policy=policy):
        assert {"tokens", "signals", "rivals", "caps", "policy", "code"} <= set(d.explanation)
        assert d.explanation["policy"] == policy.version
        assert d.reason in REASONS
        assert d.explanation.get("gate") in {None, *GATES}
        assert d.reason != "payer_and_amount" or d.outcome == "auto" or "gate" in d.explanation
        for c in d.candidates:
            assert 0 < c.score < 1
            assert c.why


@some
@given(WORLDS, POLICIES, ANY)
def test_11_an_item_is_claimed_once(world: World, policy: Policy, half: int) -> None:
    """Two runs that did not know of each other decide the two halves of the lines; whichever is written
    second is decided again with the first as it stands."""
    lines, items = world
    one, other = lines[half % len(lines) :], lines[: half % len(lines)]
    first = reconcile(one, items, policy=policy)
    prior = Prior(decisions=first, lines=tuple(one))
    second = reconcile(other, items, prior=prior, policy=policy)
    claimed = {**{d.transaction_id: d for d in first}, **{d.transaction_id: d for d in second}}
    check_items(claimed.values(), items)
    check_lines(claimed.values(), lines)


@both_engines
@some
@given(WORLDS, POLICIES)
def test_12_work_is_bounded_and_a_cap_shows(engine: Engine, world: World, policy: Policy) -> None:
    """With the narrowest bounds nothing that ran into one is decided alone."""
    narrow = replace(
        policy, max_text=40, max_references=1, max_owed=1, max_group_items=2, max_group_size=2,
        max_group_steps=5, max_shared_key=1,
    )  # fmt: skip
    lines, items = world
    decisions = engine(lines, items, policy=narrow)
    assert all(d.outcome != "auto" for d in decisions if d.explanation["caps"])
    check_lines(decisions, lines)
    check_items(decisions, items)


@both_engines
@some
@given(WORLDS, POLICIES, st.integers(1, 3), ANY)
def test_13_day_by_day_is_all_at_once(
    engine: Engine, world: World, policy: Policy, days: int, which: int
) -> None:
    """Also a line or an item that arrives late changes no automatic decision."""
    lines, items = seen_by(engine, *world)
    at_once = autos(engine(lines, items, policy=policy))
    assert autos(engine(lines, items, policy=policy, days=days)) == at_once
    line, item = lines[which % len(lines)], items[which % len(items)] if items else None
    few_lines = [x for x in lines if x is not line]
    few_items = [i for i in items if item and i is not item and i.replaces != item.item_id]
    first = engine(few_lines, few_items, policy=policy) if few_lines else ()
    then = reconcile(lines, items, prior=Prior(decisions=first), policy=policy)
    kept = {d.transaction_id: d for d in then}
    assert all(kept[i] == d for i, d in autos(first).items())
    check_lines(then, lines)
    check_items(then, items)


def test_every_tier_has_work_in_these_worlds() -> None:
    policy = Policy(joint_decisions=True)
    seen = {d.tier for seed in range(150) for d in reconcile(*made(seed), policy=policy)}
    assert seen == {f"T{n}" for n in range(11)}
