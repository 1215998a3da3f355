"""The command in this process, on a database of its own; and as a process of its own."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from hub.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line on stderr."""
        (line,) = self.err.splitlines()
        assert line.startswith("error: "), self.err
        return line.removeprefix("error: ")


Run = Callable[..., Ended]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Nothing of the settings around, and an empty folder."""
    for name in [name for name in os.environ if name.startswith("LETTRAGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LETTRAGE_DATABASE_URL", f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    monkeypatch.chdir(tmp_path)
    level, handlers = logging.root.level, list(logging.root.handlers)
    yield dict(os.environ)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def run(environment: dict[str, str], capfd: pytest.CaptureFixture[str]) -> Run:
    """`run("events", "list")` in this process."""

    def call(*words: str | Path) -> Ended:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
def started(environment: dict[str, str]) -> Run:
    """The same as a process of its own."""

    def call(*words: str | Path, **settings: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "hub", *map(str, words)], env={**environment, **settings},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    return call
