"""How the queues, the workers and what was given up on stand at this moment."""

from dataclasses import dataclass
from typing import Final

from dbos import WorkflowStatus
from sqlalchemy import Engine, func, select
from sqlmodel import col

from hub.jobs import heartbeats
from hub.jobs.database import now_ms
from hub.jobs.names import QUEUES
from hub.jobs.outbox import DELAYED, Jobs
from hub.jobs.tables import JobResumption, QuarantinedJob

MOST: Final = 2000
WAITING: Final = "ENQUEUED"


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """One queue; counts go up to some thousand. `oldest_seconds`: since when the oldest could have run."""

    name: str
    waiting: int
    delayed: int
    running: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """All queues, and the rest of what an operator watches."""

    queues: tuple[QueueStanding, ...]
    workers: int
    quarantined: int
    taken_over: int

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest job of any queue has been due."""
        return max((queue.oldest_seconds for queue in self.queues), default=0.0)


def standing(engine: Engine, jobs: Jobs, *, silent_after: float) -> Standing:
    """Looks once. A worker silent for `silent_after` seconds does not count as alive."""
    with engine.connect() as connection:
        now = now_ms(connection)
        workers = len(heartbeats.alive(connection, silent_ms=int(silent_after * 1000)))
        quarantined = connection.scalar(select(func.count()).select_from(QuarantinedJob)) or 0
        taken_over = connection.scalar(select(func.sum(col(JobResumption.times)))) or 0
    queues = tuple(_queue(jobs, name, now) for name in QUEUES)
    return Standing(queues, workers, quarantined, int(taken_over))


def _queue(jobs: Jobs, name: str, now: int) -> QueueStanding:
    found = jobs.client.list_queued_workflows(
        queue_name=name, limit=MOST, load_input=False, load_output=False
    )
    waiting = [job for job in found if job.status == WAITING]
    delayed = sum(job.status == DELAYED for job in found)
    oldest = min((_due(job) for job in waiting), default=now)
    return QueueStanding(
        name=name,
        waiting=len(waiting),
        delayed=delayed,
        running=len(found) - len(waiting) - delayed,
        oldest_seconds=max(0, now - oldest) / 1000,
    )


def _due(job: WorkflowStatus) -> int:
    return max(job.created_at or 0, job.delay_until_epoch_ms or 0)
