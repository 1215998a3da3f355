"""The real program, `lettrage serve`, in a process of its own on a fresh database."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.settings import Settings
from hub.wiring import open_hub, upgrade_database

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Served:
    """Where it answers, a key that may read and write, and its process."""

    url: str
    key: str
    pid: int


@contextmanager
def served() -> Iterator[Served]:
    """API, clock and worker on SQLite, as a first user starts them."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'hub.sqlite3'}"
        key = _prepared(address)
        environment = {**os.environ, "LETTRAGE_DATABASE_URL": address, "LETTRAGE_PORT": "0", "COLUMNS": "200"}
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", "serve"],
            cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split("serving at ")[1].split(";")[0].strip()
            yield Served(url, key, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)
            process.stdout.close()


def _prepared(address: str) -> str:
    settings = Settings(database_url=address)
    upgrade_database(settings)
    hub = open_hub(settings)
    key = hub.keys.create_key(hub.keys.create_tenant("bench").id, "bench", ("read", "write"))
    hub.close()
    return key
