"""Repayment events: what was said so far and what is known now, in; the events to say next, out."""

from collections.abc import Sequence

from core.model import Allocation, Event
from core.repayment.claims import tell_claim, tell_questions, tell_schedule
from core.repayment.finality import STANDARD, WatchPolicy
from core.repayment.payments import tell_entry
from core.repayment.states import tell_excess, tell_state
from core.repayment.story import Story
from core.repayment.watch import Moment, Watch


def derive_events(
    watch: Watch, said: Sequence[Event], moment: Moment, policy: WatchPolicy = STANDARD
) -> tuple[Event, ...]:
    """The events that are not said yet, in the order in which to say them; a second call says none.

    New allocations are told by the day they count for (a contrary entry after the one it undoes), so
    two payments found in one run appear in date order. Ids are made of subject, type and cause:
    neither clock nor revision nor the number of runs enters them.
    """
    story = Story(watch, said, moment, policy)
    told = {e.attributes["allocation_id"] for e in said if "allocation_id" in e.attributes}
    known = [a for a in watch.allocations if a.id in told]
    before = watch.settlement(known)
    if said:
        tell_state(story, before, before.paid_on or moment.today)
    for entry in _in_date_order([a for a in watch.allocations if a.id not in told], told):
        known.append(entry)
        after = watch.settlement(known)
        tell_entry(story, entry, after)
        tell_state(story, after, entry.occurred_on)
    after = watch.settlement(known)
    tell_excess(story, after)
    tell_questions(story, after)
    tell_claim(story, after)
    tell_schedule(story, after)
    return tuple(story.fresh)


def _in_date_order(fresh: Sequence[Allocation], told: set[str]) -> list[Allocation]:
    """By day; within a day first what undoes something said already, then as written."""
    position = {a.id: n for n, a in enumerate(fresh)}
    return sorted(fresh, key=lambda a: (a.occurred_on, a.reverses not in told, position[a.id]))
