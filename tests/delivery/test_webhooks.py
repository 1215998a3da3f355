"""The pure part of webhooks: what is said, when again, and what an answer means."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import Endpoint
from core.ports import Posted
from core.webhooks import (
    TIMETABLE,
    body,
    deliveries_for,
    jitter_for,
    next_wait,
    retry_after_seconds,
    verdict,
)
from tests.delivery.conftest import event

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def endpoint(id: str, *types: str, enabled: bool = True) -> Endpoint:
    return Endpoint(id=id, url="https://partner.example/", types=types, enabled=enabled, created_at=NOW)


def test_an_event_goes_to_every_enabled_endpoint_that_wants_its_type() -> None:
    endpoints = [
        endpoint("end_all"),
        endpoint("end_paid", "invoice.paid", "repayment.due"),
        endpoint("end_due", "repayment.due"),
        endpoint("end_off", enabled=False),
    ]
    made = deliveries_for(event(), endpoints, NOW)
    assert [each.endpoint_id for each in made] == ["end_all", "end_paid"]
    assert made == deliveries_for(event(), endpoints, NOW), "ids repeat with the event"
    assert len({each.id for each in made}) == 2
    assert all(each.next_at == NOW and each.state == "pending" for each in made)


def test_the_body_is_one_canonical_text_whatever_the_zone() -> None:
    paris = timezone(timedelta(hours=1))
    moved = event().model_copy(update={"detected_at": event().detected_at.astimezone(paris)})
    text = body(event(), emitted_at=NOW)
    assert text == body(moved, emitted_at=NOW.astimezone(paris))
    assert text.startswith(b'{"data":{"amount":{"currency":"EUR","minor":187346,')
    assert b'"emitted_at":"2026-03-02T12:00:00Z"' in text
    assert "été".encode() in text
    assert json.loads(text)["data"]["event_id"] == event().id
    assert "id" not in json.loads(text)["data"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "delivered"), (202, "delivered"), (299, "delivered"), (410, "gone"), (None, "failed")]
    + [(code, "failed") for code in (100, 301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 503)],
)
def test_what_an_answer_means(status: int | None, expected: str) -> None:
    assert verdict(Posted(status=status, duration_ms=1)) == expected


def test_ten_attempts_over_three_days() -> None:
    assert len(TIMETABLE) == 10
    assert timedelta(days=3) < sum(TIMETABLE, timedelta(0)) < timedelta(days=4)
    assert next_wait(attempts=0, jitter=0.9) == timedelta(0)
    assert next_wait(attempts=9, jitter=0.0) == timedelta(hours=24)
    assert next_wait(attempts=10, jitter=0.0) is None


@given(
    attempts=st.integers(0, 9),
    jitter=st.floats(0, 1, exclude_max=True),
    asked=st.none() | st.floats(-10, 10**9),
)
def test_a_wait_is_never_shorter_than_the_timetable_nor_than_asked(
    attempts: int, jitter: float, asked: float | None
) -> None:
    wait = next_wait(attempts=attempts, jitter=jitter, retry_after=asked)
    assert wait is not None
    assert TIMETABLE[attempts] <= wait <= max(TIMETABLE[attempts] * 1.1, timedelta(hours=24))
    if asked is not None and 0 <= asked <= 86400:
        assert wait >= timedelta(seconds=asked)


@given(st.text(), st.integers(0, 20))
def test_jitter_is_a_fraction_and_always_the_same(delivery_id: str, attempt: int) -> None:
    assert 0 <= jitter_for(delivery_id, attempt) < 1
    assert jitter_for(delivery_id, attempt) == jitter_for(delivery_id, attempt)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 02 Mar 2026 12:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9" * 40, None),
        ("²", None),
        ("Mon, 99 Mar 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text())
def test_no_retry_after_header_breaks_the_reading(header: str) -> None:
    assert (retry_after_seconds(header, NOW) or 0) >= 0
