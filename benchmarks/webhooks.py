"""Small requests in and webhooks out, against a bare loop that posts the same bodies."""

import json
from datetime import UTC, datetime

import httpx

from benchmarks.ground import KEYRING, Ground, on_postgres, on_sqlite, rate
from benchmarks.program import HOOK_SECRET, served
from benchmarks.receiver import receiving
from benchmarks.table import Line, Table, side_by_side
from connectors.kit.signatures import sign
from connectors.kit.world import siren
from connectors.qonto.hooks import SIGNATURE
from core.model import Event
from core.webhooks import body, deliveries_for
from hub.delivery import create_endpoint, deliver
from hub.dialing import Guard, WebhookSender
from hub.store.vault import SqlVault
from hub.wiring import SystemClock
from tests.delivery.conftest import event

MESSAGES = 300
ROUNDS = 3


def _post_all(url: str, bodies: list[bytes]) -> None:
    with httpx.Client(trust_env=False, headers={"content-type": "application/json"}) as client:
        for each in bodies:
            assert client.post(url, content=each).status_code == 204


class _Sending:
    """An endpoint and events for it; every run delivers them anew."""

    def __init__(self, ground: Ground, address: str) -> None:
        self.ground = ground
        self.url = f"http://{address}/lettrage"
        self.guard = Guard(allowed=frozenset({address}))
        self.vault = SqlVault(ground.engine, KEYRING)
        self.sender = WebhookSender(self.guard, SystemClock())
        self.events: list[Event] = [
            event(1, subject=f"fin_{number}").model_copy(update={"id": f"evt_{number:06}"})
            for number in range(MESSAGES)
        ]

    def prepared(self) -> tuple[str, list[str]]:
        """A tenant whose endpoint is owed every event."""
        tenant_id = self.ground.tenant()
        store = self.ground.store
        endpoint = create_endpoint(store, self.vault, self.guard, tenant_id=tenant_id, url=self.url).endpoint
        with store.begin(tenant_id) as unit:
            unit.append(self.events)
            owed = [d for each in self.events for d in deliveries_for(each, [endpoint], unit.now)]
            unit.save(owed)
        return tenant_id, [delivery.id for delivery in owed]

    def deliver(self, tenant_id: str, delivery_ids: list[str]) -> None:
        ports = (self.ground.store, self.vault, self.sender, SystemClock())
        for delivery_id in delivery_ids:
            state = deliver(*ports, tenant_id=tenant_id, delivery_id=delivery_id, attempt=1)
            assert state == "delivered"


def _out(ground: Ground, address: str) -> Line:
    sending = _Sending(ground, address)
    waiting = [sending.prepared() for _ in range(ROUNDS)]
    bodies = [body(each, emitted_at=datetime.now(UTC)) for each in sending.events]
    ours, bare, ratio = side_by_side(
        lambda: sending.deliver(*waiting.pop()), lambda: _post_all(sending.url, bodies), rounds=ROUNDS
    )
    what = f"deliver, {ground.name}: read, sign, post, record the attempt"
    return Line(what, rate(MESSAGES, ours, "posts"), rate(MESSAGES, bare, "posts"), ratio)


def _write(address: str) -> Line:
    with served() as program:
        numbers = iter(range(10_000_000, 99_000_000))
        headers = {"authorization": f"Bearer {program.key}", "content-type": "application/json"}
        client = httpx.Client(base_url=program.url, headers=headers, trust_env=False)

        def bodies() -> list[bytes]:
            found = ((number, siren(number)) for number in (next(numbers) for _ in range(MESSAGES)))
            return [f'{{"legal_name":"Atelier {n} SARL","siren":"{s}"}}'.encode() for n, s in found]

        def ours() -> None:
            for each in bodies():
                assert client.post("/v1/companies", content=each).status_code == 201

        ours_seconds, bare, ratio = side_by_side(
            ours, lambda: _post_all(f"http://{address}/in", bodies()), rounds=ROUNDS
        )
        client.close()
    what = "write, SQLite: POST /v1/companies, authenticated, stored before it is answered"
    return Line(what, rate(MESSAGES, ours_seconds, "posts"), rate(MESSAGES, bare, "posts"), ratio)


def _told(number: int) -> bytes:
    """What Qonto posts when a line of an account changes."""
    data = {"event": "created", "id": f"line-{number}", "amount": 5000.0, "currency": "EUR", "side": "credit"}
    return json.dumps({"id": f"msg-{number}", "type": "v1/transactions", "data": data}).encode()


def _receive(address: str) -> list[Line]:
    """Messages of one customer, whose busy minute is one read, and of one customer each."""
    found = []
    bodies = [_told(number) for number in range(MESSAGES)]
    for customers, words in ((1, "of one customer"), (MESSAGES, "of a customer each")):
        with served(customers) as program, httpx.Client(base_url=program.url, trust_env=False) as client:

            def ours(
                client: httpx.Client = client, connections: tuple[str, ...] = program.connections
            ) -> None:
                for number, each in enumerate(bodies):
                    place = connections[number % len(connections)]
                    headers = {SIGNATURE: sign(each, HOOK_SECRET, datetime.now(UTC))}
                    answer = client.post(f"/hooks/qonto/{place}", content=each, headers=headers)
                    assert answer.status_code == 202

            seconds, bare, ratio = side_by_side(
                ours, lambda: _post_all(f"http://{address}/in", bodies), rounds=ROUNDS
            )
        what = f"receive, SQLite: POST /hooks/qonto/…, {words}: verified, a read registered"
        found.append(Line(what, rate(MESSAGES, seconds, "posts"), rate(MESSAGES, bare, "posts"), ratio))
    return found


def tables() -> list[Table]:
    """One caller, one request at a time, each way."""
    with receiving() as address:
        found = [*_receive(address), _write(address)]
        for place in (on_sqlite, on_postgres):
            with place() as ground:
                found.append(_out(ground, address))
    note = (
        f"{MESSAGES} messages, one after the other, over loopback. The yardstick posts the same bodies over "
        "one kept connection to a receiver in another process that stores nothing. What receives is "
        "`lettrage serve` as it is: it checks the signature and answers once the read that follows is "
        "stored. A delivery judges the address and dials anew each time, and commits its attempt "
        "before the next one begins; deliveries to other endpoints run beside it."
    )
    return [Table("Webhooks and small writes", tuple(found), note)]
