"""Decides, allocates, tells and delivers: all that follows from a company's facts, in one unit."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from core.model import Allocation, Decision, Endpoint, Event
from core.ports import Progress, Store, Unit
from core.reconciliation import Item, Line, PayerAccount, Policy, Prior, fold
from core.reconciliation.decision import remembering
from core.reconciliation.lineage import tie
from core.reconciliation.warm import cold
from core.repayment import Moment, WatchPolicy, derive_events
from core.usecases.allocate import Book, entries_for
from core.usecases.known import Known, load
from core.usecases.ledger import document_copies, items_of, lines_of, prior_of, stands
from core.usecases.observe import effective_policy
from core.usecases.wake import concerned, rest
from core.usecases.watching import Watchtower, agreed_pairs
from core.webhooks import deliveries_for, enqueue_delivery


class Engine(Protocol):
    """The pure matching function: `core.reconciliation.reconcile`."""

    def __call__(
        self,
        lines: Iterable[Line],
        items: Iterable[Item],
        payer_accounts: Iterable[PayerAccount] = ...,
        prior: Prior = ...,
        policy: Policy = ...,
    ) -> tuple[Decision, ...]: ...


Tie = Callable[..., Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every tenant: the matching policy of those that set none, the watching policy, and
    the engine that decides."""

    policy: Policy = field(default_factory=Policy)
    watching: WatchPolicy = field(default_factory=WatchPolicy)
    engine: Engine = cold.reconcile
    tie: Tie = tie


STANDARD = Rules()
REFERENCE = Rules(engine=fold.reconcile)
"""As read, without the kernel: what proves anything is worked out by these."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from a snapshot and is not written yet."""

    decisions: tuple[Decision, ...]
    allocations: tuple[Allocation, ...]
    events: tuple[Event, ...]

    def __bool__(self) -> bool:
        return bool(self.decisions or self.allocations or self.events)


def derive(known: Known, moment: Moment, rules: Rules = STANDARD) -> Derived:
    """All that follows from what is known of a company; pure. The policy is `rules.policy`.

    A decision comes back only when it differs from the one known; the same for everything else, so
    a second call after writing derives nothing.
    """
    lines = lines_of(known)
    prior = prior_of(known)
    decided = rules.engine(lines, items_of(known), (), prior, rules.policy)
    remembered = [remembering(d, known.decisions.get(d.transaction_id)) for d in decided]
    changed = [d for d in remembered if _differs(d, known.decisions.get(d.transaction_id))]
    decisions = {**known.decisions, **{d.transaction_id: d for d in changed}}
    standing = frozenset(d.transaction_id for d in prior.decisions if stands(d))
    copies = rules.tie(lines, standing=standing)
    documents = document_copies(known)
    agreed = agreed_pairs(known, copies, documents, decisions)
    book = Book(known.lines, known.invoices, known.allocations, agreed)
    fresh = entries_for([d for id, d in decisions.items() if id in known.lines], book)
    tower = Watchtower(known, decisions, [*known.allocations, *fresh], copies, documents)
    return Derived(tuple(changed), tuple(fresh), _events(known, tower, moment, rules))


def _differs(decision: Decision, known: Decision | None) -> bool:
    return known is not decision and (known is None or known.content() != decision.content())


def _events(known: Known, tower: Watchtower, moment: Moment, rules: Rules) -> tuple[Event, ...]:
    said: dict[str, list[Event]] = {}
    for event in known.events:
        said.setdefault(event.subject, []).append(event)
    return tuple(
        event
        for watch in tower.watches()
        for event in derive_events(watch, said.get(watch.financed.id, ()), moment, rules.watching)
    )


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a run wrote: all zero when everything was known. `outcomes` counts the decisions by outcome."""

    decisions: int
    allocations: int
    events: int
    deliveries: int
    outcomes: Mapping[str, int] = field(default_factory=dict, compare=False)


NOTHING: Final = Reconciled(0, 0, 0, 0)


def reconcile(
    store: Store,
    tenant_id: str,
    *,
    only_changed: bool = False,
    rules: Rules = STANDARD,
    progress: Progress | None = None,
) -> Reconciled:
    """Brings decisions, allocations, events and deliveries up to date, each company in its own unit.

    After a sync or an import only companies of which something changed need a look (`only_changed`);
    once a day all of them do, for what the calendar alone brings about. Stopped half way, the next
    run goes on: what was derived before is silent.
    """
    with store.begin(tenant_id, write=False) as unit:
        companies, mark = concerned(unit, whole=not only_changed)
    total = NOTHING
    for number, company_id in enumerate(companies, 1):
        total = _plus(total, reconcile_company(store, tenant_id, company_id, rules=rules))
        if progress is not None:
            done = {"companies": number, "decisions": total.decisions, "events": total.events}
            progress("reconcile", done)
    with store.begin(tenant_id) as unit:
        rest(unit, mark)
    return total


def reconcile_company(
    store: Store, tenant_id: str, company_id: str | None, *, rules: Rules = STANDARD
) -> Reconciled:
    """One company, whatever changed, in one unit. No evidence crosses companies."""
    with store.begin(tenant_id) as unit:
        derived = derive(load(unit, company_id), Moment.at(unit.now), tenant_rules(unit, rules))
        deliveries = write(unit, derived)
    return Reconciled(
        decisions=len(derived.decisions),
        allocations=len(derived.allocations),
        events=len(derived.events),
        deliveries=deliveries,
        outcomes=Counter(decision.outcome for decision in derived.decisions),
    )


def tenant_rules(unit: Unit, rules: Rules, *, as_of: int | None = None) -> Rules:
    """The rules with the policy that held for this tenant."""
    return replace(rules, policy=effective_policy(unit, rules.policy, as_of=as_of))


def _plus(one: Reconciled, other: Reconciled) -> Reconciled:
    return Reconciled(
        one.decisions + other.decisions,
        one.allocations + other.allocations,
        one.events + other.events,
        one.deliveries + other.deliveries,
        Counter(one.outcomes) + Counter(other.outcomes),
    )


def write(unit: Unit, derived: Derived) -> int:
    """Stores what was derived and registers its deliveries; returns how many."""
    if not derived:
        return 0
    unit.put(derived.decisions)
    unit.append(derived.allocations)
    unit.append(derived.events)
    endpoints = unit.find(Endpoint)
    deliveries = [d for event in derived.events for d in deliveries_for(event, endpoints, unit.now)]
    unit.save(deliveries)
    for delivery in deliveries:
        enqueue_delivery(unit, delivery)
    return len(deliveries)
