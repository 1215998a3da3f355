"""Which invoices a text cites: delimited numbers, lists with the prefix once, ranges, unknown numbers."""

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from core.reconciliation.index import (
    _GROUP,
    CONFUSED,
    FULL,
    GENERIC,
    LONG,
    LONG_DIGITS,
    SHORT,
    SHORT_DIGITS,
    Index,
    bare,
    digits_key,
    loose_key,
    strength_of,
)
from core.reconciliation.label import Label, Word
from core.reconciliation.policy import Policy

_JOINS: Final = frozenset({"", " ", "-", "/", ".", "_", " - ", " / ", "- ", " -", ". ", ":", " : ", ": "})
_TIGHT: Final = frozenset({"-", "/", ".", "_"})
_RANGE_WORDS: Final = frozenset({"A", "AU", "TO"})
_AND_WORDS: Final = frozenset({"ET", "AND", "PLUS", "N", "NO"})
_CITING: Final = frozenset(
    {"FA", "FAC", "FACT", "FACTS", "FACTURE", "FACTURES", "FCT", "INV", "INVOICE", "AVOIR"}
)
_ALNUM: Final = re.compile(r"([A-Z]{1,8})(\d{2,12})")
MAX_WORDS: Final = 400
MAX_RANGE: Final = 200


class Citation(NamedTuple):
    """A stretch of text and the items it may mean. `how`: full, zeros, digits, folded, list, range."""

    text: str
    field: str
    start: int
    end: int
    strength: int
    items: tuple[int, ...]
    how: str


@dataclass(slots=True)
class Cited:
    """Everything a text says about invoices. `spans` are what `a - b` means when it is a range."""

    citations: list[Citation] = field(default_factory=list)
    unknown: list[Word] = field(default_factory=list)
    counters: list[Word] = field(default_factory=list)
    spans: list[tuple[int, ...]] = field(default_factory=list)
    caps: list[str] = field(default_factory=list)


Narrow = Callable[[Sequence[int]], tuple[int, ...]]


class _Hit(NamedTuple):
    strength: int
    first: int
    after: int
    items: tuple[int, ...]
    how: str


class _Finder:
    """One pass over one label's words."""

    def __init__(self, label: Label, index: Index, policy: Policy, narrow: Narrow) -> None:
        self.words = label.words[:MAX_WORDS]
        self.index = index
        self.policy = policy
        self.narrow = narrow
        self.label = label
        self.used = [False] * len(self.words)
        self.cited = Cited(caps=list(label.caps))
        if len(label.words) > MAX_WORDS:
            self.cited.caps.append("max_words")

    def run(self) -> Cited:
        hits = self._chosen(self._whole_numbers())
        hits += self._chosen(self._parts())
        hits.sort(key=lambda h: h.first)
        if len(hits) > self.policy.max_references:
            self.cited.caps.append("max_references")
            hits = hits[: self.policy.max_references]
        for hit in hits:
            self._cite(hit)
        self._rest()
        return self.cited

    def _spans(self, starters: Set[str]) -> Iterator[tuple[int, int, str]]:
        """Word spans that may be one number, with their joined text. A span that begins with a plain
        word is worth a look only when a number may begin with that word."""
        words, most = self.words, self.index.max_words
        for first, word in enumerate(words):
            joined = word.text
            if self.used[first] or (joined.isalpha() and joined not in starters):
                continue
            if not joined.isalpha():
                yield first, first + 1, joined
            for last in range(first + 1, min(len(words), first + most)):
                following = words[last]
                if following.zone != word.zone or following.glue not in _JOINS or self.used[last]:
                    break
                joined += following.text
                if not joined.isalpha():
                    yield first, last + 1, joined

    def _whole_numbers(self) -> list[_Hit]:
        hits = []
        full = self.index.full
        for first, after, number in self._spans(self.index.prefixes):
            positions = full.get(number)
            if positions is not None:
                strength = self._whole_strength(first, after, number, positions)
                hits.append(_Hit(strength, first, after, tuple(positions), "full"))
        return hits

    def _whole_strength(self, first: int, after: int, number: str, positions: Sequence[int]) -> int:
        strength = strength_of(number)
        breaks, at = set(), 0
        for n in range(first, after - 1):
            at += len(self.words[n].text)
            if number[at - 1].isdigit() and number[at].isdigit():
                breaks.add(at)
        printed = all(breaks <= self.index.numbers[p].breaks for p in positions)
        return strength if printed else min(strength, SHORT_DIGITS)

    def _parts(self) -> list[_Hit]:
        """Numbers without their zeros or letters, or read with confused letters, in words still free."""
        hits = []
        for first, after, number in self._spans(self.index.starters):
            hits.extend(self._part(first, after, number))
        return hits

    def _part(self, first: int, after: int, number: str) -> list[_Hit]:
        groups = [g for w in self.words[first:after] for g in _GROUP.findall(w.text)]
        digits = sum(len(bare(g)) for g in groups if g[0].isdigit())
        index = self.index
        if positions := index.loose.get(loose_key(groups)):
            strength = LONG_DIGITS if digits >= 3 else SHORT_DIGITS
            return [_Hit(strength, first, after, tuple(positions), "zeros")]
        generic = all(g in GENERIC for g in groups if g[0].isalpha())
        if digits >= SHORT and generic and (positions := index.digits.get(digits_key(groups))):
            strength = LONG_DIGITS if digits >= LONG else SHORT_DIGITS
            return [_Hit(strength, first, after, tuple(positions), "digits")]
        folded = number.translate(CONFUSED)
        if len(number) >= SHORT and not number.isdigit() and (positions := index.folded.get(folded)):
            return [_Hit(LONG_DIGITS, first, after, tuple(positions), "folded")]
        return []

    def _chosen(self, hits: list[_Hit]) -> list[_Hit]:
        """Strongest, then longest, then first; no word counts twice."""
        chosen = []
        for hit in sorted(hits, key=lambda h: (-h.strength, h.first - h.after, h.first)):
            if not any(self.used[hit.first : hit.after]):
                self.used[hit.first : hit.after] = [True] * (hit.after - hit.first)
                chosen.append(hit)
        return chosen

    def _cite(self, hit: _Hit) -> None:
        items = hit.items
        if len(items) > 1:
            items = self.narrow(items)
        if len(items) > self.policy.max_shared_key:
            self.cited.caps.append("max_shared_key")
            return
        after = self._continue(hit, items)
        strength = self._placed(hit, after)
        self._add(hit.first, hit.after, strength, items, hit.how)

    def _add(self, first: int, after: int, strength: int, items: tuple[int, ...], how: str) -> None:
        begin, end = self.words[first], self.words[after - 1]
        text = " ".join(w.text for w in self.words[first:after])
        self.cited.citations.append(Citation(text, begin.field, begin.start, end.end, strength, items, how))

    def _placed(self, hit: _Hit, after: int) -> int:
        """One grade lower when the number is glued to more text, or ends where the text was cut."""
        strength = hit.strength
        before = self.words[hit.first]
        glued = before.glue in _TIGHT and _has_digit(self.words[hit.first - 1].text)
        if glued and not self.used[hit.first - 1]:
            strength -= 1
        if after < len(self.words) and not self.used[after]:
            following = self.words[after]
            if following.glue in _TIGHT and _has_digit(following.text):
                strength -= 1
        cut = self.words[hit.after - 1].end == self.label.cut_at and before.field == "remittance"
        return max(SHORT_DIGITS, strength - 1 if cut else strength)

    def _continue(self, hit: _Hit, items: tuple[int, ...]) -> int:
        """Reads the list or range that follows a number; returns the place after it."""
        at, last = hit.after, items
        while at < len(self.words) and len(self.cited.citations) <= self.policy.max_references:
            word = self.words[at]
            if self.used[at] or word.zone != self.words[hit.first].zone:
                break
            if word.text in _RANGE_WORDS and at + 1 < len(self.words):
                if not self._range(hit, last, at + 1):
                    break
                at += 2
            elif word.text in _AND_WORDS or self._listed(hit, items, at):
                at += 1
            else:
                break
        return at

    def _tail(self, n: int, digits: str) -> str | None:
        """The number of item `n` with its last digits replaced."""
        compact = self.index.numbers[n].compact
        if len(digits) >= len(compact) or not compact[-len(digits) :].isdigit():
            return None
        return compact[: -len(digits)] + digits

    def _listed(self, hit: _Hit, items: tuple[int, ...], at: int) -> bool:
        digits = self.words[at].text
        if not digits.isdigit() or len(digits) > 9:
            return False
        found = []
        for n in items:
            number = self._tail(n, digits)
            other = self.index.same_series(n, number) if number else None
            if other is not None:
                found.append(other)
        if found:
            self.used[at] = True
            if self.words[at].glue.strip() == "-":
                self._remember_span(items, digits)
            self._add(at, at + 1, min(hit.strength, FULL), tuple(dict.fromkeys(found)), "list")
        elif len(digits) >= 3 and self._could_continue(items, digits):
            self.used[at] = True
            self.cited.unknown.append(self.words[at])
        return self.used[at]

    def _could_continue(self, items: tuple[int, ...], digits: str) -> bool:
        lasts = [self.index.numbers[n].groups[-1] for n in items]
        return any(g.isdigit() and len(digits) <= len(g) for g in lasts)

    def _remember_span(self, items: tuple[int, ...], digits: str) -> None:
        for n in items:
            between = self._between(n, self._tail(n, digits))
            if len(between) > 2:
                self.cited.spans.append(tuple(between))

    def _range(self, hit: _Hit, items: tuple[int, ...], at: int) -> bool:
        """`007 A 010`: every item of the series from one number to the other; holes are welcome."""
        end = self.words[at]
        if end.zone != self.words[hit.first].zone or not _has_digit(end.text):
            return False
        found: list[int] = []
        for n in items:
            number = self._tail(n, end.text) if end.text.isdigit() else end.text
            found += self._between(n, number)
        if not found:
            return False
        self.used[at - 1] = self.used[at] = True
        for n in dict.fromkeys(found):
            if n not in items:
                self._add(at, at + 1, min(hit.strength, FULL), (n,), "range")
        return True

    def _between(self, n: int, end: str | None) -> list[int]:
        start = self.index.numbers[n].compact
        if end is None or len(end) != len(start):
            return []
        shared = next((i for i, (a, b) in enumerate(zip(start, end, strict=True)) if a != b), len(start))
        low, high = start[shared:], end[shared:]
        if not (low.isdigit() and high.isdigit()) or int(low) >= int(high):
            return []
        if int(high) - int(low) > MAX_RANGE:
            self.cited.caps.append("max_range")
            return []
        numbers = (f"{start[:shared]}{k:0{len(low)}d}" for k in range(int(low), int(high) + 1))
        return [m for number in numbers if (m := self.index.same_series(n, number)) is not None]

    def _rest(self) -> None:
        """Words nothing was found for: numbers we do not hold, and digits that may be a counter."""
        for at, word in enumerate(self.words):
            if self.used[at] or not _has_digit(word.text):
                continue
            if self._looks_cited(at, word):
                self.cited.unknown.append(word)
            digits = self._counter_digits(at, word)
            if digits:
                self.cited.counters.append(word._replace(text=digits))

    def _prefix(self, at: int, word: Word) -> str | None:
        """The letters a number is written with: in its own word or in the word before."""
        if match := _ALNUM.fullmatch(word.text):
            return match[1]
        before = self.words[at - 1] if at and word.glue in _JOINS else None
        if before and word.text.isdigit() and before.text.isalpha():
            return before.text
        return None

    def _looks_cited(self, at: int, word: Word) -> bool:
        if word.field == "end_to_end_id":
            return False
        prefix = self._prefix(at, word)
        if prefix is None or len(word.text) > 20:
            return False
        glued = word.glue in _TIGHT or _ALNUM.fullmatch(word.text) is not None
        return glued or prefix in self.index.prefixes or prefix in _CITING

    def _counter_digits(self, at: int, word: Word) -> str | None:
        match = _ALNUM.fullmatch(word.text)
        digits = match[2] if match and match[1] in GENERIC else word.text
        prefix = self._prefix(at, word)
        if not digits.isdigit() or len(digits) > 6 or (len(digits) < 2 and prefix not in GENERIC):
            return None
        glued = word.glue in _TIGHT or match is not None
        if prefix in self.index.plain_prefixes or (glued and prefix and prefix not in GENERIC):
            return None
        return bare(digits)


def _has_digit(text: str) -> bool:
    return not text.isalpha()


def cite(label: Label, index: Index, policy: Policy, narrow: Narrow) -> Cited:
    """Reads which items of `index` the label cites. `narrow` keeps, of items that share a key, those
    that the payer or the amount point to; it returns all of them when neither does."""
    if not any(_has_digit(w.text) for w in label.words):
        return Cited(caps=list(label.caps))
    return _Finder(label, index, policy, narrow).run()
