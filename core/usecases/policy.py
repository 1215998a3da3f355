"""A tenant's matching policy: set it, see what its tiers are worth, try another before it counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.model import BankTransaction, Decision, MatchingPolicy
from core.model.policy import POLICY_ID
from core.ports import Store
from core.reconciliation import Policy
from core.reconciliation.precision import Observed, opened
from core.reconciliation.settings import policy_of
from core.usecases import audit
from core.usecases.known import Known, load
from core.usecases.ledger import items_of, lines_of, prior_of
from core.usecases.observe import chosen_policy, effective_policy, observed
from core.usecases.reconcile import STANDARD, Rules
from core.usecases.wake import concerned, wake


@dataclass(frozen=True, slots=True)
class Tried:
    """One past decision that a policy would have made otherwise."""

    line: BankTransaction
    now: Decision
    then: Decision


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy as set, the tiers that decide alone today, and what was observed of each."""

    policy: Policy
    automatic_tiers: tuple[str, ...]
    observed: Mapping[str, Observed]

    def tiers(self) -> Iterator[tuple[str, Observed]]:
        """Every tier that may decide alone, or was once observed, with its observations."""
        for tier in sorted({*self.policy.automatic_tiers, *self.observed}):
            yield tier, self.observed.get(tier, Observed())


def set_policy(store: Store, tenant_id: str, values: Mapping[str, Any], *, person: str) -> Policy:
    """Makes these keys the tenant's policy; decisions that stand are not touched. The same again is
    silent. Raises BadInput, naming the key, for one that is not a policy's."""
    policy = policy_of(values, where="policy")
    with store.begin(tenant_id) as unit:
        fact = MatchingPolicy(id=POLICY_ID, values=dict(values), set_by=person)
        known = unit.get(MatchingPolicy, [POLICY_ID]).get(POLICY_ID)
        if known is None or known.values != fact.values:
            unit.put([fact])
            audit.record(unit, f"person:{person}", "policy.set", POLICY_ID, {"policy": policy.version})
            wake(unit)
    return policy


def policy_in_force(store: Store, tenant_id: str, *, standard: Policy = STANDARD.policy) -> InForce:
    """What counts for this tenant today, and why a tier does or does not decide alone."""
    with store.begin(tenant_id, write=False) as unit:
        policy = chosen_policy(unit, standard)
        seen = observed(unit, policy, every=True)
    return InForce(policy, opened(policy, seen).automatic_tiers, seen)


def try_policy(
    store: Store, tenant_id: str, values: Mapping[str, Any], *, rules: Rules = STANDARD
) -> tuple[Tried, ...]:
    """The past decisions that a policy would have made otherwise, by booking day; nothing is written.

    Both the tenant's policy and the new one decide everything again from the first day, persons'
    decisions and rejections kept: what differs is the policy's doing alone.
    """
    wanted = policy_of(values, where="policy")
    found: list[Tried] = []
    with store.begin(tenant_id, write=False) as unit:
        companies, _ = concerned(unit, whole=True)
        today = effective_policy(unit, rules.policy)
        then = opened(wanted, observed(unit, wanted))
        for company_id in companies:
            found += _differing(load(unit, company_id), rules, today, then)
    return tuple(sorted(found, key=lambda one: (str(one.line.booking_date), one.line.id)))


def _differing(known: Known, rules: Rules, today: Policy, then: Policy) -> Iterator[Tried]:
    before, after = (_all_over(known, rules, policy) for policy in (today, then))
    for id, decision in before.items():
        if _answer(decision) != _answer(after[id]):
            yield Tried(known.lines[id], decision, after[id])


def _all_over(known: Known, rules: Rules, policy: Policy) -> dict[str, Decision]:
    """Every line decided as if the policy had always been this one."""
    prior = prior_of(known)
    persons = tuple(d for d in prior.decisions if d.decided_by != "engine" or d.rejected)
    fresh = replace(prior, decisions=persons)
    return {d.transaction_id: d for d in rules.engine(lines_of(known), items_of(known), (), fresh, policy)}


def _answer(decision: Decision) -> object:
    return decision.outcome, decision.shares
