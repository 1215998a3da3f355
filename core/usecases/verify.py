"""Derives everything again, from the raw records to the events, and compares with what is stored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from core.model import (
    Allocation,
    AuditEntry,
    Decision,
    Entry,
    Event,
    FinancedInvoice,
    content_hash,
)
from core.ports import EInvoices, Ledgers, Progress, Source, Statements, Store, Unit
from core.reconciliation import CODE_VERSION, Item, Line, PayerAccount, Policy, Prior
from core.repayment import Moment
from core.usecases.audit import broken_links
from core.usecases.difference import Difference, Kind
from core.usecases.known import load
from core.usecases.reconcile import REFERENCE, Engine, Rules, derive, tenant_rules
from core.usecases.verify_facts import Readers, compare_facts, compare_snapshots, compare_statuses
from core.usecases.wake import concerned, mark_of, newest

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Proof:
    """Every difference found, and how many of today's decisions were taken as given."""

    differences: tuple[Difference, ...]
    given: int


def verify(
    store: Store,
    source: Source,
    tenant_id: str,
    *,
    statements: Statements | None = None,
    ledgers: Ledgers | None = None,
    einvoices: EInvoices | None = None,
    rules: Rules = REFERENCE,
    progress: Progress | None = None,
) -> tuple[Difference, ...]:
    """Every difference between what is stored and what the raw records lead to; empty when all is well."""
    proof = prove(
        store,
        source,
        tenant_id,
        statements=statements,
        ledgers=ledgers,
        einvoices=einvoices,
        rules=rules,
        progress=progress,
    )
    return proof.differences


def prove(
    store: Store,
    source: Source,
    tenant_id: str,
    *,
    statements: Statements | None = None,
    ledgers: Ledgers | None = None,
    einvoices: EInvoices | None = None,
    rules: Rules = REFERENCE,
    progress: Progress | None = None,
) -> Proof:
    """Compares what is stored with what the raw records lead to.

    Company by company and revision by revision, decisions, allocations and events are derived from
    what was known just before, the tenant's policy of that time included, and compared. Bank files,
    ledgers and e-invoices are read again when `statements`, `ledgers` and `einvoices` are given.
    Decisions by an earlier version of the engine are taken as given; what follows from them is
    derived all the same.
    """
    with store.begin(tenant_id, write=False) as unit:
        found = [
            *compare_facts(unit, Readers(source, statements, ledgers, einvoices)),
            *compare_statuses(unit, einvoices),
            *compare_snapshots(unit.all(FinancedInvoice)),
            *_audit(unit),
        ]
        given = 0
        companies = _companies(unit)
        for number, company_id in enumerate(companies, 1):
            proven = _Company(unit, company_id, rules)
            found += proven.differences()
            given += len(proven.given)
            if progress is not None:
                progress("verify", {"companies": number, "of": len(companies)})
    return Proof(tuple(found), given)


def _companies(unit: Unit) -> list[str | None]:
    """Every company of which anything is known, in a defined order."""
    found, _ = concerned(unit, whole=True)
    allocated = {each.company_id for each in unit.entries(Allocation)}
    told = {each.company_id for each in unit.entries(Event)}
    decided = unit.companies_since([Decision], -1)
    return sorted({*found, *allocated, *told, *decided}, key=lambda id: (id is not None, id))


def _audit(unit: Unit) -> Iterator[Difference]:
    """Breaks in the audit chain, and decisions of persons that nobody is on record for."""
    chain = unit.entries(AuditEntry)
    for id in broken_links(chain):
        yield Difference("audit", id, "audit chain", "the entry or its predecessor was changed or removed")
    recorded = {str(e.details.get("decision")) for e in chain if e.action.startswith("decision.")}
    subjects = {e.subject for e in chain if e.action.startswith("decision.")}
    persons = {d.id for d in unit.all(Decision) if d.decided_by != "engine"}
    for id in sorted(subjects | persons):
        for version in unit.history(Decision, id):
            by_person = version.fact.decided_by != "engine"
            if by_person and content_hash(version.fact.content()) not in recorded:
                message = "no audit entry says that a person decided this"
                yield Difference("decision", id, f"revision {version.revision}", message)


@dataclass(frozen=True, slots=True)
class _Written:
    """What one revision wrote of a company, and when."""

    revision: int
    decisions: tuple[Decision, ...]
    allocations: tuple[Allocation, ...]
    events: tuple[Event, ...]
    instant: datetime | None


class _Company:
    """One company, revision by revision. `given`: ids of its decisions that were not derived again."""

    def __init__(self, unit: Unit, company_id: str | None, rules: Rules) -> None:
        self.unit, self.company_id, self.rules = unit, company_id, rules
        self.given: set[str] = set()
        self._contents: dict[str, str] = {}
        self._seen: set[str] = set()

    def differences(self) -> Iterator[Difference]:
        """What does not come out again, and what is owed at the end."""
        last: datetime | None = None
        kinds: tuple[type[Decision] | type[Entry], ...] = (Decision, Allocation, Event)
        of = {r for kind in kinds for r in self.unit.revisions(kind, company_id=self.company_id)}
        for revision in sorted(of):
            written = self._written_at(revision)
            last = written.instant or last
            yield from self._replay(written, last)
        yield from self._owed(last)

    def _written_at(self, revision: int) -> _Written:
        """What a revision wrote; revisions must be asked for in order."""
        unit, of = self.unit, {"as_of": revision, "company_id": self.company_id}
        now = {d.id: d for d in unit.all(Decision, **of)}  # type: ignore[arg-type]  # as_of is the number
        contents = {id: d.content() for id, d in now.items()}
        decisions = tuple(d for id, d in now.items() if self._contents.get(id) != contents[id])
        self._contents.update(contents)
        events = self._fresh(unit.entries(Event, **of))  # type: ignore[arg-type]
        return _Written(
            revision=revision,
            decisions=decisions,
            allocations=self._fresh(unit.entries(Allocation, **of)),  # type: ignore[arg-type]
            events=events,
            instant=_instant(unit, revision, decisions, events),
        )

    def _fresh(self, entries: Sequence[E]) -> tuple[E, ...]:
        fresh = tuple(e for e in entries if e.id not in self._seen)
        self._seen.update(e.id for e in fresh)
        return fresh

    def _replay(self, written: _Written, instant: datetime | None) -> Iterator[Difference]:
        """A person's decision is taken as given; what a run wrote must come out again."""
        where = f"revision {written.revision}"
        by_engine = [d for d in written.decisions if d.decided_by == "engine"]
        self.given.difference_update(d.id for d in written.decisions)
        if not (by_engine or written.allocations or written.events):
            return
        if instant is None:
            yield Difference("allocation", written.allocations[0].id, where, "undated")
            return
        rules = tenant_rules(self.unit, self.rules, as_of=written.revision - 1)
        if any(_is_of_another_version(d, rules.policy.version) for d in by_engine):
            rules = replace(rules, engine=self._recorded(written.revision))
            self.given.update(d.id for d in by_engine)
        known = load(self.unit, self.company_id, as_of=written.revision - 1)
        derived = derive(known, Moment.at(instant), rules)
        yield from _compare("decision", where, by_engine, derived.decisions)
        yield from _compare("allocation", where, written.allocations, derived.allocations)
        yield from _compare("event", where, written.events, derived.events)

    def _recorded(self, revision: int) -> Engine:
        """An engine that decides what was decided: an earlier version cannot be asked again."""
        decided = self.unit.all(Decision, as_of=revision, company_id=self.company_id)
        known = {d.transaction_id: d for d in decided}

        def engine(
            lines: Iterable[Line],
            items: Iterable[Item],
            payer_accounts: Iterable[PayerAccount] = (),
            prior: Prior = Prior(),  # noqa: B008 (frozen value)
            policy: Policy = REFERENCE.policy,
        ) -> tuple[Decision, ...]:
            ids = sorted(line.transaction_id for line in lines)
            return tuple(known[id] for id in ids if id in known)

        return engine

    def _owed(self, last: datetime | None) -> Iterator[Difference]:
        """What the last run should have said: nothing may be left to derive once every fact was read.

        A company is looked at when it changes, and with all others once a day: the later counts.
        """
        mark = mark_of(self.unit)
        looked = [at for at in (last, mark.whole_at) if at is not None]
        if not looked or mark.revision < newest(self.unit):
            return
        decisions = self.unit.all(Decision, company_id=self.company_id)
        if any(d.decided_by != "engine" and d.outcome == "review" for d in decisions):
            return
        rules = tenant_rules(self.unit, self.rules)
        if any(d.outcome != "auto" and _is_of_another_version(d, rules.policy.version) for d in decisions):
            return  # the next run decides these anew; what stands stays
        derived = derive(load(self.unit, self.company_id), Moment.at(max(looked)), rules)
        yield from _compare("decision", "now", (), derived.decisions)
        yield from _compare("allocation", "now", (), derived.allocations)
        yield from _compare("event", "now", (), derived.events)


def _instant(
    unit: Unit, revision: int, decisions: Sequence[Decision], events: Sequence[Event]
) -> datetime | None:
    """When the unit ran: events and versions of decisions carry its instant."""
    for decision in decisions[:1]:
        for version in unit.history(Decision, decision.id):
            if version.revision == revision:
                return version.known_from
    return events[0].detected_at if events else None


def _is_of_another_version(decision: Decision, policy_version: str) -> bool:
    """Made by the engine under another policy, or by other code, than can be asked today."""
    made = (decision.explanation.get("policy"), decision.explanation.get("code"))
    return decision.decided_by == "engine" and made != (policy_version, CODE_VERSION)


def _compare(
    kind: Kind,
    where: str,
    stored: Iterable[Decision | Entry],
    derived: Iterable[Decision | Entry],
) -> Iterator[Difference]:
    have, want = {r.id: r for r in stored}, {r.id: r for r in derived}
    for id in sorted({*have, *want}):
        if id not in want:
            yield Difference(kind, id, where, "is stored, but nothing known then leads to it")
        elif id not in have:
            yield Difference(kind, id, where, "follows from what was known then, but is not stored")
        elif names := _differing(have[id], want[id]):
            yield Difference(kind, id, where, f"differs in {', '.join(names)}")


def _differing(stored: Decision | Entry, derived: Decision | Entry) -> list[str]:
    have, want = stored.model_dump(mode="json"), derived.model_dump(mode="json")
    return [name for name in have if have[name] != want[name]]
