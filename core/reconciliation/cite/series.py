"""Reads what follows a number: lists with the prefix once, ranges with holes, what is left out of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core.reconciliation.cite.kinds import MAX_RANGE, TIGHT, Hit, Text
from core.reconciliation.index import FULL, LONG_DIGITS, bare, shape_of, strength_of

RANGE_WORDS: Final = frozenset({"A", "AU", "TO"})
RANGE_SIGNS: Final = frozenset({"->", "=>", ">", "..", "..."})
SPAN_SIGNS: Final = frozenset({"-", "/"})
"""What stands between two numbers that are a list or a range: their sum tells which."""
NUMBER_WORDS: Final = frozenset({"N", "NO", "NDEG", "FACT", "FACTURE", "FACTURES"})
"""What may stand between a range word and the last number."""
AND_WORDS: Final = NUMBER_WORDS | {"ET", "AND", "PLUS", "JUSQU"}
EXCEPT_WORDS: Final = frozenset({"SAUF", "HORS", "EXCEPTE", "EXCEPT", "SANS"})
MAX_ENDING: Final = 2_000
"""Items with one counter that are looked through for the next element of a list."""
_FILLERS: Final = AND_WORDS | {"LA", "LE", "LES"}
LONGEST_TAIL: Final = 9
"""Digits of a list element beyond which it is no counter of the series."""


class Series:
    """Goes on from each number of a text to what follows it; `hits` are the numbers found so far,
    by the place of their first word."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.hits: dict[int, Hit] = {}
        self.left_out: set[int] = set()
        self.not_meant: set[int] = set()
        """Places of numbers that the text names to leave them out."""

    def after(self, hit: Hit, items: Sequence[int]) -> int:
        """Reads the list or range behind a number; returns the place after it."""
        count, cited, at = len(self.text.texts), self.text.cited.citations, hit.after
        while at < count and len(cited) <= self.text.policy.max_references:
            following = self._step(hit, items, at)
            if following == at:
                break
            at = following
        return at

    def _step(self, hit: Hit, items: Sequence[int], at: int) -> int:
        """The place after what stands at `at`, which is `at` itself when it does not go on."""
        text, word = self.text, self.text.texts[at]
        if text.zones[at] != text.zones[hit.first]:
            return at
        if text.used[at]:
            self._note_span(items, at)
            return at
        if word in EXCEPT_WORDS:
            return self._leave_out(items, at)
        if word in RANGE_WORDS:
            return self._range(hit, items, at + 1) or at
        if text.glues[at].strip() in RANGE_SIGNS and (after := self._range(hit, items, at)):
            return after
        return at + 1 if word in AND_WORDS else self._listed(hit, items, at)

    def _listed(self, hit: Hit, items: Sequence[int], at: int) -> int:
        """The place after `1202` behind FA2401201: the item of the same series whose number ends so. Or after
        a number of its own that is not held."""
        text, digits, after = self.text, self.text.texts[at], at + 1
        if not digits.isdigit() or len(digits) > LONGEST_TAIL or not self._is_whole(items, at):
            return at
        found, unchanged = self._ending(items, digits)
        if found:
            if text.glues[at].strip() in SPAN_SIGNS:
                self._remember_spans(self._tails(items, digits))
            text.add(at, at + 1, min(hit.strength, FULL if unchanged else LONG_DIGITS), found, "list")
        elif len(digits) >= 3 and self._could_continue(items, digits):
            whole = extent(text, at)
            after = whole if shape_of(text.printed(at, whole)) in text.index.printed else after
            text.cited.unknown.append(text.whole(at, after))
        else:
            return at
        text.use(at, after)
        return after

    def _is_whole(self, items: Sequence[int], at: int) -> bool:
        """Whether no digit can be missing: the text was not cut there, or what stands there is as long as
        the counters of the series."""
        if at not in self.text.cut:
            return True
        width = len(self.text.texts[at])
        counters = [self.text.index.numbers[n].last for n in items]
        return all(c.isdigit() and len(c) == width for c in counters)

    def _ending(self, items: Sequence[int], digits: str) -> tuple[tuple[int, ...], bool]:
        """The items that continue the series of `items` and end with these digits: with the rest of the
        number unchanged (true), else (a new month, a new year) the only one between the two parties."""
        index = self.text.index
        exact = (index.same_series(n, number) for n, number in self._tails(items, digits))
        found = tuple(dict.fromkeys(m for m in exact if m is not None))
        ending = index.by_counter.get(bare(digits), ())
        if found or len(digits) < 2 or len(items) > 1 or len(ending) > MAX_ENDING:
            return found, True
        between = [m for m in ending if m != items[0] and index.same_parties(items[0], m)]
        return tuple(between) if len(between) == 1 else (), False

    def _tails(self, items: Sequence[int], digits: str) -> Iterator[tuple[int, str]]:
        """Each item with its number whose last digits are replaced."""
        for n in items:
            compact = self.text.index.numbers[n].compact
            if len(digits) < len(compact) and compact[-len(digits) :].isdigit():
                yield n, compact[: -len(digits)] + digits

    def _could_continue(self, items: Sequence[int], digits: str) -> bool:
        lasts = [self.text.index.numbers[n].last for n in items]
        return any(g.isdigit() and len(digits) <= len(g) for g in lasts)

    def _note_span(self, items: Sequence[int], at: int) -> None:
        """What a whole number tight behind another may be: the end of a range that begins there."""
        if at in self.hits and self.text.glues[at].strip() in SPAN_SIGNS:
            self._remember_spans(self._ends(items, at)[1])

    def _remember_spans(self, ends: Iterable[tuple[int, str]]) -> None:
        """What is too far apart for a range is a list: no cap is reached."""
        caps = self.text.cited.caps
        known = len(caps)
        for n, end in ends:
            between = self._between(n, end)
            if len(between) > 2:
                self.text.cited.spans.append(tuple(between))
        del caps[known:]

    def _range(self, hit: Hit, items: Sequence[int], at: int) -> int:
        """`007 A 010`: every item of the series from one number to the other, holes are welcome. The
        place after the range, 0 when this is none."""
        text = self.text
        while at < len(text.texts) and text.texts[at] in NUMBER_WORDS and not text.used[at]:
            at += 1
        if at >= len(text.texts) or text.zones[at] != text.zones[hit.first]:
            return 0
        after, ends = self._ends(items, at)
        found = dict.fromkeys(m for n, end in ends for m in self._between(n, end))
        if not found:
            return 0
        cited = {*items, *(self.hits[at].items if at in self.hits else ())}
        for n in found:
            if n not in cited:
                text.add(at, after, min(hit.strength, FULL), (n,), "range")
        text.use(hit.after, after)
        return after

    def _ends(self, items: Sequence[int], at: int) -> tuple[int, list[tuple[int, str]]]:
        """Where the last number of a range ends, and that number for each item the range may begin with."""
        text, other = self.text, self.hits.get(at)
        if other:
            numbers = [text.index.numbers[m].compact for m in other.items[: text.policy.max_shared_key]]
            return other.after, [(n, number) for n in items for number in numbers]
        if text.used[at] or text.plain[at]:
            return at, []
        after = extent(text, at)
        number = text.joined(at, after)
        ends = list(self._tails(items, number)) if number.isdigit() else [(n, number) for n in items]
        return after, ends

    def _between(self, n: int, end: str) -> list[int]:
        numbers = numbers_between(self.text, self.text.index.numbers[n].compact, end)
        return [m for number in numbers if (m := self.text.index.same_series(n, number)) is not None]

    def _leave_out(self, items: Sequence[int], at: int) -> int:
        """`SAUF 009 ET 012`: numbers that a range runs over but that are not paid."""
        text, here = self.text, at + 1
        while here < len(text.texts) and text.zones[here] == text.zones[at]:
            word = text.texts[here]
            if hit := self.hits.get(here):
                self.left_out.update(hit.items)
                self.not_meant.add(here)
                here = hit.after
            elif word.isdigit() and not text.used[here]:
                self.left_out.update(self._ending(items, word)[0])
                text.use(here, here + 1)
                here += 1
            elif word in _FILLERS:
                here += 1
            else:
                break
        return here if here > at + 1 else at


def extent(text: Text, at: int) -> int:
    """The place after the words that are one number with the one at `at`: `2015-ER-0047` is one."""
    after = at + 1
    while _is_tight(text, after, at):
        if not text.plain[after]:
            after += 1
        elif _is_tight(text, after + 1, at) and not text.plain[after + 1]:
            after += 2
        else:
            break
    return after


def _is_tight(text: Text, at: int, first: int) -> bool:
    """Whether a free word touches the one before, in the zone of the word at `first`."""
    if at >= len(text.texts) or text.used[at]:
        return False
    return text.glues[at] in TIGHT and text.zones[at] == text.zones[first]


def numbers_between(text: Text, start: str, end: str) -> Iterator[str]:
    """All numbers from one to the other, both included; none when they are not of one series."""
    if len(end) != len(start):
        return
    shared = next((i for i, (a, b) in enumerate(zip(start, end, strict=True)) if a != b), len(start))
    low, high = start[shared:], end[shared:]
    if not (low.isdigit() and high.isdigit()) or int(low) >= int(high):
        return
    if int(high) - int(low) > MAX_RANGE:
        text.cited.caps.append("max_range")
        return
    for k in range(int(low), int(high) + 1):
        yield f"{start[:shared]}{k:0{len(low)}d}"


def headless_ranges(text: Text) -> None:
    """Ranges whose first number is not held: what is held of them is cited, the first is unknown."""
    used = text.used
    for at in range(1, len(text.texts) - 1):
        if text.texts[at] not in RANGE_WORDS or used[at] or used[at - 1] or used[at + 1]:
            continue
        first = beginning(text, at - 1)
        start = text.joined(first, at)
        near = text.zones[at - 1] == text.zones[at]
        if near and not start.isdigit() and shape_of(start) in text.index.shapes:
            _headless(text, first, at, start)


def beginning(text: Text, last: int) -> int:
    """The place of the first word of the number that ends with the word at `last`."""
    first, texts, glues, used = last, text.texts, text.glues, text.used
    while first and glues[first] in TIGHT and not used[first - 1]:
        first -= 1
    apart = first and glues[first] == " " and not used[first - 1]
    return first - 1 if apart and texts[first - 1] in text.index.prefixes else first


def _headless(text: Text, first: int, at: int, start: str) -> None:
    after = extent(text, at + 1)
    end = text.joined(at + 1, after)
    end = start[: -len(end)] + end if end.isdigit() and len(end) < len(start) else end
    held = [(number, items) for number in numbers_between(text, start, end)
            if (items := text.index.full.get(number))]  # fmt: skip
    if not held or text.zones[at + 1] != text.zones[at]:
        return
    for number, items in held:
        meant = text.narrow(items) if len(items) > 1 else tuple(items)
        if meant:
            text.add(at + 1, after, strength_of(number), meant, "range")
    text.cited.unknown.append(text.whole(first, at))
    text.use(first, after)
