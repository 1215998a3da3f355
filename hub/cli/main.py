"""The `lettrage` command: puts the groups of commands together and ends every error in one line."""

import atexit
import gc
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from core.errors import LettrageError
from hub.cli import jobs, look, policy, run, setup, work
from hub.cli.frame import FAILED, UNREADABLE, complain, say, status_of

DEBUG = "--debug"

app = typer.Typer(
    name="lettrage",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Knows, to the cent and to the day, when a financed invoice is paid.",
    epilog="Exit status: 0 done, 1 failed, 2 usage or unreadable input, 3 done in part.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        say(f"lettrage {version('lettrage')}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option(DEBUG, help="Show a traceback when something fails.")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """What every command shares; `main` takes `--debug` out of the words wherever it stands."""


setup.register(app)
work.register(app)
policy.register(app)
look.register(app)
jobs.register(app)
run.register(app)


def main(given: Sequence[str] | None = None) -> NoReturn:
    """Entry point of the distribution. `--debug` counts wherever it stands."""
    words = list(sys.argv[1:] if given is None else given)
    debug = DEBUG in words
    atexit.register(gc.freeze)  # to look for garbage once more would take longer than many a command
    try:
        _listen(debug=debug)
        arguments = [word for word in words if word != DEBUG]
        status = app(args=arguments, prog_name="lettrage", standalone_mode=False) or 0
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001  # the last door: a line for people, not a traceback
        status = _ended(error, debug=debug)
    except KeyboardInterrupt:
        complain("stopped")
        status = FAILED
    sys.exit(status)


def _listen(*, debug: bool) -> None:
    """Only `--debug` shows what libraries log; the logs of the hub are set up where it is opened."""
    if debug:
        from hub.logs import configure_logs

        configure_logs("INFO")
    else:
        logging.basicConfig(handlers=[logging.NullHandler()])


def _ended(error: Exception, *, debug: bool) -> int:
    """Says how it went wrong, in one line; returns the exit status."""
    if isinstance(error, BrokenPipeError):  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if debug:
        traceback.print_exception(error)
    if isinstance(error, LettrageError):
        complain(str(error))
        return status_of(error)
    if isinstance(error, TyperException):
        return _misused(error)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror}")
    elif isinstance(error, typer.Abort):
        complain("stopped")
    else:
        complain(f"{type(error).__name__}: this should not happen; run again with {DEBUG} to see where")
    return FAILED


def _misused(error: TyperException) -> int:
    """A command that was not typed as its help says; without a message the help was shown already."""
    context = getattr(error, "ctx", None)
    if message := error.format_message().rstrip("."):
        complain(f"{message}: see `{context.command_path if context else 'lettrage'} --help`")
    return UNREADABLE
