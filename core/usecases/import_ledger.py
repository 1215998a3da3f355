"""Imports ledger files: one unit per file; another export of the same ledger changes nothing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from io import SEEK_END, BytesIO
from itertools import chain
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
from core.ports import LedgerRead, Ledgers, Store, Unit
from core.usecases.copies import LEDGER_PROVIDER, same_document
from core.usecases.file_records import digest_of, in_parts
from core.usecases.import_files import Imported
from core.usecases.issues import file_issue, note
from core.usecases.wake import wake

VERSION: Final = "fec-1"
MAX_BYTES: Final = 512 * 1024 * 1024
PAGE: Final = 2_000
"""Known allocations that are compared with the ledger together."""


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
    _check_size(name, file)
    digest = digest_of(file)
    file.seek(0)
    with store.begin(tenant_id, write=False) as unit:
        raw = _raw(unit, name, digest, company_id)
        company = unit.get(Company, [company_id]).get(company_id) if company_id else None
    siren = company.siren if company else None
    read = ledgers.read(name, file, company_id=company_id, siren=siren, raw_id=raw.id)
    with store.begin(tenant_id, write=not dry_run) as unit:
        taking = _Taking(unit, raw, file, store=not dry_run)
        for portion in read.portions():
            taking.take(portion)
        taking.take_back(read)
        if not dry_run:
            name, owner = raw.http["name"], raw.company_id
            listed = [
                file_issue(unit, one, name=name, digest=digest, company_id=owner)
                for one in (*read.set_aside, *read.warnings)
            ]
            note(unit, [*listed, *(_alarms(unit, raw) if taking.has_assigned else ())])
            wake(unit)
    return Imported(
        name=name,
        format=read.format,
        new=taking.stored.total(),
        known=taking.known,
        pending=0,
        statements=0,
        set_aside=tuple(f"{f.record}: {f.message}" for f in read.set_aside),
        warnings=tuple(f"{f.record}: {f.message}" for f in read.warnings),
        stored=taking.stored,
    )


def read_again(ledgers: Ledgers, raw: RawRecord) -> tuple[Fact, ...]:
    """The facts that a stored ledger states (for verify)."""
    file = BytesIO(raw.payload)
    read = ledgers.read(raw.http["name"], file, company_id=raw.company_id, siren=None, raw_id=raw.id)
    return tuple(chain.from_iterable(read.portions()))


def _raw(unit: Unit, name: str, digest: str, company_id: str | None) -> RawRecord:
    """The file itself, still without its bytes; its id is made of them, so a repeat is silent."""
    return RawRecord(
        id=stable_id("raw", LEDGER_PROVIDER, company_id or "", digest),
        provider=LEDGER_PROVIDER,
        account=company_id or "",
        object="ledger",
        external_id=digest,
        content_hash=digest,
        payload=b"",
        received_at=unit.now,
        mapping_version=VERSION,
        company_id=company_id,
        http={"name": name[:200]},
    )


def _check_size(name: str, file: BinaryIO) -> None:
    if file.seek(0, SEEK_END) > MAX_BYTES:
        raise BadInput(f"{name} has more than {MAX_BYTES:,} bytes: export one year at a time")


class _Taking:
    """A ledger on its way into a unit, a portion at a time, its file before its first fact. `stored`
    counts what was new or changed by entity, `known` the facts that were neither; `has_assigned`:
    among the fresh are invoices that went to a factor."""

    def __init__(self, unit: Unit, raw: RawRecord, file: BinaryIO, *, store: bool) -> None:
        self.unit = unit
        self.raw = raw
        self.file = file
        self.store = store
        self.known = 0
        self.stored: Counter[str] = Counter()
        self.has_assigned = False
        self._new_file: bool | None = None

    def take(self, portion: Sequence[Fact]) -> None:
        """Keeps the facts that say something new."""
        fresh = _fresh(self.unit, portion)
        kept = self._keep(fresh)
        self.known += len(portion) - kept
        self.has_assigned |= any(isinstance(one, Invoice) and one.assigned_to for one in fresh[:kept])

    def take_back(self, read: LedgerRead) -> None:
        """Withdraws known lettering between records of this ledger that it no longer states."""
        after: str | None = None
        while True:
            known, after = self.unit.page(
                LedgerAllocation, after=after, limit=PAGE, company_id=self.raw.company_id
            )
            stated = read.stated({id for one in known for id in (one.id, one.settled_by, one.invoice_id)})
            state = read.version
            self._keep([self._withdrawn(one, state) for one in known if _is_gone(one, stated, state)])
            if after is None:
                return

    def _withdrawn(self, one: LedgerAllocation, state: str) -> LedgerAllocation:
        """With the ledger that says so as its source."""
        by = {"external_version": state, "raw_id": self.raw.id}
        source = one.source.model_copy(update=by) if one.source else None
        return one.model_copy(update={"withdrawn": True, "source": source})

    def _keep(self, fresh: Sequence[Fact]) -> int:
        """Stores them and returns how many were kept: none of a file that was stored before, whatever
        came since."""
        if not fresh:
            return 0
        if self.store:
            if self._new_file is None:
                self._new_file = sum(self.unit.append([part]) for part in in_parts(self.raw, self.file)) > 0
            if not self._new_file:
                return 0
            self.unit.put(fresh)
        self.stored.update(fact.entity for fact in fresh)
        return len(fresh)


def _is_gone(one: LedgerAllocation, stated: Collection[str], state: str) -> bool:
    here = one.settled_by in stated and one.invoice_id in stated
    return here and one.id not in stated and not one.withdrawn and _state(one) <= state


def _fresh(unit: Unit, portion: Sequence[Fact]) -> list[Fact]:
    """The facts of a portion that say something new."""
    by_kind: dict[type[Fact], list[str]] = defaultdict(list)
    for fact in portion:
        by_kind[type(fact)].append(fact.id)
    stored = {id: known for kind, ids in by_kind.items() for id, known in unit.get(kind, ids).items()}
    return [fact for fact in portion if _says_more(fact, stored.get(fact.id))]


def _says_more(fact: Fact, stored: Fact | None) -> bool:
    """Not known yet, or known otherwise from a state of the ledger that is no later."""
    if stored is None:
        return True
    return _state(stored) <= _state(fact) and stored.content() != fact.content()


def _state(fact: Fact) -> str:
    """Which state of the ledger states the fact; the greater is the later."""
    return (fact.source.external_version if fact.source else None) or ""


def _alarms(unit: Unit, raw: RawRecord) -> Iterator[QualityIssue]:
    """Financed invoices that the ledger just transferred to a factor: somebody else may own the claim."""
    for financed in unit.all(FinancedInvoice, company_id=raw.company_id):
        for one in unit.get(Invoice, [financed.invoice_id]).values():
            for invoice in unit.get(Invoice, same_document(unit, one)).values():
                if invoice.assigned_to and invoice.source and invoice.source.raw_id == raw.id:
                    yield _alarm(unit, raw, invoice, financed)


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
