"""The end of the audit chain, kept beside it: cutting entries off the end is found as well.

Entries are written by core.usecases.audit.record; the unit that appends them moves the end on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model import AuditEntry, Entry
from core.usecases.audit import hash_of
from core.usecases.difference import Difference
from hub.store.columns import Stored
from hub.store.engine import Scope
from hub.store.tables import AuditHeadTable

if TYPE_CHECKING:
    from hub.store.unit import SqlUnit

HEAD = Stored.metadata.tables[str(AuditHeadTable.__tablename__)]


@dataclass(frozen=True, slots=True)
class Break:
    """The first entry of a chain that is not as it was written (None: the end is missing)."""

    position: int
    entry_id: str | None
    reason: str


def move_end(scope: Scope, written: Iterable[Entry]) -> None:
    """Notes the last audit entry among those just written, and how many there are now."""
    audited = [entry for entry in written if isinstance(entry, AuditEntry)]
    if audited:
        head = scope.execute(scope.select(HEAD)).one_or_none()
        length = (head.length if head else 0) + len(audited)
        scope.upsert(HEAD, [{"hash": audited[-1].hash, "length": length}])


def end_missing(unit: "SqlUnit") -> tuple[Difference, ...]:
    """What `core.usecases.verify` cannot see: entries cut off the end of the tenant's chain."""
    found = verify_chain(unit)
    if found is None or found.entry_id is not None:
        return ()
    return (Difference("audit", f"position {found.position}", "audit chain", found.reason),)


def verify_chain(unit: "SqlUnit") -> Break | None:
    """The first break of the tenant's chain: an entry changed, removed, added or reordered; else None."""
    previous: str | None = None
    entries = unit.entries(AuditEntry)
    for position, entry in enumerate(entries, 1):
        if entry.previous_hash != previous:
            return Break(position, entry.id, "does not follow the entry before it")
        if entry.hash != hash_of(entry):
            return Break(position, entry.id, "was changed after it was written")
        previous = entry.hash
    head = unit.scope.execute(unit.scope.select(HEAD)).one_or_none()
    if (head.hash if head else None) != previous or (head.length if head else 0) != len(entries):
        return Break(len(entries) + 1, None, "the end of the chain is missing")
    return None
