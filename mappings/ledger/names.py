"""The names under which a ledger's facts are known: another export of the same ledger gives them too."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from core.model import content_hash
from core.model.invoice import Direction
from core.model.parties import CounterpartyRole
from mappings.grammar import Origin
from mappings.ledger.booked import Document, Payment
from mappings.ledger.numbers import number_in

PROVIDER: Final = "fec"
ROLES: Final[Mapping[Direction, tuple[CounterpartyRole, str]]] = {
    "receivable": ("customer", "customers"),
    "payable": ("supplier", "suppliers"),
}
"""What the other party is, and the list it stands in."""
PAYMENTS: Final = "payments"


class Name(NamedTuple):
    """The list a record stands in, its key there, and the canonical id made of both."""

    object: str
    key: str
    id: str


class Names:
    """Gives names under one account: the company, or the SIREN in the file's name."""

    def __init__(self, account: str) -> None:
        self.account = account
        self._origin = Origin(PROVIDER, account, "")

    def document(self, one: Document) -> Name:
        """Customer or supplier, piece and date."""
        own = ROLES[one.direction][1]
        object = f"opening_{own}" if one.opening else f"{one.direction}_invoices"
        piece = one.piece or number_in(one.label) or ""
        key = ":".join((one.kind, one.third.key, piece, str(one.issue_date or "")))
        return self._name("invoice", object, key)

    def payment(self, one: Payment) -> Name:
        """What every export repeats. EcritureNum is no part of it: programs number drafts anew when they
        are validated. Letters are not either: they come later."""
        written = [one.direction, one.kind, one.flow, one.third.key, str(one.paid_on), one.amount_minor]
        key = content_hash([*written, one.journal, one.piece, one.label])[:32]
        return self._name("ledger_payment", PAYMENTS, key)

    def again(self, object: str, key: str, occurrence: int) -> Name:
        """The name of the second and later of documents or payments that everything else says the same of."""
        entity = "ledger_payment" if object == PAYMENTS else "invoice"
        return self._name(entity, object, f"{key}:{occurrence}")

    def third(self, direction: Direction, key: str) -> Name:
        """A customer or supplier."""
        return self._name("counterparty", ROLES[direction][1], key)

    def allocation(self, settled_by: str, invoice_id: str) -> Name:
        """A payment or credit note lettered with an invoice."""
        return self._name("ledger_allocation", "allocations", f"{settled_by}:{invoice_id}")

    def _name(self, entity: str, object: str, key: str) -> Name:
        return Name(object, key, self._origin.id_of(entity, object, key))
