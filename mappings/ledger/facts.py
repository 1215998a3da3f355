"""What a ledger says as canonical facts, under ids that another export of the same ledger gives too."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from core.model import (
    Counterparty,
    Fact,
    Invoice,
    LedgerAllocation,
    LedgerPayment,
    Party,
    SourceRef,
    content_hash,
)
from core.model.identifiers import compact
from core.model.invoice import Direction, Retention
from core.model.parties import CounterpartyRole
from mappings.grammar import Origin
from mappings.ledger.booked import Booked, Document, Name, Payment, Third
from mappings.ledger.lettering import Tie
from mappings.ledger.numbers import is_number, number_in
from mappings.ledger.values import EUR

B = TypeVar("B", Document, Payment)
PROVIDER: Final = "fec"
_ROLES: Final[Mapping[Direction, tuple[CounterpartyRole, str]]] = {
    "receivable": ("customer", "customers"),
    "payable": ("supplier", "suppliers"),
}
_SHARED_BY: Final = {"receivable": 2, "payable": 3}
"""From how many customers or suppliers on a piece is no document's number, but a folder's: a company
numbers its own invoices without repeating, two suppliers may use the same number by chance."""


class Facts:
    """Makes the facts of one ledger in one of its states (`version`), each when it is asked for."""

    def __init__(
        self,
        booked: Booked,
        ties: Sequence[Tie],
        *,
        account: str,
        company_id: str | None,
        raw_id: str | None,
        version: str,
    ) -> None:
        self.booked = booked
        self.ties = ties
        self.account = account
        self.company_id = company_id
        self.raw_id = raw_id
        self.version = version
        self._folders = _folders(booked.documents)
        self._thirds: dict[tuple[Direction, str], str] = {}
        _number(booked.documents, lambda one: _list_of(one) + _document_key(one))
        _number(booked.payments, _payment_key)

    def _name_of(self, one: Document | Payment) -> Name:
        """Made when it is asked for: the names of all take more memory than all else that is held."""
        if isinstance(one, Document):
            return self._name("invoice", _list_of(one), _numbered(_document_key(one), one.occurrence))
        return self._name("ledger_payment", "payments", _numbered(_payment_key(one), one.occurrence))

    def all(self) -> Iterator[Fact]:
        """Every fact, each after those it names."""
        yield from self.counterparties()
        yield from self.invoices()
        yield from self.payments()
        yield from self.allocations()

    def counterparties(self) -> Iterator[Counterparty]:
        """Customers and suppliers by their names; the last name counts, the others are aliases."""
        names: dict[tuple[Direction, str], dict[str, int]] = defaultdict(dict)
        booked: list[Document | Payment] = [*self.booked.documents, *self.booked.payments]
        for one in sorted(booked, key=lambda one: one.line):
            if one.third.name:
                names[one.direction, one.third.key][one.third.name] = one.line
        for (direction, key), known in sorted(names.items()):
            *others, name = sorted(known, key=lambda name: known[name])
            role, object = _ROLES[direction]
            place = self._name("counterparty", object, key)
            yield Counterparty(
                id=place.id, company_id=self.company_id, source=self._source(place), role=role,
                legal_name=name, aliases=tuple(sorted(others)),
            )  # fmt: skip

    def invoices(self) -> Iterator[Invoice]:
        """Invoices and credit notes. Due dates stay None: a FEC has none."""
        for one in self.booked.documents:
            named = is_number(one.piece) and (one.direction, one.piece) not in self._folders
            yield self._invoice(one, self._name_of(one), one.piece if named else number_in(one.label))

    def _invoice(self, one: Document, name: Name, number: str | None) -> Invoice:
        third = self._third(one.direction, one.third)
        other = Party(counterparty_id=third, name=one.third.name)
        retained = Retention(amount_minor=one.retained_minor) if one.retained_minor else None
        words = {"Montantdevise": one.foreign[0], "Idevise": one.foreign[1]} if any(one.foreign) else {}
        return Invoice(
            id=name.id,
            company_id=self.company_id,
            source=self._source(name),
            provider_words=words,
            direction=one.direction,
            kind=one.kind,
            number=number,
            number_normalized=compact(number) or None if number else None,
            issue_date=one.issue_date,
            currency=EUR,
            net_minor=one.net_minor,
            tax_minor=one.tax_minor,
            gross_minor=one.gross_minor,
            payable_minor=one.payable_minor,
            retention=retained,
            counterparty_id=third,
            seller=other if one.direction == "payable" else Party(),
            buyer=other if one.direction == "receivable" else Party(),
            reverse_charge=one.reverse_charge,
            assigned_to=one.assigned_to,
            document_status="issued",
        )

    def payments(self) -> Iterator[LedgerPayment]:
        """Settlements in the order of the file."""
        for one in self.booked.payments:
            name = self._name_of(one)
            yield LedgerPayment(
                id=name.id,
                company_id=self.company_id,
                source=self._source(name),
                direction=one.direction,
                kind=one.kind,
                flow=one.flow,
                paid_on=one.paid_on,
                amount_minor=one.amount_minor,
                currency=EUR,
                moved_minor=one.moved_minor,
                account=one.account,
                counterparty_id=self._third(one.direction, one.third),
                reference=one.piece or None,
                label=one.label or None,
                matching_code=one.letter or None,
                matched_on=one.lettered_on,
                reverses=self._name_of(one.reverses).id if one.reverses else None,
            )

    def allocations(self) -> Iterator[LedgerAllocation]:
        """Lettering, one fact per pair."""
        pairs: dict[tuple[int, int], list[Tie]] = defaultdict(list)
        for tie in self.ties:
            pairs[id(tie.source), id(tie.invoice)].append(tie)
        for same in pairs.values():
            settled_by, invoice_id = self._name_of(same[0].source).id, self._name_of(same[0].invoice).id
            name = self._name("ledger_allocation", "allocations", f"{settled_by}:{invoice_id}")
            yield LedgerAllocation(
                id=name.id,
                company_id=self.company_id,
                source=self._source(name),
                invoice_id=invoice_id,
                settled_by=settled_by,
                amount_minor=sum(tie.amount_minor for tie in same),
                currency=EUR,
                kind=same[0].kind,
                matching_code=same[0].letter,
                matched_on=max((tie.lettered_on for tie in same if tie.lettered_on), default=None),
                complete=all(tie.complete for tie in same),
                derived=any(tie.derived for tie in same),
            )

    def _third(self, direction: Direction, third: Third) -> str | None:
        """The counterparty's id; None where the ledger does not say who it is."""
        if third.name is None:
            return None
        place = direction, third.key
        if place not in self._thirds:
            self._thirds[place] = self._name("counterparty", _ROLES[direction][1], third.key).id
        return self._thirds[place]

    def _name(self, entity: str, object: str, key: str) -> Name:
        origin = Origin(PROVIDER, self.account, object)
        return Name(object, key, origin.id_of(entity, object, key))

    def _source(self, name: Name) -> SourceRef:
        return SourceRef(
            provider=PROVIDER,
            account=self.account,
            object=name.object,
            external_id=name.key,
            external_version=self.version,
            raw_id=self.raw_id,
        )


def _list_of(one: Document) -> str:
    return f"opening_{_ROLES[one.direction][1]}" if one.opening else f"{one.direction}_invoices"


def _document_key(one: Document) -> str:
    """Customer or supplier, piece and date."""
    piece = one.piece or number_in(one.label) or ""
    return ":".join((one.kind, one.third.key, piece, str(one.issue_date or "")))


def _payment_key(one: Payment) -> str:
    """What every export repeats. EcritureNum is no part of it: programs number drafts anew when they are
    validated. Letters are not either: they come later."""
    written = [one.direction, one.kind, one.flow, one.third.key, str(one.paid_on), one.amount_minor]
    return content_hash([*written, one.journal, one.piece, one.label])[:32]


def _number(booked: Iterable[B], key: Callable[[B], str]) -> None:
    """Tells equals apart by their order in the file."""
    seen: Counter[str] = Counter()
    for one in booked:
        own = key(one)
        seen[own] += 1
        one.occurrence = seen[own]


def _numbered(key: str, occurrence: int) -> str:
    return key if occurrence == 1 else f"{key}:{occurrence}"


def _folders(documents: Sequence[Document]) -> set[tuple[Direction, str]]:
    """Piece references that number a folder or a month and not one document."""
    owners: dict[tuple[Direction, str], set[str]] = defaultdict(set)
    times: Counter[tuple[Direction, str, str, str, int | None]] = Counter()
    for one in documents:
        if one.piece and not one.opening:
            owners[one.direction, one.piece].add(one.third.key)
            year = one.issue_date.year if one.issue_date else None
            times[one.direction, one.piece, one.third.key, one.kind, year] += 1
    repeated = {(direction, piece) for (direction, piece, *_), count in times.items() if count > 1}
    return repeated | {key for key, who in owners.items() if len(who) >= _SHARED_BY[key[0]]}
