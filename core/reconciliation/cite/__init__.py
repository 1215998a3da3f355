"""Which invoices a text cites: delimited numbers, lists with the prefix once, ranges, unknown numbers."""

from core.reconciliation.cite.finder import cite, uncited
from core.reconciliation.cite.kinds import Citation, Cited, Narrow
from core.reconciliation.cite.near import is_slip, nearly

__all__ = ["Citation", "Cited", "Narrow", "cite", "is_slip", "nearly", "uncited"]
