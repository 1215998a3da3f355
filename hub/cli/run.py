"""Runs the program: everything in one process, or its roles apart, or the demo."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.context import opened
from hub.cli.frame import FAILED, out, say
from hub.demo import play
from hub.logs import configure_logs
from hub.running import run_until_stopped
from hub.wiring import SystemClock


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command("serve")(serve)
    app.command("worker")(worker)
    app.command("clock")(clock)
    app.command("demo")(demo)


def serve() -> None:
    """API, ops desk, clock and worker in one process: the embedded default. Example: `lettrage serve`"""
    _run(frozenset({"api", "worker", "clock"}), "serving at {address}; stop with Ctrl-C")


def worker() -> None:
    """A worker alone, for several machines on PostgreSQL. Example: `lettrage worker`"""
    _run(frozenset({"worker"}), "worker ready")


def clock() -> None:
    """The clock alone; any number may run. Example: `lettrage clock`"""
    _run(frozenset({"clock"}), "clock ready")


def _run(roles: frozenset[str], sentence: str) -> None:
    with opened() as hub:
        configure_logs(hub.settings.log_level)

        def ready(address: str) -> None:
            out.print(sentence.format(address=address))
            out.file.flush()

        run_until_stopped(hub, roles, ready=ready)


def demo(
    folder: Annotated[
        Path | None, typer.Option("--out", help="Where files go (default: ./demo-output).")
    ] = None,
    stay: Annotated[bool, typer.Option("--serve", help="Leave everything running until Ctrl-C.")] = False,
) -> None:
    """The main job end to end on simulators: consent, files, sync, match, events, webhooks, report.

    Example: `lettrage demo --serve`
    """
    now: datetime = SystemClock().now()
    done = play(folder or Path("demo-output"), now=now, say=say, stay=stay)
    if not done.well:
        say(f"[bold red]the demo did not end as it should:[/] {done.trouble}")
        raise typer.Exit(FAILED)
