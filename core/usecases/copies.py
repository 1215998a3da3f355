"""The same document seen in two tools (an accounting tool and a bank's invoicing) is one open item."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from core.model import Counterparty, Invoice
from core.model.identifiers import is_siren
from core.ports import Unit
from core.reconciliation.spelling import COMMON, normalise

LEDGER_PROVIDER = "fec"
"""The provider word of documents read from ledgers."""
Place = tuple[str, ...]
Parties = Mapping[str, Counterparty]
UNNAMED: Parties = {}


def copies_of(
    invoices: Iterable[Invoice], *, used: Collection[str] = (), parties: Parties = UNNAMED
) -> Mapping[str, str]:
    """Copy id to the id of the invoice that counts. `parties` (counterparties by id) say who owes.

    Copies agree on company, direction, kind (credit note or not), number and currency, name no two
    different parties, come from different lists, and agree on amount and issue date, or (one tool edited
    it) on one of them.
    Two documents of one list are copies only when one was deleted there after it was used.

    What counts is the one already `used` (financed, or money stands on it), else the one that is no
    ledger's (a FEC knows no due date and no IBAN), else the one from the longest list: an accounting
    tool holds all documents, a bank's invoicing some. Equal lists go by name.
    """
    known = [one for one in invoices if _is_here(one, used)]
    lengths = Counter(_list(one) for one in known)

    def rank(one: Invoice) -> tuple[bool, int, int, Place]:
        return one.id not in used, _ledger_rank(one), -lengths[_list(one)], _list(one)

    found: dict[str, str] = {}
    for place in (_same, _edited):
        paired = {*found, *found.values()}
        for group in _groups((one for one in known if one.id not in paired), place):
            first, *others = sorted(group, key=rank)
            alike = [o for o in others if o.id not in used and is_same_document(o, first, parties)]
            found.update((other.id, first.id) for other in alike)
    return found


_COMPLETED = ("due_date", "payment_reference", "buyer_reference", "order_reference", "early_discount")


def completed(one: Invoice, copies: Iterable[Invoice]) -> Invoice:
    """The document that counts with what it leaves out and a copy says: an e-invoice states references
    and due dates that a tool may not. Amounts and parties stay its own."""
    told = sorted(copies, key=_list)
    missing = {
        name: value
        for name in _COMPLETED
        if getattr(one, name) is None
        and (value := next((v for copy in told if (v := getattr(copy, name)) is not None), None)) is not None
    }
    references = one.references or next((copy.references for copy in told if copy.references), ())
    if not missing and references == one.references:
        return one
    return one.model_copy(update={**missing, "references": references})


def _ledger_rank(one: Invoice) -> int:
    """0 for a tool's document, 1 for a ledger's entry of it, 2 for its balance brought forward."""
    if one.source is None or one.source.provider != LEDGER_PROVIDER:
        return 0
    return 2 if _is_brought_forward(one) else 1


def _is_brought_forward(one: Invoice) -> bool:
    """A ledger's opening line: what was left of the document when the year began."""
    source = one.source
    return source is not None and source.provider == LEDGER_PROVIDER and source.object.startswith("opening_")


def _is_here(one: Invoice, used: Collection[str]) -> bool:
    """Issued; or deleted at its source after it was used: what stands there again is the same claim."""
    deleted = one.document_status == "deleted" and one.id in used
    return bool(one.number_normalized) and (one.document_status == "issued" or deleted)


def _groups(invoices: Iterable[Invoice], place: Callable[[Invoice], Place]) -> Iterable[list[Invoice]]:
    """Documents of one place, at most one of each list: more of one list, and nothing tells which."""
    places: dict[Place, list[Invoice]] = defaultdict(list)
    for one in invoices:
        places[place(one)].append(one)
    return [
        group
        for group in places.values()
        if len(group) > 1 and len({(_list(one), one.document_status) for one in group}) == len(group)
    ]


def _edited(one: Invoice) -> Place:
    """A tool calls a prepayment or a corrective invoice simply an invoice: only credit notes stand apart."""
    kind = "credit_note" if one.kind == "credit_note" else "invoice"
    return one.company_id or "", one.direction, kind, one.number_normalized or "", one.currency


def _same(one: Invoice) -> Place:
    return *_edited(one), str(one.gross_minor), str(one.issue_date)


def is_same_document(one: Invoice, other: Invoice, parties: Parties = UNNAMED) -> bool:
    """Whether two records may be one document: see `copies_of`."""
    apart = _list(one) != _list(other) or "deleted" in (one.document_status, other.document_status)
    dated = one.issue_date is not None and one.issue_date == other.issue_date
    alike = dated or one.gross_minor == other.gross_minor or _is_left_of(one, other)
    return _edited(one) == _edited(other) and apart and alike and _may_owe_alike(one, other, parties)


def same_document(unit: Unit, invoice: Invoice) -> list[str]:
    """The ids under which the tools know a document, its own first."""
    if not invoice.number_normalized:
        return [invoice.id]
    alike = unit.all(
        Invoice,
        company_id=invoice.company_id,
        direction=invoice.direction,
        number_normalized=invoice.number_normalized,
    )
    parties = unit.get(Counterparty, {one.other_party_id for one in (invoice, *alike)})
    return [invoice.id, *(one.id for one in alike if is_same_document(one, invoice, parties))]


def _is_left_of(one: Invoice, other: Invoice) -> bool:
    """What is brought forward is what was left: less than the document, never more."""
    if _is_brought_forward(other):
        one, other = other, one
    return _is_brought_forward(one) and not _is_brought_forward(other) and one.gross_minor < other.gross_minor


def _may_owe_alike(one: Invoice, other: Invoice, parties: Parties) -> bool:
    """Equal SIREN, else a telling word in common; what is unknown contradicts nothing."""
    (siren, words), (other_siren, other_words) = _who(one, parties), _who(other, parties)
    if siren and other_siren:
        return siren == other_siren
    return not (words and other_words) or bool(words & other_words)


def _who(one: Invoice, parties: Parties) -> tuple[str | None, set[str]]:
    """SIREN and the words of all names of whoever is at the other end."""
    known = parties.get(one.other_party_id)
    names = [one.other_party.name or "", *((known.legal_name, *known.aliases) if known else ())]
    return proven_siren(one, known), {
        word for name in names if name for word in normalise(name).words
    } - COMMON


def proven_siren(one: Invoice, known: Counterparty | None) -> str | None:
    """The other party's SIREN, from the document or from its source's counterparty."""
    stated = one.other_party.siren
    if stated and is_siren(stated):
        return stated
    proven = [i.value for i in known.identifiers if i.scheme == "siren" and i.verified] if known else []
    return next(iter(proven), None)


def _list(one: Invoice) -> Place:
    source = one.source
    return (source.provider, source.account, source.object) if source else (one.id,)
