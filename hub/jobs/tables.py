"""Tables beside the engine's own: who is alive, what is due, and what was given up on.

Instants are whole milliseconds since 1970 by the database's clock. These tables serve the program,
not a tenant: they hold ids and small scalars only, and stand outside row-level security.
"""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from hub.store.columns import Stored, Word


class WorkerHeartbeat(Stored, table=True):
    """A running worker. `reaper` is who is taking over its jobs, until `reaped_until`."""

    __tablename__ = "worker_heartbeat"
    executor_id: str = Field(primary_key=True, sa_type=Word)
    seen_at: int = Field(sa_type=BigInteger)
    reaper: str | None = Field(default=None, sa_type=Word)
    reaped_until: int | None = Field(default=None, sa_type=BigInteger)


class JobResumption(Stored, table=True):
    """How often a job was taken over from a worker that fell silent."""

    __tablename__ = "job_resumption"
    job_id: str = Field(primary_key=True, sa_type=Word)
    times: int
    at: int = Field(sa_type=BigInteger)


class QuarantinedJob(Stored, table=True):
    """A job given up on until a person releases it; `reason` is a sentence without payload values."""

    __tablename__ = "quarantined_job"
    job_id: str = Field(primary_key=True, sa_type=Word)
    tenant_id: str | None = Field(default=None, sa_type=Word)
    kind: str = Field(sa_type=Word)
    key: str = Field(sa_type=Word)
    args: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    failures: int
    resumptions: int
    at: int = Field(sa_type=BigInteger)


class Schedule(Stored, table=True):
    """When a connection is next synchronised. `jitter` (seconds) spreads runs around the slot."""

    __tablename__ = "schedule"
    __table_args__ = (Index("ix_schedule_due", "enabled", "next_run_at"),)
    tenant_id: str = Field(primary_key=True, sa_type=Word)
    connection_id: str = Field(primary_key=True, sa_type=Word)
    next_run_at: int = Field(sa_type=BigInteger)
    every_seconds: int
    jitter: int = 0
    enabled: bool = True
