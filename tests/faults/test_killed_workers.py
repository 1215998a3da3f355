"""`kill -9` at twenty random moments of sync, reconcile and delivery changes nothing that counts."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stage import Stage, staged, until
from tests.postgres import postgres_url

pytestmark = pytest.mark.slow
KILLS = 20
PHASES = ("sync", "default", "deliver")
PATIENCE = 60.0


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'hub.sqlite3'}"
    else:
        with postgres_url() as url:
            yield url


def undisturbed(stage: Stage) -> dict[str, Any]:
    """One worker that nobody kills, and that reads four things at a time."""
    process = stage.worker()
    for number in range(KILLS):
        stage.happen(number)
        if number % 4 == 3:
            stage.enqueue_syncs()
            until(stage.quiet)
    process.terminate()
    process.wait(timeout=30)
    return stage.end_state()


def wait_for(stage: Stage, phase: str) -> bool:
    """True once a job of the phase waits or runs (and no provider is being read any more, for the
    later phases); False when nothing is left to do or patience ends."""
    end, asked = time.monotonic() + PATIENCE, False
    while time.monotonic() < end:
        backlog = stage.hub.jobs.backlog()
        if backlog[phase] and (phase == "sync" or not backlog["sync"]):
            return True
        if not any(backlog.values()):
            if asked:
                return False
            stage.enqueue_syncs()
            asked = True
        time.sleep(0.02)
    return False


def killed(stage: Stage, chance: random.Random) -> dict[str, Any]:
    """A worker for each thing, killed at a random moment of reading, deciding or delivering; the last
    one may finish."""
    struck = dict.fromkeys(PHASES, 0)
    for number in range(KILLS):
        stage.happen(number)
        stage.enqueue_syncs()
        process = stage.worker()
        phase = PHASES[number % len(PHASES)]
        struck[phase] += wait_for(stage, phase)
        time.sleep(chance.uniform(0.0, 0.4))
        process.kill()
        process.wait()
    print(struck)
    assert min(struck.values()) >= 3, struck
    process = stage.worker()
    until(stage.quiet)
    stage.enqueue_syncs()
    until(stage.quiet)
    process.terminate()
    process.wait(timeout=30)
    return stage.end_state()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_twenty_kills_leave_the_state_of_an_undisturbed_run(kind: str, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    (tmp_path / "calm").mkdir()
    (tmp_path / "killed").mkdir()
    with database(kind, tmp_path / "calm") as url, staged(url) as stage:
        calm = undisturbed(stage)
    with database(kind, tmp_path / "killed") as url, staged(url) as stage:
        disturbed = killed(stage, random.Random(seed))
        received = stage.receiver.received
        said = {event["id"] for log in disturbed["events"].values() for event in log}
        assert received.refused == 0
        assert set(received.verified) == said, "nothing delivered is missing, repeats carry the same id"
    assert disturbed["facts"] == calm["facts"]
    assert disturbed["allocations"] == calm["allocations"]
    assert disturbed["events"] == calm["events"]
    types = {event["type"] for log in calm["events"].values() for event in log}
    assert {"invoice.partially_paid", "invoice.paid", "payment.reversed", "invoice.reopened"} <= types
