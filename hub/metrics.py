"""What the program counts: what this process did, and what the database says at the moment of asking.

No label names a tenant, a company or a connection.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Column, ColumnElement, Engine, Table, func

from core.errors import LettrageError
from core.model import SyncRun
from core.usecases.reconcile import Reconciled
from hub.jobs import Ended, Jobs, Standing, standing
from hub.store.columns import Stored
from hub.store.engine import Scope, tenant_scope
from hub.store.tables import ConnectionTable, DeliveryTable

SECONDS: Final = (0.05, 0.25, 1, 5, 15, 60, 300, 1800)
KEPT_SECONDS: Final = 15.0
Counts = dict[tuple[str, ...], int]
Amounts = Mapping[tuple[str, ...], float]
CONNECTION = Stored.metadata.tables[str(ConnectionTable.__tablename__)]
DELIVERY = Stored.metadata.tables[str(DeliveryTable.__tablename__)]


class Meters:
    """Counts what this process did since it began."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"lettrage_{name}", text, labels, registry=self.registry)

        def timed(name: str, text: str, *labels: str) -> Histogram:
            return Histogram(f"lettrage_{name}", text, labels, registry=self.registry, buckets=SECONDS)

        self._jobs = timed("job_seconds", "Runs of jobs, by how they ended.", "kind", "outcome")
        self._syncs = timed("sync_seconds", "Time to read a stream.", "provider", "stream")
        self._rows = counter("sync_rows", "What reading brought.", "provider", "stream", "kind")
        self._errors = counter(
            "sync_errors", "Reads that stopped, by what to do.", "provider", "stream", "error"
        )
        self._heard = counter(
            "provider_answers", "Providers: rate_limited (HTTP 429), refreshed.", "provider", "what"
        )
        self._deliveries = counter(
            "delivery_attempts", "Posts to partners, by the delivery's state after.", "state"
        )
        self._decided = counter("decisions", "Decisions written, by outcome.", "outcome")
        self._written = counter("reconciled", "What reconciliations wrote.", "kind")

    def job_ended(self, ended: Ended) -> None:
        self._jobs.labels(ended.kind, ended.outcome).observe(ended.seconds)

    def stream_read(self, provider: str, run: SyncRun) -> None:
        """One finished read of a stream."""
        place = (provider, run.stream)
        if run.finished_at is not None:
            self._syncs.labels(*place).observe(max(0.0, (run.finished_at - run.started_at).total_seconds()))
        for kind in ("records", "new", "changed", "set_aside"):
            self._rows.labels(*place, kind).inc(getattr(run, kind))

    def stream_stopped(self, error: LettrageError) -> None:
        self._errors.labels(
            error.where.provider or "unknown", error.where.stream or "unknown", type(error).__name__
        ).inc()

    def heard(self, provider: str, what: str) -> None:
        """Something about a provider worth counting; called from the kit."""
        self._heard.labels(provider, what).inc()

    def attempted(self, state: str) -> None:
        """A post was made and recorded; `pending` means that it is tried again."""
        self._deliveries.labels(state).inc()

    def reconciled(self, done: Reconciled) -> None:
        for outcome, count in done.outcomes.items():
            self._decided.labels(outcome).inc(count)
        for kind in ("decisions", "allocations", "events", "deliveries"):
            self._written.labels(kind).inc(getattr(done, kind))


class Tenants(Protocol):
    """Names every tenant."""

    def tenant_ids(self) -> Iterable[str]: ...


class Stock(Collector):
    """What stands in the database now: the same from every process. Kept for some seconds, so that
    asking often costs nothing."""

    def __init__(self, engine: Engine, jobs: Jobs, tenants: Tenants, *, silent_after: float) -> None:
        self._engine, self._jobs, self._tenants = engine, jobs, tenants
        self._silent_after = silent_after
        self._lock = threading.Lock()
        self._made: tuple[float, list[Metric]] | None = None

    def describe(self) -> Iterable[Metric]:
        return []  # asked at registration, when the database may be away

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if self._made is None or time.monotonic() - self._made[0] > KEPT_SECONDS:
                self._made = time.monotonic(), self._look()
            yield from self._made[1]

    def _look(self) -> list[Metric]:
        known = standing(self._engine, self._jobs, silent_after=self._silent_after)
        return [*_of_jobs(known), *self._of_tenants()]

    def _of_tenants(self) -> list[Metric]:
        owed: Counts = dict.fromkeys((("pending",), ("dead",)), 0)
        links: Counts = {}
        for tenant_id in self._tenants.tenant_ids():
            with tenant_scope(self._engine, tenant_id, write=False) as scope:
                waits = DELIVERY.c.state.in_([state for (state,) in owed])
                _add(owed, scope, DELIVERY, DELIVERY.c.state, only=waits)
                kinds = (CONNECTION.c.provider, CONNECTION.c.state, CONNECTION.c.health)
                _add(links, scope, CONNECTION, *kinds)
        says = "Deliveries that wait (pending) or were given up on (dead)."
        return [
            _gauge("deliveries", says, owed, "state"),
            _gauge("connections", "Connections.", links, "provider", "state", "health"),
        ]


def _add(
    totals: Counts, scope: Scope, table: Table, *by: Column[Any], only: ColumnElement[bool] | None = None
) -> None:
    """Adds the tenant's rows, counted by some columns."""
    query = scope.select(table, *by, func.count()).group_by(*by)
    for row in scope.execute(query if only is None else query.where(only)):
        place = tuple(map(str, row[:-1]))
        totals[place] = totals.get(place, 0) + row[-1]


def _gauge(name: str, says: str, counts: Amounts, *labels: str) -> Metric:
    made = GaugeMetricFamily(f"lettrage_{name}", says, labels=labels)
    for place, count in sorted(counts.items()):
        made.add_metric(place, count)
    return made


def _of_jobs(known: Standing) -> list[Metric]:
    depth: Amounts = {
        (queue.name, state): float(getattr(queue, state))
        for queue in known.queues
        for state in ("waiting", "delayed", "running")
    }
    oldest: Amounts = {(queue.name,): queue.oldest_seconds for queue in known.queues}
    taken = "Times jobs were taken over from dead workers in the last fortnight."
    return [
        _gauge("queue_jobs", "Jobs in a queue.", depth, "queue", "state"),
        _gauge("queue_oldest_seconds", "How long the oldest job has been due.", oldest, "queue"),
        _gauge("workers_alive", "Workers heard of lately.", {(): known.workers}),
        _gauge("jobs_quarantined", "Jobs given up on until they are released.", {(): known.quarantined}),
        _gauge("jobs_taken_over", taken, {(): known.taken_over}),
    ]
