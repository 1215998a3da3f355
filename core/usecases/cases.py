"""What waits for a person: lines no rule could decide, and records that could not be read."""

from dataclasses import dataclass

from core.model import Decision, QualityIssue
from core.ports import Unit


@dataclass(frozen=True, slots=True)
class Waiting:
    """`decisions` in REVIEW, the largest amount first; `issues` not resolved, the gravest first."""

    decisions: tuple[Decision, ...]
    issues: tuple[QualityIssue, ...]


_GRAVITY = {"error": 0, "warning": 1, "info": 2}


def waiting(unit: Unit, *, company_id: str | None = None) -> Waiting:
    """The cases of a tenant, or of one of its companies."""
    decisions = unit.all(Decision, outcome="review")
    issues = [i for i in unit.find(QualityIssue) if i.resolved_at is None]
    if company_id is not None:
        decisions = [d for d in decisions if d.company_id == company_id]
        issues = [i for i in issues if i.company_id == company_id]
    decisions.sort(key=lambda d: (-abs(d.unallocated_minor), d.id))
    issues.sort(key=lambda i: (_GRAVITY[i.severity], i.first_seen_at, i.id))
    return Waiting(tuple(decisions), tuple(issues))
