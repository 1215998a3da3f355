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
    if len(amounts) > most:
        return Groups((), "max_group_items")
    if not _is_within_reach(amounts, target):
        return Groups((), None)
    order = sorted(range(len(amounts)), key=lambda i: (-abs(amounts[i]), amounts[i] < 0, i))
    values = [amounts[i] for i in order]
    found, cap = _search(values, target, size, steps, alike)
    return Groups(tuple(tuple(sorted([order[i] for i in taken])) for taken in found), cap)


def _is_within_reach(amounts: Sequence[int], target: int) -> bool:
    """Whether the target lies between the lowest and the highest sum of any of the amounts."""
    highest = sum([a for a in amounts if a > 0])
    return bool(amounts) and sum(amounts) - highest <= target <= highest


def _search(
    values: Sequence[int], target: int, size: int, steps: int, alike: bool
) -> tuple[list[tuple[int, ...]], str | None]:
    """Places of values, largest first: each is first taken, then left out, as long as the rest reaches."""
    highest, lowest = _reach(values)
    after, end = _after(values, alike), len(values)
    found: list[tuple[int, ...]] = []
    postponed: list[tuple[int, int, tuple[int, ...]]] = []
    taken: tuple[int, ...] = ()
    at, left = 0, target
    while steps > 0:
        steps -= 1
        if left == 0 and taken and taken[-1] == at - 1:
            found.append(taken)
            if len(found) == 2:
                return found, None
        room = size - len(taken)
        if at < end and room > 0 and lowest[at] <= left <= highest[at]:
            if room == 1 and left != values[at] and steps > 0:
                steps -= 1  # taken as the last it does not fit, so only leaving it out is left
                at = after[at]
                continue
            postponed.append((after[at], left, taken))
            at, left, taken = at + 1, left - values[at], (*taken, at)
        elif postponed:
            at, left, taken = postponed.pop()
        else:
            return found, None
    return found, "max_group_steps"


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
