"""Runs the program: everything in one process, or its roles apart, or the demo."""

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import BadInput, Misconfigured
from hub.cli.context import keep_quiet, opened
from hub.cli.frame import FAILED, add, complain, console, say

if TYPE_CHECKING:
    from hub.settings import Settings


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    add(app, "serve", serve, "lettrage serve", "LETTRAGE_PORT=8080 lettrage serve")
    add(app, "worker", worker, "lettrage worker")
    add(app, "clock", clock, "lettrage clock")
    add(app, "demo", demo, "lettrage demo", "lettrage demo --out /tmp/lettrage-demo --serve")


def serve() -> None:
    """API, ops desk, clock and worker in one process: the embedded default."""
    _run(frozenset({"api", "worker", "clock"}), "serving at {address}; stop with Ctrl-C")


def worker() -> None:
    """A worker alone, for several machines on PostgreSQL."""
    _run(frozenset({"worker"}), "worker ready; stop with Ctrl-C")


def clock() -> None:
    """The clock alone; any number may run."""
    _run(frozenset({"clock"}), "clock ready; stop with Ctrl-C")


def _run(roles: frozenset[str], sentence: str) -> None:
    with opened() as hub:
        from hub.logs import configure_logs
        from hub.running import run_until_stopped

        configure_logs(hub.settings.log_level)
        if "api" in roles:
            _free(hub.settings)

        def ready(address: str) -> None:
            say(sentence.format(address=address))
            sys.stdout.flush()

        run_until_stopped(hub, roles, ready=ready)


def _free(settings: "Settings") -> None:
    """Raises Misconfigured when the address cannot be listened on: the web server only logs it."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        where = f"port {settings.port} of {settings.host}"
        raise Misconfigured(
            f"{where}: {error.strerror}; set LETTRAGE_HOST and LETTRAGE_PORT to a free one"
        ) from None


def demo(
    folder: Annotated[
        Path, typer.Option("--out", help="Where files go; emptied first if it is of an earlier demo.")
    ] = Path("demo-output"),
    stay: Annotated[bool, typer.Option("--serve", help="Leave everything running until Ctrl-C.")] = False,
) -> None:
    """The main job end to end on simulators: consent, files, sync, match, events, webhooks, report."""
    if folder.exists() and not (folder / "demo.sqlite3").exists() and _holds_files(folder):
        raise BadInput(f"--out {folder} is not an earlier demo's: name a new folder, for it will be emptied")
    keep_quiet()
    from hub.demo import play
    from hub.wiring import SystemClock

    done = play(folder, now=SystemClock().now(), say=console().print, stay=stay)
    if done.trouble is not None:
        complain(f"the demo did not end as it should: {done.trouble}")
        raise typer.Exit(FAILED)


def _holds_files(folder: Path) -> bool:
    return not folder.is_dir() or any(folder.iterdir())
