"""What the tables of all Pennylane lists share."""

from typing import Final

from mappings.grammar import absent, at

VERSION: Final = "pennylane-2026-09"
CURRENCY: Final = at("currency")
NOT_IN_LIST: Final = absent("Pennylane does not return it in this list (contract of September 2026)")
LISTS: Final = {"customer": "customer_invoices", "supplier": "supplier_invoices"}
"""The word of a match for the kind of invoice, and the list that invoice is in."""


def names(text: str) -> frozenset[str]:
    """Field names written as one text."""
    return frozenset(text.split())
