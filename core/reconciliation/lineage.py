"""The same money seen by two sources: which line is a copy of which, one to one."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from rapidfuzz.fuzz import token_set_ratio

from core.reconciliation.label import fold_text, given, mask
from core.reconciliation.line import LEDGER, Line
from core.reconciliation.receipt import ids_of
from core.reconciliation.scope import normal_iban
from core.reconciliation.spelling import COMMON, normalise

LEDGER_DAYS: Final = 3
"""How far an accounting tool's feed may date a line from the bank; files must agree on the day."""
COMPARED: Final = 10_000
"""Pairs of equal lines of one day whose texts are compared; beyond, they are paired in their order."""
SCANNED: Final = 500
"""Records looked at for one line when only the dates are left to go by."""
SHARED: Final = 20
"""An identifier that more equal lines share ties nothing by itself."""
_NUMBER: Final = re.compile(r"\d+")

Feed = tuple[str, str | None, str, str]
"""An account of a source that cannot name its IBAN: tenant, company, source, account."""
Mirrors = dict[Feed, frozenset[str]]
Cost = Callable[[Line, Line], int]


def tie(lines: Sequence[Line], *, standing: frozenset[str] = frozenset()) -> dict[str, str]:
    """Copies by id, each with the id of the line that is the book of record for that money.

    One to one and count-preserving: three equal payments in one source and three in another are
    three. Lines of one source, of different known IBANs, or without `source_key` never tie; nor do
    lines whose texts cite different numbers or payers, or of a feed that mirrors another account.
    The record is the source of lowest rank (the bank itself), but a line whose decision is `standing`
    stays the record, so that no decision moves when a better source arrives later.
    """
    groups: dict[str, list[Line]] = {}
    booked = [x for x in lines if x.source_key is not None and x.status == "booked" and x.booking_date]
    buckets = _buckets(booked)
    mirrors = _mirrors(booked, buckets) if buckets else {}
    texts = _Texts()
    for bucket in buckets:
        for copy, original in _tied(bucket, mirrors, texts):
            groups.setdefault(original.transaction_id, [original]).append(copy)
    ties: dict[str, str] = {}
    for group in groups.values():
        record = next((x for x in group if x.transaction_id in standing), group[0])
        ties.update({x.transaction_id: record.transaction_id for x in group if x is not record})
    return ties


def _buckets(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that could be the same money, in a defined order: by source, then day, then id."""
    found: dict[tuple[str, str | None, str, int], list[Line]] = defaultdict(list)
    if len({line.source_key for line in lines}) < 2:
        return []
    for line in lines:
        found[line.tenant_id, line.company_id, line.currency, line.amount_minor].append(line)
    return [
        sorted(bucket, key=lambda x: (x.source_rank, x.source_key or "", x.booking_date, x.transaction_id))
        for key, bucket in sorted(found.items(), key=str)
        if len({line.source_key for line in bucket}) > 1
    ]


def _place(line: Line) -> str:
    """The account: its IBAN where the source names it."""
    return normal_iban(line.account_iban) or line.account_id


def _feed(line: Line) -> Feed | None:
    """The feed a line comes from, when that cannot name the account's IBAN."""
    if line.source_rank != LEDGER or normal_iban(line.account_iban):
        return None
    return line.tenant_id, line.company_id, line.source_key or "", line.account_id


def _days(one: Line, other: Line) -> int:
    return abs(_ordinal(one) - _ordinal(other))


def _ordinal(line: Line) -> int:
    """The booking day as a number; the buckets hold no line without one."""
    return line.booking_date.toordinal() if line.booking_date else 0


class _Words(NamedTuple):
    """What a line's texts say: numbers as written, all digits in a row, the words of the payer's name."""

    numbers: tuple[str, ...]
    digits: str
    name: frozenset[str]


class _Texts:
    """Texts of lines, each read once."""

    def __init__(self) -> None:
        self._read: dict[str, _Words] = {}

    def of(self, line: Line) -> _Words:
        found = self._read.get(line.transaction_id)
        if found is None:
            found = self._read[line.transaction_id] = _words(line)
        return found

    def differ(self, one: Line, other: Line) -> bool:
        """Each cites a number that the other does not, or their payers' names share no word."""
        a, b = self.of(one), self.of(other)
        if a.name and b.name and not a.name & b.name:
            return True
        return _lacks(a.numbers, b.digits) and _lacks(b.numbers, a.digits)


def _words(line: Line) -> _Words:
    numbers = tuple(_NUMBER.findall(mask(fold_text(given(line.remittance) or ""))))
    others = (line.end_to_end_id, line.bank_reference, line.creditor_reference)
    name = given(line.counterparty_name)
    return _Words(
        tuple(number.lstrip("0") for number in numbers),
        "".join((*numbers, *_NUMBER.findall(" ".join(filter(None, others))))),
        frozenset(normalise(name).words) - COMMON if name else frozenset(),
    )


def _lacks(numbers: tuple[str, ...], digits: str) -> bool:
    return any(number not in digits for number in numbers)


def _may_be_one(one: Line, other: Line, texts: _Texts) -> bool:
    """Whether source, account, day and texts allow two lines to be the same money."""
    if one.source_key == other.source_key:
        return False
    ledger = LEDGER in (one.source_rank, other.source_rank)
    if _days(one, other) > (LEDGER_DAYS if ledger else 0):
        return False
    a, b = normal_iban(one.account_iban), normal_iban(other.account_iban)
    if a and b:
        return a == b
    return (ledger or one.account_id == other.account_id) and not texts.differ(one, other)


def _mirrors(lines: Sequence[Line], buckets: list[list[Line]]) -> Mirrors:
    """For each feed that shares amounts with bank accounts, those accounts it may be a mirror of.

    Most of the feed's lines of the account's days must be there too, and no other account, nor
    another feed of the tool in the same days, may agree better.
    """
    votes = _votes(buckets)
    feeds: dict[Feed, list[int]] = defaultdict(list)
    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for line in lines:
        day, feed = _ordinal(line), _feed(line)
        if feed is not None:
            feeds[feed].append(day)
        else:
            place = (line.tenant_id, _place(line))
            first, last = spans.get(place, (day, day))
            spans[place] = min(first, day), max(last, day)
    for days in feeds.values():
        days.sort()
    likely = {
        feed: {
            place: n for place, n in counts.items() if 2 * n > _within(feeds[feed], *spans[feed[0], place])
        }
        for feed, counts in votes.items()
    }
    return {
        feed: frozenset(
            place
            for place, n in counts.items()
            if n == max(counts.values()) and not _outdone(feed, place, likely, feeds)
        )
        for feed, counts in likely.items()
    }


def _votes(buckets: list[list[Line]]) -> dict[Feed, Counter[str]]:
    """How many lines of each feed have an equal line in each bank account, give or take the days."""
    votes: dict[Feed, Counter[str]] = defaultdict(Counter)
    for bucket in buckets:
        banked: dict[str, set[int]] = defaultdict(set)
        for line in bucket:
            if line.source_rank < LEDGER:
                banked[_place(line)].add(_ordinal(line))
        for line in bucket:
            feed = _feed(line)
            near = range(_ordinal(line) - LEDGER_DAYS, _ordinal(line) + LEDGER_DAYS + 1)
            if feed is not None:
                votes[feed].update(place for place, days in banked.items() if not days.isdisjoint(near))
    return votes


def _within(days: list[int], first: int, last: int) -> int:
    return bisect_right(days, last) - bisect_left(days, first)


def _outdone(
    feed: Feed, place: str, likely: dict[Feed, dict[str, int]], feeds: dict[Feed, list[int]]
) -> bool:
    """Another account of the same tool, read in the same days, agrees better with the bank account."""
    own = feeds[feed]
    return any(
        counts.get(place, 0) > likely[feed][place] and _within(feeds[other], own[0], own[-1]) > 0
        for other, counts in likely.items()
        if other != feed and other[:3] == feed[:3]
    )


def _tied(bucket: list[Line], mirrors: Mirrors, texts: _Texts) -> Iterable[tuple[Line, Line]]:
    """(copy, original) pairs of one bucket: each source in turn against the records so far."""
    records: list[Line] = []
    sources = dict.fromkeys(line.source_key for line in bucket)
    for source in sources:
        mine = [line for line in bucket if line.source_key == source]
        pairing = _Pairing(records, mine, mirrors, texts)
        yield from pairing.run()
        records.extend(pairing.left)


class _Pairing:
    """Lines of one source against the records of sources that come before it."""

    def __init__(self, records: list[Line], copies: list[Line], mirrors: Mirrors, texts: _Texts) -> None:
        self.free = {line.transaction_id: line for line in records}
        self.copies = {line.transaction_id: line for line in copies}
        self.mirrors = mirrors
        self.texts = texts
        self.pairs: list[tuple[Line, Line]] = []

    @property
    def left(self) -> list[Line]:
        return list(self.copies.values())

    def run(self) -> list[tuple[Line, Line]]:
        """First pairs that share an identifier, then those of one day by text, then the rest by date."""
        if self.free:
            self._take(self._of_one_id(), lambda o, c: 0)
            self._take(self._of_one_day(), lambda o, c: -_likeness(o, c))
            self._by_date()
        return self.pairs

    def _fits(self, original: Line, copy: Line) -> bool:
        feed = _feed(copy)
        places = self.mirrors.get(feed) if feed and original.source_rank < LEDGER else None
        known = places is None or _place(original) in places
        return known and _may_be_one(original, copy, self.texts)

    def _of_one_id(self) -> Iterable[tuple[Line, Line]]:
        named: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for record in self.free.values():
            for key in ids_of(record):
                named[key].append(record)
        for copy in self.copies.values():
            for key in ids_of(copy):
                if len(records := named.get(key, ())) <= SHARED:
                    yield from ((record, copy) for record in records)

    def _of_one_day(self) -> Iterable[tuple[Line, Line]]:
        records, copies = _by_day(self.free.values()), _by_day(self.copies.values())
        for day, several in copies.items():
            there = records.get(day, [])
            if len(there) * len(several) <= COMPARED:
                yield from ((record, copy) for record in there for copy in several)

    def _take(self, pairs: Iterable[tuple[Line, Line]], cost: Cost) -> None:
        priced = [
            (cost(o, c), _days(o, c), o.transaction_id, c.transaction_id)
            for o, c in pairs
            if self._fits(o, c)
        ]
        for _, _, original, copy in sorted(priced):
            if original in self.free and copy in self.copies:
                self.pairs.append((self.copies.pop(copy), self.free.pop(original)))

    def _by_date(self) -> None:
        """Both in date order, each copy with the first record it may be: as many pairs as possible."""
        records = sorted(self.free.values(), key=lambda x: (_ordinal(x), x.transaction_id))
        start = 0
        for copy in sorted(self.copies.values(), key=lambda x: (_ordinal(x), x.transaction_id)):
            while start < len(records) and self._is_past(records[start], copy):
                start += 1
            match = next((o for o in self._near(records, start, copy) if self._fits(o, copy)), None)
            if match is not None:
                self.pairs.append((self.copies.pop(copy.transaction_id), self.free.pop(match.transaction_id)))

    def _is_past(self, record: Line, copy: Line) -> bool:
        late = _ordinal(copy) - _ordinal(record) > LEDGER_DAYS
        return late or record.transaction_id not in self.free

    def _near(self, records: list[Line], start: int, copy: Line) -> Iterable[Line]:
        for record in records[start : start + SCANNED]:
            if _days(record, copy) > LEDGER_DAYS:
                return
            if record.transaction_id in self.free:
                yield record


def _by_day(lines: Iterable[Line]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        found[_ordinal(line)].append(line)
    return found


def _likeness(one: Line, other: Line) -> int:
    a, b = (fold_text(f"{x.counterparty_name or ''} {x.remittance or ''}")[:400] for x in (one, other))
    return round(token_set_ratio(a, b))
