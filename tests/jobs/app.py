"""A worker as a process of its own, for tests that kill and freeze it: `app.py URL JOURNAL`."""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.jobs import Rhythm, Worker

RHYTHM = Rhythm(
    heartbeat=0.2, silent_after=2.0, sync_poll=0.05, deliver_poll=0.05, default_poll=0.05, resumptions=1
)


class Journal:
    """Lines appended at once, so that several processes may write."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)

    def write(self, what: str, name: object = "") -> None:
        os.write(self._file, f"{what} {name} {os.getpid()}\n".encode())


def main(url: str, journal_path: str) -> None:
    journal = Journal(journal_path)

    def work(args: Mapping[str, Any]) -> None:
        journal.write("began", args["name"])
        if args.get("deadly"):
            os.kill(os.getpid(), signal.SIGKILL)
        if args.get("hold"):
            while not Path(f"{journal_path}.go").exists():
                time.sleep(0.02)
        journal.write("ended", args["name"])

    worker = Worker(url, {"sync": work}, rhythm=RHYTHM)
    worker.start()
    journal.write("ready")
    asked_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    asked_to_stop.wait()
    worker.stop(wait_seconds=1)
    journal.write("stopped")


if __name__ == "__main__":
    main(*sys.argv[1:])
