"""Reads a connection: page by page, each page one unit of raw records, facts, issues and cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import (
    Conflict,
    LettrageError,
    NeedsPermission,
    NeedsReconnect,
    NotFound,
    ProviderChanged,
    RetryLater,
    Where,
)
from core.model import (
    AuditEntry,
    Connection,
    Fact,
    QualityIssue,
    StreamState,
    SyncRun,
    stable_id,
)
from core.model.connection import ConnectionState, Health
from core.ports import Clock, Progress, Pulled, Put, Source, Store, Unit
from core.usecases import audit
from core.usecases.issues import note
from core.usecases.tombstones import GUARD, Disappearance, VanishedError, tombstones, unlisted_matches
from core.usecases.wake import wake


@dataclass(frozen=True, slots=True)
class _Reading:
    """One stream of one connection, being read."""

    store: Store
    source: Source
    tenant_id: str
    connection: Connection
    stream: str
    guard: Disappearance | None

    @property
    def where(self) -> Where:
        return Where(self.connection.provider, self.connection.id, self.stream)

    @property
    def state_id(self) -> str:
        return f"{self.connection.id}:{self.stream}"


def sync_stream(
    store: Store,
    source: Source,
    clock: Clock,
    tenant_id: str,
    connection_id: str,
    stream: str,
    *,
    full: bool = False,
    progress: Progress | None = None,
    guard: Disappearance | None = GUARD,
) -> SyncRun:
    """Reads what is new of one stream (`full`: from its beginning) and returns the finished run.

    A killed run goes on from its last page next time. An error ends the run, is written to the
    connection's state or health, and is raised again. `guard=None`: a person has looked and agrees
    that rows are gone.
    """
    reading, run, cursor = _start(store, source, clock, tenant_id, connection_id, stream, full, guard)
    try:
        while True:
            pulled = source.pull(tenant_id, reading.connection, stream, cursor)
            if pulled.more and pulled.cursor == cursor:
                raise ProviderChanged("the pages do not move on", reading.where)
            run = _keep(reading, run, pulled)
            cursor = pulled.cursor
            if progress is not None:
                progress(stream, _counts(run))
            if not pulled.more:
                return run
    except LettrageError as error:
        _fail(reading, run, error)
        raise


def _counts(run: SyncRun) -> dict[str, int]:
    names = ("pages", "records", "new", "changed", "set_aside")
    return {name: getattr(run, name) for name in names}


def _start(
    store: Store,
    source: Source,
    clock: Clock,
    tenant_id: str,
    connection_id: str,
    stream: str,
    full: bool,
    guard: Disappearance | None,
) -> tuple[_Reading, SyncRun, dict[str, Any]]:
    with store.begin(tenant_id) as unit:
        connection = _active(unit, connection_id)
        reading = _Reading(store, source, tenant_id, connection, stream, guard)
        state = unit.load(StreamState, reading.state_id)
        cursor = {} if full or state is None else state.cursor
        started = clock.now()
        run = SyncRun(
            id=stable_id("run", reading.state_id, started.isoformat()),
            connection_id=connection_id,
            stream=stream,
            mode="incremental" if cursor else "full",
            started_at=started,
        )
        unit.save([*_leftovers(unit, reading), run])
    return reading, run, cursor


def _active(unit: Unit, connection_id: str) -> Connection:
    connection = unit.load(Connection, connection_id)
    if connection is None:
        raise NotFound(f"there is no connection {connection_id}")
    where = Where(connection.provider, connection_id)
    if connection.state == "reconnect_needed":
        raise NeedsReconnect("the consent is over; the company connects again", where)
    if connection.state != "active":
        raise Conflict(f"the connection is {connection.state}: nothing can be read", where)
    return connection


def _leftovers(unit: Unit, reading: _Reading) -> list[SyncRun]:
    """Runs whose process died before they ended."""
    mine = {"connection_id": reading.connection.id, "stream": reading.stream}
    return [run.but(result="interrupted") for run in unit.find(SyncRun, **mine, result="running")]


def _keep(reading: _Reading, run: SyncRun, pulled: Pulled) -> SyncRun:
    """One page, in one unit: all of it is stored, with the cursor behind it, or nothing."""
    with reading.store.begin(reading.tenant_id) as unit:
        gone = _gone(unit, reading, pulled.gone)
        unit.append(pulled.raws)
        put = unit.put([*pulled.facts, *gone], connection_id=reading.connection.id)
        dropped = unlisted_matches(unit, pulled.facts, new=put.new)
        unit.put(dropped, connection_id=reading.connection.id)
        set_aside = sum(issue.severity == "error" for issue in pulled.issues)
        note(unit, pulled.issues)
        run = _counted(run, pulled, put, set_aside)
        if pulled.complete:
            _prove_walk(unit, reading)
        if not pulled.more:
            run = run.but(result="done", complete=pulled.complete, finished_at=unit.now)
        state = StreamState(
            id=reading.state_id,
            connection_id=reading.connection.id,
            stream=reading.stream,
            cursor=pulled.cursor,
            updated_at=unit.now,
        )
        unit.save([state])
        unit.save([run])
    return run


def _counted(run: SyncRun, pulled: Pulled, put: Put, set_aside: int) -> SyncRun:
    return run.but(
        pages=run.pages + 1,
        records=run.records + len(pulled.raws),
        new=run.new + len(put.new),
        changed=run.changed + len(put.changed),
        set_aside=run.set_aside + set_aside,
    )


def _gone(unit: Unit, reading: _Reading, external_ids: Sequence[str]) -> list[Fact]:
    if not external_ids:
        return []
    return tombstones(unit, reading.connection, reading.stream, external_ids, reading.guard)


def _prove_walk(unit: Unit, reading: _Reading) -> None:
    """Once per stream: from now on the company's list of this stream is known as a whole."""
    connection = reading.connection
    details = {
        "provider": connection.provider,
        "account": connection.provider_account_id,
        "object": reading.stream,
        "company_id": connection.company_id,
    }
    if not any(e.details == details for e in unit.entries(AuditEntry, action=audit.WALKED)):
        audit.record(unit, "sync", audit.WALKED, reading.state_id, details)


def _fail(reading: _Reading, run: SyncRun, error: LettrageError) -> None:
    """Writes down how the run ended: the run, the connection, and an issue when a developer must look."""
    with reading.store.begin(reading.tenant_id) as unit:
        unit.save([run.but(result="failed", finished_at=unit.now, error=error.sentence)])
        connection = unit.load(Connection, reading.connection.id)
        if connection is not None:
            unit.save([connection.but(**_mark(connection, error), error=error.sentence)])
        if isinstance(error, ProviderChanged):
            note(unit, [_issue(unit, reading, error)])


def _mark(connection: Connection, error: LettrageError) -> dict[str, ConnectionState | Health]:
    if isinstance(error, NeedsReconnect):
        return {"state": "reconnect_needed"}
    health: Health = "rate_limited" if isinstance(error, RetryLater) else "degraded"
    return {"health": health}


def _issue(unit: Unit, reading: _Reading, error: ProviderChanged) -> QualityIssue:
    code = "mass_disappearance" if isinstance(error, VanishedError) else "provider_changed"
    return QualityIssue(
        id=stable_id("iss", code, reading.state_id),
        code=code,
        severity="error",
        record=f"{reading.connection.provider}:{reading.stream}",
        message=error.sentence,
        company_id=reading.connection.company_id,
        connection_id=reading.connection.id,
        first_seen_at=unit.now,
        last_seen_at=unit.now,
    )


@dataclass(frozen=True, slots=True)
class Synced:
    """What reading a connection came to: its runs, and the errors that stopped single streams."""

    runs: tuple[SyncRun, ...]
    errors: tuple[LettrageError, ...] = ()
    reconciliation_due: bool = False


def sync_connection(
    store: Store,
    source: Source,
    clock: Clock,
    tenant_id: str,
    connection_id: str,
    *,
    streams: Sequence[str] | None = None,
    full: bool = False,
    progress: Progress | None = None,
    guard: Disappearance | None = GUARD,
) -> Synced:
    """Reads the streams (all that are allowed, in order) and registers a reconciliation if one is owed.

    A stream without permission, or whose answers changed, is left out and the others go on; every
    other error stops here, after a reconciliation of what came so far was registered.
    """
    with store.begin(tenant_id, write=False) as unit:
        connection = _active(unit, connection_id)
    allowed = source.streams(connection)
    runs: list[SyncRun] = []
    errors: list[LettrageError] = []
    ended = False
    try:
        for stream in [s for s in allowed if streams is None or s in streams]:
            try:
                runs.append(
                    sync_stream(
                        store, source, clock, tenant_id, connection_id, stream,
                        full=full, progress=progress, guard=guard,
                    )
                )  # fmt: skip
            except (NeedsPermission, ProviderChanged) as error:
                errors.append(error)
        ended = True
    finally:
        due = _finish(store, tenant_id, connection_id, healthy=ended and bool(runs) and not errors)
    return Synced(tuple(runs), tuple(errors), due)


def _finish(store: Store, tenant_id: str, connection_id: str, *, healthy: bool) -> bool:
    with store.begin(tenant_id) as unit:
        connection = unit.load(Connection, connection_id)
        if connection is not None and healthy and connection.state == "active":
            unit.save([connection.but(health="ok", last_success_at=unit.now, error=None)])
        return wake(unit)
