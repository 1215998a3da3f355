"""What could not be read or does not add up, and what waits for a person."""

from typing import Any, ClassVar, Literal

from core.model.base import Entry, Instant, Row

Severity = Literal["info", "warning", "error"]


class QualityIssue(Row):
    """A record set aside, a field never seen before, a balance that does not add up.

    `id` is derived from code and record, so a repeat raises `occurrences` and `last_seen_at`.
    """

    entity: ClassVar[str] = "quality_issue"
    code: str
    severity: Severity
    record: str
    message: str
    company_id: str | None = None
    connection_id: str | None = None
    first_seen_at: Instant
    last_seen_at: Instant
    occurrences: int = 1
    resolved_at: Instant | None = None


class AuditEntry(Entry):
    """Who did what; each entry carries the hash of the one before (a chain per tenant)."""

    entity: ClassVar[str] = "audit_entry"
    at: Instant
    actor: str
    action: str
    subject: str
    details: dict[str, Any] = {}
    previous_hash: str | None
    hash: str
