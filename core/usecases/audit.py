"""Who did what: a chain of entries per tenant, each with the hash of the one before."""

from collections.abc import Mapping
from typing import Any

from core.model import AuditEntry, content_hash, stable_id
from core.ports import Unit


def record(
    unit: Unit, actor: str, action: str, subject: str, details: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Appends one entry to the tenant's chain."""
    chain = unit.entries(AuditEntry)
    previous = chain[-1].hash if chain else None
    content = {
        "at": unit.now.isoformat(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": dict(details or {}),
        "previous_hash": previous,
    }
    hash = content_hash(content)
    entry = AuditEntry.model_validate(
        {**content, "at": unit.now, "id": stable_id("aud", str(len(chain)), hash), "hash": hash}
    )
    unit.append([entry])
    return entry


def broken_links(chain: list[AuditEntry]) -> tuple[str, ...]:
    """Ids of entries whose content or place in the chain is not what was written."""
    broken = []
    previous: str | None = None
    for entry in chain:
        content = entry.model_dump(mode="python", exclude={"id", "hash"})
        content["at"] = entry.at.isoformat()
        if entry.previous_hash != previous or content_hash(content) != entry.hash:
            broken.append(entry.id)
        previous = entry.hash
    return tuple(broken)
