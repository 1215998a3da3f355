"""Decisions that stand take effect again, each at the very point of its day at which it was made."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from core.model.decision import Decision
from core.reconciliation.grouping import order
from core.reconciliation.line import Line
from core.reconciliation.tiers import Stage

_BY_REASON: Final = {
    "joint_sum": Stage.JOINT,
    "end_and_amount": Stage.ENDS,
    "cited_end_and_amount": Stage.CITED_ENDS,
    "ends_and_sum": Stage.SUMS,
    "cut_and_amount": Stage.NEAR,
    "typo_and_amount": Stage.NEAR,
    "reference_and_rest": Stage.REST,
}
"""Reasons that are given later in the day than the first rule of their tier is asked."""
_BY_TIER: Final[Mapping[str, Stage]] = {f"T{n}": Stage[f"T{n}"] for n in range(1, 9)}


def stage_of(decision: Decision) -> Stage:
    """The stage of the day at which a decision that stands was made; people come before every rule."""
    if decision.decided_by != "engine":
        return Stage.PEOPLE
    return _BY_REASON.get(decision.reason) or _BY_TIER.get(decision.tier, Stage.RETURNS)


class Point(NamedTuple):
    """A line's turn at a stage: lines of earlier days, whose wait has ended, come first."""

    stage: Stage
    booked: date
    turn: tuple[object, ...]


def point(stage: Stage, line: Line) -> Point:
    """Where in the day `line` is asked at this stage."""
    return Point(stage, line.booking_date or date.min, order(line))


class Replay:
    """The standing decisions that take effect on one day.

    A line that is asked again thus finds what it found the first time: what was decided before it, and
    nothing of what was decided after it. So it is answered the same.
    """

    def __init__(self, lines: Iterable[Line] = (), standing: Mapping[str, Decision] | None = None) -> None:
        stages = standing or {}
        self._ahead = deque(
            sorted(((point(stage_of(stages[x.transaction_id]), x), x) for x in lines), key=lambda p: p[0])
        )

    def is_ahead(self) -> bool:
        """Whether any is left."""
        return bool(self._ahead)

    def left(self) -> list[Line]:
        """The lines of those that are left, in the order of their turns."""
        return [line for _, line in self._ahead]

    def before(self, stage: Stage, line: Line) -> Iterator[Line]:
        """The lines decided before `line` had its turn at this stage; each comes once."""
        here = point(stage, line)
        while self._ahead and self._ahead[0][0] < here:
            yield self._ahead.popleft()[1]

    def through(self, stage: Stage) -> Iterator[Line]:
        """All that are left of this stage and those before it."""
        while self._ahead and self._ahead[0][0].stage <= stage:
            yield self._ahead.popleft()[1]
