"""How fast the worker beats, how long it waits, and when it gives up."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub.jobs.names import QueueName


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds unless named otherwise. A worker silent for `silent_after` loses its jobs to the others;
    a job fails `failures` times or is taken over `resumptions` times before it is quarantined."""

    heartbeat: float = 5.0
    silent_after: float = 30.0
    sync_poll: float = 0.5
    deliver_poll: float = 0.2
    default_poll: float = 0.2
    threads: int = 8
    failures: int = 5
    first_backoff: float = 10.0
    resumptions: int = 3
    keep_days: int = 14

    def poll_seconds(self, queue: QueueName) -> float:
        if queue == "sync":
            return self.sync_poll
        return self.deliver_poll if queue == "deliver" else self.default_poll

    def backoff(self, failures: int) -> timedelta:
        """The wait after the nth failure: each four times the one before."""
        return timedelta(seconds=self.first_backoff * 4 ** (failures - 1))


STEADY: Final = Rhythm()
