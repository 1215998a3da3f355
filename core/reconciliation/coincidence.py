"""How many matches chance alone would give: lambda, compared with the policy's bound."""

from collections.abc import Sequence
from math import comb

from core.model.money import exponent
from core.reconciliation.index import Index


def amount_odds(index: Index, amount: int, currency: str, *, related: int = 1) -> float:
    """The share of unrelated items that have this amount: what is observed, plus a floor by shape.

    Round amounts cluster: a multiple of 100 is far more common than an amount with uneven cents.
    `related` items of that amount are the ones in question, and do not count.
    """
    amount = abs(amount)
    unit = 10 ** exponent(currency)
    floor = 2e-6
    for step, odds in ((1, 2e-5), (10, 3e-4), (100, 2e-3)):
        if amount % (step * unit) == 0:
            floor = odds
    others = max(0, index.amounts[amount] - related)
    return min(1.0, floor + others / max(1, len(index.items)))


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


def by_group(size: int, amounts: Sequence[int], target: int, currency: str) -> float:
    """Groups of at most `size` of the amounts, over the sums they can reach.

    Sums cluster like the amounts do: a target that is a multiple of 100 is what the amounts that are
    multiples of 100 make among themselves, whatever the others are.
    """
    finest, *coarse = [(1, amounts), *((s, [a for a in amounts if a % s == 0]) for s in _steps(currency))]
    grids = [finest, *((step, part) for step, part in coarse if part and target % step == 0)]
    return max(_groups(len(part), size) / max(1, _span(part) // step) for step, part in grids)


def by_everything(amounts: Sequence[int], currency: str) -> float:
    """All that is owed at once: one group, not one of many, over the sums such amounts can make."""
    step = max((s for s in _steps(currency) if all(a % s == 0 for a in amounts)), default=1)
    return 1 / max(1, _span(amounts) // step)


def _steps(currency: str) -> tuple[int, ...]:
    unit: int = 10 ** exponent(currency)
    return unit, 10 * unit, 100 * unit


def _span(amounts: Sequence[int]) -> int:
    return sum(abs(a) for a in amounts)


def _groups(count: int, size: int) -> int:
    return sum(comb(count, k) for k in range(1, size + 1))
