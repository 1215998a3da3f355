"""Invoices and credit notes, with four separate statuses: document, settlement, dispute, e-invoice."""

from datetime import date
from typing import ClassVar, Literal

from core.model.base import Currency, Fact, Instant, Minor, Value
from core.model.parties import Party

Direction = Literal["receivable", "payable"]
InvoiceKind = Literal["invoice", "credit_note", "prepayment", "corrective"]
DocumentStatus = Literal["draft", "issued", "cancelled", "replaced", "deleted"]
DisputeStatus = Literal["none", "disputed", "resolved", "unknown"]


class TaxLine(Value):
    """One VAT rate of the breakdown; `rate_bp` in basis points (2000 = 20 %)."""

    rate_bp: int | None
    category: str | None = None
    base_minor: Minor
    tax_minor: Minor


class Retention(Value):
    """A retained amount (retenue de garantie) and the date it is released."""

    amount_minor: Minor
    release_date: date | None = None


class EarlyDiscount(Value):
    """An agreed early-payment discount (escompte), valid up to and including `until`."""

    rate_bp: int
    until: date


class InvoiceReference(Value):
    """Another document this one names: the invoice credited, corrected or replaced; `follows` where the
    document does not say which. `invoice_id` is None while only its `number` is known."""

    type: Literal["credits", "corrects", "replaces", "prepaid_by", "follows"]
    invoice_id: str | None = None
    number: str | None = None
    issue_date: date | None = None


class DeclaredPayment(Value):
    """What the statuses of an e-invoice say was paid (211) or collected (212), added up, and when the
    last of them was made: a claim (grade E2), never evidence of cash."""

    minor: Minor
    at: Instant


class EInvoiceState(Value):
    """The last e-invoicing status a source reported; `code` is the French lifecycle code if given.

    `payment` is None where only the code is known, not the amounts.
    """

    code: str | None
    word: str
    reason: str | None = None
    at: Instant | None = None
    payment: DeclaredPayment | None = None


class Declared(Value):
    """What the tool says about payment: a claim (grade E0), never evidence of cash.

    `open_minor` is what the tool says remains, in the invoice's currency, positive while open.
    """

    paid: bool | None = None
    paid_on: date | None = None
    open_minor: Minor | None = None


class Invoice(Fact):
    """A receivable or payable document. Amounts are positive, also on credit notes: `kind` tells.

    `payable_minor` is what the payer owes in cash for this document (gross less retention not yet
    due, less prepayments and withholding). Settlement is derived from allocations, not stored.
    """

    entity: ClassVar[str] = "invoice"
    direction: Direction
    kind: InvoiceKind
    self_billed: bool | None = None
    number: str | None = None
    number_normalized: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    delivery_date: date | None = None
    currency: Currency
    net_minor: Minor | None = None
    tax_minor: Minor | None = None
    gross_minor: Minor
    payable_minor: Minor
    prepaid_minor: Minor | None = None
    tax_breakdown: tuple[TaxLine, ...] = ()
    retention: Retention | None = None
    early_discount: EarlyDiscount | None = None
    payee_iban: str | None = None
    payment_reference: str | None = None
    buyer_reference: str | None = None
    order_reference: str | None = None
    counterparty_id: str | None = None
    seller: Party = Party()
    buyer: Party = Party()
    references: tuple[InvoiceReference, ...] = ()
    attachments: tuple[str, ...] = ()
    vat_on_collection: bool | None = None
    reverse_charge: bool | None = None
    assigned_to: str | None = None
    document_status: DocumentStatus
    dispute_status: DisputeStatus = "unknown"
    einvoice: EInvoiceState | None = None
    declared: Declared = Declared()

    @property
    def other_party(self) -> Party:
        """Who is at the other end of the money: the customer of a receivable, the supplier of a payable."""
        return self.buyer if self.direction == "receivable" else self.seller

    @property
    def other_party_id(self) -> str:
        """The counterparty's id as the source gives it; empty when it gives none."""
        return self.counterparty_id or self.other_party.counterparty_id or ""
