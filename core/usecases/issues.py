"""Quality issues are merged, never doubled: a repeat raises the count and the last sight."""

from collections.abc import Iterable

from core.model import QualityIssue
from core.ports import Unit


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
