"""Jobs that were given up on: what they are, and trying them once more."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from core.errors import NotFound
from hub.cli.context import AsJson, opened
from hub.cli.frame import add, emit, say


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    jobs = typer.Typer(help="Jobs given up on.", no_args_is_help=True)
    add(jobs, "list", list_quarantined, "lettrage jobs list", "lettrage jobs list --json")
    add(jobs, "release", release_job, "lettrage jobs release sync:con_7c2a:1795414577195")
    app.add_typer(jobs, name="jobs")


def list_quarantined(as_json: AsJson = False) -> None:
    """Lists quarantined jobs, newest first: what failed, how often, and why."""
    from hub.jobs import quarantined
    from hub.jobs.database import writing

    with opened() as hub, writing(hub.engine) as connection:
        found = [job.model_dump() for job in quarantined(connection)]
    if as_json:
        emit(found)
        return
    for job in found:
        at = datetime.fromtimestamp(job["at"] / 1000, UTC).isoformat(timespec="seconds")
        say(
            f"{job['job_id']}  {at}  {job['failures']} failures, {job['resumptions']} take-overs: {job['reason']}"
        )
    say(f"{len(found)} quarantined jobs")


def release_job(
    job: Annotated[str, typer.Argument(help="Job id, as `lettrage jobs list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Registers a quarantined job anew; a worker runs it."""
    from hub.jobs import release
    from hub.jobs.database import writing

    with opened() as hub, writing(hub.engine) as connection:
        if not release(connection, hub.jobs, job):
            raise NotFound(f"no quarantined job has the id {job}: `lettrage jobs list` shows them")
    emit({"released": job}) if as_json else say(f"{job} is registered anew; a worker runs it")
