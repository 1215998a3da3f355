"""Takes over the jobs of workers that fell silent: the engine leaves them assigned to the dead."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from dbos import DBOSClient, WorkflowStatus
from sqlalchemy import Engine

from hub.jobs import heartbeats, quarantine
from hub.jobs.database import writing
from hub.jobs.names import QUEUES
from hub.jobs.outbox import Job, Jobs
from hub.jobs.rhythm import Rhythm

LOG: Final = structlog.get_logger("lettrage.jobs")


@dataclass(frozen=True, slots=True)
class Reaper:
    """Any number may run: a silent worker is taken over by one of them."""

    engine: Engine
    jobs: Jobs
    name: str
    rhythm: Rhythm

    def run(self) -> int:
        """Takes over every silent worker's jobs and returns how many were resumed."""
        running = running_jobs(self.jobs.client)
        silent_ms = int(self.rhythm.silent_after * 1000)
        with writing(self.engine) as connection:
            heartbeats.notice(connection, {job.executor_id for job in running if job.executor_id})
            silent = heartbeats.claim_silent(connection, reaper=self.name, silent_ms=silent_ms)
        return sum(self._take_over(executor, running) for executor in silent)

    def _take_over(self, executor_id: str, running: list[WorkflowStatus]) -> int:
        left = [job for job in running if job.executor_id == executor_id]
        resumed = sum(self._resume(job) for job in left)
        with writing(self.engine) as connection:
            heartbeats.forget(connection, executor_id, reaper=self.name)
        if left:
            LOG.warning(
                "jobs_taken_over", executor=executor_id, resumed=resumed, quarantined=len(left) - resumed
            )
        return resumed

    def _resume(self, running: WorkflowStatus) -> bool:
        job_id = running.workflow_id
        with writing(self.engine) as connection:
            times = quarantine.count_resumption(connection, job_id)
        if times <= self.rhythm.resumptions:
            self.jobs.client.resume_workflows([job_id], queue_name=running.queue_name)
            return True
        reason = f"its worker stopped {times} times while running it"
        with writing(self.engine) as connection:
            quarantine.give_up(connection, described(running), reason=reason, resumptions=times - 1)
        self.jobs.client.cancel_workflows([job_id])
        LOG.error("job_quarantined", job=job_id, reason=reason)
        return False


def running_jobs(client: DBOSClient) -> list[WorkflowStatus]:
    """Jobs some worker has claimed and not finished; few, because workers claim few at a time."""
    return client.list_workflows(status="PENDING", queue_name=list(QUEUES), load_output=False)


def described(status: WorkflowStatus) -> Job:
    """The job an engine row describes."""
    given: Mapping[str, Any] = (status.input or {"args": ({},)})["args"][0]
    return Job(**given)
