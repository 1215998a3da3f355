"""How many matches chance alone would give: lambda, compared with the policy's bound."""

from collections.abc import Mapping, Sequence
from math import comb, exp, pi, sqrt
from typing import Final

from core.money import exponent
from core.reconciliation.index import Index

UNEVEN: Final = 2e-6
"""Odds of an amount with uneven cents."""
ROUND: Final[Mapping[int, float]] = {1: 2e-5, 10: 3e-4, 100: 2e-3}
"""Odds of an amount that is a multiple of so many major units."""
SHAPE_COUNTS: Final = 1_000
"""Up to so many known amounts, the shape of an amount tells all it can; beyond, less and less."""
NEAR: Final = 4
"""Sums within a quarter of an amount tell how densely sums stand around it."""


def amount_odds(index: Index, amount: int, currency: str) -> float:
    """The share of unrelated debtors' invoices that have this amount: what is observed, on top of what its
    shape says.

    What one debtor is billed every month counts once: it does not make the amount common. Round amounts
    cluster: a multiple of 100 is far more common than an amount with uneven cents. Where many amounts are
    known, their shape counts less. Where few are, one more must not change what an amount tells.
    """
    amount = abs(amount)
    unit = 10 ** exponent(currency)
    shape = 0.0
    for step, odds in ROUND.items():
        if amount % (step * unit) == 0:
            shape = odds
    others, known = max(0, index.amounts[amount] - 1), len(index.billed)
    return min(1.0, UNEVEN + others / max(1, known) + shape * SHAPE_COUNTS / max(known, SHAPE_COUNTS))


def counter_odds(index: Index, counter: str) -> float:
    """The share of unrelated items that have this counter."""
    others = max(0, index.counters[counter] - 1)
    return float(min(1.0, 10.0 ** -min(6, len(counter)) + others / max(1, len(index.items))))


def by_counter(index: Index, counter: str, amount: int, currency: str, probed: int) -> float:
    """Items in scope x odds of the counter x odds of the amount x counters that were tried."""
    odds = counter_odds(index, counter) * amount_odds(index, amount, currency)
    return probed * len(index.items) * odds


def by_number(index: Index, sharing: int, amount: int, currency: str) -> float:
    """A whole number cited: the items that it may mean x the odds of the amount."""
    return sharing * amount_odds(index, amount, currency)


def by_group(
    size: int, amounts: Sequence[int], target: int, currency: str, *, in_a_row: bool = False
) -> float:
    """How many groups of at most `size` of the amounts meet the target by accident; `in_a_row`: only groups
    of neighbours count.

    Sums gather around their mean like a bell, and cluster like the amounts do: a target that is a multiple
    of 100 is what the amounts that are multiples of 100 make among themselves, whatever the others are.
    """
    grids = [(1, amounts), *((s, [a for a in amounts if a % s == 0]) for s in _steps(currency))]
    fitting = [(step, part) for step, part in grids if part and target % step == 0]
    return max((_meeting(part, size, target, step, in_a_row) for step, part in fitting), default=0.0)


def _meeting(amounts: Sequence[int], size: int, target: int, step: int, in_a_row: bool) -> float:
    """Groups of each size x the share of their sums, which are multiples of `step`, that is the target."""
    count = len(amounts)
    mean = sum(amounts) / count
    variance, near = sum((a - mean) ** 2 for a in amounts) / count, target / NEAR
    expected = 0.0
    for k in range(1, min(size, count) + 1):
        spread = k * (count - k) / max(1, count - 1) * variance + near * near + step * step
        share = step / sqrt(2 * pi * spread) * exp(-((target - k * mean) ** 2) / (2 * spread))
        expected += share * (count - k + 1 if in_a_row else comb(count, k))
    return expected


def by_everything(amounts: Sequence[int], currency: str) -> float:
    """All that is owed at once: one group, not one of many, over the sums such amounts can make."""
    step = max((s for s in _steps(currency) if all(a % s == 0 for a in amounts)), default=1)
    return 1 / max(1, _span(amounts) // step)


def _steps(currency: str) -> tuple[int, ...]:
    unit: int = 10 ** exponent(currency)
    return unit, 10 * unit, 100 * unit


def _span(amounts: Sequence[int]) -> int:
    return sum(abs(a) for a in amounts)
