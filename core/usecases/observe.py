"""What people made of the engine's decisions: the observations by which tiers open and close."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise

from core.model import Decision, Share
from core.reconciliation import Policy
from core.reconciliation.precision import Observed, opened
from core.reconciliation.settings import policy_of
from core.usecases.known import Known

UNJUDGED = frozenset({"T0", "T9", "T10"})
"""Tiers that decide nothing alone."""


def effective_policy(known: Known, standard: Policy) -> Policy:
    """The policy a tenant set (else `standard`), with the tiers that its own people's decisions open."""
    chosen = policy_of(known.policy.values, where="matching policy") if known.policy else standard
    return opened(chosen, observed(known, chosen))


def observed(known: Known, policy: Policy) -> Mapping[str, Observed]:
    """By tier, what was confirmed and what reversed, each decision once.

    Confirmed: a person took what the tier decided or proposed, or nobody reversed it for
    `confirmed_after_days` of booking days. Reversed: a person undid it, or decided otherwise.
    """
    confirmed: Counter[str] = Counter()
    reversed_: Counter[str] = Counter()
    old_enough = _before(known, policy.confirmed_after_days)
    for decision in known.decisions.values():
        judged = dict(_judgements(known, decision)) if _is_touched(decision) else {}
        for tier, right in judged.items():
            (confirmed if right else reversed_)[tier] += 1
        if decision.tier not in judged and _stood(known, decision, old_enough):
            confirmed[decision.tier] += 1
    return {tier: Observed(confirmed[tier], reversed_[tier]) for tier in {*confirmed, *reversed_}}


def _is_touched(decision: Decision) -> bool:
    return decision.decided_by != "engine" or bool(decision.rejected)


def _before(known: Known, days: int) -> date:
    """The last booking day that lies so many days before the newest one."""
    newest = max((line.booking_date for line in known.lines.values() if line.booking_date), default=date.min)
    return newest - timedelta(days=days) if newest > date.min + timedelta(days=days) else date.min


def _stood(known: Known, decision: Decision, old_enough: date) -> bool:
    line = known.lines.get(decision.transaction_id)
    booked = line.booking_date if line else None
    alone = decision.decided_by == "engine" and decision.outcome == "auto" and decision.tier not in UNJUDGED
    return alone and booked is not None and booked <= old_enough


def _judgements(known: Known, decision: Decision) -> Iterator[tuple[str, bool]]:
    """For each version that a person answered: the tier that spoke, and whether it was right."""
    versions = [v.fact for v in known.histories(Decision, decision.id) if v.revision <= known.revision]
    for before, after in pairwise(versions):
        if isinstance(before, Decision) and isinstance(after, Decision):
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
