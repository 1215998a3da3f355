"""What can be said of lines before their turn, kept for the days that may be folded again."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Final

from core.reconciliation.columnar import is_available
from core.reconciliation.columnar.block import Ready
from core.reconciliation.columnar.ready import made_ready, payer_of
from core.reconciliation.decision import Versions
from core.reconciliation.label import read
from core.reconciliation.line import Line
from core.reconciliation.policy import Policy
from core.reconciliation.scope import Scope
from core.reconciliation.warm.diary import day_of

if TYPE_CHECKING:
    from core.reconciliation.columnar.ahead import Reader

MANY: Final = 2_000
"""Lines at once from which on the compiled search is worth its table."""
KEPT_DAYS: Final = 35
"""How long before the last day readings are kept: further back, lines are read again."""


class Readings:
    """Lines of money in, read once for each time that they are new or other."""

    def __init__(self, scope: Scope, policy: Policy) -> None:
        self._scope, self._policy = scope, policy
        self._by_day: dict[date, dict[str, tuple[Line, Ready]]] = defaultdict(dict)
        self._reader: Reader | None = None

    def of(self, line: Line) -> Ready | None:
        """What was read; None when this line was not."""
        known, ready = self._by_day[day_of(line)].get(line.transaction_id, (None, None))
        return ready if known is line else None

    def take(self, lines: Iterable[Line]) -> None:
        """Reads those that were not."""
        fresh = [x for x in lines if x.amount_minor > 0 and self.of(x) is None]
        if len(fresh) >= MANY and self._reader is None and is_available():
            self._reader = self._compiled()
        if self._reader is not None and len(fresh) >= MANY:
            found = self._reader.ready(fresh)
        else:
            found = [self._read(line) for line in fresh]
        for line, ready in zip(fresh, found, strict=True):
            self._by_day[day_of(line)][line.transaction_id] = line, ready

    def _compiled(self) -> "Reader":
        from core.reconciliation.columnar.ahead import Reader  # needs numba, which may be missing

        return Reader(self._scope, self._policy, Versions(self._policy.version))

    def _read(self, line: Line) -> Ready:
        label = read(line, max_text=self._policy.max_text)
        return made_ready(line, label, payer_of(line, label, self._scope), self._scope, self._policy)

    def keep_until(self, last: date) -> None:
        """Forgets what was booked long before this day."""
        first = last.toordinal() - KEPT_DAYS
        for day in [day for day in self._by_day if day.toordinal() < first]:
            del self._by_day[day]
