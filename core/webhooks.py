"""What a webhook says, when it is tried again, and what a partner's answer means; nothing is sent here."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from core.model import Delivery, Endpoint, Event, canonical_json, content_hash, stable_id
from core.ports import Posted, Unit

Verdict = Literal["delivered", "gone", "failed"]

TIMETABLE: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The wait before each attempt, counted from the attempt before it (Standard Webhooks)."""

LONGEST_WAIT: Final = timedelta(hours=24)
JITTER: Final = 0.1


def deliveries_for(event: Event, endpoints: Iterable[Endpoint], now: datetime) -> list[Delivery]:
    """One pending delivery per enabled endpoint that wants this type; ids repeat with the event."""
    return [
        Delivery(
            id=stable_id("dlv", endpoint.id, event.id),
            endpoint_id=endpoint.id,
            event_id=event.id,
            next_at=now,
            created_at=now,
        )
        for endpoint in endpoints
        if wants(endpoint, event)
    ]


def wants(endpoint: Endpoint, event: Event) -> bool:
    """An endpoint without types asks for every type; a disabled one for none."""
    return endpoint.enabled and (not endpoint.types or event.type in endpoint.types)


def enqueue_delivery(unit: Unit, delivery: Delivery, *, delay: timedelta | None = None) -> None:
    """Registers the next attempt of `delivery` in `unit`: one job per attempt, one at a time per endpoint."""
    unit.enqueue(
        "deliver",
        key=delivery.endpoint_id,
        args={"tenant_id": unit.tenant_id, "delivery_id": delivery.id, "attempt": delivery.attempts + 1},
        dedupe_id=f"deliver:{delivery.id}:{delivery.attempts + 1}",
        delay=delay,
    )


def body(event: Event, *, emitted_at: datetime) -> bytes:
    """The bytes to sign and post: `{data, timestamp, type}`, the same on every attempt of a delivery.

    `data` is the event with `id` named `event_id`; `emitted_at` is when the delivery was made.
    """
    data = event.model_dump(mode="json")
    data["event_id"] = data.pop("id")
    data["detected_at"] = instant(event.detected_at)
    data["emitted_at"] = instant(emitted_at)
    envelope = {"type": event.type, "timestamp": data["detected_at"], "data": data}
    return canonical_json(envelope).encode("utf-8", "replace")


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, whatever zone the instant came in.

    >>> instant(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    '2026-03-01T12:00:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def verdict(posted: Posted) -> Verdict:
    """2xx is done and 410 ends the endpoint; anything else, redirects included, is a failure."""
    if posted.status is None:
        return "failed"
    if 200 <= posted.status < 300:
        return "delivered"
    return "gone" if posted.status == 410 else "failed"


def jitter_for(delivery_id: str, attempt: int) -> float:
    """A number in [0, 1) that is always the same for one attempt, so that a rerun waits as long."""
    return int(content_hash([delivery_id, attempt])[:8], 16) / 2**32


def next_wait(*, attempts: int, jitter: float, retry_after: float | None = None) -> timedelta | None:
    """The wait after `attempts` posts, or None when the timetable is used up.

    `jitter` in [0, 1) lengthens the wait by up to a tenth; `retry_after` (seconds, capped at a day)
    lengthens it further but never shortens it.
    """
    if attempts >= len(TIMETABLE):
        return None
    wait = TIMETABLE[attempts] * (1 + JITTER * jitter)
    asked = min(timedelta(seconds=max(0.0, retry_after or 0.0)), LONGEST_WAIT)
    return max(wait, asked)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """A Retry-After header (seconds, or an HTTP date) as seconds from `now`; None when unreadable.

    >>> retry_after_seconds("120", datetime(2026, 3, 1, tzinfo=UTC))
    120.0
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
