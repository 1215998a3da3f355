"""Ids that do not know how a document came: as UBL, as CII or inside a PDF, it is one document."""

from datetime import date
from typing import Final

from core.model import SourceRef, stable_id

PROVIDER: Final = "e_invoice"
"""The provider word of facts read from e-invoice files."""
OBJECT: Final = "e_invoices"
VERSION: Final = "e-invoice/1"


def external_id(seller: str, number: str, issued: date) -> str:
    """What identifies an invoice for its seller (BR-FR-CO-02): the number is unique within a year."""
    return f"{seller}/{issued.year}/{number}"


def invoice_id(company_id: str | None, external: str) -> str:
    """The canonical id, from the e-invoice's own identity and the company it was imported for."""
    return stable_id("inv", PROVIDER, company_id or "", OBJECT, external)


def source_of(company_id: str | None, external: str, raw_id: str | None) -> SourceRef:
    return SourceRef(
        provider=PROVIDER, account=company_id or "", object=OBJECT, external_id=external, raw_id=raw_id
    )
