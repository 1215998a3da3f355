"""Delivers events to partners: signs, posts outside any transaction, and keeps every attempt.

A delivery may be posted twice when a process dies between the post and its commit; the webhook-id
(the event's id) is then the same, and the attempt is recorded once.
"""

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, get_args

from standardwebhooks.webhooks import Webhook

from core.errors import BadInput, Conflict, Misconfigured, NotFound
from core.model import Attempt, Delivery, Endpoint, Event, QualityIssue, stable_id
from core.model.event import DeliveryState, EventType
from core.ports import Clock, Posted, Sender, Store, Unit, Vault
from core.usecases.issues import note
from core.webhooks import (
    body,
    deliveries_for,
    enqueue_delivery,
    instant,
    jitter_for,
    next_wait,
    verdict,
    wants,
)
from hub.dialing import Guard

Entropy = Callable[[int], bytes]

PURPOSE: Final = "webhook-signing"
SECRET_BYTES: Final = 32
ROTATION: Final = timedelta(hours=24)
PAGE: Final = 500
PATIENCE: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, repr=False)
class SigningSecret:
    """A `whsec_` secret that signs `until` (None: for good). Its repr keeps the secret."""

    value: str
    until: datetime | None = None

    def __repr__(self) -> str:
        return f"SigningSecret(until={self.until})"


@dataclass(frozen=True, slots=True)
class Created:
    """A new endpoint and its secret, which is never shown again."""

    endpoint: Endpoint
    secret: SigningSecret


def create_endpoint(
    store: Store,
    vault: Vault,
    guard: Guard,
    *,
    tenant_id: str,
    url: str,
    types: Sequence[str] = (),
    entropy: Entropy = os.urandom,
) -> Created:
    """Registers an address after the guard accepted it; raises BadInput with what to change."""
    unknown = sorted(set(types) - set(get_args(EventType)))
    if unknown:
        raise BadInput(f"no event type is named {unknown[0]!r}: see the event catalogue")
    guard.check(url)
    secret = SigningSecret(new_secret(entropy))
    endpoint_id = stable_id("end", tenant_id, entropy(16).hex())
    _keep(vault, tenant_id, endpoint_id, [secret])
    with store.begin(tenant_id) as unit:
        endpoint = Endpoint(id=endpoint_id, url=url, types=tuple(types), created_at=unit.now)
        unit.save([endpoint])
    return Created(endpoint, secret)


def rotate_secret(
    vault: Vault,
    clock: Clock,
    *,
    tenant_id: str,
    endpoint_id: str,
    overlap: timedelta = ROTATION,
    entropy: Entropy = os.urandom,
) -> SigningSecret:
    """A new secret, shown once; for `overlap` every message carries signatures of old and new."""
    now = clock.now()
    fresh = SigningSecret(new_secret(entropy))
    old = [
        SigningSecret(each.value, min(each.until or now + overlap, now + overlap))
        for each in signing_secrets(vault, tenant_id, endpoint_id, now)
    ]
    _keep(vault, tenant_id, endpoint_id, [fresh, *old])
    return fresh


def new_secret(entropy: Entropy) -> str:
    return "whsec_" + base64.b64encode(entropy(SECRET_BYTES)).decode()


def signing_secrets(vault: Vault, tenant_id: str, endpoint_id: str, now: datetime) -> list[SigningSecret]:
    """The secrets that sign at `now`, newest first; Misconfigured when there is none."""
    stored = vault.read_secret(tenant_id, endpoint_id, PURPOSE)
    if stored is None:
        raise Misconfigured(f"endpoint {endpoint_id} has no signing secret: rotate its secret")
    secrets = [
        SigningSecret(each["value"], datetime.fromisoformat(each["until"]) if each["until"] else None)
        for each in json.loads(stored)
    ]
    return [each for each in secrets if each.until is None or each.until > now]


def _keep(vault: Vault, tenant_id: str, endpoint_id: str, secrets: Iterable[SigningSecret]) -> None:
    plain = [
        {"value": each.value, "until": each.until.isoformat() if each.until else None} for each in secrets
    ]
    vault.put_secret(tenant_id, endpoint_id, PURPOSE, json.dumps(plain).encode())


def signed_headers(
    event_id: str, at: datetime, payload: bytes, secrets: Sequence[SigningSecret]
) -> dict[str, str]:
    """Standard Webhooks headers: one id for all attempts, this attempt's time, a signature per secret."""
    moment, text = at.astimezone(UTC), payload.decode()  # the package signs any zone as if it were UTC
    signatures = (Webhook(secret.value).sign(event_id, moment, text) for secret in secrets)
    return {
        "content-type": "application/json",
        "user-agent": "Lettrage-Webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


@dataclass(frozen=True, slots=True)
class _Due:
    """A delivery with what it takes to post it."""

    delivery: Delivery
    endpoint: Endpoint
    event: Event


def deliver(
    store: Store,
    vault: Vault,
    sender: Sender,
    clock: Clock,
    *,
    tenant_id: str,
    delivery_id: str,
    attempt: int | None = None,
    attempted: Callable[[DeliveryState], None] = lambda state: None,
) -> DeliveryState:
    """Makes one attempt and returns the delivery's state after it; `attempted` hears it if one was made.

    `attempt` is the number the job was registered for: once it is recorded, the job is a repeat and
    posts nothing. The record, the new state and the next job commit together.
    """
    with store.begin(tenant_id, write=False) as unit:
        due = _due(unit, delivery_id, attempt)
    if not isinstance(due, _Due):
        return due
    if not due.endpoint.enabled:
        return _withdraw(store, tenant_id, due.delivery)
    at = clock.now()
    payload = body(due.event, emitted_at=due.delivery.created_at)
    secrets = signing_secrets(vault, tenant_id, due.endpoint.id, at)
    headers = signed_headers(due.event.id, at, payload, secrets)
    posted = sender.post(due.endpoint.url, headers, payload)
    with store.begin(tenant_id) as unit:
        state = _record(unit, due.delivery, posted, at)
    attempted(state)
    return state


def deliver_owed(
    store: Store,
    vault: Vault,
    sender: Sender,
    clock: Clock,
    *,
    tenant_id: str,
    delivery_id: str,
    attempt: int,
    patience: timedelta = PATIENCE,
    attempted: Callable[[DeliveryState], None] = lambda state: None,
) -> int:
    """The `deliver` job: makes its attempt and, while the partner accepts, the other attempts its
    endpoint is owed by now, for `patience` at most; returns how many deliveries were looked at.

    The engine starts one job per endpoint and look at its queue, so one by one a burst of events would
    leave at the pace of those looks. The jobs of what was delivered here find nothing left to do.
    """
    until, seen = clock.now() + patience, 1
    ports = (store, vault, sender, clock)
    make = partial(deliver, *ports, tenant_id=tenant_id, attempted=attempted)
    state = make(delivery_id=delivery_id, attempt=attempt)
    owed = _owed(store, clock, tenant_id, delivery_id) if state == "delivered" else []
    for other in owed:
        if clock.now() >= until or state != "delivered":
            break
        state = make(delivery_id=other.id, attempt=other.attempts + 1)
        seen += 1
    return seen


def _owed(store: Store, clock: Clock, tenant_id: str, delivery_id: str) -> list[Delivery]:
    """Pending deliveries of the same endpoint whose next attempt is due, a page of them."""
    now = clock.now()
    with store.begin(tenant_id, write=False) as unit:
        delivery = unit.load(Delivery, delivery_id)
        if delivery is None:
            return []
        mine = {"endpoint_id": delivery.endpoint_id, "state": "pending"}
        page, _ = unit.page(Delivery, after=None, limit=PAGE, **mine)
    found = [each for each in page if isinstance(each, Delivery)]
    return sorted(
        (each for each in found if each.next_at is not None and each.next_at <= now),
        key=lambda each: (each.next_at or now, each.id),
    )


def _due(unit: Unit, delivery_id: str, attempt: int | None) -> _Due | DeliveryState:
    delivery = unit.load(Delivery, delivery_id)
    if delivery is None:
        raise NotFound(f"no delivery has the id {delivery_id}")
    if delivery.state != "pending" or (attempt is not None and attempt <= delivery.attempts):
        return delivery.state
    endpoint = unit.load(Endpoint, delivery.endpoint_id)
    if endpoint is None:
        raise NotFound(f"delivery {delivery_id} names an endpoint that is not there: {delivery.endpoint_id}")
    return _Due(delivery, endpoint, _existing(unit, delivery.event_id))


def _withdraw(store: Store, tenant_id: str, delivery: Delivery) -> DeliveryState:
    """A disabled endpoint gets nothing: the delivery ends, a replay makes a new one."""
    with store.begin(tenant_id) as unit:
        return _settle(
            unit, delivery.but(state="failed", next_at=None, last_error="the endpoint is disabled")
        )


def _record(unit: Unit, posted_for: Delivery, posted: Posted, at: datetime) -> DeliveryState:
    delivery = unit.load(Delivery, posted_for.id) or posted_for
    number = posted_for.attempts + 1
    if delivery.attempts >= number:
        return delivery.state  # somebody else recorded this attempt while we were posting
    unit.append([_attempt(delivery.id, number, posted, at)])
    answer = verdict(posted)
    counted = delivery.but(attempts=number, next_at=None, last_error=_trouble(posted))
    if answer == "delivered":
        return _settle(unit, counted.but(state="delivered", delivered_at=at, last_error=None))
    if answer == "gone":
        _disable(unit, counted)
        return _settle(unit, counted.but(state="failed"))
    return _try_again(unit, counted, posted)


def _settle(unit: Unit, delivery: Delivery) -> DeliveryState:
    unit.save([delivery])
    return delivery.state


def _try_again(unit: Unit, delivery: Delivery, posted: Posted) -> DeliveryState:
    wait = next_wait(
        attempts=delivery.attempts,
        jitter=jitter_for(delivery.id, delivery.attempts),
        retry_after=posted.retry_after,
    )
    if wait is None:
        message = (
            f"event {delivery.event_id} was not accepted in {delivery.attempts} attempts "
            f"({delivery.last_error}): replay it once the endpoint answers"
        )
        note(unit, [_issue(unit, "webhook_dead_letter", delivery.id, message)])
        return _settle(unit, delivery.but(state="dead"))
    waiting = delivery.but(next_at=unit.now + wait)
    enqueue_delivery(unit, waiting, delay=wait)
    return _settle(unit, waiting)


def _disable(unit: Unit, delivery: Delivery) -> None:
    endpoint = unit.load(Endpoint, delivery.endpoint_id)
    if endpoint is not None and endpoint.enabled:
        reason = f"answered 410 Gone on {instant(unit.now)}"
        message = f"the endpoint {reason}: enable it again once its owner wants events, then replay"
        unit.save([endpoint.but(enabled=False, disabled_reason=reason)])
        note(unit, [_issue(unit, "webhook_endpoint_gone", endpoint.id, message)])


def _attempt(delivery_id: str, number: int, posted: Posted, at: datetime) -> Attempt:
    return Attempt(
        id=stable_id("att", delivery_id, str(number)),
        delivery_id=delivery_id,
        number=number,
        at=at,
        status=posted.status,
        duration_ms=posted.duration_ms,
        error=posted.error,
        response=posted.response,
    )


def _trouble(posted: Posted) -> str:
    return posted.error or f"answered HTTP {posted.status}"


def _issue(unit: Unit, code: str, record: str, message: str) -> QualityIssue:
    return QualityIssue(
        id=stable_id("iss", code, record),
        code=code,
        severity="error",
        record=record,
        message=message,
        first_seen_at=unit.now,
        last_seen_at=unit.now,
    )


@dataclass(frozen=True, slots=True)
class Range:
    """Events detected from `since` to before `until` (None: open), of one subject or of all."""

    since: datetime | None = None
    until: datetime | None = None
    subject: str | None = None

    def holds(self, event: Event) -> bool:
        return (
            (self.since is None or event.detected_at >= self.since)
            and (self.until is None or event.detected_at < self.until)
            and self.subject in (None, event.subject)
        )


def replay(
    store: Store, *, tenant_id: str, endpoint_id: str, request: str, events: Sequence[str] | Range
) -> list[str]:
    """Sends events once more to an endpoint and returns the ids of the new deliveries.

    `events` are ids, sent whatever the endpoint's types, or a range of those it wants. The same
    `request` (an idempotency key) makes the same deliveries, so asking twice sends once.
    """
    with store.begin(tenant_id, write=False) as unit:
        endpoint = unit.load(Endpoint, endpoint_id)
    if endpoint is None:
        raise NotFound(f"no webhook endpoint has the id {endpoint_id}")
    if not endpoint.enabled:
        raise Conflict(f"endpoint {endpoint_id} is disabled ({endpoint.disabled_reason}): enable it first")
    made: list[str] = []
    for chosen in _chosen(store, tenant_id, endpoint, events):
        with store.begin(tenant_id) as unit:
            made += [_again(unit, endpoint, event, request) for event in chosen]
    return made


def _chosen(
    store: Store, tenant_id: str, endpoint: Endpoint, events: Sequence[str] | Range
) -> Iterator[list[Event]]:
    """The events to replay, a page at a time, oldest first for a range."""
    if not isinstance(events, Range):
        with store.begin(tenant_id, write=False) as unit:
            yield [_existing(unit, event_id) for event_id in dict.fromkeys(events)]
        return
    after: str | None = None
    while True:
        with store.begin(tenant_id, write=False) as unit:
            page, after = unit.page(Event, after=after, limit=PAGE)
        found = (event for event in page if isinstance(event, Event))
        yield [event for event in found if events.holds(event) and wants(endpoint, event)]
        if after is None:
            return


def _existing(unit: Unit, event_id: str) -> Event:
    found = unit.entries(Event, id=event_id)
    if not found:
        raise NotFound(f"no event has the id {event_id}")
    return found[0]


def _again(unit: Unit, endpoint: Endpoint, event: Event, request: str) -> str:
    delivery_id = stable_id("dlv", endpoint.id, event.id, "replay", request)
    if unit.load(Delivery, delivery_id) is None:
        (plain,) = deliveries_for(event, [endpoint.but(types=())], unit.now)
        delivery = plain.but(id=delivery_id)
        unit.save([delivery])
        enqueue_delivery(unit, delivery)
    return delivery_id
