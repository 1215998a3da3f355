"""The real program, `lettrage serve`, in a process of its own on a fresh database."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.environment import environment
from core.model import Connection
from core.usecases.listen import PURPOSE
from hub.settings import Settings
from hub.wiring import open_hub, upgrade_database

ROOT = Path(__file__).parent.parent
HOOK_SECRET = b"secret-of-the-benchmark-0123456789abcdef"


@dataclass(frozen=True)
class Served:
    """Where it answers, a key that may read and write, its process, and the connections it hears of."""

    url: str
    key: str
    pid: int
    connections: tuple[str, ...]


@contextmanager
def served(connections: int = 0) -> Iterator[Served]:
    """API, clock and worker on SQLite, as a first user starts them; so many companies have agreed on
    webhooks with Qonto, signed with HOOK_SECRET."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'hub.sqlite3'}"
        key, heard = _prepared(address, connections)
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", "serve"],
            cwd=ROOT, env=environment(LETTRAGE_DATABASE_URL=address, LETTRAGE_PORT="0", COLUMNS="200"),
            text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split("serving at ")[1].split(";")[0].strip()
            yield Served(url, key, process.pid, heard)
        finally:
            process.terminate()
            process.wait(timeout=30)
            process.stdout.close()


def _prepared(address: str, connections: int) -> tuple[str, tuple[str, ...]]:
    settings = Settings(database_url=address)
    upgrade_database(settings)
    hub = open_hub(settings)
    tenant = hub.keys.create_tenant("bench").id
    key = hub.keys.create_key(tenant, "bench", ("read", "write"))
    heard = tuple(f"con_{number:04}" for number in range(connections))
    with hub.store.begin(tenant) as unit:
        unit.save([_connection(id, unit.now) for id in heard])
    for id in heard:
        hub.vault.put_secret(tenant, id, PURPOSE, HOOK_SECRET)
    hub.close()
    return key, heard


def _connection(id: str, at: datetime) -> Connection:
    return Connection(id=id, company_id="com_1", provider="qonto", state="active", created_at=at)
