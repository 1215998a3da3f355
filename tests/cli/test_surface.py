"""Every command of the public surface is there, helps with an example, and starts at once."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from core.reconciliation import kernel
from core.reconciliation.kernel import kept
from docs.command_pages import every_command, examples
from hub.cli.commands import app
from tests.cli import files
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


def loaded(words: list[str], modules: str) -> list[str]:
    """Those of the modules that a command has loaded when it is done, in a process of its own."""
    code = (
        "import sys\nfrom hub.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit as end: assert not end.code\n"
        f"print(*[m for m in {modules.split()!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()


PROGRAM = "dbos fastapi sqlalchemy structlog httpx lxml uvicorn asyncio core.model"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["import", "--help"], ["events", "--help"]])
def test_help_does_not_load_the_program(words: list[str]) -> None:
    assert loaded(words, f"{PROGRAM} polars core.reconciliation") == []


@pytest.mark.skipif(not kernel.is_available(), reason="the kernel was not built here")
def test_over_files_neither_the_program_nor_the_rules_are_loaded(tmp_path: Path) -> None:
    if kept.read() is None:
        pytest.skip("the rules were changed since the kernel was built: `make .venv/.dev`")
    given = files.payments(tmp_path / "t.csv"), files.invoices(tmp_path / "i.csv")
    rules = "core.reconciliation.fold core.reconciliation.label core.reconciliation.warm rapidfuzz anyascii"
    words = ["reconcile", "--transactions", given[0], "--open-items", given[1], "--out", tmp_path / "out"]
    assert loaded([*map(str, words)], f"{PROGRAM} {rules} rich typer pydantic") == []
    assert (tmp_path / "out" / "decisions.parquet").exists()


def test_version(run: Run) -> None:
    assert run("--version").out.startswith("lettrage 0.")
