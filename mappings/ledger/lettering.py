"""Letters to allocations: which payment or credit note settles which invoice, as far as letters say."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.errors import shown
from core.model.identifiers import compact
from mappings.ledger.booked import Item, Member, Tie
from mappings.ledger.daybook import LONGEST_LETTER, Daybook, Letter
from mappings.ledger.finding import Finding
from mappings.ledger.values import euros

_SHORTEST_CITED: Final = 3
_LONGEST_CITED: Final = 64
"""Characters of a document's number that a label may cite."""


def tie_letters(file: str, daybook: Daybook) -> Iterator[Finding]:
    """Writes the allocations that letters state into the daybook, and tells what does not add up.

    Amounts follow from a group with one invoice or one payment. Several against several are attributed
    only when the group balances: equal amounts first, then cited numbers, then the oldest invoice.
    """
    for letter in daybook.letters():
        if letter.members is None:
            yield _too_long(file, letter)
            continue
        for group in _groups(letter.members):
            if left := _sum(group):
                yield _unbalanced(file, letter, group, left)
            _name_factor(group, daybook)
            for tie in _ties(letter.letter, group):
                daybook.tie(tie)


def _where(letter: Letter) -> str:
    return f"letter {shown(letter.letter)} of account {shown(letter.account)}"


def _unbalanced(file: str, letter: Letter, group: Sequence[Member], left: int) -> Finding:
    """A part payment, or the other half is in another year."""
    message = (
        f"{_where(letter)}: its {len(group)} lines do not balance (difference {euros(left)}): a part"
        " payment, or the rest is in another year"
    )
    return Finding("lettering_unbalanced", "info", message, file, group[0].line)


def _too_long(file: str, letter: Letter) -> Finding:
    message = f"{_where(letter)} stands on more than {LONGEST_LETTER:,} lines: none were tied by it"
    return Finding("lettering_too_long", "warning", message, file, letter.first_line)


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


def _name_factor(group: Sequence[Member], daybook: Daybook) -> None:
    """An invoice lettered with a transfer to a factor is assigned, not paid."""
    factor = next((member.factor for member in group if member.factor), None)
    for member in group:
        if factor and member.what and not member.what.is_payment:
            daybook.assign(member.what.number, factor)


@dataclass(slots=True)
class Open:
    """What is left of one side of a group while it is attributed."""

    what: Item
    left: int


def _ties(letter: str, group: Sequence[Member]) -> Iterator[Tie]:
    group = _without_taken_back(group)
    invoices = _gathered(m for m in group if m.minor > 0 and m.what and not m.what.is_payment)
    sources = _gathered(m for m in group if m.minor < 0)
    complete = not _sum(group)
    lettered = max((m.lettered_on for m in group if m.lettered_on), default=None)
    back = any(m.minor > 0 and m.what and m.what.is_payment for m in group)
    derived = len(invoices) > 1 and len(sources) > 1
    if derived:
        known = all(m.what for m in group)
        pairs = attributed(invoices, sources) if complete and known and not back else ()
    else:
        pairs = () if back and not complete else _stated(invoices, sources)
    for invoice, source, amount in pairs:
        yield Tie(invoice, source, amount, letter, lettered, complete, derived)


def _without_taken_back(group: Sequence[Member]) -> Sequence[Member]:
    """A payment and its reject in one group cancel out."""
    here = {member.what.number for member in group if member.what}
    gone: set[int] = set()
    for member in group:
        if member.what and member.what.reverses in here:
            gone |= {member.what.number, member.what.reverses}
    return [m for m in group if m.what is None or m.what.number not in gone] if gone else group


def _gathered(members: Iterable[Member]) -> list[Open]:
    """One per document or payment, though it may stand on several lettered lines."""
    found: dict[int, Open] = {}
    for member in members:
        if member.what:
            one = found.setdefault(member.what.number, Open(member.what, 0))
            one.left += abs(member.minor)
    return list(found.values())


Pair = tuple[Item, Item, int]
"""Invoice, what settles it, amount."""


def _stated(invoices: Sequence[Open], sources: Sequence[Open]) -> Iterator[Pair]:
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


def attributed(invoices: Sequence[Open], sources: Sequence[Open]) -> Iterator[Pair]:
    """The work grows with the lines of the group, not with their pairs."""
    ordered = sorted(invoices, key=_age)
    yield from _equal(ordered, sources)
    yield from _cited(ordered, sources)
    yield from _oldest_first(ordered, sources)


def _age(one: Open) -> tuple[date, int]:
    return one.what.day or date.min, one.what.line


def _settle(invoice: Open, source: Open) -> Pair:
    amount = min(source.left, invoice.left)
    source.left -= amount
    invoice.left -= amount
    return invoice.what, source.what, amount


def _equal(ordered: Sequence[Open], sources: Sequence[Open]) -> Iterator[Pair]:
    of_amount: dict[int, deque[Open]] = defaultdict(deque)
    for invoice in ordered:
        of_amount[invoice.left].append(invoice)
    for source in sources:
        if same := of_amount.get(source.left):
            yield _settle(same.popleft(), source)


def _cited(ordered: Sequence[Open], sources: Sequence[Open]) -> Iterator[Pair]:
    """Invoices whose number stands in the label of what settles them."""
    numbered: dict[str, list[int]] = defaultdict(list)
    lengths: dict[str, set[int]] = defaultdict(set)
    for place, invoice in enumerate(ordered):
        number = compact(invoice.what.piece)
        if invoice.left and _SHORTEST_CITED <= len(number) <= _LONGEST_CITED:
            numbered[number].append(place)
            lengths[number[:_SHORTEST_CITED]].add(len(number))
    for source in (source for source in sources if source.left):
        label = compact(source.what.label)
        words = {
            label[at : at + length]
            for at in range(len(label))
            for length in lengths.get(label[at : at + _SHORTEST_CITED], ())
        }
        for place in sorted(place for word in words for place in numbered.get(word, ())):
            if source.left and ordered[place].left:
                yield _settle(ordered[place], source)


def _oldest_first(ordered: Sequence[Open], sources: Sequence[Open]) -> Iterator[Pair]:
    waiting = deque(invoice for invoice in ordered if invoice.left)
    for source in sources:
        while source.left and waiting:
            yield _settle(waiting[0], source)
            if not waiting[0].left:
                waiting.popleft()
