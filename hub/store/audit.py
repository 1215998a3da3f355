"""The audit trail: append-only, each entry holds the hash of the one before (a chain per tenant)."""

from dataclasses import dataclass
from typing import Any

from core.model import AuditEntry, content_hash
from hub.store.columns import Stored
from hub.store.tables import AuditHeadTable
from hub.store.unit import SqlUnit

HEAD = Stored.metadata.tables[str(AuditHeadTable.__tablename__)]


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry of a chain that is not as it was written (None: the end is missing)."""

    position: int
    entry_id: str | None
    reason: str


def _hash(entry: AuditEntry) -> str:
    return content_hash(entry.model_dump(mode="json", exclude={"id", "hash"}))


def append_audit(
    unit: SqlUnit, *, actor: str, action: str, subject: str, details: dict[str, Any] | None = None
) -> AuditEntry:
    """Writes who did what to what, in the unit that does it. `details` hold ids, no personal data."""
    head = unit.scope.execute(unit.scope.select(HEAD)).one_or_none()
    length = 1 if head is None else head.length + 1
    draft = AuditEntry(
        id=f"aud_{length:010d}",
        at=unit.now,
        actor=actor,
        action=action,
        subject=subject,
        details=details or {},
        previous_hash=head.hash if head else None,
        hash="",
    )
    entry = draft.model_copy(update={"hash": _hash(draft)})
    unit.append([entry])
    unit.scope.upsert(HEAD, [{"hash": entry.hash, "length": length}])
    return entry


def verify_chain(unit: SqlUnit) -> Break | None:
    """The first break of the tenant's chain: an entry changed, removed, added or reordered; else None."""
    previous: str | None = None
    entries = unit.entries(AuditEntry)
    for position, entry in enumerate(entries, 1):
        if entry.previous_hash != previous:
            return Break(position, entry.id, "does not follow the entry before it")
        if entry.hash != _hash(entry):
            return Break(position, entry.id, "was changed after it was written")
        previous = entry.hash
    head = unit.scope.execute(unit.scope.select(HEAD)).one_or_none()
    if (head.hash if head else None) != previous or (head.length if head else 0) != len(entries):
        return Break(len(entries) + 1, None, "the end of the chain is missing")
    return None
