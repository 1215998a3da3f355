"""A Pennylane with many invoices in a process of its own: `python -m benchmarks.provider INVOICES`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.company import filled
from benchmarks.environment import environment
from benchmarks.ground import AT
from connectors.kit.simulated_oauth import Registered
from connectors.kit.world import World
from connectors.pennylane.simulator import PennylaneSimulator

ROOT = Path(__file__).parent.parent
SECRET = "simulated"


def serve(invoices: int) -> None:
    """Listens without rate limits, prints its address, and ends when its input does."""
    world = World(AT - timedelta(days=1), name="bench")
    filled(world, invoices)
    client = Registered(client_secret=SECRET)
    with PennylaneSimulator(world, client=client, calls_per_window=(10_000_000, 1.0)) as simulator:
        print(simulator.url, flush=True)
        sys.stdin.read()


@contextmanager
def running(invoices: int) -> Iterator[str]:
    """The address of such a Pennylane; answers are not checked against its OpenAPI document."""
    command = [sys.executable, "-m", "benchmarks.provider", str(invoices)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(LETTRAGE_SPECS=os.devnull),
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
