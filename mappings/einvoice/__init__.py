"""E-invoices: Factur-X, ZUGFeRD, UBL, CII and the status messages of the French reform, read into facts.

>>> from pathlib import Path
>>> from mappings.einvoice import Owner, read_einvoice
>>> file = read_einvoice(
...     "invoice.pdf", Path("invoice.pdf").read_bytes(), owner=Owner(siren="732829320")
... )  # doctest: +SKIP
"""

from mappings.einvoice.files import MAX_BYTES, read_document, read_einvoice
from mappings.einvoice.formats import is_einvoice
from mappings.einvoice.identity import OBJECT, PROVIDER, VERSION
from mappings.einvoice.parties import Owner
from mappings.einvoice.record import Document, Syntax, Term
from mappings.einvoice.result import EInvoiceFile, Finding

__all__ = [
    "MAX_BYTES",
    "OBJECT",
    "PROVIDER",
    "VERSION",
    "Document",
    "EInvoiceFile",
    "Finding",
    "Owner",
    "Syntax",
    "Term",
    "is_einvoice",
    "read_document",
    "read_einvoice",
]
