"""The pure plan and the pure arithmetic of slots."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.model import Connection
from scheduler.clock import next_run
from scheduler.plan import HOURLY, Cadence, plan

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUARTERLY = Cadence(every=timedelta(minutes=15), jitter=timedelta(minutes=1))


def connection(id: str, **changes: Any) -> Connection:
    return Connection(
        id=id, company_id="com_1", provider="qonto", state="active", created_at=NOW - timedelta(days=9)
    ).but(**changes)


def test_only_an_active_connection_is_read() -> None:
    states = ("draft", "pending_auth", "active", "reconnect_needed", "suspended", "revoked", "disconnected")
    planned = plan("ten_1", [connection(f"con_{state}", state=state) for state in states], {}, NOW)
    assert {each.connection_id for each in planned if each.enabled} == {"con_active"}
    assert len(planned) == len(states), "the others are switched off, not forgotten"


def test_cadence_is_by_provider_and_an_hour_otherwise() -> None:
    pair = [connection("con_b", provider="pennylane"), connection("con_a")]
    first, second = plan("ten_1", pair, {"qonto": QUARTERLY}, NOW)
    assert (first.connection_id, first.every, first.jitter) == ("con_a", QUARTERLY.every, QUARTERLY.jitter)
    assert (second.connection_id, second.every) == ("con_b", HOURLY.every)


def test_a_connection_that_keeps_failing_is_read_less_often() -> None:
    def every(**changes: Any) -> timedelta:
        (planned,) = plan("ten_1", [connection("con_1", **changes)], {"qonto": QUARTERLY}, NOW)
        return planned.every

    lately, long_ago = NOW - timedelta(hours=1), NOW - timedelta(days=2)
    assert every(health="degraded", last_success_at=long_ago) == timedelta(hours=1)
    assert every(health="degraded", last_success_at=lately) == QUARTERLY.every
    assert every(health="ok", last_success_at=long_ago) == QUARTERLY.every
    assert every(health="degraded", last_success_at=None) == timedelta(hours=1)


@given(
    every=st.integers(1, 10**6),
    behind=st.integers(0, 10**8),
    jitter=st.floats(0, 1),
    name=st.text(min_size=1, max_size=5),
)
def test_the_next_slot_is_soon_after_now_and_always_the_same(
    every: int, behind: int, jitter: float, name: str
) -> None:
    step = timedelta(seconds=every)
    slot = NOW - timedelta(seconds=behind)
    given = {"name": name, "slot": slot, "every": step, "jitter": step * jitter, "now": NOW}
    coming = next_run(**given)  # type: ignore[arg-type]
    assert NOW < coming <= NOW + step * 1.5
    assert coming == next_run(**given)  # type: ignore[arg-type]


@given(every=st.integers(1, 10**6), behind=st.integers(0, 10**8))
def test_without_jitter_slots_stay_on_their_grid(every: int, behind: int) -> None:
    slot, step = NOW - timedelta(seconds=behind), timedelta(seconds=every)
    coming = next_run(name="con_1", slot=slot, every=step, jitter=timedelta(0), now=NOW)
    assert (coming - slot) % step == timedelta(0)
    assert coming - NOW <= step
