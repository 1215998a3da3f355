"""From a ruling to a decision: amounts that add up, rejected pairs left out, the explanation."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from core.ids import stable_id
from core.model.base import trusted
from core.model.decision import Candidate, Decision, Share
from core.reconciliation.case import Case, Proposal, Ruling
from core.reconciliation.label import Word
from core.reconciliation.line import Line
from core.reconciliation.policy import CODE_VERSION

_candidate: Final = trusted(Candidate)
_decision: Final = trusted(Decision)
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


def is_rejected(shares: Iterable[Share], rejected: Collection[frozenset[str]]) -> bool:
    """Whether a person said no to these items together, or to some of them."""
    if not rejected:
        return False
    items = {s.item_id for s in shares}
    return any(group <= items for group in rejected)


def ranked(proposals: Iterable[Proposal], rejected: tuple[frozenset[str], ...]) -> tuple[Candidate, ...]:
    """The best few proposals, one per set of items, in a defined order."""
    named = [(-p.score, [s.item_id for s in p.shares], n, p) for n, p in enumerate(proposals)]
    seen: list[list[str]] = []
    best: list[Candidate] = []
    for _, items, _, p in sorted(named):
        if items and items not in seen and not is_rejected(p.shares, rejected):
            seen.append(items)
            rank, score = len(seen), round(p.score, 4)
            best.append(_candidate(rank=rank, shares=p.shares, score=score, why=p.why))
            if rank == SHOWN:
                break
    return tuple(best)


def placed(word: Word) -> dict[str, Any]:
    """A word and where it stands."""
    return {"text": word.text, "field": word.field, "start": word.start, "end": word.end}


def _tokens(case: Case) -> list[dict[str, Any]]:
    items = case.scope.items
    if not case.cites:
        return [{**placed(word), "how": "counter"} for word in case.cited.counters[:LISTED]]
    return [
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


def explanation_of(case: Case, ruling: Ruling, versions: Versions) -> dict[str, Any]:
    """All a reader needs to redo the decision by hand."""
    shares = ruling.shares or (ruling.proposals[0].shares if ruling.proposals else ())
    positions = [case.scope.index.position[s.item_id] for s in shares]
    caps = {*ruling.caps, *case.cited.caps}
    explained = {
        "tokens": _tokens(case),
        "unknown_references": [placed(word) for word in case.cited.unknown[:LISTED]],
        "payer": {"name": case.label.payer, "grade": case.grade(positions[0]) if positions else None},
        "signals": _signals(case, positions),
        "rivals": list(ruling.rivals[:LISTED]),
        "caps": sorted(caps) if caps else [],
        "policy": versions.policy,
        "code": versions.code,
    }
    if ruling.gate:
        explained["gate"] = ruling.gate.code
    if case.held_until:
        explained["held_until"] = case.held_until.isoformat()
    if ruling.together:
        explained["together_with"] = list(ruling.together)
    return explained


def _signals(case: Case, positions: list[int]) -> list[str]:
    signals = ["reference"] if case.cites else []
    if not positions:
        return signals
    if sum([case.scope.open[n] for n in positions]) == case.paid:
        signals.append("exact_amount")
    if case.scope.grade(case.payer, positions[0]) >= 1:
        signals.append("payer")
    if not case.declared.isdisjoint(positions):
        signals.append("declared_by_tool")
    return signals


def decide(case: Case, ruling: Ruling, versions: Versions) -> Decision:
    """The decision a ruling comes to; call it before the open amounts change."""
    allocated = case.sign * sum(s.amount_minor for s in ruling.shares)
    return _decision(
        id=decision_id(case.line.transaction_id),
        company_id=case.line.company_id,
        transaction_id=case.line.transaction_id,
        outcome=ruling.outcome,
        tier=ruling.tier,
        reason=ruling.reason,
        coincidence=float(f"{ruling.coincidence:.3g}") if ruling.coincidence else 0.0,
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
    return _decision(
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
