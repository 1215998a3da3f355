"""What parties and platforms say of an e-invoice on its way: an append-only log of statuses."""

from datetime import date
from typing import ClassVar

from core.model.base import Currency, Entry, Instant, Minor, Value
from core.model.invoice import Direction
from core.model.parties import Party


class StatusAmount(Value):
    """An amount a status states. `type` is the message's own word (MEN collected, MPA paid, RAP left);
    `rate_bp` is the VAT rate it is stated for, in basis points. It may be negative."""

    type: str
    minor: Minor
    currency: Currency
    rate_bp: int | None = None
    on: date | None = None


class EInvoiceStatus(Entry):
    """One lifecycle status (XP Z12-012, codes 200 to 228 and 501; any other code is kept as it is).

    A declaration, never evidence of cash: 212 is the seller's word and, under netting, carries amounts
    that no money moved for. `invoice_id` is the id of the e-invoice itself, known or not yet (None when
    the message leaves out its date); the same document read from a tool is found by company, direction,
    number and date. `by` is the role of who
    says it (SE seller, BY buyer, WK platform). `payee` and `payee_iban` are whom to pay from now on.
    """

    entity: ClassVar[str] = "einvoice_status"
    company_id: str | None = None
    invoice_id: str | None = None
    direction: Direction
    number: str
    number_normalized: str
    issue_date: date | None = None
    seller_siren: str
    code: str
    word: str | None = None
    at: Instant
    by: str | None = None
    reasons: tuple[str, ...] = ()
    reason_text: str | None = None
    requested_action: str | None = None
    amounts: tuple[StatusAmount, ...] = ()
    payee: Party | None = None
    payee_iban: str | None = None
    message_id: str | None = None
    raw_id: str | None = None
