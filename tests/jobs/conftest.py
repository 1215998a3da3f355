"""A prepared database of each kind, and a worker that runs in this process."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from core.errors import RetryLater
from hub.jobs import Ended, Jobs, Rhythm, Worker, prepare
from hub.jobs.database import writing
from hub.jobs.tables import JobResumption, QuarantinedJob, Schedule, WorkerHeartbeat
from hub.store.columns import Stored
from hub.store.engine import create_engine
from tests.postgres import postgres_url

TABLES = [each.__table__ for each in (WorkerHeartbeat, JobResumption, QuarantinedJob, Schedule)]  # type: ignore[attr-defined]
QUICK = Rhythm(
    heartbeat=0.2,
    silent_after=3.0,
    sync_poll=0.05,
    deliver_poll=0.05,
    default_poll=0.05,
    failures=2,
    first_backoff=0.01,
)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a fresh database with the engine's tables and ours."""
    if kind == "sqlite":
        yield _ready(f"sqlite:///{folder / 'jobs.sqlite3'}")
    else:
        with postgres_url(migrated=False) as url:
            yield _ready(url)


def _ready(url: str) -> str:
    engine = create_engine(url)
    Stored.metadata.create_all(engine, tables=TABLES)
    engine.dispose()
    prepare(url, rhythm=QUICK)
    return url


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with database(request.param, tmp_path_factory.mktemp("jobs")) as address:
        yield address


@pytest.fixture
def engine(prepared: str) -> Iterator[Engine]:
    """On a database without a row in it."""
    engine = create_engine(prepared)
    with writing(engine) as connection:
        for table in TABLES:
            connection.execute(table.delete())
    yield engine
    engine.dispose()


@pytest.fixture
def jobs(prepared: str, engine: Engine) -> Iterator[Jobs]:
    jobs = Jobs(prepared)
    jobs.client.delete_workflows([job.workflow_id for job in jobs.client.list_workflows()])
    yield jobs
    jobs.close()


@pytest.fixture
def url(prepared: str, jobs: Jobs) -> str:
    return prepared


@dataclass
class Bench:
    """A running worker whose handlers write down what they did."""

    url: str
    engine: Engine
    jobs: Jobs
    ran: list[tuple[str, float, float]] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    behaviours: dict[str, Callable[[], None]] = field(default_factory=dict)

    def handle(self, args: Mapping[str, Any]) -> None:
        began = time.monotonic()
        name = str(args["name"])
        try:
            self.behaviours.get(name, lambda: None)()
        finally:
            self.ran.append((name, began, time.monotonic()))

    def runs(self, name: str) -> list[tuple[float, float]]:
        return [(began, over) for each, began, over in self.ran if each == name]

    def enqueue(self, name: str, **options: Any) -> None:
        with writing(self.engine) as connection:
            self.jobs.enqueue(
                connection,
                options.pop("kind", "note"),
                key=options.pop("key", name),
                args={"name": name, "tenant_id": "ten_1"},
                dedupe_id=options.pop("dedupe_id", f"note:{name}"),
                **options,
            )


@pytest.fixture(scope="module")
def bench(prepared: str) -> Iterator[Bench]:
    engine, jobs = create_engine(prepared), Jobs(prepared)
    bench = Bench(prepared, engine, jobs)
    handlers = {"note": bench.handle, "sync": bench.handle, "deliver": bench.handle}
    worker = Worker(prepared, handlers, rhythm=QUICK, observe=bench.ended.append)
    worker.start()
    yield bench
    worker.stop(wait_seconds=0)
    jobs.close()
    engine.dispose()


def until(true: Callable[[], Any], *, seconds: float = 20.0) -> None:
    """Waits, in short steps, until the condition holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def fail_times(count: int, error: Exception | None = None) -> Callable[[], None]:
    """A behaviour that raises the first `count` times."""
    left = [error or RetryLater("busy", seconds=0.0)] * count

    def behave() -> None:
        if left:
            raise left.pop()

    return behave
