"""Closed code lists: document types (UNTDID 1001), VAT categories, VAT point, profiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.model.invoice import InvoiceKind
from mappings.readings import names


@dataclass(frozen=True, slots=True)
class TypeCode:
    """What a type code (BT-3) makes of a document. `assigned`: a factor is the payee."""

    kind: InvoiceKind
    self_billed: bool = False
    assigned: bool = False


def _same(kind: InvoiceKind, codes: str) -> dict[str, TypeCode]:
    return dict.fromkeys(codes.split(), TypeCode(kind))


TYPES: Final[Mapping[str, TypeCode]] = {
    **_same("invoice", "380"),
    "389": TypeCode("invoice", self_billed=True),
    "393": TypeCode("invoice", assigned=True),
    "501": TypeCode("invoice", self_billed=True, assigned=True),
    "386": TypeCode("prepayment"),
    "500": TypeCode("prepayment", self_billed=True),
    "384": TypeCode("corrective"),
    "471": TypeCode("corrective", self_billed=True),
    "472": TypeCode("corrective", assigned=True),
    "473": TypeCode("corrective", self_billed=True, assigned=True),
    **_same("credit_note", "381 262 503"),
    "261": TypeCode("credit_note", self_billed=True),
    "396": TypeCode("credit_note", assigned=True),
    "502": TypeCode("credit_note", self_billed=True, assigned=True),
    # The European list allows more; France does not (BR-FR-04).
    **_same("invoice", "82 204 295 326 331 385 387 388 394 395 456 575 623 780 875 876 877"),
    **_same("credit_note", "81 83 296 308 420 458 532"),
}
"""Every code that is a claim or a credit. The first block is the French list (BR-FR-04), whole."""
NO_CLAIM: Final[Mapping[str, str]] = {
    "71": "a request for payment", "80": "a debit note", "84": "a debit note", "102": "a tax notification",
    "130": "an invoicing data sheet", "202": "a direct payment valuation",
    "203": "a provisional payment valuation", "211": "an interim application for payment",
    "218": "a final payment request", "219": "a payment request for completed units",
    "325": "a pro forma invoice", "382": "a commission note", "383": "a debit note",
    "390": "a delcredere invoice", "457": "a reversal of debit", "527": "a self-billed debit note",
    "553": "a forwarder's discrepancy report", "633": "port charges documents",
    "751": "accounting information, not an invoice", "817": "a claim notification",
    "870": "a consular invoice", "935": "a customs invoice",
}  # fmt: skip
"""Codes of the same list that are no receivable, or of which that is not certain: set aside by name."""

CATEGORIES: Final = names("S Z E AE K G O L M B")
"""VAT categories (BT-118). Without rate and tax: Z E AE K G O."""
UNTAXED: Final = names("Z E AE K G O")

VAT_ON_COLLECTION: Final[Mapping[str, bool]] = {
    "72": True, "432": True, "5": False, "29": False, "3": False, "35": False,
}  # fmt: skip
"""VAT point (BT-8), UNTDID 2475 in CII and 2005 in UBL: on payment, or on issue and delivery."""

SEVERAL_SELLERS: Final = names("B8 S8 M8")
"""Frames (BT-23) of an invoice of several sellers: the claim is not one seller's."""
BOTH_WAYS: Final = names("B9 S9 M9")
"""Frames of a bidirectional invoice: what is payable is a balance of mutual sales."""
AFTER_DEPOSIT: Final = names("B4 S4 M4")
"""Frames of a final invoice after a deposit: the preceding invoices are the deposits."""

SIREN_SCHEME: Final = "0002"
SIRET_SCHEME: Final = "0009"

_PROFILES: Final = (
    ("extended-ctc-fr", "EXTENDED-CTC-FR"), ("extended", "EXTENDED"), ("minimum", "MINIMUM"),
    ("basicwl", "BASIC WL"), ("basic", "BASIC"), ("comfort", "EN 16931"), ("xrechnung", "XRECHNUNG"),
    ("peppol", "PEPPOL"), ("en16931-ctc-fr", "EN 16931"), ("en16931", "EN 16931"),
)  # fmt: skip


def profile_name(identifier: str) -> str | None:
    """The common name of a profile identifier (BT-24) in any of its spellings; None when not known."""
    text = identifier.lower()
    return next((name for part, name in _PROFILES if part in text), None)
