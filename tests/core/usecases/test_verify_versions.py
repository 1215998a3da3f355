"""After the engine or the policy changed, what an earlier version decided is taken as given; what
follows from it (allocations, events) is still derived again."""

from core.model import Allocation, Event
from core.reconciliation import Policy
from core.usecases.reconcile import STANDARD, Rules, reconcile
from core.usecases.verify import Proof, prove, verify
from tests.core.usecases.made import T
from tests.core.usecases.test_story import CHAPTERS, Tale

STRICTER = Rules(policy=Policy(early_days=3))


def told_before_the_change() -> Tale:
    tale = Tale()
    for on, facts in CHAPTERS[:3]:
        tale.chapter(on, facts)
    return tale


def test_an_upgrade_is_no_difference() -> None:
    tale = told_before_the_change()
    assert prove(tale.store, tale.source, T, rules=STANDARD) == Proof((), given=0)
    assert prove(tale.store, tale.source, T, rules=STRICTER) == Proof((), given=2)


def test_what_comes_after_an_upgrade_is_derived_with_the_new_version() -> None:
    tale = told_before_the_change()
    for on, facts in CHAPTERS[3:]:
        tale.clock.instant = tale.clock.instant.replace(year=on.year, month=on.month, day=on.day)
        tale.page(facts)
        tale.sync()
        reconcile(tale.store, T, rules=STRICTER)
    assert verify(tale.store, tale.source, T, rules=STRICTER) == ()
    assert reconcile(tale.store, T, rules=STRICTER).decisions == 0


def test_what_follows_from_an_old_decision_is_still_proven() -> None:
    for kind in (Allocation, Event):
        tale = told_before_the_change()
        with tale.store.begin(T, write=False) as unit:
            first = unit.entries(kind)[0]
        tale.store.erase(T, kind, first.id)
        found = verify(tale.store, tale.source, T, rules=STRICTER)
        assert any(d.id == first.id for d in found), kind
