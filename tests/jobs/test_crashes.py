"""Workers that are killed, frozen or poisoned lose nothing: real processes, real signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.jobs import Jobs, quarantined
from hub.jobs.database import writing
from tests.jobs.conftest import until

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.touch()
    return path


@pytest.fixture
def start(url: str, journal: Path) -> Iterator[Start]:
    """Starts worker processes and ends those that are left."""
    started: list[subprocess.Popen[bytes]] = []

    def start_one() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.jobs.app", url, str(journal)]
        process = subprocess.Popen(command, cwd=ROOT)
        started.append(process)
        until(lambda: f"ready  {process.pid}" in lines(journal))
        return process

    yield start_one
    for process in started:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


def lines(journal: Path) -> list[str]:
    return journal.read_text().splitlines()


def enqueue(engine: Engine, jobs: Jobs, name: str, **args: bool) -> None:
    with writing(engine) as connection:
        jobs.enqueue(connection, "sync", key="con_1", args={"name": name, **args}, dedupe_id=f"sync:{name}")


def state(jobs: Jobs, name: str) -> str:
    (job,) = jobs.client.list_workflows(workflow_ids=[f"sync:{name}"])
    return str(job.status)


def test_a_killed_worker_loses_nothing_and_frees_its_key(
    engine: Engine, jobs: Jobs, journal: Path, start: Start
) -> None:
    first = start()
    enqueue(engine, jobs, "held", hold=True)
    until(lambda: f"began held {first.pid}" in lines(journal))
    enqueue(engine, jobs, "behind")
    first.kill()
    second = start()
    until(lambda: f"began held {second.pid}" in lines(journal))
    Path(f"{journal}.go").touch()
    until(lambda: state(jobs, "behind") == state(jobs, "held") == "SUCCESS")
    mine = [line.split()[0] for line in lines(journal) if line.endswith(str(second.pid))]
    assert mine == ["ready", "began", "ended", "began", "ended"], "one at a time, in either order"


def test_a_frozen_worker_is_taken_over_and_works_again_when_it_wakes(
    engine: Engine, jobs: Jobs, journal: Path, start: Start
) -> None:
    first = start()
    enqueue(engine, jobs, "held", hold=True)
    until(lambda: f"began held {first.pid}" in lines(journal))
    os.kill(first.pid, signal.SIGSTOP)
    second = start()
    until(lambda: f"began held {second.pid}" in lines(journal))
    Path(f"{journal}.go").touch()
    until(lambda: state(jobs, "held") == "SUCCESS")
    os.kill(first.pid, signal.SIGCONT)
    until(lambda: f"ended held {first.pid}" in lines(journal))
    second.terminate()
    until(lambda: f"stopped  {second.pid}" in lines(journal))
    enqueue(engine, jobs, "next")
    until(lambda: f"ended next {first.pid}" in lines(journal))
    assert state(jobs, "held") == "SUCCESS"


def test_a_job_that_kills_its_worker_is_set_aside(
    engine: Engine, jobs: Jobs, journal: Path, start: Start
) -> None:
    enqueue(engine, jobs, "deadly", deadly=True)
    enqueue(engine, jobs, "behind")
    for _ in range(2):
        start().wait(timeout=10)
    start()
    until(lambda: (state(jobs, "deadly"), state(jobs, "behind")) == ("CANCELLED", "SUCCESS"))
    with writing(engine) as connection:
        (row,) = quarantined(connection)
    assert (row.job_id, row.kind, row.resumptions) == ("sync:deadly", "sync", 1)
    assert row.reason == "its worker stopped 2 times while running it"


def test_a_worker_that_stops_in_order_hands_over_at_once(
    engine: Engine, jobs: Jobs, journal: Path, start: Start
) -> None:
    first = start()
    enqueue(engine, jobs, "held", hold=True)
    until(lambda: f"began held {first.pid}" in lines(journal))
    first.terminate()
    until(lambda: f"stopped  {first.pid}" in lines(journal))
    first.kill()
    second = start()
    until(lambda: f"began held {second.pid}" in lines(journal))
    Path(f"{journal}.go").touch()
    until(lambda: state(jobs, "held") == "SUCCESS")
