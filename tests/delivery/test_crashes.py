"""Deliveries over the real store and job engine while their workers are killed."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from core.model import Attempt, Delivery
from core.webhooks import deliveries_for, enqueue_delivery
from hub.delivery import create_endpoint
from hub.jobs import Jobs, prepare
from hub.store.engine import create_engine
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.unit import SqlStore
from hub.store.vault import SqlVault
from tests.delivery.app import RHYTHM, SystemClock
from tests.delivery.conftest import LOOPBACK, TENANT, event
from tests.delivery.partner import Partner, serving, status
from tests.jobs.conftest import until
from tests.postgres import postgres_url
from tests.store.conftest import KEYRING

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
EVENTS = 25


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with ExitStack() as stack:
        address = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
        if request.param == "postgres":
            address = stack.enter_context(postgres_url())
        upgrade(address)
        prepare(address, rhythm=RHYTHM)
        yield address


def test_nothing_is_missing_and_repeats_carry_the_same_id(url: str) -> None:
    """Killed at random moments, twice: each event arrives, and is recorded exactly once."""
    engine, clock, jobs = create_engine(url), SystemClock(), Jobs(url)
    Keys(engine, clock, KEYRING).create_tenant("Financeur", id=TENANT)
    store, vault = SqlStore(engine, clock, KEYRING, enqueue=jobs.enqueue), SqlVault(engine, KEYRING)
    with serving(Partner(script=[_slowly] * 4 * EVENTS)) as partner:
        created = create_endpoint(store, vault, LOOPBACK, tenant_id=TENANT, url=partner.url)
        partner.secret = created.secret.value
        events = [event(number) for number in range(1, EVENTS + 1)]
        with store.begin(TENANT) as unit:
            unit.append(events)
            made = [each for one in events for each in deliveries_for(one, [created.endpoint], unit.now)]
            unit.save(made)
            for delivery in made:
                enqueue_delivery(unit, delivery)
        chance = random.Random(7)
        for kill in (True, True, False):
            before = len(partner.received)
            process = subprocess.Popen([sys.executable, "-m", "tests.delivery.app", url], cwd=ROOT)
            try:
                until(lambda: len(partner.received) > before or _is_done(store), seconds=60)  # noqa: B023
                if kill:
                    time.sleep(chance.random() * 0.1)
                else:
                    until(lambda: _is_done(store), seconds=60)
            finally:
                process.kill()
                process.wait()
        with store.begin(TENANT, write=False) as unit:
            attempts = unit.entries(Attempt)
        assert Counter(each.delivery_id for each in attempts) == {each.id: 1 for each in made}
        bodies = {(got.headers["webhook-id"], got.body) for got in partner.received}
        assert sorted(id for id, _ in bodies) == sorted(each.id for each in events)
        assert partner.refused == 0
    jobs.close()
    engine.dispose()


def _is_done(store: SqlStore) -> bool:
    with store.begin(TENANT, write=False) as unit:
        return not unit.find(Delivery, state="pending")


def _slowly(request: BaseHTTPRequestHandler) -> None:
    time.sleep(0.02)
    status(204)(request)
