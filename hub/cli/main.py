"""The `lettrage` command: puts the groups of commands together and ends every error in one line."""

import logging
import sys

import structlog
import typer
from click.exceptions import ClickException

from core.errors import LettrageError
from hub.cli import look, run, setup, work
from hub.cli.frame import err, fail, status_of
from hub.logs import configure_logs

app = typer.Typer(
    name="lettrage",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Knows, to the cent and to the day, when a financed invoice is paid.",
)


@app.callback()
def root(
    debug: bool = typer.Option(False, "--debug", help="Show a traceback when something fails."),
) -> None:
    """Reads what every command shares."""
    configure_logs("WARNING")
    logging.getLogger("lettrage").debug("debug" if debug else "plain")


setup.register(app)
work.register(app)
look.register(app)
run.register(app)


def main() -> None:
    """Entry point of the distribution."""
    if "--debug" in sys.argv:
        app()
        return
    try:
        app(standalone_mode=False)
    except ClickException as error:
        error.show()
        sys.exit(2)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except LettrageError as error:
        try:
            fail(error)
        except typer.Exit:
            sys.exit(status_of(error))
    except (KeyboardInterrupt, typer.Abort):
        err.print("stopped")
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  # the last door: a line for people, not a traceback
        structlog.get_logger("lettrage").error("failed", kind=type(error).__name__)
        err.print(f"[bold red]error:[/] {type(error).__name__}: run again with --debug to see where")
        sys.exit(1)
