"""The bounds by which a tier opens and closes."""

from dataclasses import replace
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reconciliation import Policy
from core.reconciliation.precision import Observed, opened

ALL = Policy().automatic_tiers


@pytest.mark.parametrize(
    ("confirmed", "wrong", "lower", "upper"),
    [
        (0, 0, 0.0, 1.0),
        (10, 0, 0.741, 1.0),
        (299, 0, 0.990, 1.0),
        (2995, 0, 0.999, 1.0),
        (49, 1, 0.909, 0.999),
        (1000, 1, 0.995, 0.99995),
        (0, 3, 0.0, 0.632),
    ],
)
def test_the_bounds_are_those_of_the_tables(confirmed: int, wrong: int, lower: float, upper: float) -> None:
    seen = Observed(confirmed, wrong)
    assert seen.lower == pytest.approx(lower, abs=1e-3)
    assert seen.upper == pytest.approx(upper, abs=1e-3)


@given(st.integers(0, 80), st.integers(0, 8))
def test_each_bound_leaves_five_percent(confirmed: int, wrong: int) -> None:
    n, seen = confirmed + wrong, Observed(confirmed, wrong)
    if confirmed:
        tail = sum(comb(n, k) * (1 - seen.lower) ** k * seen.lower ** (n - k) for k in range(wrong + 1))
        assert tail == pytest.approx(0.05, abs=1e-6)
    if wrong:
        tail = sum(comb(n, k) * (1 - seen.upper) ** k * seen.upper ** (n - k) for k in range(wrong))
        assert tail == pytest.approx(0.95, abs=1e-6)
    assert 0.0 <= seen.lower <= seen.upper <= 1.0


def test_a_hundred_thousand_observations_are_no_trouble() -> None:
    assert 0.9993 < Observed(100_000, 50).lower < 0.9995 < Observed(100_000, 50).upper < 0.9997


def test_an_earned_tier_opens_when_it_is_shown_to_be_precise() -> None:
    policy = replace(Policy(), earned_tiers=("T5",))
    assert "T5" not in opened(policy, {}).automatic_tiers
    assert "T5" not in opened(policy, {"T5": Observed(2_000)}).automatic_tiers
    assert opened(policy, {"T5": Observed(3_000)}) == policy


def test_any_tier_closes_when_it_is_shown_not_to_be() -> None:
    policy = Policy()
    assert opened(policy, {}) is policy
    assert opened(policy, {"T4": Observed(5, 2)}).automatic_tiers == ALL, "a slip or two prove nothing"
    assert opened(policy, {"T4": Observed(9_000, 5)}).automatic_tiers == ALL
    assert opened(policy, {"T4": Observed(500, 5)}).automatic_tiers == tuple(t for t in ALL if t != "T4")
