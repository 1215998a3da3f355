"""Imports e-invoices and their status messages: one unit per file; another form of it changes nothing."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from core.errors import BadInput, NotFound
from core.lifecycle import DISPUTED, ENDED, REDIRECTED, about
from core.model import (
    Company,
    Counterparty,
    EInvoiceStatus,
    Fact,
    FinancedInvoice,
    Invoice,
    Money,
    QualityIssue,
    RawRecord,
    stable_id,
)
from core.model.quality import Severity
from core.ports import EInvoiceRead, EInvoices, FileFinding, Store, Unit
from core.usecases.import_files import Imported
from core.usecases.issues import file_issue, note
from core.usecases.wake import wake

EINVOICE_PROVIDER: Final = "e_invoice"
"""The provider word of facts read from e-invoice files."""
VERSION: Final = "e-invoice/1"
MAX_BYTES: Final = 50 * 1024 * 1024
_ALARMS: Final = {
    **dict.fromkeys(REDIRECTED, ("assigned_elsewhere", "says that the money goes to another account")),
    **dict.fromkeys(ENDED, ("claim_ended", "says that the claim is gone")),
    DISPUTED: ("disputed", "says that the buyer disputes it"),
}
"""Statuses that concern who financed the invoice, whoever sent them."""


@dataclass(frozen=True, slots=True)
class _Finding:
    code: str
    severity: Severity
    message: str
    record: str


def import_einvoice(
    store: Store,
    einvoices: EInvoices,
    tenant_id: str,
    *,
    company_id: str,
    name: str,
    file: BinaryIO,
    dry_run: bool = False,
) -> Imported:
    """Reads and stores one file: an invoice, a credit note, or statuses (`Imported.new` counts both).

    Raises BadInput, storing nothing, for a file that cannot be read, and NotFound for a company that
    is not there. The same invoice in another form is known already; the form that says most is kept,
    whichever came first. Another invoice under the same number is set aside. Statuses are kept
    whether or not their invoice is known yet.
    """
    content = _content(name, file)
    with store.begin(tenant_id, write=False) as unit:
        raw = _raw(unit, name, content, _company(unit, company_id))
    read = _read(einvoices, raw)
    with store.begin(tenant_id, write=not dry_run) as unit:
        facts, aside = _fresh(unit, read.invoices)
        statuses = _unknown(unit, read.statuses)
        if not dry_run:
            _keep(unit, raw, facts, statuses, [*read.set_aside, *aside, *read.warnings])
    set_aside = [*read.set_aside, *aside]
    fresh = len(facts) + len(statuses)
    return Imported(
        name=name,
        format=read.format,
        new=fresh,
        known=len(read.invoices) + len(read.statuses) - fresh - len(aside),
        pending=0,
        statements=0,
        set_aside=tuple(f"{f.record}: {f.message}" for f in set_aside),
        warnings=tuple(f"{f.record}: {f.message}" for f in read.warnings),
        stored=Counter(one.entity for one in (*facts, *statuses)),
    )


def _read(einvoices: EInvoices, raw: RawRecord) -> EInvoiceRead:
    """What a stored file says, read as the company it was imported for."""
    return einvoices.read(
        raw.http["name"],
        BytesIO(raw.payload),
        siren=raw.http.get("siren"),
        vat_number=raw.http.get("vat_number"),
        company_id=raw.company_id,
        raw_id=raw.id,
    )


def brought(unit: Unit, raw: RawRecord, einvoices: EInvoices) -> tuple[Fact, ...]:
    """The facts a stored file brought: those of which some version was read from it (for verify)."""
    return tuple(
        fact
        for fact in _read(einvoices, raw).invoices
        if any(v.fact.source and v.fact.source.raw_id == raw.id for v in unit.history(Invoice, fact.id))
    )


def statuses_again(einvoices: EInvoices, raw: RawRecord) -> tuple[EInvoiceStatus, ...]:
    """The statuses a stored message says (for verify)."""
    return _read(einvoices, raw).statuses


def _content(name: str, file: BinaryIO) -> bytes:
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BadInput(f"{name} has more than {MAX_BYTES:,} bytes: ask for the invoice without attachments")
    return content


def _company(unit: Unit, company_id: str) -> Company:
    found = unit.get(Company, [company_id]).get(company_id)
    if found is None:
        raise NotFound(f"there is no company {company_id}")
    if not found.siren and not found.vat_number:
        raise BadInput(
            f"{found.legal_name} has neither SIREN nor VAT number, so that nothing tells whether it sells or"
            " buys: connect it or register it with its SIREN first"
        )
    return found


def _raw(unit: Unit, name: str, content: bytes, company: Company) -> RawRecord:
    """The file itself; its id is made of its content, so a repeat is silent."""
    digest = hashlib.sha256(content).hexdigest()
    own = {"siren": company.siren, "vat_number": company.vat_number}
    return RawRecord(
        id=stable_id("raw", EINVOICE_PROVIDER, company.id, digest),
        provider=EINVOICE_PROVIDER,
        account=company.id,
        object="e_invoices",
        external_id=digest,
        content_hash=digest,
        payload=content,
        received_at=unit.now,
        mapping_version=VERSION,
        company_id=company.id,
        http={"name": name[:200], **{key: value for key, value in own.items() if value}},
    )


def _fresh(unit: Unit, invoices: Sequence[Invoice]) -> tuple[list[Invoice], list[FileFinding]]:
    """Invoices that are new or say more than the form known, and those that contradict what is known."""
    stored = unit.get(Invoice, [one.id for one in invoices])
    fresh: list[Invoice] = []
    aside: list[FileFinding] = []
    for one in invoices:
        known = stored.get(one.id)
        if known is None or (_claim(known) == _claim(one) and _fullness(one) > _fullness(known)):
            fresh.append(one)
        elif _claim(known) != _claim(one):
            aside.append(_contradiction(one, known))
    return fresh, aside


def _claim(one: Invoice) -> tuple[object, ...]:
    """What two forms of one invoice must agree on; a retention stands in a note that not all forms have."""
    owed = one.payable_minor + (one.retention.amount_minor if one.retention else 0)
    return (one.direction, one.kind, one.issue_date, one.currency, one.gross_minor, owed)


def _fullness(one: Invoice) -> tuple[int, str]:
    """How much a form says; the content decides between equals, so that the order of imports does not."""
    said = one.model_dump(mode="json", exclude_defaults=True, exclude={"source", "provider_words"})
    return len(said) + len(one.tax_breakdown), one.content()


def _contradiction(one: Invoice, known: Invoice) -> FileFinding:
    here, there = Money(one.gross_minor, one.currency), Money(known.gross_minor, known.currency)
    message = (
        f"invoice {one.number} is known already and differs ({here} here, {there} known): the known one is"
        " kept. Ask the seller which holds"
    )
    return _Finding("number_used_twice", "error", message, f"invoice {one.number}")


def _unknown(unit: Unit, statuses: Sequence[EInvoiceStatus]) -> list[EInvoiceStatus]:
    numbers = {one.invoice_id for one in statuses}
    known = {s.id for number in numbers for s in unit.entries(EInvoiceStatus, invoice_id=number)}
    return [one for one in statuses if one.id not in known]


def _keep(
    unit: Unit,
    raw: RawRecord,
    facts: Sequence[Fact],
    statuses: Sequence[EInvoiceStatus],
    findings: Iterable[FileFinding],
) -> None:
    """The file is kept when it brought something or waits for a person."""
    listed = list(findings)
    if facts or statuses or any(one.severity == "error" for one in listed):
        unit.append([raw])
    unit.put(facts)
    unit.append(statuses)
    name, digest, owner = raw.http["name"], raw.content_hash, raw.company_id
    told = (file_issue(unit, finding, name=name, digest=digest, company_id=owner) for finding in listed)
    note(unit, [*told, *_alarms(unit, raw, statuses)])
    wake(unit)


def _alarms(unit: Unit, raw: RawRecord, statuses: Sequence[EInvoiceStatus]) -> list[QualityIssue]:
    """Financed invoices that a new status takes away, redirects or disputes."""
    loud = [one for one in statuses if one.code in _ALARMS]
    return [
        _alarm(unit, raw, status, financed)
        for status in loud
        for invoice in _documents(unit, status)
        for financed in unit.all(FinancedInvoice, invoice_id=invoice.id)
    ]


def _documents(unit: Unit, status: EInvoiceStatus) -> list[Invoice]:
    """The invoice a status is about, under every id it is known."""
    alike = unit.all(Invoice, company_id=status.company_id, number_normalized=status.number_normalized)
    parties = unit.get(Counterparty, {one.other_party_id for one in alike})
    return [one for one in alike if about(one, [status], parties)]


def _alarm(unit: Unit, raw: RawRecord, status: EInvoiceStatus, financed: FinancedInvoice) -> QualityIssue:
    code, says = _ALARMS[status.code]
    reasons = f" ({', '.join(status.reasons)})" if status.reasons else ""
    return QualityIssue(
        id=stable_id("iss", code, financed.id, status.id),
        code=code,
        severity="error",
        record=financed.id,
        message=(
            f"loan {financed.loan_reference}: status {status.code} of invoice {status.number} {says}"
            f"{reasons}; unless it comes from you, call the company"
        ),
        company_id=raw.company_id,
        first_seen_at=unit.now,
        last_seen_at=unit.now,
    )
