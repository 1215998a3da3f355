"""Registers financed invoices: one invoice found, terms checked, snapshot frozen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationError

from core.errors import BadInput, Conflict, LettrageError, NotFound
from core.lifecycle import ENDED, about, lifecycle
from core.model import (
    Allocation,
    Company,
    Counterparty,
    EInvoiceStatus,
    FinancedInvoice,
    Invoice,
    Money,
    Value,
    canonical_json,
    content_hash,
    stable_id,
)
from core.model.base import Currency, Minor
from core.model.identifiers import compact, is_iban
from core.ports import Store, Unit
from core.settlement import settle
from core.usecases.copies import copies_of, same_document
from core.usecases.wake import wake


class InvoiceKey(Value):
    """Which invoice: its `id`, or the company (id or SIREN), the direction and the number."""

    id: str | None = None
    company: str | None = None
    direction: Literal["receivable", "payable"] = "receivable"
    number: str | None = None


class Terms(Value):
    """One row of the finance file: the terms the hub must watch (dates ISO 8601)."""

    loan_reference: str = Field(min_length=1, max_length=200)
    invoice: InvoiceKey
    advance_minor: Minor = Field(gt=0)
    currency: Currency
    basis: Literal["gross", "net"]
    assignment: Literal["none", "silent", "notified"]
    expected_account_iban: str | None = None
    disbursed_on: date
    due_date: date | None = None
    recourse: bool | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not registered: its number (from 1) and why, naming the field."""

    row: int
    error: LettrageError


@dataclass(frozen=True, slots=True)
class Financing:
    """What registering came to; `known` rows repeat what was registered before."""

    registered: tuple[FinancedInvoice, ...]
    known: tuple[FinancedInvoice, ...]
    refused: tuple[Refused, ...]


def finance(store: Store, tenant_id: str, rows: Iterable[Mapping[str, Any]]) -> Financing:
    """Registers each row that holds; the others are refused with row, field and reason.

    The same loan reference with the same terms is silent, with other terms a Conflict.
    """
    registered: list[FinancedInvoice] = []
    known: list[FinancedInvoice] = []
    refused: list[Refused] = []
    with store.begin(tenant_id) as unit:
        for number, row in enumerate(rows, 1):
            try:
                financed, is_new = register(unit, read_terms(row))
            except LettrageError as error:
                refused.append(Refused(number, type(error)(f"row {number}: {error.sentence}")))
            else:
                (registered if is_new else known).append(financed)
        wake(unit)
    return Financing(tuple(registered), tuple(known), tuple(refused))


def read_terms(row: Mapping[str, Any]) -> Terms:
    """The terms of one row (JSON values); raises BadInput naming the field."""
    if not isinstance(row, Mapping):
        raise BadInput("expected an object with the terms of one loan")
    try:
        return Terms.model_validate_json(canonical_json(dict(row)))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"])) or "row"
        raise BadInput(f"field {place}: {problem['msg']}") from None


def register(unit: Unit, terms: Terms) -> tuple[FinancedInvoice, bool]:
    """Freezes one financed invoice; returns it and whether it is new."""
    id = stable_id("fin", unit.tenant_id, terms.loan_reference)
    known = unit.get(FinancedInvoice, [id]).get(id)
    if known is not None:
        _same_terms(unit, known, terms)
        return known, False
    invoice = _find(unit, terms.invoice)
    _check(unit, invoice, terms)
    financed = _freeze(unit, id, invoice, terms)
    unit.put([financed])
    return financed, True


def _same_terms(unit: Unit, known: FinancedInvoice, terms: Terms) -> None:
    given = terms.model_dump(exclude={"invoice", "due_date", "loan_reference"})
    differing = [name for name, value in given.items() if getattr(known, name) != value]
    if terms.due_date is not None and terms.due_date != known.due_date:
        differing.append("due_date")
    if _find(unit, terms.invoice).id != known.invoice_id:
        differing.append("invoice")
    if differing:
        raise Conflict(f"loan {terms.loan_reference} is registered with other terms: {', '.join(differing)}")


def _find(unit: Unit, key: InvoiceKey) -> Invoice:
    """The one invoice meant; raises NotFound for none and Conflict for several."""
    if key.id is not None:
        by_id = unit.get(Invoice, [key.id]).get(key.id)
        if by_id is None:
            raise NotFound(f"field invoice.id: there is no invoice {key.id}")
        return by_id
    if key.company is None or key.number is None:
        raise BadInput("field invoice: give its id, or company, direction and number")
    return _by_number(unit, _company(unit, key.company), key.direction, key.number)


def _company(unit: Unit, key: str) -> Company:
    by_id = unit.get(Company, [key]).get(key)
    found = [by_id] if by_id else unit.all(Company, siren=key.replace(" ", ""))
    if len(found) != 1:
        raise NotFound(f"field invoice.company: no company has the id or SIREN {key}")
    return found[0]


def _by_number(unit: Unit, company: Company, direction: str, number: str) -> Invoice:
    numbered = unit.all(
        Invoice, company_id=company.id, direction=direction, number_normalized=compact(number)
    )
    found = [i for i in numbered if i.kind != "credit_note"]
    used = {i.id for i in found if unit.entries(Allocation, invoice_id=i.id)}
    copies = copies_of(found, used=used, parties=_parties(unit, found))
    exact = [i for i in found if i.number == number and i.id not in copies] or found
    if not exact:
        raise NotFound(f"field invoice.number: {company.legal_name} has no {direction} invoice {number}")
    if len(exact) > 1:
        raise Conflict(
            f"field invoice.number: {len(exact)} {direction} invoices are numbered {number}; give the id"
        )
    return exact[0]


def _check(unit: Unit, invoice: Invoice, terms: Terms) -> None:
    """Refuses terms that cannot be watched, in a sentence that names the field."""
    basis = invoice.gross_minor if terms.basis == "gross" else invoice.net_minor
    limit = "gross" if terms.basis == "gross" else "net"
    _check_document(invoice)
    _check_lifecycle(unit, invoice)
    if terms.currency != invoice.currency:
        raise BadInput(f"field currency: the invoice is in {invoice.currency}, not {terms.currency}")
    if basis is None:
        raise BadInput("field basis: the invoice states no net amount; use gross")
    if terms.advance_minor > basis:
        advance, most = Money(terms.advance_minor, terms.currency), Money(basis, invoice.currency)
        raise BadInput(f"field advance_minor: {advance} is more than the {limit} amount {most}")
    _check_account(terms)
    _check_copies(unit, invoice)
    if _open(unit, invoice) == 0:
        raise Conflict("field invoice: it is settled already; nothing is left to finance")


def _check_copies(unit: Unit, invoice: Invoice) -> None:
    """Under whatever id: not financed yet, and no money on an id that would then not be watched."""
    same = same_document(unit, invoice)  # financing it under another id is financing it twice
    other = next((f for id in same for f in _loans(unit, id)), None)
    if other is not None:
        raise Conflict(f"field invoice: it is financed already, by loan {other.loan_reference}")
    paid = next((id for id in same if id != invoice.id and unit.entries(Allocation, invoice_id=id)), None)
    if paid is not None:
        raise Conflict(f"field invoice: money stands on the same document under the id {paid}; give that id")


def _loans(unit: Unit, invoice_id: str) -> list[FinancedInvoice]:
    return unit.all(FinancedInvoice, invoice_id=invoice_id)


def _parties(unit: Unit, invoices: Iterable[Invoice]) -> dict[str, Counterparty]:
    return unit.get(Counterparty, {one.other_party_id for one in invoices})


def _check_document(invoice: Invoice) -> None:
    if invoice.kind == "credit_note":
        raise BadInput("field invoice: it is a credit note")
    if invoice.document_status != "issued":
        raise Conflict(f"field invoice: the document is {invoice.document_status}, not issued")


def _check_lifecycle(unit: Unit, invoice: Invoice) -> None:
    """Refuses a claim that is gone, or that e-invoicing statuses assign to somebody else."""
    statuses = unit.entries(
        EInvoiceStatus, company_id=invoice.company_id, number_normalized=invoice.number_normalized
    )
    found = lifecycle(invoice, about(invoice, statuses, _parties(unit, [invoice])))
    if found is not None and found.last.code in ENDED:
        why = ", ".join(found.last.reasons)
        ended = f"status {found.last.code} ended the claim"
        raise Conflict(f"field invoice: {ended} ({why})" if why else f"field invoice: {ended}")
    if found is not None and found.factor is not None:
        raise Conflict(f"field invoice: e-invoicing says it is assigned to {found.factor}")


def _check_account(terms: Terms) -> None:
    iban = terms.expected_account_iban
    if iban is not None and not is_iban(iban):
        raise BadInput("field expected_account_iban: the check digits do not hold")
    if terms.assignment == "notified" and iban is None:
        raise BadInput("field expected_account_iban: a notified assignment names the collection account")


def _open(unit: Unit, invoice: Invoice) -> int:
    return settle(invoice, unit.entries(Allocation, invoice_id=invoice.id)).open_minor


def _freeze(unit: Unit, id: str, invoice: Invoice, terms: Terms) -> FinancedInvoice:
    snapshot = invoice.model_dump(mode="json")
    return FinancedInvoice(
        id=id,
        company_id=invoice.company_id,
        loan_reference=terms.loan_reference,
        invoice_id=invoice.id,
        direction=invoice.direction,
        advance_minor=terms.advance_minor,
        currency=terms.currency,
        basis=terms.basis,
        assignment=terms.assignment,
        expected_account_iban=terms.expected_account_iban,
        disbursed_on=terms.disbursed_on,
        due_date=terms.due_date or invoice.due_date,
        recourse=terms.recourse,
        open_at_financing_minor=_open(unit, invoice),
        snapshot=snapshot,
        snapshot_hash=content_hash(snapshot),
    )
