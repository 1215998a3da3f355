"""Imports ledger files: one unit per file; another export of the same ledger changes nothing."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from core.errors import BadInput
from core.model import (
    Company,
    Fact,
    FinancedInvoice,
    Invoice,
    LedgerAllocation,
    QualityIssue,
    RawRecord,
    stable_id,
)
from core.ports import FileFinding, LedgerRead, Ledgers, Store, Unit
from core.usecases.copies import LEDGER_PROVIDER, same_document
from core.usecases.import_files import Imported
from core.usecases.issues import note
from core.usecases.wake import wake

VERSION: Final = "fec-1"
MAX_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What a ledger says that is not known: new facts, changed ones, letters taken back."""

    facts: tuple[Fact, ...]
    known: int


def import_ledger(
    store: Store,
    ledgers: Ledgers,
    tenant_id: str,
    *,
    company_id: str | None,
    name: str,
    file: BinaryIO,
    dry_run: bool = False,
) -> Imported:
    """Reads and stores one ledger.

    Ledgers are cumulative: the later state is right about what two of them say, so the order of
    imports does not matter. What a later one no longer letters is withdrawn. Raises
    BadInput, storing nothing, for a file that cannot be read.
    """
    content = _content(name, file)
    with store.begin(tenant_id, write=False) as unit:
        raw = _raw(unit, name, content, company_id)
        company = unit.get(Company, [company_id]).get(company_id) if company_id else None
    siren = company.siren if company else None
    read = ledgers.read(name, BytesIO(content), company_id=company_id, siren=siren, raw_id=raw.id)
    with store.begin(tenant_id, write=not dry_run) as unit:
        fresh = _fresh(unit, read, company_id)
        if not dry_run:
            fresh = _keep(unit, raw, read, fresh)
    return Imported(
        name=name,
        format=read.format,
        new=len(fresh.facts),
        known=fresh.known,
        pending=0,
        statements=0,
        set_aside=tuple(f"{f.record}: {f.message}" for f in read.set_aside),
        warnings=tuple(f"{f.record}: {f.message}" for f in read.warnings),
        stored=Counter(fact.entity for fact in fresh.facts),
    )


def read_again(ledgers: Ledgers, raw: RawRecord) -> tuple[Fact, ...]:
    """The facts that a stored ledger states (for verify)."""
    file = BytesIO(raw.payload)
    name = raw.http["name"]
    return ledgers.read(name, file, company_id=raw.company_id, siren=None, raw_id=raw.id).facts


def _raw(unit: Unit, name: str, content: bytes, company_id: str | None) -> RawRecord:
    """The file itself; its id is made of its content, so a repeat is silent."""
    digest = hashlib.sha256(content).hexdigest()
    return RawRecord(
        id=stable_id("raw", LEDGER_PROVIDER, company_id or "", digest),
        provider=LEDGER_PROVIDER,
        account=company_id or "",
        object="ledger",
        external_id=digest,
        content_hash=digest,
        payload=content,
        received_at=unit.now,
        mapping_version=VERSION,
        company_id=company_id,
        http={"name": name[:200]},
    )


def _content(name: str, file: BinaryIO) -> bytes:
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BadInput(f"{name} has more than {MAX_BYTES:,} bytes: export one year at a time")
    return content


def _fresh(unit: Unit, read: LedgerRead, company_id: str | None) -> _Fresh:
    by_kind: dict[type[Fact], list[Fact]] = defaultdict(list)
    for fact in read.facts:
        by_kind[type(fact)].append(fact)
    found: list[Fact] = []
    for kind, facts in by_kind.items():
        stored = unit.get(kind, [fact.id for fact in facts])
        found += [fact for fact in facts if _says_more(fact, stored.get(fact.id))]
    withdrawn = _withdrawn(unit, read.facts, company_id)
    return _Fresh((*found, *withdrawn), len(read.facts) - len(found))


def _says_more(fact: Fact, stored: Fact | None) -> bool:
    """Not known yet, or known otherwise from a state of the ledger that is no later."""
    if stored is None:
        return True
    return _state(stored) <= _state(fact) and stored.content() != fact.content()


def _state(fact: Fact) -> str:
    """Which state of the ledger states the fact; the greater is the later."""
    return (fact.source.external_version if fact.source else None) or ""


def _withdrawn(unit: Unit, facts: Sequence[Fact], company_id: str | None) -> Iterable[LedgerAllocation]:
    """Known lettering between records of this ledger that it no longer states."""
    here = {fact.id: fact for fact in facts}
    gone = []
    for one in unit.all(LedgerAllocation, company_id=company_id) if facts else ():
        paid = here.get(one.settled_by)
        stated = one.id in here or one.withdrawn or paid is None or one.invoice_id not in here
        if not stated and paid is not None and _state(one) <= _state(paid):
            gone.append(_taken_back(one, paid))
    return gone


def _taken_back(one: LedgerAllocation, by: Fact) -> LedgerAllocation:
    """Withdrawn, with the ledger that says so as its source."""
    source = one.source
    if source is not None and by.source is not None:
        version, raw_id = by.source.external_version, by.source.raw_id
        source = source.model_copy(update={"external_version": version, "raw_id": raw_id})
    return one.model_copy(update={"withdrawn": True, "source": source})


def _keep(unit: Unit, raw: RawRecord, read: LedgerRead, fresh: _Fresh) -> _Fresh:
    """Stores what is fresh; a file that was stored before brings nothing, whatever came since."""
    if fresh.facts:
        if unit.append([raw]):
            unit.put(fresh.facts)
        else:
            fresh = _Fresh((), len(read.facts))
    listed = [_issue(unit, raw, finding) for finding in (*read.set_aside, *read.warnings)]
    note(unit, [*listed, *_alarms(unit, raw, fresh.facts)])
    wake(unit)
    return fresh


def _alarms(unit: Unit, raw: RawRecord, facts: Sequence[Fact]) -> list[QualityIssue]:
    """Financed invoices that the ledger transfers to a factor: somebody else may own the claim."""
    assigned = [fact for fact in facts if isinstance(fact, Invoice) and fact.assigned_to]
    return [
        _alarm(unit, raw, invoice, financed)
        for invoice in assigned
        for id in same_document(unit, invoice)
        for financed in unit.all(FinancedInvoice, invoice_id=id)
    ]


def _alarm(unit: Unit, raw: RawRecord, invoice: Invoice, financed: FinancedInvoice) -> QualityIssue:
    return QualityIssue(
        id=stable_id("iss", "assigned_elsewhere", financed.id, invoice.id),
        code="assigned_elsewhere",
        severity="error",
        record=financed.id,
        message=(
            f"loan {financed.loan_reference}: the ledger transfers invoice {invoice.number} to"
            f" {invoice.assigned_to}; unless that is you, call the company"
        ),
        company_id=raw.company_id,
        first_seen_at=unit.now,
        last_seen_at=unit.now,
    )


def _issue(unit: Unit, raw: RawRecord, finding: FileFinding) -> QualityIssue:
    return QualityIssue(
        id=stable_id("iss", finding.code, raw.content_hash, finding.record),
        code=finding.code,
        severity=finding.severity,
        record=f"{raw.http['name']}: {finding.record}",
        message=finding.message,
        company_id=raw.company_id,
        first_seen_at=unit.now,
        last_seen_at=unit.now,
    )
