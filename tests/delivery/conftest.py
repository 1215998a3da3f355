"""A tenant with an endpoint on loopback and events to send."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from core.model import Delivery, Event, EventAmount, Evidence, Finality, stable_id
from core.webhooks import deliveries_for, enqueue_delivery
from hub.delivery import create_endpoint, deliver
from hub.dialing import Guard, WebhookSender
from tests.delivery.partner import Partner, serving
from tests.fakes import FixedClock, InMemoryStore, InMemoryVault

TENANT = "ten_1"
LOOPBACK = Guard(allowed=frozenset({"127.0.0.1"}))


def event(number: int = 1, *, type: str = "invoice.paid", subject: str = "fin_1") -> Event:
    return Event(
        id=stable_id("evt", TENANT, subject, str(number)),
        type=type,  # type: ignore[arg-type]
        company_id="com_1",
        subject=subject,
        loan_reference="LOAN-7 — été",
        sequence=number,
        cause=f"settlement:{number}",
        occurred_on=date(2026, 3, 2),
        detected_at=datetime(2026, 3, 2, 9, number, tzinfo=UTC),
        amount=EventAmount(
            minor=187346,
            currency="EUR",
            open_before_minor=187346,
            open_after_minor=0,
            settlement_before="open",
            settlement_after="settled",
        ),
        evidence=Evidence(grade="E3", records=("btx_1",), explanation="1 transfer of 1 873.46 EUR"),
        finality=Finality(state="provisional", until=date(2026, 4, 13)),
    )


class Bench:
    """Delivers as the hub does, without its database."""

    def __init__(self, partner: Partner, *, timeout: float = 15.0) -> None:
        self.clock = FixedClock(datetime.now(UTC))  # the public library checks timestamps by the real time
        self.store = InMemoryStore(self.clock)
        self.vault = InMemoryVault(self.clock)
        self.partner = partner
        self.sender = WebhookSender(LOOPBACK, self.clock, timeout=timeout)
        created = create_endpoint(self.store, self.vault, LOOPBACK, tenant_id=TENANT, url=partner.url)
        self.endpoint = created.endpoint
        partner.secret = created.secret.value

    def emit(self, *events: Event) -> list[Delivery]:
        """What the reconcile use case does with new events."""
        with self.store.begin(TENANT) as unit:
            unit.append(events)
            made = [each for one in events for each in deliveries_for(one, [self.endpoint], unit.now)]
            unit.save(made)
            for delivery in made:
                enqueue_delivery(unit, delivery)
        return made

    def run(self, delivery: Delivery, *, attempt: int | None = None) -> str:
        return deliver(
            self.store,
            self.vault,
            self.sender,
            self.clock,
            tenant_id=TENANT,
            delivery_id=delivery.id,
            attempt=attempt,
        )

    def read(self, kind: type, **equal: str) -> list:  # type: ignore[type-arg]
        with self.store.begin(TENANT, write=False) as unit:
            return unit.find(kind, **equal) if hasattr(kind, "but") else unit.entries(kind, **equal)


@pytest.fixture
def partner() -> Iterator[Partner]:
    with serving(Partner()) as running:
        yield running


@pytest.fixture
def bench(partner: Partner) -> Bench:
    return Bench(partner)
