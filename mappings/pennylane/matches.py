"""Pairs of a transaction and an invoice that Pennylane shows as matched."""

from typing import Any, Final

from core.model import ProviderMatch
from mappings.grammar import Table, UnreadableError, absent, at, by, one_of, ref
from mappings.pennylane.words import LISTS, VERSION


def _pair(transaction: Any, kind: str | None, invoice: Any) -> str | None:
    known = transaction is not None and kind is not None and invoice is not None
    return f"{transaction}:{kind}:{invoice}" if known else None


def _invoice_of(kind: str | None, customer_invoice: str | None, supplier_invoice: str | None) -> str | None:
    return customer_invoice if kind == "customer_invoices" else supplier_invoice


def _withdrawn(turn: Any) -> bool:
    if not isinstance(turn, int):
        raise UnreadableError("turn: expected a whole number")
    return turn % 2 == 0


_INVOICE_TYPE = at("invoice.type") >> one_of(LISTS)

MATCH: Final = Table(
    to=ProviderMatch,
    version=VERSION,
    key=by(_pair, at("transaction.id"), at("invoice.type"), at("invoice.id")),
    fields={
        "valid_from": absent("Pennylane dates no match"),
        "transaction_id": at("transaction.id") >> ref("bank_transaction", "transactions"),
        "invoice_id": by(
            _invoice_of,
            _INVOICE_TYPE,
            at("invoice.id") >> ref("invoice", "customer_invoices"),
            at("invoice.id") >> ref("invoice", "supplier_invoices"),
        ),
        "withdrawn": by(_withdrawn, at("turn")),
    },
    ignored=frozenset({"invoice.url"}),
)
"""One pair of a transaction and an invoice. `turn` is the connector's count of how often Pennylane
changed its mind about the pair: odd while it is listed, even once it no longer is."""
