"""Quality issues are merged, never doubled: a repeat raises the count and the last sight."""

from collections.abc import Iterable

from core.model import QualityIssue, stable_id
from core.ports import FileFinding, Unit


def note(unit: Unit, issues: Iterable[QualityIssue]) -> int:
    """Saves issues; a known one keeps its first sight, counts on and is open again. Returns how many."""
    merged: dict[str, QualityIssue] = {}
    for issue in issues:
        known = merged.get(issue.id) or unit.load(QualityIssue, issue.id)
        merged[issue.id] = issue if known is None else _again(known, issue)
    unit.save(tuple(merged.values()))
    return len(merged)


def _again(known: QualityIssue, issue: QualityIssue) -> QualityIssue:
    return issue.but(
        first_seen_at=known.first_seen_at,
        last_seen_at=max(known.last_seen_at, issue.last_seen_at),
        occurrences=known.occurrences + issue.occurrences,
    )


def file_issue(
    unit: Unit, finding: FileFinding, *, name: str, digest: str, company_id: str | None
) -> QualityIssue:
    """What a file's reader found, as an issue; the same finding about the same bytes is one issue."""
    return QualityIssue(
        id=stable_id("iss", finding.code, digest, finding.record),
        code=finding.code,
        severity=finding.severity,
        record=f"{name[:200]}: {finding.record}",
        message=finding.message,
        company_id=company_id,
        first_seen_at=unit.now,
        last_seen_at=unit.now,
    )
