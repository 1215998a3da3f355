"""Jobs given up on: kept where a person sees them, until somebody releases them."""

import json

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from hub.jobs.database import now_ms
from hub.jobs.outbox import Job, Jobs
from hub.jobs.tables import JobResumption, QuarantinedJob


def give_up(connection: Connection, job: Job, *, reason: str, resumptions: int = 0) -> None:
    """Writes the job down once; a repeat of its id changes nothing."""
    known = select(col(QuarantinedJob.job_id)).where(col(QuarantinedJob.job_id) == job.id)
    if connection.execute(known).first() is not None:
        return
    tenant = job.args.get("tenant_id")
    connection.execute(
        insert(QuarantinedJob).values(
            job_id=job.id,
            tenant_id=tenant if isinstance(tenant, str) else None,
            kind=job.kind,
            key=job.key,
            args=json.dumps(dict(job.args), sort_keys=True),
            reason=reason,
            failures=job.failures,
            resumptions=resumptions,
            at=now_ms(connection),
        )
    )


def quarantined(connection: Connection, *, tenant_id: str | None = None) -> list[QuarantinedJob]:
    """What was given up on, newest first: of one tenant, or of all."""
    rows = select(QuarantinedJob).order_by(col(QuarantinedJob.at).desc())
    if tenant_id is not None:
        rows = rows.where(col(QuarantinedJob.tenant_id) == tenant_id)
    return [QuarantinedJob(**row._mapping) for row in connection.execute(rows)]


def release(connection: Connection, jobs: Jobs, job_id: str) -> bool:
    """Registers the job anew and takes it off the list; False when it is not there."""
    row = connection.execute(
        delete(QuarantinedJob).where(col(QuarantinedJob.job_id) == job_id).returning(QuarantinedJob)
    ).first()
    if row is None:
        return False
    job = Job(kind=row.kind, key=row.key, args=json.loads(row.args), root=f"{job_id}+{row.at}")
    jobs.put(connection, job)
    return True


def count_resumption(connection: Connection, job_id: str) -> int:
    """Counts one more take-over of the job and returns how many that makes."""
    now = now_ms(connection)
    raised = connection.execute(
        update(JobResumption)
        .where(col(JobResumption.job_id) == job_id)
        .values(times=JobResumption.times + 1, at=now)
        .returning(col(JobResumption.times))
    ).scalar_one_or_none()
    if raised is not None:
        return int(raised)
    connection.execute(insert(JobResumption).values(job_id=job_id, times=1, at=now))
    return 1


def forget_resumptions(connection: Connection, *, before: int) -> None:
    """Drops counts not raised since `before` (milliseconds)."""
    connection.execute(delete(JobResumption).where(col(JobResumption.at) < before))
