"""The same document seen in two tools (an accounting tool and a bank's invoicing) is one open item."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from core.model import Invoice

Place = tuple[str, ...]


def copies_of(invoices: Iterable[Invoice], *, used: Collection[str] = ()) -> Mapping[str, str]:
    """Copy id to the id of the invoice that counts.

    Copies agree on company, direction, kind, number, currency, amount and issue date, and come from
    different lists; two documents of one list are never copies of each other. What counts is the one
    already `used` (financed, or money stands on it), else the one from the longest list: an
    accounting tool holds all documents, a bank's invoicing some. Equal lists go by name.
    """
    invoices = list(invoices)
    lengths = Counter(_list(one) for one in invoices)
    places: dict[Place, list[Invoice]] = defaultdict(list)
    for one in invoices:
        if (place := _place(one)) is not None:
            places[place].append(one)
    found: dict[str, str] = {}
    for group in places.values():
        if len(group) > 1 and len({_list(one) for one in group}) == len(group):
            first, *others = sorted(
                group, key=lambda one: (one.id not in used, -lengths[_list(one)], _list(one))
            )
            found.update((other.id, first.id) for other in others if other.id not in used)
    return found


def _place(one: Invoice) -> Place | None:
    if one.document_status != "issued" or not one.number_normalized or one.issue_date is None:
        return None
    return (
        one.company_id or "", one.direction, one.kind, one.number_normalized, one.currency,
        str(one.gross_minor), one.issue_date.isoformat(),
    )  # fmt: skip


def _list(one: Invoice) -> Place:
    source = one.source
    return (source.provider, source.account, source.object) if source else (one.id,)
