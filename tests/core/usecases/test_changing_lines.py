"""A bank line changes after it was decided: its dates, its status, and what was built on it."""

from core.model import Allocation
from tests.core.usecases.made import T, day, line
from tests.core.usecases.test_reconcile import (
    PAID,
    add,
    check_invariants,
    events,
    paid_world,
    run,
    state,
)  # fmt: skip
from tests.fakes import InMemoryStore

RECALL = line("2", -120_050, day(4, 10), "RAPPEL", operation="recall", return_reason="AC04")
MOVED = PAID.model_copy(update={"value_date": day(3, 30)})


def test_a_corrected_value_date_moves_the_day_of_payment() -> None:
    """One day of error in the payment date is real money."""
    store = paid_world()
    run(store)
    add(store, MOVED)
    run(store)
    assert state(store, "FA-2026-0012").paid_on == day(3, 30)
    paid = [e for e in events(store) if e.type == "invoice.paid"]
    assert [(e.attributes["timing"], e.attributes["days"]) for e in paid] == [("late", 7), ("early", -1)]
    check_invariants(store)


def test_a_return_follows_its_original_to_the_corrected_day() -> None:
    store = paid_world()
    run(store)
    add(store, RECALL)
    run(store)
    add(store, MOVED)
    run(store)
    after = state(store, "FA-2026-0012")
    assert (after.state, after.open_minor, after.live) == ("open", 120_050, ())
    check_invariants(store)


def test_no_event_says_that_more_is_open_than_is_owed() -> None:
    store = paid_world()
    run(store)
    add(store, RECALL)
    run(store)
    for status in ("removed", "booked", "removed"):
        add(store, PAID.model_copy(update={"status": status}))
        run(store)
        check_invariants(store)
    amounts = [e.amount for e in events(store) if e.amount]
    assert max(a.open_after_minor for a in amounts) == 120_050
    assert amounts[-1].open_after_minor == 120_050


def _entries(store: InMemoryStore) -> list[tuple[str, int]]:
    with store.begin(T, write=False) as unit:
        return [(a.transaction_id, a.amount_minor) for a in unit.entries(Allocation)]


def test_a_pending_line_counts_once_booked_and_no_longer_once_declined() -> None:
    store = paid_world()
    for status, wanted in (("pending", 0), ("booked", 120_050), ("declined", 0), ("booked", 120_050)):
        add(store, PAID.model_copy(update={"status": status}))
        run(store)
        assert sum(amount for _, amount in _entries(store)) == wanted
        check_invariants(store)
