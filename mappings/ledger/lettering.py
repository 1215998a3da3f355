"""Letters to allocations: which payment or credit note settles which invoice, as far as letters say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from core.errors import shown
from core.model.identifiers import compact
from core.model.ledger import SettlementKind
from mappings.ledger.booked import Booked, Document, LetterKey, Member, Payment, Transfer
from mappings.ledger.finding import Finding
from mappings.ledger.numbers import is_factor, is_rejected
from mappings.ledger.values import euros

Source = Payment | Document


@dataclass(frozen=True, slots=True)
class Tie:
    """An amount of a payment or credit note lettered with an invoice."""

    invoice: Document
    source: Source
    amount_minor: int
    letter: str
    lettered_on: date | None
    complete: bool
    derived: bool

    @property
    def kind(self) -> SettlementKind:
        return "credit" if isinstance(self.source, Document) else self.source.kind


def ties_of(booked: Booked) -> Iterator[Tie]:
    """The allocations that letters state; payments that were taken back are marked first.

    Amounts follow from a group with one invoice or one payment. Several against several are attributed
    only when the group balances: equal amounts first, then cited numbers, then the oldest invoice.
    """
    mark_rejected(booked.payments)
    for key, members in booked.letters.items():
        for group in _groups(members):
            _name_factor(group)
            yield from _ties(key, group)


def unbalanced(file: str, booked: Booked) -> Iterator[Finding]:
    """Letter groups that do not add up to zero: part payments, or the other half is in another year."""
    for (account, _, letter), members in booked.letters.items():
        for group in _groups(members):
            left = _sum(group)
            if left:
                where = f"letter {shown(letter)} of account {shown(account)}"
                message = (
                    f"{where}: its {len(group)} lines do not balance (difference {euros(left)}): a part"
                    " payment, or the rest is in another year"
                )
                yield Finding("lettering_unbalanced", "info", message, file, group[0].line)


def mark_rejected(payments: Sequence[Payment]) -> None:
    """A payment that runs the other way and calls itself a reject takes back the one earlier payment
    of the same customer or supplier with the same amount; with several, or on an account of all
    customers, none is named."""
    known: dict[tuple[str, str, int], list[Payment]] = defaultdict(list)
    for one in payments:
        if one.kind == "cash":
            known[one.direction, one.third.key, one.amount_minor].append(one)
    taken: set[int] = set()
    for one in payments:
        if one.kind != "cash" or one.third.name is None or not is_rejected(one.label) or _is_usual(one):
            continue
        same = known[one.direction, one.third.key, one.amount_minor]
        earlier = [p for p in same if id(p) not in taken and p.flow != one.flow and p.paid_on <= one.paid_on]
        if len(earlier) == 1:
            one.reverses = earlier[0]
            taken.add(id(earlier[0]))


def _is_usual(one: Payment) -> bool:
    """Customers pay in, suppliers are paid out."""
    return (one.flow == "in") == (one.direction == "receivable")


def _groups(members: Sequence[Member]) -> Iterable[Sequence[Member]]:
    """One group, or one per lettering date where a letter was used again and each date balances."""
    if _sum(members):
        dated: dict[date | None, list[Member]] = defaultdict(list)
        for one in members:
            dated[one.lettered_on].append(one)
        if len(dated) > 1 and not any(map(_sum, dated.values())):
            return dated.values()
    return (members,)


def _sum(members: Iterable[Member]) -> int:
    return sum(one.minor for one in members)


def _name_factor(group: Sequence[Member]) -> None:
    """An invoice lettered with a transfer to a factor is assigned, not paid."""
    factor = next(
        (m.what.to_name for m in group if isinstance(m.what, Transfer) and is_factor(m.what.to_name)), None
    )
    for member in group:
        if factor and isinstance(member.what, Document):
            member.what.assigned_to = factor


@dataclass(slots=True)
class _Open:
    """What is left of one side of a group while it is attributed."""

    what: Document | Payment
    left: int


def _ties(key: LetterKey, group: Sequence[Member]) -> Iterator[Tie]:
    group = _without_taken_back(group)
    invoices = _gathered(m for m in group if isinstance(m.what, Document) and m.minor > 0)
    sources = _gathered(m for m in group if isinstance(m.what, (Document, Payment)) and m.minor < 0)
    complete = not _sum(group)
    lettered = max((m.lettered_on for m in group if m.lettered_on), default=None)
    known = all(isinstance(m.what, (Document, Payment)) for m in group)
    back = any(isinstance(m.what, Payment) and m.minor > 0 for m in group)
    derived = len(invoices) > 1 and len(sources) > 1
    if derived:
        pairs = _attributed(invoices, sources) if complete and known and not back else ()
    else:
        pairs = () if back and not complete else _stated(invoices, sources)
    for invoice, source, amount in pairs:
        assert isinstance(invoice, Document)
        yield Tie(invoice, source, amount, key[2], lettered, complete, derived)


def _without_taken_back(group: Sequence[Member]) -> Sequence[Member]:
    """A payment and its reject in one group cancel out."""
    here = {id(m.what) for m in group}
    gone: set[int] = set()
    for member in group:
        one = member.what
        if isinstance(one, Payment) and one.reverses is not None and id(one.reverses) in here:
            gone |= {id(one), id(one.reverses)}
    return [m for m in group if id(m.what) not in gone] if gone else group


def _gathered(members: Iterable[Member]) -> list[_Open]:
    """One per document or payment, though it may stand on several lettered lines."""
    found: dict[int, _Open] = {}
    for member in members:
        assert isinstance(member.what, (Document, Payment))
        one = found.setdefault(id(member.what), _Open(member.what, 0))
        one.left += abs(member.minor)
    return list(found.values())


Pair = tuple[Document | Payment, Source, int]


def _stated(invoices: Sequence[_Open], sources: Sequence[_Open]) -> Iterator[Pair]:
    """One against any number: each amount follows, unless the single one is too small for the others."""
    if not invoices or not sources:
        return
    owed, paid = sum(i.left for i in invoices), sum(s.left for s in sources)
    if len(sources) == 1 and len(invoices) == 1:
        yield invoices[0].what, sources[0].what, min(owed, paid)
    elif len(sources) == 1 and owed <= paid:
        yield from ((i.what, sources[0].what, i.left) for i in invoices)
    elif len(invoices) == 1 and paid <= owed:
        yield from ((invoices[0].what, s.what, s.left) for s in sources)


def _attributed(invoices: Sequence[_Open], sources: Sequence[_Open]) -> Iterator[Pair]:
    ordered = sorted(invoices, key=_age)
    for takes in (_equal, _cited, _any):
        for source in sources:
            for invoice in ordered:
                amount = min(source.left, invoice.left)
                if amount and takes(source, invoice):
                    source.left -= amount
                    invoice.left -= amount
                    yield invoice.what, source.what, amount


def _age(one: _Open) -> tuple[date, int]:
    assert isinstance(one.what, Document)
    return one.what.issue_date or date.min, one.what.line


def _equal(source: _Open, invoice: _Open) -> bool:
    return source.left == invoice.left


def _cited(source: _Open, invoice: _Open) -> bool:
    assert isinstance(invoice.what, Document)
    number = compact(invoice.what.piece)
    return len(number) >= 3 and number in compact(source.what.label)


def _any(source: _Open, invoice: _Open) -> bool:
    return True
