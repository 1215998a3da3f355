"""How sure it is that a tier is right, from what people confirmed and reversed; no clock, no luck."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import exp, lgamma, log, log1p
from typing import Final

from core.reconciliation.policy import Policy

DOUBT: Final = 0.05
"""How often a bound may be wrong: both are one-sided 95 % bounds."""
SLIPS: Final = 2
"""So many reversals close nothing: among few observations even one would prove imprecision."""
_HALVINGS: Final = 60


@dataclass(frozen=True, slots=True)
class Observed:
    """How many decisions (or withheld proposals) of a tier were confirmed, and how many reversed."""

    confirmed: int = 0
    reversed: int = 0

    @property
    def lower(self) -> float:
        """At least so precise is the tier; 0 when nothing was seen. Without an error in n cases it is
        about 1 - 3/n.

        >>> round(Observed(confirmed=3000).lower, 4)
        0.999
        """
        n = self.confirmed + self.reversed
        return 1.0 - _solved(lambda odds: _at_most(self.reversed, n, odds) - DOUBT) if n else 0.0

    @property
    def upper(self) -> float:
        """At most so precise is the tier; 1 while no error was seen."""
        n = self.confirmed + self.reversed
        if not self.reversed:
            return 1.0
        return 1.0 - _solved(lambda odds: _at_most(self.reversed - 1, n, odds) - (1 - DOUBT))


def _at_most(errors: int, n: int, odds: float) -> float:
    """The chance of so many errors at most in n cases (exact binomial); `odds` is that of one error."""
    if errors >= n:
        return 1.0
    hit, miss = log(odds), log1p(-odds)
    ways = (lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) for k in range(errors + 1))
    return sum(exp(way + k * hit + (n - k) * miss) for k, way in enumerate(ways))


def _solved(falling: Callable[[float], float]) -> float:
    """Where a falling function of a probability crosses zero, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return low


def opened(policy: Policy, observed: Mapping[str, Observed]) -> Policy:
    """The policy with the tiers that may really decide alone.

    A tier of `earned_tiers` opens once its lower bound reaches `precision_floor`; any tier closes
    once its upper bound is below it after more than `SLIPS` reversals: then its errors are no bad luck.
    """
    floor = policy.precision_floor

    def is_open(tier: str) -> bool:
        seen = observed.get(tier, Observed())
        if tier in policy.earned_tiers:
            return seen.lower >= floor
        return seen.reversed <= SLIPS or seen.upper >= floor

    tiers = tuple(tier for tier in policy.automatic_tiers if is_open(tier))
    return policy if tiers == policy.automatic_tiers else replace(policy, automatic_tiers=tiers)
