"""Registers jobs inside somebody else's transaction: rolled back with it, once per `dedupe_id`."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from hub.jobs.names import APPLICATION, QUEUES, SCHEMA, VERSION, WORKFLOW, QueueName, queue_for

Scalar = str | int | bool | None
LARGEST_ARGS: Final = 4096
DELAYED: Final = "DELAYED"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the engine stores it. `root` is the caller's dedupe id; a job that is tried again
    becomes a new job of the same root with the next `turn`."""

    kind: str
    key: str
    args: Mapping[str, Scalar]
    root: str
    turn: int = 0
    failures: int = 0

    @property
    def id(self) -> str:
        return f"{self.root}~{self.turn}" if self.turn else self.root

    @property
    def queue(self) -> QueueName:
        return queue_for(self.kind)

    def next(self, *, failures: int) -> "Job":
        """The same work once more, under the next id."""
        return replace(self, turn=self.turn + 1, failures=failures)


class Jobs:
    """The port's sending side. Opens no connection of its own until a worker needs one."""

    def __init__(self, url: str) -> None:
        self.client = DBOSClient(
            system_database_url=url,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            system_database_pool_size=2,
            lazy=True,
        )

    def enqueue(
        self,
        connection: Connection | Session,
        kind: str,
        key: str,
        args: Mapping[str, Scalar],
        dedupe_id: str,
        delay: timedelta | None = None,
    ) -> None:
        """Registers a job in the caller's transaction. Jobs of one kind's queue and `key` run one at
        a time; a second job of the same `dedupe_id` is silent. `delay` does not block the key."""
        self.put(connection, Job(kind=kind, key=key, args=checked(args), root=dedupe_id), delay=delay)

    def put(self, connection: Connection | Session, job: Job, *, delay: timedelta | None = None) -> None:
        """`enqueue` for a job that is described already."""
        options = EnqueueOptions(
            workflow_name=WORKFLOW,
            queue_name=job.queue,
            workflow_id=job.id,
            app_version=VERSION,
            queue_partition_key=job.key,
        )
        if delay is not None and delay > timedelta(0):
            options["delay_seconds"] = delay.total_seconds()
        self.client.enqueue_in_transaction(connection, options, cast(Any, asdict(job)))

    def backlog(self, *, most: int = 1000) -> dict[str, int]:
        """Jobs that wait or run, by queue, counted up to `most`."""
        return {
            queue: len(self.client.list_queued_workflows(queue_name=queue, limit=most, load_input=False))
            for queue in QUEUES
        }

    def under_way(self, queue: QueueName, keys: Collection[str], *, since: datetime) -> bool:
        """True while a job of one of `keys`, registered after `since`, runs or may run now."""
        found = self.client.list_queued_workflows(queue_name=queue, load_input=False)
        return any(
            job.queue_partition_key in keys
            and job.status != DELAYED
            and (job.created_at or 0) >= since.timestamp() * 1000
            for job in found
        )

    def close(self) -> None:
        self.client.destroy()


def checked(args: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Copies `args`, refusing anything but a few small scalars: jobs carry ids, never payloads."""
    for name, value in args.items():
        if not isinstance(value, str | int | bool | None):
            raise TypeError(f"job argument {name!r} is a {type(value).__name__}: pass ids and small scalars")
    if len(json.dumps(dict(args))) > LARGEST_ARGS:
        raise ValueError(f"job arguments exceed {LARGEST_ARGS} characters: pass ids, not content")
    return dict(args)
