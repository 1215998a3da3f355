"""The items of one scope, findable by number, digits, counter and amount; settled items included."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from sys import intern
from typing import Final, NamedTuple

from core.reconciliation.label import WORD, fold_text, valid_structured
from core.reconciliation.line import Item

GROUP: Final = re.compile(r"[A-Z]+|\d+")
_DIGIT: Final = re.compile(r"\d")
_AS_NINES: Final = str.maketrans("012345678", "9" * 9)
_LETTERS: Final = re.compile(r"[A-Z]+")
CONFUSED: Final = str.maketrans("OISBZG", "015826")
"""Letters that are read for digits: numbers are compared on this folded alphabet, one grade lower."""

_GENERIC_WORDS: Final = (
    "FA FAC FACT FACTS FACTURE FACTURES FCT F N NO NDEG NUM INV INVOICE AV AVOIR RGLT REGLT"
)
GENERIC: Final = frozenset(_GENERIC_WORDS.split())
"""Words payers write before a number whatever its real prefix is."""

STRUCTURED: Final = 4
FULL: Final = 3
LONG_DIGITS: Final = 2
SHORT_DIGITS: Final = 1
COUNTER: Final = 0
LONG: Final = 7
SHORT: Final = 5
LONGEST_LAST: Final = 18
"""Digits at the end of a number beyond which they count nothing."""


YEARS: Final = frozenset({"200", "201", "202", "203"})
"""How years begin by which invoices are numbered."""
_REPEATED: Final = 4
"""Letters and years, which many numbers share, are no longer than this, and are held once."""


class Number(NamedTuple):
    """An invoice number taken apart. `breaks` are the offsets in `compact` where it was separated."""

    compact: str
    groups: tuple[str, ...]
    breaks: frozenset[int]
    words: int

    @property
    def last(self) -> str:
        """Its last group; empty when it has none, as a number of signs alone."""
        return self.groups[-1] if self.groups else ""


def number_of(text: str) -> Number:
    """Takes a printed number apart.

    >>> number_of("FAC-2024-000123").groups
    ('FAC', '2024', '000123')
    """
    folded = fold_text(text)
    words = WORD.findall(folded)
    breaks = _breaks(tuple(map(len, words[:-1])))
    groups = tuple([intern(g) if len(g) <= _REPEATED else g for g in GROUP.findall(folded)])
    return Number("".join(words), groups, breaks, len(words))


@lru_cache(maxsize=8192)
def _breaks(lengths: tuple[int, ...]) -> frozenset[int]:
    """Where words of these lengths end: the same few sets for most numbers."""
    return frozenset(accumulate(lengths))


def bare(digits: str) -> str:
    """Digits without leading zeros; `0` when nothing else is left."""
    return digits.lstrip("0") or "0"


def loose_key(groups: Sequence[str]) -> str:
    """Letters and digits of a number, each group of digits without its zeros: `FAC|2024|123`."""
    return "|".join([g.lstrip("0") or "0" if g.isdigit() else g for g in groups])


def digits_key(digits: Sequence[str]) -> str:
    """The groups of digits of a number, each without its zeros: `2024|123`."""
    return "|".join([group.lstrip("0") or "0" for group in digits])


def strength_of(number: str) -> int:
    """How telling a number is when cited whole: with letters it is full, else its digits count."""
    if not number.isdigit():
        return FULL if len(number) >= 3 and _DIGIT.search(number) else SHORT_DIGITS
    return LONG_DIGITS if len(number) >= LONG else SHORT_DIGITS if len(number) >= SHORT else COUNTER


def shape_of(text: str) -> str:
    """A folded number with every digit as 9: `FA2401` and `FA2377` have one shape."""
    return text.translate(_AS_NINES)


def form_of(text: str) -> str:
    """The shape with the first two characters as they are, which for digits alone is all there is."""
    return text[:2] + shape_of(text[2:])


def running(groups: Sequence[str]) -> str:
    """The digits of a number that go on from one invoice to the next: the last ones, or those before the
    year where the year stands last."""
    digits = [g for g in groups if g.isdigit()]
    if len(digits) > 1 and not _may_be_year(digits[0]) and len(digits[0]) <= 4 and _may_be_year(digits[-1]):
        digits.pop()
    return digits[-1] if digits else ""


def _may_be_year(digits: str) -> bool:
    """Whether an invoice may be numbered by this year."""
    return len(digits) == 4 and digits[:3] in YEARS


def counters_of(groups: Sequence[str]) -> tuple[str, ...]:
    """What a payer may write for the end of a number: its running digits, or the end of many.

    >>> counters_of(("F", "2024", "0031")), counters_of(("94", "2024"))
    (('31',), ('94',))
    """
    last = running(groups)
    if not last:
        return ()
    if len(last) <= 6:
        return (bare(last),)
    return tuple(dict.fromkeys(bare(last[-n:]) for n in (3, 4, 5, 6)))


def _parted(groups: Sequence[str]) -> tuple[str, str]:
    """A number without the digits at its end, and those, unless nobody counts so far."""
    head, last = groups[:-1], "".join(groups[-1:])
    return ("".join(head), last) if last.isdigit() and len(last) <= LONGEST_LAST else ("".join(groups), "")


class Index:
    """Positions of items by the keys a text may hold. Built once; knows nothing of open amounts."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = tuple(sorted(items, key=lambda i: i.item_id))
        self.position = {item.item_id: n for n, item in enumerate(self.items)}
        self.full: dict[str, list[int]] = defaultdict(list)
        self.loose: dict[str, list[int]] = defaultdict(list)
        self.digits: dict[str, list[int]] = defaultdict(list)
        self.folded: dict[str, list[int]] = defaultdict(list)
        self.structured: dict[str, list[int]] = defaultdict(list)
        self.orders: dict[str, list[int]] = defaultdict(list)
        self.billed: dict[tuple[str, int], list[int]] = defaultdict(list)
        self.counters: Counter[str] = Counter()
        self.by_counter: dict[str, list[int]] = defaultdict(list)
        self.prefixes: set[str] = set()
        self.plain_prefixes: set[str] = set()
        self.shapes: dict[str, set[str]] = defaultdict(set)
        self.of_shape: Counter[str] = Counter()
        self.printed: set[str] = set()
        self.forms_of: dict[str, set[str]] = defaultdict(set)
        self.last: dict[tuple[str, str], tuple[int, int]] = {}
        self.numbers: list[Number] = []
        self.max_words = 3
        for n, item in enumerate(self.items):
            self._enter(n, item)
        self.amounts = Counter(amount for _, amount in self.billed)
        """An amount counts once for each debtor who was billed it."""
        self.starters = self.prefixes | GENERIC
        self.beginnings = self.prefixes | {m[0] for order in self.orders if (m := _LETTERS.match(order))}

    def _enter(self, n: int, item: Item) -> None:
        number = number_of(item.number)
        self.numbers.append(number)
        self.billed[item.debtor_id, abs(item.amount_minor)].append(n)
        self.max_words = min(5, max(self.max_words, number.words))
        if item.creditor_reference or item.buyer_reference:
            self._enter_references(n, item)
        if number.compact:
            self._enter_number(n, number)
            self.printed.add(shape_of(fold_text(item.number.strip())))

    def _enter_references(self, n: int, item: Item) -> None:
        """The structured reference, and what the buyer may write instead of our number."""
        reference = valid_structured(item.creditor_reference or "")
        if reference:
            self.structured[reference].append(n)
        ordered = (item.buyer_reference or "").split("|")  # a buyer reference and an order number
        for other in (*ordered, None if reference else item.creditor_reference):
            compact = "".join(WORD.findall(fold_text(other))) if other else ""
            if strength_of(compact) > COUNTER:
                self.orders[compact].append(n)

    def _enter_number(self, n: int, number: Number) -> None:
        compact, groups, item = number.compact, number.groups, self.items[n]
        if strength_of(compact) > COUNTER:
            self.full[compact].append(n)
            self.loose[loose_key(groups)].append(n)
            self.folded[compact.translate(CONFUSED)].append(n)
        shape = shape_of(compact)
        self.shapes[shape].add(item.seller_id)
        self.of_shape[shape] += 1
        self.forms_of[item.debtor_id].add(form_of(compact))
        self._enter_last(item.seller_id, number)
        self._enter_digits(n, [g for g in groups if g.isdigit()])
        counters = counters_of(groups)
        if counters:
            self.counters[counters[0]] += 1
        for counter in counters:
            self.by_counter[counter].append(n)
        if groups[0].isalpha():
            self.prefixes.add(groups[0])
            if len(groups) == 2:
                self.plain_prefixes.add(groups[0])

    def _enter_digits(self, n: int, digits: Sequence[str]) -> None:
        """The digits alone, group by group and in one piece, with leading zeros and without."""
        dense = "".join(digits)
        for key in {digits_key(digits), bare(dense), dense} if len(dense) >= SHORT else ():
            if len(key.replace("|", "")) >= SHORT:
                self.digits[key].append(n)

    def _enter_last(self, seller_id: str, number: Number) -> None:
        """The length and the value of the longest and highest digits at the end of a seller's numbers."""
        head, last = _parted(number.groups)
        if last:
            longest, highest = self.last.get((seller_id, head), (0, 0))
            self.last[seller_id, head] = max(longest, len(last)), max(highest, int(last))

    def longer_by(self, n: int) -> int:
        """How many digits longer the longest number is that begins like that of item `n`, of its seller."""
        head, last = _parted(self.numbers[n].groups)
        longest, _ = self.last.get((self.items[n].seller_id, head), (len(last), 0))
        return longest - len(last)

    def goes_on(self, n: int) -> bool:
        """Whether the number of item `n` may be the beginning of another of its seller's, no higher than
        those he has."""
        head, last = _parted(self.numbers[n].groups)
        _, highest = self.last.get((self.items[n].seller_id, head), (0, 0))
        return self.longer_by(n) > 0 and int(last or 0) * 10 <= highest

    def billed_to(self, debtor_id: str, amount: int) -> Sequence[int]:
        """Every item of the debtor of this amount, settled ones too."""
        return self.billed.get((debtor_id, abs(amount)), ())

    def same_series(self, n: int, number: str) -> int | None:
        """The item with this compact number between the same seller and debtor, if there is one."""
        return next((m for m in self.full.get(number, ()) if self.same_parties(n, m)), None)

    def same_parties(self, n: int, m: int) -> bool:
        """Whether two items are between the same seller and the same debtor."""
        one, other = self.items[n], self.items[m]
        return one.seller_id == other.seller_id and one.debtor_id == other.debtor_id
