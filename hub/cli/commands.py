"""All commands, put together, and told when one was not typed as its help says."""

from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from hub.cli import jobs, look, policy, run, setup, work
from hub.cli.frame import DEBUG, FAILED, UNREADABLE, complain, say

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


def run_command(words: Sequence[str]) -> int:
    """Runs the command that the words are; returns its exit status."""
    return app(args=words, prog_name="lettrage", standalone_mode=False) or 0


def stopped_or_misused(error: Exception) -> int | None:
    """Says what a person did: stopped a command, or typed none that is one; the exit status. None for any
    other error."""
    if isinstance(error, typer.Abort):
        complain("stopped")
        return FAILED
    return _misused(error) if isinstance(error, TyperException) else None


def _misused(error: TyperException) -> int:
    """A command that was not typed as its help says; without a message the help was shown already."""
    context = getattr(error, "ctx", None)
    if message := error.format_message().rstrip("."):
        complain(f"{message}: see `{context.command_path if context else 'lettrage'} --help`")
    return UNREADABLE
