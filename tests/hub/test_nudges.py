"""A bank tells of a payment: from the consent to the line in the store, over real HTTP on both sides."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from connectors.kit.story import Cast, standard_cast
from connectors.kit.world import World
from connectors.qonto.hooks import STREAMS
from connectors.qonto.simulator import QontoSimulator
from core.model import BankTransaction, Company, Connection
from core.usecases.connect import begin_consent, complete_consent, start_connection
from core.usecases.listen import PURPOSE, listen
from hub.jobs import standing
from hub.running import ApiServer, start_day
from hub.settings import Settings
from hub.wiring import Hub, open_hub, upgrade_database
from hub.work import handlers
from tests.connectors.harness import REDIRECT, walk_consent

TENANT = "ten_a"
KEY = "k1:" + "A" * 43 + "="


@pytest.fixture
def bank() -> Iterator[tuple[World, QontoSimulator, Cast]]:
    world = World(start=datetime.now(UTC).replace(microsecond=0))
    cast = standard_cast(world)
    with QontoSimulator(world) as sim:
        yield world, sim, cast


@pytest.fixture
def hub(bank: tuple[World, QontoSimulator, Cast], tmp_path: Path) -> Iterator[Hub]:
    _, sim, cast = bank
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'hub.sqlite3'}",
        vault_keys=SecretStr(KEY),
        qonto_client_id=sim.client.client_id,
        qonto_client_secret=SecretStr(sim.client.client_secret),
        qonto_base_url=sim.url,
        qonto_auth_url=sim.url,
        public_url="http://127.0.0.1",
    )
    upgrade_database(settings)
    hub = open_hub(settings)
    hub.keys.create_tenant("a", id=TENANT)
    with hub.store.begin(TENANT) as unit:
        unit.put([Company(id="com_1", legal_name=cast.company.legal_name, siren=cast.company.siren)])
    yield hub
    hub.close()


def _connected(hub: Hub, sim: QontoSimulator) -> Connection:
    link = start_connection(hub.store, tenant_id=TENANT, company_id="com_1", provider="qonto")
    url = begin_consent(
        hub.store, hub.vault, hub.driver, tenant_id=TENANT, session_id=link.session_id, redirect_uri=REDIRECT
    )
    back = walk_consent(url, sim.url)
    return complete_consent(
        hub.store, hub.vault, hub.driver, tenant_id=TENANT, session_id=link.session_id,
        state=back["state"], code=back["code"], redirect_uri=REDIRECT,
    ).connection  # fmt: skip


def _lines(hub: Hub) -> set[str]:
    with hub.store.begin(TENANT, write=False) as unit:
        return {line.source.external_id for line in unit.all(BankTransaction) if line.source}


def test_a_payment_is_told_verified_and_read(hub: Hub, bank: tuple[World, QontoSimulator, Cast]) -> None:
    world, sim, cast = bank
    connection = _connected(hub, sim)
    server = ApiServer(hub, host="127.0.0.1", port=0)
    try:
        there = replace(hub, settings=hub.settings.model_copy(update={"public_url": server.start()}))
        work = handlers(there)
        args = {"tenant_id": TENANT, "connection_id": connection.id}
        for _ in range(2):
            work["listen"]({**args, "provider": "qonto"})
        made = sim.subscriptions.of(cast.company.id)
        assert [kind for each in made for kind in each.kinds] == list(STREAMS)
        assert {each.address for each in made} == {f"{there.settings.public_url}/hooks/qonto/{connection.id}"}
        work["sync"](args)
        paid = world.pay(cast.invoice, cast.account)
        assert paid.id not in _lines(hub)
        assert sim.announce(paid) == [202]
        assert hub.jobs.under_way("sync", [connection.id], since=datetime(2026, 1, 1, tzinfo=UTC))
        work["sync"]({**args, "streams": "bank_accounts,transactions"})
        assert paid.id in _lines(hub)
        forged = httpx.post(made[0].address, content=b"{}", headers={"x-qonto-signature": "t=1,v1=00"})
        assert forged.status_code == 401
    finally:
        server.stop()


def test_the_secret_is_made_once_and_kept(hub: Hub, bank: tuple[World, QontoSimulator, Cast]) -> None:
    _, sim, _ = bank
    connection = _connected(hub, sim)
    address = f"{sim.url}/nowhere"
    kept = []
    for _ in range(2):
        assert listen(hub.store, hub.vault, hub.driver, TENANT, connection.id, address=address)
        kept.append(hub.vault.read_secret(TENANT, connection.id, PURPOSE))
    assert kept[0] is not None
    assert kept[0] == kept[1]
    assert len(kept[0]) >= 32


def test_a_refusal_is_no_failed_job(hub: Hub, bank: tuple[World, QontoSimulator, Cast]) -> None:
    """Polling goes on: a public address that the provider does not take must not stop anything."""
    _, sim, cast = bank
    connection = _connected(hub, sim)
    plain = replace(hub, settings=hub.settings.model_copy(update={"public_url": "http://hub.example"}))
    handlers(plain)["listen"]({"tenant_id": TENANT, "connection_id": connection.id, "provider": "qonto"})
    assert sim.subscriptions.of(cast.company.id) == []


def test_nothing_listens_without_the_scope_or_a_consent(
    hub: Hub, bank: tuple[World, QontoSimulator, Cast]
) -> None:
    _, sim, cast = bank
    connection = _connected(hub, sim)
    for changed in (
        connection.but(scopes=("organization.read",)),
        connection.but(state="reconnect_needed"),
    ):
        with hub.store.begin(TENANT) as unit:
            unit.save([changed])
        assert not listen(hub.store, hub.vault, hub.driver, TENANT, connection.id, address="https://x.test/")
    assert not listen(hub.store, hub.vault, hub.driver, TENANT, "con_none", address="https://x.test/")
    assert sim.subscriptions.of(cast.company.id) == []


def test_the_day_looks_whether_providers_still_tell(
    hub: Hub, bank: tuple[World, QontoSimulator, Cast]
) -> None:
    _, sim, _ = bank
    _connected(hub, sim)
    before = _waiting(hub)
    for _ in range(2):
        start_day(hub)
    assert _waiting(hub) - before == 2, "the day's reconciliation and one look, once each"


def _waiting(hub: Hub) -> int:
    queues = standing(hub.engine, hub.jobs, silent_after=30).queues
    return sum(queue.waiting for queue in queues if queue.name == "default")
