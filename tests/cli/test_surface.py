"""Every command of the public surface is there, helps with an example, and starts at once."""

import shlex
import subprocess
import sys

import pytest
import typer.main

from docs.command_pages import every_command, examples
from hub.cli.main import app
from tests.cli.conftest import Run

COMMANDS = dict(every_command(typer.main.get_command(app), "lettrage"))
SURFACE = (
    "serve", "worker", "clock", "db upgrade", "tenant create", "key create", "company create", "connect",
    "disconnect", "vault rewrap", "jobs list", "jobs release", "policy show", "policy set", "policy try",
    "connectors", "sync", "import", "map", "finance", "reconcile", "explain", "report", "events list",
    "events replay", "events verify", "demo",
)  # fmt: skip
OPTIONS = {
    "connect": {"--company"},
    "sync": {"--connection", "--stream", "--full"},
    "import": {"--account", "--dry-run", "--jsonl"},
    "reconcile": {"--transactions", "--open-items", "--payer-accounts", "--policy", "--out", "--format"},
    "report": {"--format", "--out"},
    "demo": {"--serve", "--out"},
}
NOTHING_TO_READ = {"serve", "worker", "clock", "demo", "db upgrade", "map"}
"""Commands without `--json`: their result is a running program, files, or JSON lines already."""


def _options(name: str) -> set[str]:
    return {word for one in COMMANDS[f"lettrage {name}"].params for word in one.opts}


def test_the_surface_is_complete() -> None:
    assert set(COMMANDS) == {f"lettrage {name}" for name in SURFACE}
    for name, options in OPTIONS.items():
        assert options <= _options(name), name


@pytest.mark.parametrize("name", SURFACE)
def test_each_command_can_be_read_by_a_program(name: str) -> None:
    assert ("--json" in _options(name)) != (name in NOTHING_TO_READ)


@pytest.mark.parametrize("name", SURFACE)
def test_help_has_an_example_that_is_this_command_and_fits_it(name: str, run: Run) -> None:
    shown = run(*name.split(), "--help")
    assert shown.status == 0
    assert "Example: " in shown.out
    command = COMMANDS[f"lettrage {name}"]
    for example in examples(command):
        words = [word for word in shlex.split(example) if not word.startswith("LETTRAGE_")]
        assert " ".join(words).startswith(f"lettrage {name}")
        command.make_context(name, words[1 + len(name.split()) :])  # parses, or raises


@pytest.mark.parametrize("words", [["--help"], ["import", "--help"], ["events", "--help"]])
def test_help_does_not_load_the_program(words: list[str]) -> None:
    heavy = "dbos fastapi polars sqlalchemy structlog httpx lxml uvicorn"
    code = (
        "import sys\nfrom hub.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit as end: assert not end.code\n"
        f"loaded = [m for m in {heavy.split()!r} if m in sys.modules]\nassert not loaded, loaded"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_version(run: Run) -> None:
    assert run("--version").out.startswith("lettrage 0.")
