"""What people made of the engine's decisions: the observations by which tiers open and close."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Final

from core.model import AuditEntry, BankTransaction, Decision, MatchingPolicy, Share
from core.ports import Unit
from core.reconciliation import Policy
from core.reconciliation.precision import SLIPS, Observed, opened
from core.reconciliation.settings import policy_of

UNJUDGED: Final = frozenset({"T0", "T9", "T10"})
"""Tiers that decide nothing alone."""
ANSWERS: Final = ("accept", "assign", "not_ours", "reject", "undo")
"""What a person may do with a decision, as the audit trail names it."""


def effective_policy(unit: Unit, standard: Policy, *, as_of: int | None = None) -> Policy:
    """The policy a tenant set (else `standard`), with the tiers that its own people's decisions open."""
    policy = chosen_policy(unit, standard, as_of=as_of)
    return opened(policy, observed(unit, policy, as_of=as_of))


def chosen_policy(unit: Unit, standard: Policy, *, as_of: int | None = None) -> Policy:
    """The policy a tenant set, else `standard`."""
    fact = next(iter(unit.all(MatchingPolicy, as_of=as_of)), None)
    return policy_of(fact.values, where="matching policy") if fact else standard


def observed(
    unit: Unit, policy: Policy, *, as_of: int | None = None, every: bool = False
) -> Mapping[str, Observed]:
    """By tier, what was confirmed and what reversed, each decision once.

    Confirmed: a person took what the tier decided or proposed, or nobody reversed it for
    `confirmed_after_days` of booking days. Reversed: a person undid it, or decided otherwise. Decisions
    that only time confirmed are counted when they can matter, or for `every` tier.
    """
    confirmed: Counter[str] = Counter()
    reversed_: Counter[str] = Counter()
    judged = {id: dict(_judgements(unit, id, as_of)) for id in _answered(unit, as_of)}
    for tier, right in (pair for each in judged.values() for pair in each.items()):
        (confirmed if right else reversed_)[tier] += 1
    in_doubt = {tier for tier, count in reversed_.items() if count > SLIPS}
    if every or policy.earned_tiers or in_doubt:
        for decision in _stood(unit, policy, as_of):
            if decision.tier not in judged.get(decision.id, ()):
                confirmed[decision.tier] += 1
    return {tier: Observed(confirmed[tier], reversed_[tier]) for tier in {*confirmed, *reversed_}}


def _answered(unit: Unit, as_of: int | None) -> list[str]:
    """Ids of the decisions that a person ever answered, from the audit trail."""
    trail = (unit.entries(AuditEntry, as_of=as_of, action=f"decision.{action}") for action in ANSWERS)
    return sorted({entry.subject for entries in trail for entry in entries})


def _stood(unit: Unit, policy: Policy, as_of: int | None) -> Iterator[Decision]:
    """The engine's automatic decisions that are old enough to count as confirmed."""
    booked = {one.id: one.booking_date for one in unit.all(BankTransaction, as_of=as_of) if one.booking_date}
    newest = max(booked.values(), default=date.min).toordinal()
    last = date.fromordinal(max(1, newest - policy.confirmed_after_days))
    for decision in unit.all(Decision, as_of=as_of, outcome="auto"):
        alone = decision.decided_by == "engine" and decision.tier not in UNJUDGED
        if alone and booked.get(decision.transaction_id, date.max) <= last:
            yield decision


def _judgements(unit: Unit, decision_id: str, as_of: int | None) -> Iterator[tuple[str, bool]]:
    """For each version that a person answered: the tier that spoke, and whether it was right."""
    versions = [v.fact for v in unit.history(Decision, decision_id) if as_of is None or v.revision <= as_of]
    for before, after in pairwise(versions):
        spoke = _spoke(before)
        if spoke is not None and before.decided_by == "engine" and after.decided_by != "engine":
            tier, shares = spoke
            if _is_answer(after, shares):
                yield tier, after.outcome == "auto" and _amounts(after.shares) == _amounts(shares)


def _spoke(decision: Decision) -> tuple[str, tuple[Share, ...]] | None:
    """The tier behind a decision, or behind a proposal that was withheld, with its shares."""
    if decision.outcome == "auto" and decision.tier not in UNJUDGED:
        return decision.tier, decision.shares
    for candidate in decision.candidates:
        if tier := candidate.why.get("tier"):
            return str(tier), candidate.shares
    return None


def _is_answer(after: Decision, shares: tuple[Share, ...]) -> bool:
    """A person who rejected another candidate said nothing of these shares."""
    group = tuple(sorted({share.item_id for share in shares}))
    return after.outcome != "review" or group in after.rejected


def _amounts(shares: Iterable[Share]) -> list[tuple[str, int]]:
    return sorted((share.item_id, share.amount_minor) for share in shares)
