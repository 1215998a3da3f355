"""What every command shares: exit statuses, one-line errors, JSON output, progress."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core.errors import BadInput, LettrageError, Misconfigured, NotFound
from core.ports import Progress as Report

DONE: Final = 0
FAILED: Final = 1
UNREADABLE: Final = 2
IN_PART: Final = 3

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def status_of(error: LettrageError) -> int:
    """Exit status of an error: 2 for what the user typed or handed in, else 1."""
    return UNREADABLE if isinstance(error, BadInput | Misconfigured | NotFound) else FAILED


def fail(error: LettrageError) -> NoReturn:
    """One readable line on stderr, and the exit status."""
    err.print(f"[bold red]error:[/] {_plain(str(error))}")
    raise typer.Exit(status_of(error))


def _plain(text: str) -> str:
    return text.replace("[", r"\[").replace("\n", " ")


def say(text: str) -> None:
    """A line for people on stdout; markup in data must be escaped by the caller."""
    out.print(text)


def warn(text: str) -> None:
    """A line on stderr: the command goes on."""
    err.print(f"[yellow]{_plain(text)}[/]")


def emit(value: Any) -> None:
    """One JSON document on stdout, for a program."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str, indent=2) + "\n")


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Report]:
    """A progress line on stderr fed by a use case; silent when `quiet` or not a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def report(step: str, counts: Mapping[str, int]) -> None:
            done = ", ".join(f"{n} {name}" for name, n in counts.items())
            bar.update(task, description=f"{title}: {step} {done}")

        yield report
