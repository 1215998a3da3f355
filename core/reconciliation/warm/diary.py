"""The lines of one wall that its fold looks at, by the day on which they were booked."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from core.reconciliation.grouping import order
from core.reconciliation.line import Line


class Diary:
    """Each day's lines in their order, and those whose standing decision counts from another day."""

    def __init__(self) -> None:
        self._by_day: dict[date, list[Line]] = {}
        self._counting: dict[date, dict[str, Line]] = defaultdict(dict)

    def put(self, lines: Iterable[Line]) -> None:
        """Enters lines under their booking day; `date.min` for those that have none."""
        fresh: dict[date, list[Line]] = defaultdict(list)
        for line in lines:
            fresh[day_of(line)].append(line)
        for day, more in fresh.items():
            there = self._by_day.setdefault(day, [])
            if len(more) == 1:
                insort(there, more[0], key=order)
            else:
                there += more
                there.sort(key=order)

    def take_out(self, line: Line) -> None:
        """Removes a line that was put."""
        day = day_of(line)
        left = [other for other in self._by_day[day] if other.transaction_id != line.transaction_id]
        if left:
            self._by_day[day] = left
        else:
            del self._by_day[day]

    def count_from(self, line: Line, day: date) -> None:
        """What was decided about the line counts from this day on, not from its own."""
        self._counting[day][line.transaction_id] = line

    def count_no_more(self, line: Line, day: date) -> None:
        """Takes that back."""
        self._counting[day].pop(line.transaction_id, None)

    def lines(self, day: date) -> list[Line]:
        """The lines booked on a day, in their order."""
        return self._by_day[day]

    def after(self, day: date | None) -> list[date]:
        """The days with lines after this one (None: all of them), in order."""
        days = sorted(self._by_day)
        return days if day is None else days[bisect_right(days, day) :]

    def concerned(self, reached: date | None) -> Iterator[Line]:
        """Lines booked, or counting, after a day."""
        for day in self.after(reached):
            yield from self._by_day[day]
        for day, lines in self._counting.items():
            if reached is not None and day > reached:
                yield from (line for line in lines.values() if day_of(line) <= reached)


def day_of(line: Line) -> date:
    """The booking day; `date.min` for a line without one."""
    return line.booking_date or date.min
