"""The same money seen by two sources: which line is a copy of which, one to one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from rapidfuzz.fuzz import token_set_ratio

from core.reconciliation.label import fold_text
from core.reconciliation.line import LEDGER, Line
from core.reconciliation.receipt import ids_of
from core.reconciliation.scope import normal_iban

LEDGER_DAYS = 3
"""How far an accounting tool's feed may date a line from the bank; files must agree on the day."""
COMPARED = 10_000
"""Pairs of equal lines whose texts are compared; beyond, equal lines are paired in their order."""
SCANNED = 500
"""Records looked at for one line when only the dates are left to go by."""

Account = tuple[str | None, str]
Cost = Callable[[Line, Line], int | None]


def tie(lines: Sequence[Line], *, standing: frozenset[str] = frozenset()) -> dict[str, str]:
    """Copies by id, each with the id of the line that is the book of record for that money.

    One to one and count-preserving: three equal payments in one source and three in another are
    three. Lines of one source, of different known IBANs, or without `source_key` never tie. The
    record is the source of lowest rank (the bank itself), but a line whose decision is `standing`
    stays the record, so that no decision moves when a better source arrives later.
    """
    groups: dict[str, list[Line]] = {}
    buckets = _buckets(lines)
    accounts = _paired_accounts(buckets)
    for bucket in buckets:
        for copy, original in _tied(bucket, accounts):
            groups.setdefault(original.transaction_id, [original]).append(copy)
    ties: dict[str, str] = {}
    for group in groups.values():
        record = next((x for x in group if x.transaction_id in standing), group[0])
        ties.update({x.transaction_id: record.transaction_id for x in group if x is not record})
    return ties


def _buckets(lines: Sequence[Line]) -> list[list[Line]]:
    """Booked lines that could be the same money, in a defined order: by source, then day, then id."""
    found: dict[tuple[str, str | None, str, int], list[Line]] = defaultdict(list)
    if len({line.source_key for line in lines} - {None}) < 2:
        return []
    for line in lines:
        if line.source_key is not None and line.status == "booked" and line.booking_date:
            found[line.tenant_id, line.company_id, line.currency, line.amount_minor].append(line)
    return [
        sorted(bucket, key=lambda x: (x.source_rank, x.source_key or "", x.booking_date, x.transaction_id))
        for key, bucket in sorted(found.items(), key=str)
        if len({line.source_key for line in bucket}) > 1
    ]


def _account(line: Line) -> Account:
    return normal_iban(line.account_iban), line.account_id


def _days(one: Line, other: Line) -> int:
    return abs(_ordinal(one) - _ordinal(other))


def _ordinal(line: Line) -> int:
    """The booking day as a number; the buckets hold no line without one."""
    return line.booking_date.toordinal() if line.booking_date else 0


def _compatible(one: Line, other: Line) -> bool:
    """Whether account and day allow two lines of different sources to be the same money."""
    if one.source_key == other.source_key:
        return False
    ledger = LEDGER in (one.source_rank, other.source_rank)
    if _days(one, other) > (LEDGER_DAYS if ledger else 0):
        return False
    a, b = _account(one), _account(other)
    if a[0] and b[0]:
        return a[0] == b[0]
    return ledger or a[1] == b[1]


def _paired_accounts(buckets: list[list[Line]]) -> dict[tuple[str, str, str], Account]:
    """For each feed account without IBAN, the bank account its lines agree with most, if one does."""
    votes: dict[tuple[str, str, str], Counter[Account]] = defaultdict(Counter)
    for bucket in buckets:
        for line in bucket:
            if line.source_rank == LEDGER and not normal_iban(line.account_iban):
                seen = {_account(o) for o in bucket if o.source_rank < LEDGER and _compatible(o, line)}
                votes[line.tenant_id, line.source_key or "", line.account_id].update(seen)
    paired = {}
    for feed, counts in votes.items():
        best = counts.most_common(2)
        if len(best) == 1 or (len(best) == 2 and best[0][1] > best[1][1]):
            paired[feed] = best[0][0]
    return paired


def _tied(bucket: list[Line], accounts: dict[tuple[str, str, str], Account]) -> Iterable[tuple[Line, Line]]:
    """(copy, original) pairs of one bucket: each source in turn against the records so far."""
    records: list[Line] = []
    sources = dict.fromkeys(line.source_key for line in bucket)
    for source in sources:
        mine = [line for line in bucket if line.source_key == source]
        pairing = _Pairing(records, mine, accounts)
        yield from pairing.run()
        records.extend(pairing.left)


class _Pairing:
    """Lines of one source against the records of sources that come before it."""

    def __init__(
        self, records: list[Line], copies: list[Line], accounts: dict[tuple[str, str, str], Account]
    ) -> None:
        self.free = {line.transaction_id: line for line in records}
        self.copies = {line.transaction_id: line for line in copies}
        self.accounts = accounts
        self.pairs: list[tuple[Line, Line]] = []

    @property
    def left(self) -> list[Line]:
        return list(self.copies.values())

    def run(self) -> list[tuple[Line, Line]]:
        """First pairs that share an identifier, then those of one day by text, then the rest by date."""
        if self.free and len(self.free) * len(self.copies) <= COMPARED:
            self._take(lambda o, c: 0 if set(ids_of(o)) & set(ids_of(c)) else None)
            self._take(lambda o, c: -_likeness(o, c) if _days(o, c) == 0 else None)
        self._by_date()
        return self.pairs

    def _fits(self, original: Line, copy: Line) -> bool:
        account = self.accounts.get((copy.tenant_id, copy.source_key or "", copy.account_id))
        known = account is None or original.source_rank == LEDGER or _account(original) == account
        return known and _compatible(original, copy)

    def _take(self, cost: Cost) -> None:
        priced = [
            (price, _days(o, c), o.transaction_id, c.transaction_id)
            for o in self.free.values()
            for c in self.copies.values()
            if self._fits(o, c) and (price := cost(o, c)) is not None
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


def _likeness(one: Line, other: Line) -> int:
    a, b = (fold_text(f"{x.counterparty_name or ''} {x.remittance or ''}")[:400] for x in (one, other))
    return round(token_set_ratio(a, b))
