"""Groups of items that sum to an amount: solutions counted up to two, and never more than the caps."""

from collections.abc import Sequence
from typing import NamedTuple


class Groups(NamedTuple):
    """Solutions found (two at most), and the cap that ended the search, if one did."""

    found: tuple[tuple[int, ...], ...]
    cap: str | None


def groups(
    amounts: Sequence[int], target: int, *, size: int, steps: int, most: int = 40, alike: bool = False
) -> Groups:
    """Indices of `amounts` (signed) that sum to `target`, at most `size` of each; stops at the second.

    A cap reached means that more solutions may exist: nothing is proved by what was found. With `alike`
    equal amounts stand for each other: of those, the first are taken, and no other choice counts.

    >>> groups([3, 5, 7], 10, size=2, steps=100).found
    ((0, 2),)
    """
    if not amounts:
        return Groups((), None)
    if len(amounts) > most:
        return Groups((), "max_group_items")
    order = sorted(range(len(amounts)), key=lambda i: (-abs(amounts[i]), amounts[i] < 0, i))
    values = [amounts[i] for i in order]
    highest, lowest = _reach(values)
    after = _after(values, alike)
    found: list[tuple[int, ...]] = []
    stack: list[tuple[int, int, tuple[int, ...]]] = [(0, target, ())]
    while stack:
        steps -= 1
        if steps < 0:
            return Groups(tuple(found), "max_group_steps")
        at, left, taken = stack.pop()
        if left == 0 and taken and taken[-1] == at - 1:
            found.append(tuple(sorted(order[i] for i in taken)))
            if len(found) == 2:
                break
        if at < len(values) and len(taken) < size and lowest[at] <= left <= highest[at]:
            stack.append((after[at], left, taken))
            stack.append((at + 1, left - values[at], (*taken, at)))
    return Groups(tuple(found), None)


def _reach(values: Sequence[int]) -> tuple[list[int], list[int]]:
    """Highest and lowest sums of each tail."""
    highest, lowest = [0], [0]
    for value in reversed(values):
        highest.append(highest[-1] + max(0, value))
        lowest.append(lowest[-1] + min(0, value))
    return highest[::-1], lowest[::-1]


def _after(values: Sequence[int], alike: bool) -> list[int]:
    """Where to go on when a value is left out: at the next one, or at the next different one."""
    after = list(range(1, len(values) + 1))
    for at in range(len(values) - 2, -1, -1) if alike else ():
        if values[at] == values[at + 1]:
            after[at] = after[at + 1]
    return after
