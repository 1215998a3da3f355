"""The names this program and the job engine share; changing one strands the jobs already stored."""

from typing import Final, Literal

QueueName = Literal["sync", "deliver", "default"]

QUEUES: Final[tuple[QueueName, ...]] = ("sync", "deliver", "default")
APPLICATION: Final = "lettrage"
WORKFLOW: Final = "lettrage.job"
SCHEMA: Final = "dbos"
VERSION: Final = "1"
"""Raised by hand, only when jobs already stored cannot run on the new code (the engine's default, a
hash of the source, would leave every waiting job behind at each deploy)."""


def queue_for(kind: str) -> QueueName:
    """`sync` and `deliver` wait in their own queues, every other kind in `default`."""
    if kind == "sync":
        return "sync"
    return "deliver" if kind == "deliver" else "default"
