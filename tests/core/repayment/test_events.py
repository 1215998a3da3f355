"""Events: what is said, in which order, with which id, and how it is taken back."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model import Allocation, Candidate, Event, Share
from core.repayment import Claim, Watch, derive_events
from core.repayment.catalogue import missing
from tests.core.repayment.made import NOW, allocation, at, decision, financed, invoice, line, watch

D = [date(2026, 3, 1) + timedelta(days=n) for n in range(60)]


def types(events: Sequence[Event]) -> list[str]:
    return [e.type for e in events]


def tell(known: Watch, said: Sequence[Event] = (), now: datetime = NOW) -> tuple[Event, ...]:
    fresh = derive_events(known, said, at(now))
    assert derive_events(known, [*said, *fresh], at(now)) == ()
    return fresh


def test_every_event_type_is_in_the_catalogue() -> None:
    assert not missing()


def test_paid_late_in_two_transfers() -> None:
    events = tell(watch(allocation(1, 60_000, D[10]), allocation(2, 40_000, D[34])))
    assert types(events) == [
        "payment.allocated", "invoice.partially_paid", "payment.allocated", "invoice.paid", "repayment.due",
    ]  # fmt: skip
    assert [e.sequence for e in events] == [1, 2, 3, 4, 5]
    paid = events[3]
    assert paid.attributes == {"timing": "late", "days": 4, "due_date": "2026-03-31"}
    assert paid.occurred_on == D[34]
    assert paid.detected_at == NOW
    assert paid.amount is not None
    assert (paid.amount.open_before_minor, paid.amount.open_after_minor) == (40_000, 0)
    assert events[4].amount is not None
    assert events[4].amount.minor == 90_000


@pytest.mark.parametrize(
    ("due", "timing", "days"),
    [(D[20], "early", -10), (D[10], "on_time", 0), (D[9], "late", 1), (None, "unknown", None)],
)
def test_timing_is_signed_days_against_the_contract(due: date | None, timing: str, days: int | None) -> None:
    events = tell(watch(allocation(1, 100_000, D[10]), financed=financed(due_date=due)))
    paid = next(e for e in events if e.type == "invoice.paid")
    assert (paid.attributes["timing"], paid.attributes["days"]) == (timing, days)


def test_two_payments_of_one_run_are_told_by_date_and_a_late_discovery_afterwards() -> None:
    later, earlier = allocation(1, 40_000, D[20]), allocation(2, 60_000, D[10])
    assert [e.occurred_on for e in tell(watch(later, earlier))][:2] == [D[10], D[10]]
    first = tell(watch(later))
    second = tell(watch(later, earlier), first)
    assert types(second) == ["payment.allocated", "invoice.paid", "repayment.due"]
    assert [e.occurred_on for e in second] == [D[10], D[20], D[20]]


def test_a_recall_reopens_and_takes_the_repayment_back() -> None:
    paid = allocation(1, 100_000, D[5])
    said = tell(watch(paid))
    back = allocation(2, -100_000, D[9], line="txn_8", reverses="alc_1", reason_code="AC04")
    events = tell(watch(paid, back), said)
    assert types(events) == ["payment.reversed", "invoice.reopened", "repayment.due"]
    assert [e.reverses for e in events] == [said[0].id, said[1].id, said[2].id]
    assert events[0].attributes["reason_code"] == "AC04"
    assert events[2].attributes == {"withdrawn": True}
    again = tell(watch(paid, back, allocation(3, 100_000, D[40])), [*said, *events])
    assert types(again) == ["payment.allocated", "invoice.paid", "repayment.due"]
    assert again[1].attributes["days"] == 10


def test_an_undo_detaches_and_a_new_attribution_gets_new_ids() -> None:
    entry = allocation(1, 100_000, D[5])
    undo = allocation(2, -100_000, D[5], line="txn_1", reverses="alc_1")
    redo = allocation(3, 100_000, D[5], line="txn_1")
    said = tell(watch(entry))
    undone = tell(watch(entry, undo), said)
    assert types(undone)[:2] == ["payment.deallocated", "invoice.reopened"]
    redone = tell(watch(entry, undo, redo), [*said, *undone])
    assert types(redone) == types(said)
    assert not {e.id for e in redone} & {e.id for e in said}


def test_an_edited_amount_reopens_and_closes_again_without_losing_an_event() -> None:
    entry = allocation(1, 100_000, D[5])
    log = list(tell(watch(entry)))
    for payable, expected in ((110_000, "invoice.reopened"), (100_000, "invoice.paid")) * 2:
        events = tell(watch(entry, of=invoice(payable_minor=payable)), log)
        assert expected in types(events)
        log += events
    assert len({e.id for e in log}) == len(log)
    over = tell(watch(entry, of=invoice(payable_minor=90_000)), log)
    assert types(over) == ["invoice.overpaid"]
    log += over
    assert types(tell(watch(entry), log)) == ["invoice.overpaid"]


def test_a_moved_day_supersedes_the_paid_event() -> None:
    entries = [allocation(1, 100_000, D[5]), allocation(2, 100_000, D[20])]
    said = tell(watch(*entries))
    undo = allocation(3, -100_000, D[5], line="txn_1", reverses="alc_1")
    events = tell(watch(*entries, undo), said)
    paid = next(e for e in events if e.type == "invoice.paid")
    assert paid.occurred_on == D[20]
    assert paid.supersedes == next(e.id for e in said if e.type == "invoice.paid")
    assert [e.reverses is not None for e in events if e.type == "invoice.overpaid"] == [True]


def test_a_shared_line_says_so() -> None:
    shared = decision("txn_1", {"inv_1": 100_000, "inv_2": 50_000})
    events = tell(watch(allocation(1, 100_000, D[5]), decisions={shared.id: shared}))
    split = events[1]
    assert split.type == "payment.bulk_split"
    assert split.attributes == {"allocated_minor": 150_000, "shares": {"inv_1": 100_000, "inv_2": 50_000}}


def _review(*rivals: str) -> Any:
    candidates = tuple(
        Candidate(rank=n, shares=(Share(item_id=i, amount_minor=1),), score=0.5, why={})
        for n, i in enumerate(rivals, 1)
    )
    return decision("txn_7", {}, outcome="review", tier="T9", candidates=candidates)


def test_a_question_is_asked_once_and_taken_back_when_decided() -> None:
    asked = _review("inv_1", "inv_2")
    open_line = {"txn_7": line("txn_7", 100_000, D[3])}
    said = tell(watch(decisions={asked.id: asked}, transactions=open_line))
    assert types(said) == ["payment.ambiguous"]
    assert said[0].occurred_on == D[3]
    answered = decision("txn_7", {"inv_2": 100_000}, decided_by="person:ada")
    taken_back = tell(watch(decisions={answered.id: answered}, transactions=open_line), said)
    assert [e.reverses for e in taken_back] == [said[0].id]
    assert tell(watch(decisions={asked.id: _review("inv_1")})) == ()


CLAIM = Claim(grade="E0", since=D[1], record="raw_1")


def test_paid_without_cash_needs_the_wait_and_the_coverage() -> None:
    covered = watch(claim=CLAIM, covered_through=D[20])
    assert types(tell(covered)) == ["invoice.declared_paid_without_cash"]
    assert tell(covered)[0].occurred_on == date(2026, 3, 9)
    assert tell(watch(claim=CLAIM, covered_through=D[3])) == ()
    assert tell(watch(claim=CLAIM, covered_through=None)) == ()
    assert tell(watch(claim=CLAIM, covered_through=D[20], cash_in_question=True)) == ()
    assert tell(covered, now=datetime(2026, 3, 8, 12, tzinfo=UTC)) == ()


def test_the_statement_is_taken_back_when_cash_arrives() -> None:
    said = tell(watch(claim=CLAIM, covered_through=D[20]))
    events = tell(watch(allocation(1, 100_000, D[30]), claim=CLAIM, covered_through=D[40]), said)
    withdrawn = next(e for e in events if e.type == "invoice.declared_paid_without_cash")
    assert (withdrawn.reverses, withdrawn.occurred_on) == (said[0].id, D[30])
    assert types(tell(watch(), said)) == ["invoice.declared_paid_without_cash"]


def test_a_payable_is_due_on_its_date_and_not_when_the_supplier_is_paid() -> None:
    payable = invoice(direction="payable")
    paid = watch(allocation(1, 100_000, D[2]), of=payable)
    before = tell(paid, now=datetime(2026, 3, 30, 21, 59, tzinfo=UTC))
    assert "repayment.due" not in types(before)
    after = tell(paid, before, now=datetime(2026, 3, 30, 22, 1, tzinfo=UTC))
    assert types(after) == ["repayment.due"]
    assert after[0].occurred_on == date(2026, 3, 31)


def test_a_transfer_is_final_after_ten_banking_days_and_an_instant_one_at_once() -> None:
    entry = allocation(1, 100_000, date(2026, 3, 31))
    soon, late = datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 4, 17, 9, tzinfo=UTC)
    first = tell(watch(entry), now=soon)[0]
    assert (first.finality.state, first.finality.until) == ("provisional", date(2026, 4, 16))
    assert tell(watch(entry), now=late)[0].finality.state == "final"
    instant = line("txn_1", 100_000, date(2026, 3, 31), operation="instant_transfer")
    assert tell(watch(entry, transactions={"txn_1": instant}), now=soon)[0].finality.state == "final"
    cheque = line("txn_1", 100_000, date(2026, 3, 31), operation="cheque")
    unknown = tell(watch(entry, transactions={"txn_1": cheque}), now=late)[0].finality
    assert (unknown.state, unknown.until) == ("provisional", None)


MOVES = st.lists(st.tuples(st.integers(1, 70_000), st.integers(0, 50), st.booleans()), min_size=1, max_size=6)


def _entries(moves: list[tuple[int, int, bool]]) -> list[Allocation]:
    """Payments in order of arrival; some are returned a few days later."""
    found = []
    for n, (amount, day, returned) in enumerate(moves):
        found.append(allocation(n, amount, D[day]))
        if returned:
            back = D[min(day + 3, 59)]
            found.append(allocation(100 + n, -amount, back, line=f"txn_r{n}", reverses=f"alc_{n}"))
    return found


@settings(max_examples=150)
@given(MOVES, st.data())
def test_any_split_into_runs_ends_in_the_same_place(
    moves: list[tuple[int, int, bool]], data: st.DataObject
) -> None:
    entries = _entries(moves)
    at_once = tell(watch(*entries))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(entries)))) | {len(entries)})
    log: list[Event] = []
    for n, cut in enumerate(cuts):
        log += tell(watch(*entries[:cut]), log, now=NOW + timedelta(minutes=n))
    for events in (list(at_once), log):
        assert [e.sequence for e in events] == list(range(1, len(events) + 1))
        assert len({e.id for e in events}) == len(events)
    assert _end(log) == _end(at_once)


def _end(events: Sequence[Event]) -> Any:
    """What a partner holds after all events: payments counted, paid day, amounts open."""
    gone = {e.reverses for e in events} | {e.supersedes for e in events}
    live = [e for e in events if e.id not in gone and not e.attributes.get("withdrawn")]
    paid = [(e.type, e.occurred_on) for e in live if e.type in ("invoice.paid", "repayment.due")]
    payments = sorted(e.cause for e in live if e.type == "payment.allocated")
    last = [e.amount.open_after_minor for e in events if e.amount][-1:]
    return paid, payments, last
