"""Who did what: a chain of entries per tenant, each with the hash of the one before."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.model import AuditEntry, content_hash
from core.ports import Unit

WALKED: Final = "stream.read_completely"
"""The audit action that proves, versioned like a fact, that a stream was once read to its end."""


def record(
    unit: Unit, actor: str, action: str, subject: str, details: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Appends one entry to the tenant's chain; `details` hold ids and words, no personal data."""
    last = unit.last(AuditEntry)
    number = int(last.id.removeprefix("aud_")) + 1 if last else 1
    draft = AuditEntry(
        id=f"aud_{number:010d}",
        at=unit.now,
        actor=actor,
        action=action,
        subject=subject,
        details=dict(details or {}),
        previous_hash=last.hash if last else None,
        hash="",
    )
    entry = draft.model_copy(update={"hash": hash_of(draft)})
    unit.append([entry])
    return entry


def hash_of(entry: AuditEntry) -> str:
    """The hash of an entry: of all but its id and the hash itself, the one before it included."""
    return content_hash(entry.model_dump(mode="json", exclude={"id", "hash"}))


def broken_links(chain: Iterable[AuditEntry]) -> tuple[str, ...]:
    """Ids of entries whose content or place in the chain is not what was written."""
    broken = []
    previous: str | None = None
    for entry in chain:
        if entry.previous_hash != previous or entry.hash != hash_of(entry):
            broken.append(entry.id)
        previous = entry.hash
    return tuple(broken)
