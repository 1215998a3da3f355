"""Answers to API writes by idempotency key: a repeat gets the first answer, and nothing is done twice."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from core.errors import Conflict, RetryLater
from core.model import stable_id
from core.ports import Clock
from hub.store.columns import Stored
from hub.store.engine import tenant_scope
from hub.store.tables import AnswerTable, SecretTable

ANSWER = Stored.metadata.tables[str(AnswerTable.__tablename__)]
SECRET = Stored.metadata.tables[str(SecretTable.__tablename__)]
SEALED = "answer"
ABANDONED = timedelta(minutes=1)
KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: str


class Idempotency:
    """`recall` before the work, `remember` after it, `release` when it failed and may be tried again."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def recall(self, tenant_id: str, key: str, request_hash: str) -> Answer | None:
        """The first answer, or None: then the key is claimed, and the caller does the work.

        Raises Conflict when the key came with another request, RetryLater while the first request
        is still at work. A claim without an answer lapses after a minute (its process died).
        """
        now = self._clock.now()
        with tenant_scope(self._engine, tenant_id) as scope:
            if scope.insert_new(ANSWER, {"key": key, "request_hash": request_hash, "claimed_at": now}):
                return None
            query = scope.select(ANSWER).where(ANSWER.c.key == key).with_for_update()
            row = scope.execute(query).one()
            if row.request_hash != request_hash:
                raise Conflict("this Idempotency-Key came with another request before: use a new key")
            if row.status is not None:
                return Answer(row.status, row.body)
            if now - row.claimed_at < ABANDONED:
                raise RetryLater("the first request with this Idempotency-Key is still at work", seconds=1)
            scope.execute(scope.update(ANSWER).where(ANSWER.c.key == key).values(claimed_at=now))
            return None

    def remember(self, tenant_id: str, key: str, request_hash: str, *, status: int, body: str) -> None:
        """Keeps the answer for a day."""
        with tenant_scope(self._engine, tenant_id) as scope:
            this = (ANSWER.c.key == key, ANSWER.c.request_hash == request_hash)
            scope.execute(scope.update(ANSWER).where(*this).values(status=status, body=body))

    def release(self, tenant_id: str, key: str) -> None:
        """Gives up a claim: the next request with this key does the work."""
        with tenant_scope(self._engine, tenant_id) as scope:
            scope.execute(scope.delete(ANSWER).where(ANSWER.c.key == key, ANSWER.c.status.is_(None)))

    def forget_old(self, tenant_id: str) -> int:
        """Removes answers older than a day, with the secrets some of them showed; returns how many."""
        with tenant_scope(self._engine, tenant_id) as scope:
            old = ANSWER.c.claimed_at < self._clock.now() - KEPT
            gone = scope.execute(scope.delete(ANSWER).where(old).returning(ANSWER.c.key)).scalars().all()
            if gone:
                theirs = scope.among(SECRET.c.owner, [sealed_under(key) for key in gone])
                scope.execute(scope.delete(SECRET).where(SECRET.c.purpose == SEALED, theirs))
            return len(gone)


def sealed_under(key: str) -> str:
    """The vault's owner of an answer that shows a secret; its purpose is SEALED."""
    return stable_id("ans", key)
