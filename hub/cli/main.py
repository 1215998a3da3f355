"""The `lettrage` command: runs what the words ask for, and ends every error in one line."""

import atexit
import gc
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from core.errors import LettrageError
from hub.cli.files import reconcile_files
from hub.cli.frame import DEBUG, FAILED, complain, status_of
from hub.cli.plain import over_files


def main(given: Sequence[str] | None = None) -> NoReturn:
    """Entry point of the distribution. `--debug` counts wherever it stands."""
    words = list(sys.argv[1:] if given is None else given)
    debug = DEBUG in words
    atexit.register(gc.freeze)  # to look for garbage once more would take longer than many a command
    try:
        _listen(debug=debug)
        status = _run([word for word in words if word != DEBUG])
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001  # the last door: a line for people, not a traceback
        status = _ended(error, debug=debug)
    except KeyboardInterrupt:
        complain("stopped")
        status = FAILED
    sys.exit(status)


def _run(words: list[str]) -> int:
    """The whole command line is loaded for words that need it."""
    if plain := over_files(words):
        return reconcile_files(plain)
    from hub.cli.commands import run_command

    return run_command(words)


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
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror}")
        return FAILED
    from hub.cli.commands import stopped_or_misused

    status = stopped_or_misused(error)
    if status is not None:
        return status
    complain(f"{type(error).__name__}: this should not happen; run again with {DEBUG} to see where")
    return FAILED
