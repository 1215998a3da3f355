"""Which new lines are known already in other words, and which booked line an announced one became."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.model import BankTransaction
from mappings.statements.identity import PROVIDER, plain
from mappings.statements.result import Format

_TOO_MANY_PAIRS = 250_000


@dataclass(frozen=True, slots=True)
class _Booking:
    """What a bank booked as one amount: a line, or the children a batch was read into."""

    lines: tuple[BankTransaction, ...]

    @property
    def place(self) -> tuple[str, date | None, int, str]:
        first = self.lines[0]
        total = sum(line.amount_minor for line in self.lines)
        return (first.account_id, first.booking_date, total, first.currency)

    @property
    def money(self) -> tuple[str, int, str]:
        account, _, total, currency = self.place
        return account, total, currency

    @property
    def format(self) -> str:
        source = self.lines[0].source
        return source.object if source else ""

    def may_be(self, other: "_Booking") -> bool:
        """Two lines of one format differ when their text does; a batch may be its own total. Of two
        OFX downloads the id or the text must be the same: some banks number anew, some reword."""
        if self.format == other.format == Format.OFX:
            ids = [one.lines[0].provider_words.get("fitid") for one in (self, other)]
            return (ids[0] is not None and ids[0] == ids[1]) or _text(self) == _text(other)
        return self.format != other.format or len(self.lines) != len(other.lines)


def same_lines(known: Sequence[BankTransaction], new: Sequence[BankTransaction]) -> dict[str, str]:
    """New line id -> known line id, for every new line that is already known.

    Equal ids (same format, fingerprint and occurrence) are the same line. What is left is paired
    one to one across formats per account, booking date, amount and currency, best text first, so
    that counts are kept. A batch read into its children is paired as a whole with the one line
    that another file has for its total: all children then lead to that line (or the line to the
    first child). Lines that are not booked or not from a bank file are left alone.
    """
    ids = {line.id for line in known}
    same = {line.id: line.id for line in new if line.id in ids}
    taken = set(same)
    old = [line for line in _bookable(known) if line.id not in taken]
    fresh = [line for line in _bookable(new) if line.id not in taken]
    for split in (_bookings, _single):
        for mine, theirs in _pairs(split(fresh), split(old)):
            same.update((line.id, theirs.lines[0].id) for line in mine.lines)
            taken.update(line.id for line in (*mine.lines, *theirs.lines))
        old = [line for line in old if line.id not in taken]
        fresh = [line for line in fresh if line.id not in taken]
    return same


def _bookable(lines: Iterable[BankTransaction]) -> Iterator[BankTransaction]:
    unique = {line.id: line for line in lines}
    for line in unique.values():
        if line.status == "booked" and line.source and line.source.provider == PROVIDER:
            yield line


def _single(lines: Sequence[BankTransaction]) -> list[_Booking]:
    return [_Booking((line,)) for line in lines]


def _bookings(lines: Sequence[BankTransaction]) -> list[_Booking]:
    """Lines as their bank booked them; a batch of which a child is missing stays in single lines."""
    batches: dict[tuple[str, str], list[BankTransaction]] = defaultdict(list)
    for line in lines:
        if "batch" in line.provider_words:
            batches[line.account_id, line.provider_words["batch"]].append(line)
    bookings = [
        _Booking(tuple(sorted(batch, key=lambda line: line.id)))
        for batch in batches.values()
        if str(len(batch)) == batch[0].provider_words.get("batch_count")
    ]
    whole = {line.id for booking in bookings for line in booking.lines}
    return bookings + _single([line for line in lines if line.id not in whole])


def _pairs(new: list[_Booking], known: list[_Booking]) -> Iterator[tuple[_Booking, _Booking]]:
    places: dict[tuple[str, date | None, int, str], list[_Booking]] = defaultdict(list)
    for booking in known:
        places[booking.place].append(booking)
    groups: dict[tuple[str, date | None, int, str], list[_Booking]] = defaultdict(list)
    for booking in new:
        if booking.place in places:
            groups[booking.place].append(booking)
    for place, mine in groups.items():
        yield from _best_first(mine, places[place])


def _best_first(new: list[_Booking], known: list[_Booking]) -> Iterator[tuple[_Booking, _Booking]]:
    """Greedy: every pair of one place is admissible, so the count paired is the most possible."""
    texts = {id(booking): _text(booking) for booking in (*new, *known)}
    choices = [(mine, theirs) for mine, theirs in _choices(new, known) if mine.may_be(theirs)]
    choices.sort(
        key=lambda pair: (
            -_likeness(pair[0], pair[1], texts),
            pair[0].lines[0].id,
            pair[1].lines[0].id,
        )
    )
    used: set[int] = set()
    for mine, theirs in choices:
        if id(mine) not in used and id(theirs) not in used:
            used |= {id(mine), id(theirs)}
            yield mine, theirs


def _choices(new: list[_Booking], known: list[_Booking]) -> Iterator[tuple[_Booking, _Booking]]:
    if len(new) * len(known) <= _TOO_MANY_PAIRS:
        yield from ((mine, theirs) for mine in new for theirs in known)
    else:  # thousands of equal amounts in a day: their order by text decides, not every pair
        yield from zip(sorted(new, key=_sorted_text), sorted(known, key=_sorted_text), strict=False)


def _sorted_text(booking: _Booking) -> list[str]:
    return sorted(_text(booking))


def _text(booking: _Booking) -> frozenset[str]:
    whole = " ".join(_words_of(line) for line in booking.lines)
    return frozenset("".join(c if c.isalnum() else " " for c in whole).split())


def _words_of(line: BankTransaction) -> str:
    texts = (line.counterparty_name, line.remittance, line.end_to_end_id, line.creditor_reference)
    return plain(" ".join(text for text in texts if text))


def _likeness(mine: _Booking, theirs: _Booking, texts: Mapping[int, frozenset[str]]) -> float:
    one, other = texts[id(mine)], texts[id(theirs)]
    shared = len(one & other) / max(1, len(one | other))
    first, second = mine.lines[0], theirs.lines[0]
    equal_reference = first.end_to_end_id is not None and first.end_to_end_id == second.end_to_end_id
    return shared + equal_reference + 0.1 * (first.value_date == second.value_date)


WINDOW: Final = range(-1, 11)
"""How many days after its announced day a line may be booked."""


def successors(
    pending: Sequence[BankTransaction],
    booked: Sequence[BankTransaction],
    *,
    used: Collection[tuple[str, str]] = (),
    window: Collection[int] = WINDOW,
) -> dict[str, str]:
    """Pending line id -> id of the booked line it became; one to one within each announcing format.

    They agree on account, amount and currency, the booking is not far from the announced day, and
    neither their end-to-end ids nor all their words differ; best text first, then the nearest day.
    Details announced of a batch (camt.054) that was booked as one line all lead to that line. `used`
    are pairs (announcing format, booked id) that earlier pending lines have taken.
    """
    found: dict[str, str] = {}
    formats: dict[str, list[BankTransaction]] = defaultdict(list)
    for line in pending:
        formats[_Booking((line,)).format].append(line)
    for format, announced in formats.items():
        free = [line for line in booked if line.status == "booked" and (format, line.id) not in used]
        for split in (_bookings, _single):
            left = [line for line in announced if line.id not in found]
            taken: set[str] = set()
            for mine, theirs in _followed(split(left), split(free), window):
                found.update(_each(mine, theirs))
                taken.update(line.id for line in theirs.lines)
            free = [line for line in free if line.id not in taken]
    return found


def _followed(
    announced: list[_Booking], booked: list[_Booking], window: Collection[int]
) -> Iterator[tuple[_Booking, _Booking]]:
    places: dict[tuple[str, int, str], list[_Booking]] = defaultdict(list)
    for booking in booked:
        places[booking.money].append(booking)
    groups: dict[tuple[str, int, str], list[_Booking]] = defaultdict(list)
    for booking in announced:
        if booking.money in places:
            groups[booking.money].append(booking)
    for money, mine in groups.items():
        yield from _nearest_first(mine, places[money], window)


def _nearest_first(
    announced: list[_Booking], booked: list[_Booking], window: Collection[int]
) -> Iterator[tuple[_Booking, _Booking]]:
    texts = {id(booking): _text(booking) for booking in (*announced, *booked)}
    choices = [
        (-_likeness(mine, theirs, texts), abs(_days(mine, theirs)), mine.lines[0].id, theirs.lines[0].id)
        for mine, theirs in _choices(announced, booked)
        if _days(mine, theirs) in window and not _differ(mine, theirs, texts)
    ]
    named = {booking.lines[0].id: booking for booking in (*announced, *booked)}
    paired: set[str] = set()
    for *_, mine, theirs in sorted(choices):
        if mine not in paired and theirs not in paired:
            paired |= {mine, theirs}
            yield named[mine], named[theirs]


def _each(announced: _Booking, booked: _Booking) -> Iterator[tuple[str, str]]:
    """Line by line where the booking has as many, else all to its first."""
    mine, theirs = (
        sorted(one.lines, key=lambda line: (line.amount_minor, _words_of(line)))
        for one in (announced, booked)
    )
    if len(mine) != len(theirs):
        theirs = [theirs[0]] * len(mine)
    return ((line.id, other.id) for line, other in zip(mine, theirs, strict=True))


def _differ(mine: _Booking, theirs: _Booking, texts: Mapping[int, frozenset[str]]) -> bool:
    """By their end-to-end ids, or by all their words; the label of a total says nothing of its parts."""
    if len(mine.lines) != len(theirs.lines):
        return False
    one, other = mine.lines[0].end_to_end_id, theirs.lines[0].end_to_end_id
    words, others = texts[id(mine)], texts[id(theirs)]
    return bool((one and other and one != other) or (words and others and not words & others))


def announced_day(line: BankTransaction) -> date | None:
    """The day a line is dated by its announcement."""
    return line.booking_date or line.value_date


def _days(announced: _Booking, booked: _Booking) -> int:
    """From the announced day to the booking; a line announced without a day may be any day's."""
    day, on = announced_day(announced.lines[0]), booked.lines[0].booking_date
    return (on - day).days if day and on else 0
