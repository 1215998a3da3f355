"""Invoices and transactions: lists with filters, single records with what is derived from them."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from core.lifecycle import about, with_lifecycles
from core.model import (
    Allocation,
    BankTransaction,
    Counterparty,
    EInvoiceStatus,
    Invoice,
    LedgerAllocation,
    ProviderMatch,
)
from core.model.bank import Operation, TransactionStatus
from core.model.base import Currency, Minor
from core.model.decision import Grade
from core.model.event import Settlement as SettlementState
from core.model.identifiers import compact
from core.model.invoice import Direction, DocumentStatus
from core.ports import Unit
from core.settlement import settle
from core.usecases.lettered import Lettering, confirmed, lettering_for
from hub.api.access import Reader, Wired
from hub.api.lists import NOT_MODIFIED, Id, Page, Paging, Word, fact, page_of, single
from hub.api.once import WriteOnce
from hub.api.problems import documented

router = APIRouter(prefix="/v1", tags=["records"], route_class=WriteOnce)


class SettlementView(BaseModel):
    """How far an invoice is paid, derived from its allocations (minor units of `currency`)."""

    state: SettlementState
    currency: Currency
    payable_minor: Minor
    cash_minor: Minor
    non_cash_minor: Minor
    open_minor: Minor
    excess_minor: Minor
    grade: Grade | None
    paid_on: str | None


class InvoiceView(BaseModel):
    """An invoice with its settlement and the allocations it rests on, contrary entries included.

    `lettered` is what accounting ledgers tie to it (grade E1), `statuses` what e-invoicing says of it
    (grade E2), oldest first: claims that no settlement counts. `invoice` bears the state, dispute and
    assignment that the statuses come to.
    """

    invoice: Invoice
    settlement: SettlementView
    allocations: list[Allocation]
    lettered: list[LedgerAllocation] = []
    statuses: list[EInvoiceStatus] = []


@router.get("/invoices", responses=documented())
def list_invoices(
    services: Wired,
    caller: Reader,
    paging: Annotated[Paging, Depends()],
    company_id: Word = None,
    direction: Direction | None = None,
    document_status: DocumentStatus | None = None,
    number: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")] = None,
) -> Page[Invoice]:
    """Invoices and credit notes, by id. `number` is compared without blanks, case and separators."""
    normalized = compact(number) if number else None
    return page_of(
        services, caller, Invoice, paging, company_id=company_id, direction=direction,
        document_status=document_status, number_normalized=normalized,
    )  # fmt: skip


@router.get("/invoices/{id}", response_model=InvoiceView, responses=documented(404) | NOT_MODIFIED)
def get_invoice(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One invoice, how far it is paid, and why."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        invoice = fact(unit, Invoice, id)
        entries = unit.entries(Allocation, invoice_id=id)
        lettering = lettering_for(unit, invoice)
        statuses = _statuses(unit, invoice)
        invoice = with_lifecycles({id: invoice}, statuses, {})[id]
        state = settle(invoice, entries, agreed=_agreed(unit, invoice, entries, lettering))
    shown = {name: value for name, value in asdict(state).items() if name in SettlementView.model_fields}
    shown["paid_on"] = state.paid_on.isoformat() if state.paid_on else None
    view = InvoiceView(
        invoice=invoice,
        settlement=SettlementView(**shown),
        allocations=entries,
        lettered=list(lettering.allocations),
        statuses=statuses,
    )
    return single(request, view)


def _statuses(unit: Unit, invoice: Invoice) -> list[EInvoiceStatus]:
    """What e-invoicing says of the invoice, under whatever id it is known there; oldest first."""
    if invoice.number_normalized is None:
        return []
    alike = unit.entries(
        EInvoiceStatus, company_id=invoice.company_id, number_normalized=invoice.number_normalized
    )
    parties = unit.get(Counterparty, [invoice.other_party_id])
    return sorted(about(invoice, alike, parties), key=lambda one: (one.at, one.code, one.id))


def _agreed(unit: Unit, invoice: Invoice, entries: list[Allocation], lettering: Lettering) -> frozenset[str]:
    """The transactions that a provider or a ledger ties to the invoice too."""
    ties = unit.all(ProviderMatch, company_id=invoice.company_id)
    matched = {t.transaction_id for t in ties if t.invoice_id == invoice.id and not t.withdrawn}
    lines = unit.get(BankTransaction, {entry.transaction_id for entry in entries})
    return frozenset(matched) | confirmed(lines.values(), lettering.payments)


@router.get("/transactions", responses=documented())
def list_transactions(
    services: Wired,
    caller: Reader,
    paging: Annotated[Paging, Depends()],
    company_id: Word = None,
    account_id: Word = None,
    status: TransactionStatus | None = None,
    operation: Operation | None = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
) -> Page[BankTransaction]:
    """Bank lines, by id. `amount_minor` is signed: money in is positive."""
    return page_of(
        services, caller, BankTransaction, paging, company_id=company_id, account_id=account_id,
        status=status, operation=operation, currency=currency,
    )  # fmt: skip


@router.get("/transactions/{id}", response_model=BankTransaction, responses=documented(404) | NOT_MODIFIED)
def get_transaction(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One bank line."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        return single(request, fact(unit, BankTransaction, id))
