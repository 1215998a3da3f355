"""How many matches chance alone would give: lambda, compared with the policy's bound."""

from core.model.money import exponent
from core.reconciliation.index import Index


def amount_odds(index: Index, amount: int, currency: str) -> float:
    """The share of unrelated items that have this amount: what is observed, plus a floor by shape.

    Round amounts cluster: a multiple of 100 is far more common than an amount with uneven cents.
    """
    unit = 10 ** exponent(currency)
    floor = 2e-6
    for step, odds in ((1, 2e-5), (10, 3e-4), (100, 2e-3)):
        if amount % (step * unit) == 0:
            floor = odds
    others = max(0, index.amounts[amount] - 1)
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
    """A whole number cited: items that share it, or that one slip of a digit leads to, x the amount."""
    return (sharing + 9) * amount_odds(index, amount, currency)


def by_group(size: int, count: int, amounts: list[int], currency: str) -> float:
    """Subsets of `count` items with at most `size` of them, over the sums they can reach.

    Sums cluster like the amounts do: on multiples of 100, of 10, of 1.
    """
    subsets, term = 0, 1
    for k in range(1, size + 1):
        term = term * (count - k + 1) // k
        subsets += term
    unit = 10 ** exponent(currency)
    step = next((s for s in (100 * unit, 10 * unit, unit) if all(a % s == 0 for a in amounts)), 1)
    span = sum(abs(a) for a in amounts) // step
    return subsets / max(1, span)
