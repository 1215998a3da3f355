"""What every command shares: exit statuses, one-line errors, JSON output, progress."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from core.errors import BadInput, LettrageError, Misconfigured, NotFound

if TYPE_CHECKING:
    import typer
    from rich.console import Console

    from core.ports import Progress as Report

DONE: Final = 0
FAILED: Final = 1
UNREADABLE: Final = 2
IN_PART: Final = 3
DEBUG: Final = "--debug"

_CONTROLS = (*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
SHOWN_AS: Final = {code: "\ufffd" for code in _CONTROLS if chr(code) not in "\n\t"}
"""Characters by which data could drive a terminal, and what is shown instead."""


def add(app: "typer.Typer", name: str, action: Callable[..., None], *examples: str) -> None:
    """Adds a command with the examples that end its help."""
    app.command(name, epilog="\n\n".join(f"Example: `{example}`" for example in examples))(action)


def status_of(error: LettrageError) -> int:
    """Exit status of an error: 2 for what the user typed or handed in, else 1."""
    return UNREADABLE if isinstance(error, BadInput | Misconfigured | NotFound) else FAILED


@cache
def console(*, stderr: bool = False) -> "Console":
    """Where text has colours; loaded for it only."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False)


def complain(sentence: str) -> None:
    """An error in one line on stderr."""
    console(stderr=True).print(f"[bold red]error:[/] {_one_line(sentence)}")


def warn(sentence: str) -> None:
    """A line on stderr: the command goes on."""
    console(stderr=True).print(f"[yellow]{_one_line(sentence)}[/]")


def _one_line(text: str) -> str:
    from rich.markup import escape

    return escape(" ".join(text.splitlines()).translate(SHOWN_AS))


def say(text: str, *, style: str = "") -> None:
    """Text for people on stdout, exactly as it is but for control characters."""
    shown = text.translate(SHOWN_AS)
    if style:
        console().print(shown, markup=False, style=style)
    else:
        sys.stdout.write(f"{shown}\n")


def emit(value: Any) -> None:
    """One JSON document on stdout, for a program."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str, indent=2) + "\n")


def emit_line(value: Any) -> None:
    """One JSON document on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator["Report"]:
    """A progress line on stderr fed by a use case; silent when `quiet` or not a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda step, counts: None
        return
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def report(step: str, counts: Mapping[str, int]) -> None:
            done = ", ".join(f"{n} {name}" for name, n in counts.items())
            bar.update(task, description=escape(f"{title}: {step} {done}"))

        yield report
