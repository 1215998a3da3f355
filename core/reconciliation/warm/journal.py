"""How to go back to an earlier day: each change of a wall is noted together with what undoes it."""

from bisect import bisect_left
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from core.reconciliation.hold import Waiting


class Mark(NamedTuple):
    """Where a day began: how much was noted before it, and who waited then."""

    day: date
    noted: int
    waiting: Waiting


class Journal:
    """Changes in the order in which they were made, parted by the days that made them.

    Days begin in their order. What is concluded once the known days are over, about cases that still
    wait, is taken back by every way back: the next line may end their wait.
    """

    def __init__(self) -> None:
        self._undo: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self._days: list[Mark] = []
        self._over = 0
        self._end = Mark(date.max, 0, ())

    def note(self, undo: Callable[..., object], *arguments: Any) -> None:
        """A change is about to be made; `undo` with these arguments takes it back."""
        self._undo.append((undo, arguments))

    def begin(self, day: date, waiting: Waiting) -> None:
        """What is noted from here on belongs to that day."""
        self._days.append(Mark(day, len(self._undo), waiting))

    def end(self, waiting: Waiting) -> None:
        """The known days are over."""
        self._over = len(self._days)
        self._end = Mark(date.max, len(self._undo), waiting)

    @property
    def reached(self) -> date | None:
        """The last day that began and was not taken back."""
        return self._days[-1].day if self._days else None

    @property
    def is_waiting(self) -> bool:
        """Whether some case still waited at the end."""
        return bool(self._end.waiting)

    def back(self, since: date | None) -> Waiting:
        """Takes back this day and all after it (None: only the end); returns who waited."""
        left, mark = self._over, self._end
        first = left if since is None else bisect_left(self._days, since, key=lambda m: m.day)
        if first < left:
            left, mark = first, self._days[first]
        while len(self._undo) > mark.noted:
            undo, arguments = self._undo.pop()
            undo(*arguments)
        del self._days[left:]
        self._over, self._end = left, mark
        return mark.waiting
