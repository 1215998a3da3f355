"""Tables beside the engine's own: who is alive, what is due, and what was given up on.

Instants are whole milliseconds since 1970 by the database's clock. These tables serve the program,
not a tenant: they hold ids and small scalars only, and stand outside row-level security.
"""

from typing import ClassVar

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel


class WorkerHeartbeat(SQLModel, table=True):
    """A running worker. `reaper` is who is taking over its jobs, until `reaped_until`."""

    __tablename__: ClassVar[str] = "worker_heartbeat"
    executor_id: str = Field(primary_key=True)
    seen_at: int = Field(sa_type=BigInteger)
    reaper: str | None = None
    reaped_until: int | None = Field(default=None, sa_type=BigInteger)


class JobResumption(SQLModel, table=True):
    """How often a job was taken over from a worker that fell silent."""

    __tablename__: ClassVar[str] = "job_resumption"
    job_id: str = Field(primary_key=True)
    times: int
    at: int = Field(sa_type=BigInteger)


class QuarantinedJob(SQLModel, table=True):
    """A job given up on until a person releases it; `reason` is a sentence without payload values."""

    __tablename__: ClassVar[str] = "quarantined_job"
    job_id: str = Field(primary_key=True)
    tenant_id: str | None = Field(default=None, index=True)
    kind: str
    key: str
    args: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    failures: int
    resumptions: int
    at: int = Field(sa_type=BigInteger)


class Schedule(SQLModel, table=True):
    """When a connection is next synchronised. `jitter` (seconds) spreads runs around the slot."""

    __tablename__: ClassVar[str] = "schedule"
    __table_args__ = (Index("ix_schedule_due", "enabled", "next_run_at"),)
    tenant_id: str = Field(primary_key=True)
    connection_id: str = Field(primary_key=True)
    next_run_at: int = Field(sa_type=BigInteger)
    every_seconds: int
    jitter: int = 0
    enabled: bool = True
