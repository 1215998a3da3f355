"""Finds the numbers of items in a text: whole, without zeros or letters, with confused letters."""

from collections.abc import Sequence, Set
from functools import lru_cache
from typing import Final, NamedTuple

from core.reconciliation.cite.kinds import Hit, Text
from core.reconciliation.index import (
    CONFUSED,
    FULL,
    GENERIC,
    GROUP,
    LONG,
    LONG_DIGITS,
    SHORT,
    SHORT_DIGITS,
    digits_key,
    loose_key,
    strength_of,
)
from core.reconciliation.label import CUTS

TELLING: Final = 3
"""Digits that, with the letters of a number, tell it well."""


class Bared(NamedTuple):
    """A word without its zeros, as `index.loose_key` and `digits_key` have it; `dense` are its digits with
    them, `size` counts those without, and `generic` letters may stand before any number."""

    loose: str
    digits: str
    dense: str
    size: int
    generic: bool


@lru_cache(maxsize=8192)
def bared(word: str) -> Bared:
    """What is looked up of a word; remembered, because words, years and months come back.

    >>> bared("F0024A7")
    Bared(loose='F|24|A|7', digits='24|7', dense='00247', size=3, generic=False)
    """
    groups = GROUP.findall(word)
    digits, dense = digits_key([g for g in groups if g.isdigit()]), "".join(filter(str.isdigit, word))
    generic = all(group in GENERIC for group in groups if group.isalpha())
    return Bared(loose_key(groups), digits, dense, len(digits.replace("|", "")), generic)


def whole_numbers(text: Text) -> list[Hit]:
    """Numbers as they are printed, separators apart; and the buyers' order numbers.

    What ends where the text was cut is no whole number if it could go on: `FA-2` may be half of `FA-27`.
    """
    hits, full, orders = [], text.index.full, text.index.orders
    for first, after, number in _spans(text, text.index.beginnings):
        if number in full:
            items = full[number]
            if after - 1 in text.cut and any(map(text.index.goes_on, items)):
                continue
            hits.append(Hit(_whole_strength(text, first, after, number, items), first, after, items, "full"))
        elif number in orders:
            strength = min(LONG_DIGITS, strength_of(number))
            hits.append(Hit(strength, first, after, orders[number], "order"))
    return hits


def parts(text: Text) -> list[Hit]:
    """Of the words still free: numbers that lost zeros or letters, or were misread.

    What ends where the text was cut is no whole number, and what stands behind LOT or CONTRAT is the number
    of another paper: neither means anything here.
    """
    found, words = [], [bared(word) for word in text.texts]
    for first, after, number in _spans(text, text.index.starters):
        hit = _part(text, first, after, number, words[first:after])
        if hit and after - 1 not in text.cut and not text.is_other_paper(text.word_before(first)):
            found.append(hit)
    return found


def _spans(text: Text, starters: Set[str]) -> list[tuple[int, int, str]]:
    """Runs of free words that may be one number, with their joined text. A run that begins with a plain
    word is worth a look only when a number may begin with that word."""
    texts, used, all_plain, joins = text.texts, text.used, text.plain, text.joins
    count, most = len(texts), text.index.max_words
    spans: list[tuple[int, int, str]] = []
    for first, joined in enumerate(texts):
        plain = all_plain[first]
        if used[first] or (plain and joined not in starters):
            continue
        if not plain:
            spans.append((first, first + 1, joined))
        for last in range(first + 1, min(count, first + most)):
            if not joins[last] or used[last]:
                break
            joined += texts[last]
            plain = plain and all_plain[last]
            if not plain:
                spans.append((first, last + 1, joined))
    return spans


def _whole_strength(text: Text, first: int, after: int, number: str, items: Sequence[int]) -> int:
    """Lower when digits stand apart that no printed number of these parts."""
    strength = strength_of(number) if len(number) < TELLING or number.isdigit() else FULL
    return strength if is_parted_so(text, first, after, items) else min(strength, SHORT_DIGITS)


def is_parted_so(text: Text, first: int, after: int, items: Sequence[int]) -> bool:
    """Whether the numbers of these items are printed with their digits apart wherever these words have them
    apart, unless at a seam of the text."""
    if after - first == 1:
        return True
    breaks, at = set(), 0
    for n in range(first, after - 1):
        word, next_word = text.texts[n], text.texts[n + 1]
        at += len(word)
        seam = text.glues[n + 1] == " " and text.end(n + 1) in CUTS
        if word[-1].isdigit() and next_word[0].isdigit() and not seam:
            breaks.add(at)
    numbers = text.index.numbers
    return all(breaks <= numbers[n].breaks for n in items[: text.policy.max_shared_key])


def _part(text: Text, first: int, after: int, number: str, words: Sequence[Bared]) -> Hit | None:
    """What a number means that lost its zeros, else its letters, else was misread."""
    all_digits, index = number.isdigit(), text.index
    if all_digits and len(number) < SHORT:
        return None
    size = sum([word.size for word in words])
    if (size >= SHORT or not all_digits) and (items := index.loose.get("|".join([w.loose for w in words]))):
        telling = size >= (LONG if all_digits else TELLING)
        return Hit(LONG_DIGITS if telling else SHORT_DIGITS, first, after, items, "zeros")
    if all_digits or all(word.generic for word in words):
        digits = "|".join([word.digits for word in words if word.digits])
        if size >= SHORT and (items := index.digits.get(digits)):
            return Hit(LONG_DIGITS if size >= LONG else SHORT_DIGITS, first, after, items, "digits")
        dense = "".join([word.dense for word in words])
        if items := index.digits.get(dense):
            return Hit(LONG_DIGITS if len(dense) >= LONG else SHORT_DIGITS, first, after, items, "digits")
    return None if all_digits or len(number) < SHORT else _misread(text, first, after, number)


def _misread(text: Text, first: int, after: int, number: str) -> Hit | None:
    """`F2O24`, `0O0816`: one grade lower than the number itself; one of few digits must begin with one."""
    items = text.index.folded.get(number.translate(CONFUSED))
    if not items or not all(_may_be_misread(text, n) for n in range(first, after)):
        return None
    whole = strength_of(text.index.numbers[items[0]].compact)
    if whole <= SHORT_DIGITS and not number[0].isdigit():
        return None
    return Hit(max(SHORT_DIGITS, whole - 1), first, after, items, "folded")


def _may_be_misread(text: Text, at: int) -> bool:
    """Whether what changes in a word when it is read with digits is part of a number, not a plain word."""
    return not text.plain[at] or text.texts[at] in text.index.prefixes
