"""From a ruling to a decision: amounts that add up, rejected pairs left out, the explanation."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.model.decision import Candidate, Decision, Share
from core.model.ids import stable_id
from core.reconciliation.case import Case, Proposal, Ruling
from core.reconciliation.line import Line
from core.reconciliation.policy import CODE_VERSION

SHOWN = 3
"""Candidates of a review."""
LISTED = 20
"""Tokens and rivals that an explanation lists."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What a decision was made with."""

    policy: str
    code: str = CODE_VERSION


def decision_id(transaction_id: str) -> str:
    """The id of the decision about a line: one fact with as many versions as there were decisions."""
    return stable_id("dec", transaction_id)


def is_rejected(shares: Iterable[Share], rejected: Iterable[frozenset[str]]) -> bool:
    """Whether a person said no to these items together, or to some of them."""
    items = {s.item_id for s in shares}
    return any(group <= items for group in rejected)


def ranked(proposals: Iterable[Proposal], rejected: tuple[frozenset[str], ...]) -> tuple[Candidate, ...]:
    """The best few proposals, one per set of items, in a defined order."""
    ordered = sorted(proposals, key=lambda p: (-p.score, [s.item_id for s in p.shares]))
    seen: dict[tuple[str, ...], Proposal] = {}
    for proposal in ordered:
        if proposal.shares and not is_rejected(proposal.shares, rejected):
            seen.setdefault(tuple(s.item_id for s in proposal.shares), proposal)
    best = list(seen.values())[:SHOWN]
    return tuple(
        Candidate(rank=n, shares=p.shares, score=round(p.score, 4), why=p.why) for n, p in enumerate(best, 1)
    )


def _tokens(case: Case) -> list[dict[str, Any]]:
    items = case.scope.items
    tokens = [
        {
            "text": c.text,
            "field": c.field,
            "start": c.start,
            "end": c.end,
            "how": c.how,
            "strength": c.strength,
            "items": [items[n].item_id for n in c.items[:LISTED]],
        }
        for c in case.cited.citations[:LISTED]
    ]
    if not tokens:
        counters = case.cited.counters[:LISTED]
        tokens = [
            {"text": w.text, "field": w.field, "start": w.start, "end": w.end, "how": "counter"}
            for w in counters
        ]
    return tokens


def explanation_of(case: Case, ruling: Ruling, versions: Versions) -> dict[str, Any]:
    """All a reader needs to redo the decision by hand."""
    shares = ruling.shares or (ruling.proposals[0].shares if ruling.proposals else ())
    positions = [case.scope.index.position[s.item_id] for s in shares]
    unknown = [
        {"text": w.text, "field": w.field, "start": w.start, "end": w.end}
        for w in case.cited.unknown[:LISTED]
    ]
    return {
        "tokens": _tokens(case),
        "unknown_references": unknown,
        "payer": {"name": case.label.payer, "grade": case.grade(positions[0]) if positions else None},
        "signals": _signals(case, positions),
        "rivals": list(ruling.rivals[:LISTED]),
        "caps": sorted({*ruling.caps, *case.cited.caps}),
        **({"gate": ruling.gate.code} if ruling.gate else {}),
        **({"held_until": case.held_until.isoformat()} if case.held_until else {}),
        **({"together_with": list(ruling.together)} if ruling.together else {}),
        "policy": versions.policy,
        "code": versions.code,
    }


def _signals(case: Case, positions: list[int]) -> list[str]:
    signals = []
    if case.cited.citations:
        signals.append("reference")
    if positions and sum(case.scope.open[n] for n in positions) == case.paid:
        signals.append("exact_amount")
    if positions and case.scope.grade(case.payer, positions[0]) >= 1:
        signals.append("payer")
    if case.declared & set(positions):
        signals.append("declared_by_tool")
    return signals


def decide(case: Case, ruling: Ruling, versions: Versions) -> Decision:
    """The decision a ruling comes to; call it before the open amounts change."""
    allocated = case.sign * sum(s.amount_minor for s in ruling.shares)
    return Decision(
        id=decision_id(case.line.transaction_id),
        company_id=case.line.company_id,
        transaction_id=case.line.transaction_id,
        outcome=ruling.outcome,
        tier=ruling.tier,
        reason=ruling.reason,
        coincidence=float(f"{ruling.coincidence:.3g}"),
        currency=case.line.currency,
        allocated_minor=allocated,
        unallocated_minor=case.line.amount_minor - allocated,
        shares=ruling.shares,
        candidates=ranked(ruling.proposals, case.rejected) if ruling.proposals else (),
        explanation=explanation_of(case, ruling, versions),
        rejected=tuple(tuple(sorted(group)) for group in case.rejected),
        provider_words={},
    )


def remembering(decision: Decision, before: Decision | None) -> Decision:
    """What a person said no to stays refused, also when a later decision had no need to ask."""
    if before is None or not before.rejected or decision.rejected:
        return decision
    return decision.model_copy(update={"rejected": before.rejected})


_UNCERTAIN = frozenset(
    {"return_ambiguous", "return_without_original", "rejected_by_person", "settled_meanwhile"}
)
"""Reasons for which a person looks at a returned payment."""


def settle_nothing(
    line: Line,
    reason: str,
    versions: Versions,
    *,
    shares: tuple[Share, ...] = (),
    candidates: tuple[Candidate, ...] = (),
    **more: Any,
) -> Decision:
    """A T0 decision: not a receipt (NONE), or a return with opposite shares (AUTO), or one whose
    original is not certain (REVIEW)."""
    uncertain = reason in _UNCERTAIN
    allocated = line.amount_minor if shares else 0
    return Decision(
        id=decision_id(line.transaction_id),
        company_id=line.company_id,
        transaction_id=line.transaction_id,
        outcome="auto" if shares else "review" if uncertain else "none",
        tier="T9" if uncertain else "T0",
        reason=reason,
        coincidence=0.0,
        currency=line.currency,
        allocated_minor=allocated,
        unallocated_minor=line.amount_minor - allocated,
        shares=shares,
        candidates=candidates,
        explanation={
            "tokens": [],
            "signals": [],
            "rivals": [],
            "caps": [],
            **more,
            "policy": versions.policy,
            "code": versions.code,
        },
        rejected=(),
        provider_words={},
    )
