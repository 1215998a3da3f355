"""Creates what the engine keeps in the database; our own tables come with the store's migrations."""

import logging

from dbos import DBOS

from hub.jobs.names import QUEUES, SCHEMA
from hub.jobs.outbox import Jobs
from hub.jobs.rhythm import STEADY, Rhythm
from hub.store.engine import create_engine


def prepare(url: str, *, rhythm: Rhythm = STEADY) -> None:
    """Creates or upgrades the engine's tables and declares the queues; running it again is silent."""
    quiet_engine()
    create_engine(url).dispose()  # refuses what is neither SQLite nor PostgreSQL, and makes the folder
    DBOS.migrate(url, schema=SCHEMA)
    jobs = Jobs(url)
    try:
        declare_queues(jobs, rhythm)
    finally:
        jobs.close()


def declare_queues(jobs: Jobs, rhythm: Rhythm) -> None:
    """One partition per key, one job of a partition at a time, over all workers."""
    for queue in QUEUES:
        jobs.client.register_queue(
            queue,
            partition_concurrency=1,
            worker_concurrency=rhythm.threads,
            polling_interval_sec=rhythm.poll_seconds(queue),
        )


def quiet_engine() -> None:
    """Keeps the engine's own log lines to warnings, in the program's log, not on a console of its own."""
    log = logging.getLogger("dbos")
    log.setLevel(logging.WARNING)
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.propagate = True
