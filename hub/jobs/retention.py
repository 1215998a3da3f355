"""Deletes what the engine keeps of jobs that ended long ago."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from hub.jobs import quarantine
from hub.jobs.database import now_ms, writing
from hub.jobs.outbox import Jobs

FINISHED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
SWEPT_AT_ONCE: Final = 500


def sweep(engine: Engine, jobs: Jobs, *, keep: timedelta) -> int:
    """Deletes jobs that ended more than `keep` ago, in batches; returns how many.

    A dedupe id is forgotten with its job: registering it again later is then a new job.
    """
    with writing(engine) as connection:
        before = now_ms(connection) - int(keep.total_seconds() * 1000)
        quarantine.forget_resumptions(connection, before=before)
    swept = 0
    while old := _ended(jobs, datetime.fromtimestamp(before / 1000, UTC)):
        jobs.client.delete_workflows(old)
        swept += len(old)
    return swept


def _ended(jobs: Jobs, before: datetime) -> list[str]:
    found = jobs.client.list_workflows(
        status=FINISHED,
        completed_before=before.isoformat(),
        limit=SWEPT_AT_ONCE,
        load_input=False,
        load_output=False,
    )
    return [job.workflow_id for job in found]
