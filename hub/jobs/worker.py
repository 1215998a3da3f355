"""Runs jobs: one engine per process, thin handlers, and every ending of a job accounted for."""

import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from core.errors import LettrageError, RetryLater
from hub.jobs import heartbeats, quarantine, schedules
from hub.jobs.database import writing
from hub.jobs.names import APPLICATION, SCHEMA, VERSION, WORKFLOW
from hub.jobs.outbox import Job, Jobs
from hub.jobs.reaper import Reaper
from hub.jobs.retention import sweep
from hub.jobs.rhythm import STEADY, Rhythm
from hub.jobs.setup import declare_queues, quiet_engine
from hub.store.engine import create_engine
from scheduler.clock import Beat, Clockwork

LOG: Final = structlog.get_logger("lettrage.jobs")
SHORTEST_WAIT: Final = 1.0
LONGEST_WAIT: Final = timedelta(days=7).total_seconds()

Handler = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How one run of a job ended: `outcome` is done, later, failed or quarantined."""

    kind: str
    outcome: str
    seconds: float


class LeftClaimed(BaseException):
    """Ends a run without an outcome: the engine leaves the job claimed, and another worker takes it
    over. (The engine records any Exception as the job's end.)"""


class Worker:
    """Runs the jobs of `url` with `handlers` by kind; a process has one worker at most.

    Handlers are idempotent: a job runs at least once, and again after a crash. They are handed the
    job's arguments and `turn`: how often it was put off or failed before. `RetryLater` from a handler
    puts the job off; any other exception is retried with growing waits, then quarantined.
    `observe` hears how each run ended (from the worker's threads).
    """

    def __init__(
        self,
        url: str,
        handlers: Mapping[str, Handler],
        *,
        rhythm: Rhythm = STEADY,
        observe: Callable[[Ended], None] = lambda ended: None,
    ) -> None:
        self.executor_id = f"worker-{uuid.uuid4().hex}"
        self._url = url
        self._handlers = dict(handlers)
        self._rhythm = rhythm
        self._observe = observe
        self._engine = create_engine(url)
        self._jobs = Jobs(url)
        self._reaper = Reaper(self._engine, self._jobs, self.executor_id, rhythm)
        self._stopping = threading.Event()
        self._clockwork = Clockwork(
            (
                Beat("heartbeat", rhythm.heartbeat, self.heartbeat),
                Beat("reaper", rhythm.heartbeat, self.reap),
                Beat("retention", 3600.0, self.sweep),
            ),
            failed=lambda name, error: LOG.error("beat_failed", beat=name, reason=sentence(error)),
        )

    def start(self) -> None:
        """Says it lives, then begins to take jobs. `prepare` must have run on this database."""
        quiet_engine()
        self.heartbeat()
        declare_queues(self._jobs, self._rhythm)
        DBOS.workflow(name=WORKFLOW)(self._workflow())
        DBOS(config=self._config())
        DBOS.launch()
        self._clockwork.start()

    def stop(self, *, wait_seconds: int = 10) -> None:
        """Takes no more jobs, waits for the running ones, and leaves the rest to the others."""
        self._stopping.set()
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=wait_seconds)
        self._clockwork.stop()
        with writing(self._engine) as connection:
            heartbeats.sign_off(connection, self.executor_id)
        self._jobs.close()
        self._engine.dispose()

    def heartbeat(self) -> None:
        with writing(self._engine) as connection:
            heartbeats.beat(connection, self.executor_id)

    def reap(self) -> int:
        """Takes over the jobs of workers that fell silent; returns how many."""
        return self._reaper.run()

    def sweep(self) -> int:
        """Deletes finished jobs older than the rhythm's `keep_days`; returns how many."""
        return sweep(self._engine, self._jobs, keep=timedelta(days=self._rhythm.keep_days))

    def _config(self) -> DBOSConfig:
        return DBOSConfig(
            name=APPLICATION,
            system_database_url=self._url,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_version=VERSION,
            executor_id=self.executor_id,
            max_executor_threads=3 * self._rhythm.threads + 8,
            run_migrations=False,
            log_level="WARNING",
        )

    def _workflow(self) -> Callable[[dict[str, Any]], None]:
        def run(job: dict[str, Any]) -> None:
            self._run(Job(**job))

        return run

    def _run(self, job: Job) -> None:
        started = time.monotonic()
        try:
            self._handler(job)({**job.args, "turn": job.turn})
            outcome = "done"
        except RetryLater as later:
            outcome = self._put_off(job, later)
        except Exception as error:  # noqa: BLE001  # every other ending is a failure to account for
            outcome = self._failed(job, error)
        self._observe(Ended(job.kind, outcome, time.monotonic() - started))

    def _handler(self, job: Job) -> Handler:
        if job.kind not in self._handlers:
            raise LettrageError(
                f"no handler for jobs of kind {job.kind!r}: this worker is older than the job"
            )
        return self._handlers[job.kind]

    def _put_off(self, job: Job, later: RetryLater) -> str:
        wait = timedelta(seconds=min(max(SHORTEST_WAIT, later.seconds), LONGEST_WAIT))
        LOG.info("job_put_off", job=job.id, kind=job.kind, seconds=wait.total_seconds(), reason=str(later))
        self._again(job.next(failures=job.failures), wait)
        return "later"

    def _failed(self, job: Job, error: Exception) -> str:
        failures = job.failures + 1
        reason = sentence(error)
        LOG.error("job_failed", job=job.id, kind=job.kind, failures=failures, reason=reason)
        if failures < self._rhythm.failures:
            self._again(job.next(failures=failures), self._rhythm.backoff(failures))
            return "failed"
        spent = Job(job.kind, job.key, job.args, job.root, job.turn, failures)
        self._write(lambda connection: quarantine.give_up(connection, spent, reason=reason))
        LOG.error("job_quarantined", job=job.id, kind=job.kind, reason=reason)
        return "quarantined"

    def _again(self, job: Job, wait: timedelta) -> None:
        def write(connection: Connection) -> None:
            self._jobs.put(connection, job, delay=wait)
            if job.kind == "sync":
                schedules.push_back(connection, connection_id=job.key, wait=wait)

        self._write(write)

    def _write(self, work: Callable[[Connection], None]) -> None:
        """Commits `work`, however long the database is away: giving up here would lose the job."""
        while True:
            try:
                with writing(self._engine) as connection:
                    work(connection)
                return
            except SQLAlchemyError as error:
                LOG.warning("job_ending_not_written", reason=sentence(error))
                if self._stopping.wait(1.0):
                    raise LeftClaimed from error


def sentence(error: Exception) -> str:
    """What went wrong, without values: a foreign error's own text may quote a payload or a secret."""
    if isinstance(error, LettrageError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
