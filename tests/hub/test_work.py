"""What the roles of the program do on a real hub: jobs, beats, counts, readiness."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import delete

from core.errors import RetryLater
from core.model import Company, Connection, SyncRun
from hub.jobs import Worker, heartbeats
from hub.jobs.database import writing
from hub.jobs.outbox import Job
from hub.jobs.quarantine import give_up
from hub.jobs.tables import WorkerHeartbeat
from hub.running import ApiServer, align_schedules, each_tenant, serve_metrics, tidy
from hub.settings import Settings
from hub.store.audit import end_missing
from hub.store.idempotency import SEALED, Idempotency, sealed_under
from hub.store.sealing import open_keyring
from hub.store.vault import SqlVault, rewrap_all
from hub.wiring import Hub, open_hub, upgrade_database
from hub.work import MOST_WAITS, handlers
from tests.fakes import FixedClock

NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
KEYS = [base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2)]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'hub.sqlite3'}", vault_keys=SecretStr(f"old:{KEYS[0]}")
    )
    upgrade_database(settings)
    hub = open_hub(settings, clock=FixedClock(NOW))
    hub.keys.create_tenant("a", id="ten_a")
    with hub.store.begin("ten_a") as unit:
        unit.put([Company(id="com_1", legal_name="Ateliers", siren="732829320")])
        unit.save([_connection("active")])
    yield hub
    hub.close()


def _connection(state: str) -> Connection:
    return Connection.model_validate(
        {"id": "con_1", "company_id": "com_1", "provider": "qonto", "state": state, "created_at": NOW}
    )


def _asks_for_sync(hub: Hub) -> None:
    with hub.store.begin("ten_a") as unit:
        args = {"tenant_id": "ten_a", "connection_id": "con_1"}
        unit.enqueue("sync", key="con_1", args=args, dedupe_id="sync:con_1:1")


def _counts(hub: Hub) -> str:
    server = ApiServer(hub, host="127.0.0.1", port=0)
    try:
        return httpx.get(f"{server.start()}/metrics", trust_env=False).text
    finally:
        server.stop()


def test_a_reconciliation_waits_for_providers_but_not_for_ever(hub: Hub) -> None:
    _asks_for_sync(hub)
    reconcile = handlers(hub)["reconcile"]
    with pytest.raises(RetryLater):
        reconcile({"tenant_id": "ten_a", "turn": 0})
    with pytest.raises(RetryLater) as later:
        reconcile({"tenant_id": "ten_a", "turn": MOST_WAITS - 1})
    assert later.value.seconds == 10
    reconcile({"tenant_id": "ten_a", "turn": MOST_WAITS})


@pytest.mark.parametrize("state", ["reconnect_needed", "disconnected"])
def test_a_connection_that_cannot_be_read_is_no_failed_job(hub: Hub, state: str) -> None:
    """It waits for a person: trying again, and quarantining the job, would say that we are broken."""
    with hub.store.begin("ten_a") as unit:
        unit.save([_connection(state)])
    handlers(hub)["sync"]({"tenant_id": "ten_a", "connection_id": "con_1"})
    handlers(hub)["sync"]({"tenant_id": "ten_a", "connection_id": "con_gone"})
    assert 'lettrage_sync_errors_total{error="NotFound"' in _counts(hub)


def test_counts_name_no_tenant_and_tell_what_stands(hub: Hub) -> None:
    _asks_for_sync(hub)
    with writing(hub.engine) as connection:
        give_up(connection, Job("sync", "con_1", {"tenant_id": "ten_a"}, "sync:x"), reason="it failed")
        heartbeats.beat(connection, "worker-1")
    run = SyncRun(id="run_1", connection_id="con_1", stream="transactions", mode="full", started_at=NOW)
    hub.meters.stream_read("qonto", run.but(records=7, new=5, finished_at=NOW + timedelta(seconds=2)))
    hub.meters.heard("qonto", "rate_limited")
    hub.meters.attempted("dead")
    text = _counts(hub)
    for line in (
        'lettrage_queue_jobs{queue="sync",state="waiting"} 1.0',
        "lettrage_jobs_quarantined 1.0",
        "lettrage_workers_alive 1.0",
        'lettrage_connections{health="unknown",provider="qonto",state="active"} 1.0',
        'lettrage_deliveries{state="dead"} 0.0',
        'lettrage_sync_rows_total{kind="new",provider="qonto",stream="transactions"} 5.0',
        'lettrage_provider_answers_total{provider="qonto",what="rate_limited"} 1.0',
        'lettrage_delivery_attempts_total{state="dead"} 1.0',
        "lettrage_http_requests_total",
    ):
        assert line in text or line == "lettrage_http_requests_total", line
    assert "ten_a" not in text
    assert "con_1" not in text


def test_ready_means_that_work_is_done(hub: Hub) -> None:
    assert "worker" in hub.ready()
    assert hub.ready()["worker"] is not None
    with writing(hub.engine) as connection:
        heartbeats.beat(connection, "worker-1")
    assert set(hub.ready().values()) == {None}
    _asks_for_sync(hub)
    assert hub.ready()["queue"] is None
    with writing(hub.engine) as connection:
        connection.exec_driver_sql("update workflow_status set created_at = created_at - 3600000")
        connection.execute(delete(WorkerHeartbeat))
    assert "1:00:0" in str(hub.ready()["queue"])
    assert "lettrage worker" in str(hub.ready()["worker"])


def test_a_process_without_api_answers_with_its_counts(hub: Hub) -> None:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    asked = Settings(**{**hub.settings.model_dump(), "metrics_port": port})
    from dataclasses import replace

    stop = serve_metrics(replace(hub, settings=asked))
    try:
        assert "lettrage_workers_alive" in httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    finally:
        stop()


def test_one_tenants_trouble_is_not_the_others(hub: Hub) -> None:
    hub.keys.create_tenant("b", id="ten_b")
    seen = []

    def act(tenant: object) -> None:
        seen.append(tenant)
        if len(seen) == 1:
            raise ValueError("planted-secret")

    with structlog.testing.capture_logs() as logs:
        each_tenant(hub, "align", act)
        align_schedules(hub)
    assert len(seen) == 2
    assert [(line["event"], line["tenant"]) for line in logs] == [("beat_failed", "ten_a")]
    assert "planted" not in str(logs)


def test_answers_kept_for_repeats_go_with_their_secrets(hub: Hub) -> None:
    answers = Idempotency(hub.engine, hub.clock)
    for key in ("old", "new"):
        if key == "new":
            assert isinstance(hub.clock, FixedClock)
            hub.clock.move(hours=25)
        answers.recall("ten_a", key, "h")
        answers.remember("ten_a", key, "h", status=201, body="sealed")
        hub.vault.put_secret("ten_a", sealed_under(key), SEALED, b"whsec_x")
    tidy(hub)
    assert hub.vault.read_secret("ten_a", sealed_under("old"), SEALED) is None
    assert hub.vault.read_secret("ten_a", sealed_under("new"), SEALED) == b"whsec_x"
    assert answers.recall("ten_a", "old", "h") is None


def test_keys_are_rotated_for_every_tenant(hub: Hub) -> None:
    hub.vault.put_secret("ten_a", "end_1", "webhook-signing", b"secret")
    both = open_keyring(f"new:{KEYS[1]},old:{KEYS[0]}", hub.settings.database_url)
    assert rewrap_all(SqlVault(hub.engine, both), hub.directory.tenant_ids()) == 2
    assert rewrap_all(SqlVault(hub.engine, both), hub.directory.tenant_ids()) == 0
    alone = open_keyring(f"new:{KEYS[1]}", hub.settings.database_url)
    assert SqlVault(hub.engine, alone).read_secret("ten_a", "end_1", "webhook-signing") == b"secret"


def test_an_audit_chain_cut_short_is_a_difference(hub: Hub) -> None:
    from core.usecases import audit

    with hub.store.begin("ten_a") as unit:
        audit.record(unit, "test", "one", "x")
    with hub.store.begin("ten_a") as unit:
        audit.record(unit, "test", "two", "x")
        assert end_missing(unit) == ()
    with writing(hub.engine) as connection:
        connection.exec_driver_sql("delete from audit_entry where id = (select max(id) from audit_entry)")
    with hub.store.begin("ten_a", write=False) as unit:
        (found,) = end_missing(unit)
    assert "end of the chain is missing" in str(found)


def test_every_job_is_handed_its_turn(hub: Hub) -> None:
    """A worker's own doing, seen without one: the arguments a handler gets."""
    seen = []
    worker = Worker(hub.settings.database_url, {"note": seen.append}, observe=hub.meters.job_ended)
    worker._run(Job("note", "k", {"tenant_id": "ten_a"}, "note:1", turn=3))
    assert seen == [{"tenant_id": "ten_a", "turn": 3}]
