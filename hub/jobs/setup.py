"""Creates what the engine keeps in the database; our own tables come with the store's migrations."""

import logging
import sqlite3
import sys
from typing import Final

from dbos import DBOS
from sqlalchemy.engine import make_url

from core.errors import Misconfigured
from hub.jobs.names import QUEUES, SCHEMA
from hub.jobs.outbox import Jobs
from hub.jobs.rhythm import STEADY, Rhythm
from hub.store.engine import create_engine

SUBSECOND_PYTHON: Final = (3, 12)
SUBSECOND_SQLITE: Final = (3, 42)
"""From this Python on, the engine's SQLite schema asks the database for milliseconds, which SQLite can
give from this version on; an older one answers NULL and every job is refused."""


def check_sqlite(url: str, *, python: tuple[int, ...], sqlite: tuple[int, ...]) -> None:
    """Raises Misconfigured where this Python's SQLite is too old for the engine."""
    if make_url(url).get_backend_name() != "sqlite":
        return
    if python >= SUBSECOND_PYTHON and sqlite < SUBSECOND_SQLITE:
        found = ".".join(map(str, sqlite))
        raise Misconfigured(
            f"this Python {python[0]}.{python[1]} is linked with SQLite {found}, which is too old for the "
            "embedded database: use Python 3.11, a Python linked with SQLite 3.42 or later, or PostgreSQL"
        )


def prepare(url: str, *, rhythm: Rhythm = STEADY) -> None:
    """Creates or upgrades the engine's tables and declares the queues; running it again is silent."""
    quiet_engine()
    check_sqlite(url, python=sys.version_info[:2], sqlite=sqlite3.sqlite_version_info)
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
