"""The shared rate limit: exact over threads and connections, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from core.ports import RateLimit
from hub.store.engine import transaction
from hub.store.ratelimit import SqlRateLimiter
from tests.store.conftest import Base

SLOW = RateLimit("qonto:con_1", permits=1, seconds=1000.0)
BURST = RateLimit("pennylane:app", permits=60, seconds=60_000.0, burst=5)
NEAR = {"abs": 5.0}
"""Seconds the test itself may take; intervals are 1000 s."""


@pytest.fixture
def limiter(base: Base) -> SqlRateLimiter:
    return SqlRateLimiter(base.engine)


def test_calls_are_spaced_evenly(limiter: SqlRateLimiter) -> None:
    waits = [limiter.reserve(SLOW) for _ in range(4)]
    assert waits == [
        0.0,
        pytest.approx(1000, **NEAR),
        pytest.approx(2000, **NEAR),
        pytest.approx(3000, **NEAR),
    ]


def test_a_burst_goes_at_once(limiter: SqlRateLimiter) -> None:
    waits = [limiter.reserve(BURST) for _ in range(7)]
    assert waits[:5] == [0.0] * 5
    assert waits[5:] == [pytest.approx(1000, **NEAR), pytest.approx(2000, **NEAR)]


def test_several_permits_are_booked_together(limiter: SqlRateLimiter) -> None:
    assert limiter.reserve(BURST, permits=5) == 0.0
    assert limiter.reserve(BURST, permits=10) == pytest.approx(10_000, **NEAR)
    assert limiter.reserve(SLOW) == 0.0


def test_many_threads_share_one_pace(limiter: SqlRateLimiter) -> None:
    with ThreadPoolExecutor(4) as pool:
        waits = sorted(pool.map(lambda _: limiter.reserve(BURST), range(20)))
    assert waits == [0.0] * 5 + [pytest.approx(1000 * n, **NEAR) for n in range(1, 16)]


@pytest.mark.parametrize("limit", [SLOW, BURST])
def test_a_slow_down_holds_everybody_and_uses_up_the_burst(limiter: SqlRateLimiter, limit: RateLimit) -> None:
    limiter.slow_down(limit, 5000)
    limiter.slow_down(limit, 10)
    assert limiter.reserve(limit) == pytest.approx(5000, **NEAR)
    assert limiter.reserve(limit) == pytest.approx(6000, **NEAR)


def test_idle_time_earns_no_more_than_the_burst(base: Base, limiter: SqlRateLimiter) -> None:
    limiter.reserve(BURST)
    with transaction(base.engine, write=True) as connection:
        connection.execute(text("UPDATE rate_slot SET tat = 0"))
    assert [limiter.reserve(BURST) for _ in range(6)] == [0.0] * 5 + [pytest.approx(1000, **NEAR)]


def test_the_pace_is_never_faster_than_allowed(limiter: SqlRateLimiter) -> None:
    third = RateLimit("k", permits=3, seconds=10_000.0)
    waits = [limiter.reserve(third) for _ in range(4)]
    assert waits[3] == pytest.approx(10_000, **NEAR)
