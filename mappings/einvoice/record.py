"""An e-invoice as it is written: business terms of EN 16931 by meaning, texts untouched, with their place.

Every syntax is read into this record; what it means is decided once, from here. BT and BG are the
numbers of the norm. None and empty mean that the document does not say it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Syntax(StrEnum):
    """How a document is written down."""

    CII = "cii"
    ZUGFERD1 = "zugferd1"
    UBL_INVOICE = "ubl_invoice"
    UBL_CREDIT_NOTE = "ubl_credit_note"
    STATUS = "cdar"


@dataclass(frozen=True, slots=True)
class Term:
    """One value: its text, where it stands, and the attribute that tells how to read it
    (schemeID of an identifier, format of a date, currencyID of an amount)."""

    text: str
    place: str
    qualifier: str = ""


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """Seller (BT-27 to 34), buyer (BT-44 to 49) or payee (BT-59 to 61)."""

    name: Term | None
    trading_name: Term | None = None
    ids: tuple[Term, ...] = ()
    legal_id: Term | None = None
    vat: Term | None = None
    country: Term | None = None


@dataclass(frozen=True, slots=True)
class TaxRecord:
    """One group of the VAT breakdown (BT-116 to 119)."""

    base: Term | None
    tax: Term | None
    category: Term | None
    rate: Term | None


@dataclass(frozen=True, slots=True)
class ExtraRecord:
    """An allowance (BT-92) or charge (BT-99) of the whole document."""

    is_charge: bool
    amount: Term
    category: Term | None
    rate: Term | None


@dataclass(frozen=True, slots=True)
class LineRecord:
    """A line: its net amount (BT-131), its VAT, and its place in a tree of lines (GROUP, DETAIL …)."""

    net: Term | None
    category: Term | None
    rate: Term | None
    status: Term | None
    place: str

    @property
    def counts(self) -> bool:
        """Whether the amount is part of the sum: groups and information repeat other lines."""
        return self.status is None or self.status.text == "DETAIL"


@dataclass(frozen=True, slots=True)
class TermsRecord:
    """Payment terms: text (BT-20), due date (BT-9), a part of the amount, an early-payment discount."""

    text: Term | None = None
    due: Term | None = None
    part: Term | None = None
    discount_percent: Term | None = None
    discount_days: Term | None = None


@dataclass(frozen=True, slots=True)
class PrecedingRecord:
    """An earlier invoice that this document names (BT-25, BT-26)."""

    number: Term
    issued: Term | None


@dataclass(frozen=True, slots=True)
class TotalsRecord:
    """The totals (BT-106 to 115). `taxes` are BT-110 and BT-111: the currency tells which."""

    lines: Term | None = None
    allowances: Term | None = None
    charges: Term | None = None
    net: Term | None = None
    taxes: tuple[Term, ...] = ()
    gross: Term | None = None
    prepaid: Term | None = None
    rounding: Term | None = None
    payable: Term | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One invoice or credit note as its file says it. `file` names it in messages."""

    file: str
    syntax: Syntax
    place: str
    profile: Term | None
    process: Term | None
    number: Term | None
    issued: Term | None
    type_code: Term | None
    currency: Term | None
    tax_currency: Term | None
    tax_point_code: Term | None
    delivered: Term | None
    buyer_reference: Term | None
    order: Term | None
    contract: Term | None
    notes: tuple[Term, ...]
    preceding: tuple[PrecedingRecord, ...]
    seller: PartyRecord | None
    buyer: PartyRecord | None
    payee: PartyRecord | None
    means: tuple[Term, ...]
    remittances: tuple[Term, ...]
    accounts: tuple[Term, ...]
    mandate: Term | None
    extras: tuple[ExtraRecord, ...]
    totals: TotalsRecord
    taxes: tuple[TaxRecord, ...]
    terms: tuple[TermsRecord, ...]
    lines: tuple[LineRecord, ...]
    attachments: tuple[Term, ...]
