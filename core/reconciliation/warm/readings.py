"""What can be said of lines before their turn, kept for the days that may be folded again."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final

from core.reconciliation.line import Line
from core.reconciliation.policy import Policy
from core.reconciliation.scope import Scope
from core.reconciliation.warm.diary import day_of
from core.reconciliation.warm.ready import Ready, made_ready

KEPT_DAYS: Final = 35
"""How long before the last day readings are kept: further back, lines are read again."""


class Readings:
    """Lines of money in, read once for each time that they are new or other."""

    def __init__(self, scope: Scope, policy: Policy) -> None:
        self._scope, self._policy = scope, policy
        self._by_day: dict[date, dict[str, tuple[Line, Ready]]] = defaultdict(dict)

    def of(self, line: Line) -> Ready | None:
        """What was read; None when this line was not."""
        known, ready = self._by_day[day_of(line)].get(line.transaction_id, (None, None))
        return ready if known is line else None

    def take(self, lines: Iterable[Line]) -> None:
        """Reads those that were not."""
        for line in lines:
            if line.amount_minor > 0 and self.of(line) is None:
                ready = made_ready(line, self._scope, self._policy)
                self._by_day[day_of(line)][line.transaction_id] = line, ready

    def keep_until(self, last: date) -> None:
        """Forgets what was booked long before this day."""
        first = last.toordinal() - KEPT_DAYS
        for day in [day for day in self._by_day if day.toordinal() < first]:
            del self._by_day[day]
