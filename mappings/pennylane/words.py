"""What the tables of all Pennylane lists share."""

from typing import Final

from mappings.grammar import Read, absent, at
from mappings.readings import names

VERSION: Final = "pennylane-2026-09"
CURRENCY: Final = at("currency")
LISTS: Final = {"customer": "customer_invoices", "supplier": "supplier_invoices"}
"""The word of a match for the kind of invoice, and the list that invoice is in."""


def not_given(fields: str) -> dict[str, Read]:
    """Canonical fields that Pennylane does not return in a list (contract of September 2026)."""
    return dict.fromkeys(fields.split(), absent("not returned (contract of September 2026)"))


__all__ = ["CURRENCY", "LISTS", "VERSION", "names", "not_given"]
