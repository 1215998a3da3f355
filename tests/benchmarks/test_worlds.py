"""Worlds: the same from the same seed, and a truth that adds up."""

from collections import defaultdict
from itertools import chain

import pytest

from benchmarks.reconciliation.files import SHAPES, Shape, World, build
from benchmarks.reconciliation.noise import PROFILES, read_noise
from benchmarks.reconciliation.world import Rows

LINES = 2_000


def world(shape: Shape, seed: int = 1) -> Rows:
    """Everything of a small world in one."""
    parts = list(build(World(shape, LINES, "tuning", seed)))
    names = ("lines", "items", "accounts", "truths")
    return Rows(*(list(chain.from_iterable(getattr(part, name) for part in parts)) for name in names))


@pytest.fixture(scope="module", params=SHAPES)
def rows(request: pytest.FixtureRequest) -> Rows:
    return world(request.param)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_seed_makes_one_world(shape: Shape) -> None:
    assert world(shape) == world(shape)
    assert world(shape).lines != world(shape, seed=2).lines


def test_sizes_are_those_asked_for(rows: Rows) -> None:
    assert (len(rows.lines), len(rows.items)) == (LINES, LINES // 4)
    assert [t.transaction_id for t in rows.truths] == [line.transaction_id for line in rows.lines]
    assert len({line.transaction_id for line in rows.lines}) == LINES
    assert len({item.item_id for item in rows.items}) == len(rows.items)


def test_no_payment_pays_more_than_it_is_nor_an_item_more_than_it_owes(rows: Rows) -> None:
    amounts = {line.transaction_id: (line.amount_minor, line.currency) for line in rows.lines}
    items = {item.item_id: item for item in rows.items}
    paid: dict[str, int] = defaultdict(int)
    for truth in rows.truths:
        shares = [int(a) for a in truth.amounts_minor.split("|") if a]
        amount, currency = amounts[truth.transaction_id]
        for item_id, share in zip(truth.item_ids.split("|"), shares, strict=False):
            paid[item_id] += share
            assert items[item_id].tenant_id == truth.tenant_id
        if truth.kind != "exchange":
            assert abs(sum(shares)) <= abs(amount)
            assert all(items[i].currency == currency for i in truth.item_ids.split("|") if i)
    for item_id, share in paid.items():
        left = items[item_id].open_minor - share
        assert 0 <= left <= items[item_id].open_minor or items[item_id].amount_minor < 0


def test_what_nobody_could_know_is_not_called_decidable(rows: Rows) -> None:
    for truth in rows.truths:
        if not truth.item_ids:
            assert truth.expected == "none"
        elif truth.kind in ("mixed", "overpaid", "credit_not_cited", "deduction"):
            assert truth.expected == "review"


def test_intact_numbers_are_in_the_text(rows: Rows) -> None:
    numbers = {item.item_id: item.number for item in rows.items}
    texts = {line.transaction_id: (line.remittance or "").upper() for line in rows.lines}
    cited = [t for t in rows.truths if t.cited == "intact" and t.kind == "single"]
    assert len(cited) > 50
    for truth in cited:
        assert numbers[truth.item_ids] in texts[truth.transaction_id]


def test_both_profiles_name_the_same_rates_and_differ() -> None:
    tuning, held_out = (read_noise(profile) for profile in PROFILES)
    assert {k: set(v) for k, v in tuning.rates.items()} == {k: set(v) for k, v in held_out.rates.items()}
    for section in tuning.rates:
        assert tuning[section] != held_out[section]
