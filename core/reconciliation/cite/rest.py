"""What is left of a text: numbers that are not held, and digits that may be the end of one."""

import re
from typing import Final

from core.reconciliation.cite.kinds import TIGHT, Text
from core.reconciliation.cite.series import beginning, extent
from core.reconciliation.index import GENERIC, bare, shape_of

_CITING: Final = frozenset(
    {"FA", "FAC", "FACT", "FACTS", "FACTURE", "FACTURES", "FCT", "INV", "INVOICE", "AVOIR", "NDEG"}
)
_YEAR: Final = re.compile(r"20\d\d")
_LETTERS_DIGITS: Final = re.compile(r"([A-Z]{1,8})(\d{2,12})")
SHORTEST_ALIKE: Final = 6
LONGEST_NUMBER: Final = 20
LONGEST_COUNTER: Final = 6


def leftovers(text: Text) -> None:
    """Notes the numbers that are not held, the digits that may be a counter, and what was cut."""
    halved, told = _halved(text), 0
    for at in text.free_digits():
        word, prefix = text.words[at], _prefix(text, at)
        if text.is_other_paper(prefix):
            continue
        after = _extent(text, at)
        if at < told:
            pass  # part of a number that is noted
        elif _looks_cited(text, at, prefix) or _is_printed_so(text, at, after):
            text.cited.unknown.append(text.whole(at, after))
            told = after
        elif len(word.text) >= SHORTEST_ALIKE and shape_of(word.text) in text.index.shapes:
            text.cited.alike.append(word)
        digits = None if at in halved else _counter(text, at, prefix)
        if digits:
            text.cited.counters.append(word._replace(text=digits))


def _halved(text: Text) -> set[int]:
    """The places of what is left of numbers that were cut, which are noted."""
    halved: set[int] = set()
    for last in text.cut:
        if not (text.used[last] or text.words[last].text.isalpha()):
            first = beginning(text, last)
            text.cited.cut.append(text.whole(first, last + 1))
            halved.update(range(first, last + 1))
    return halved


def _prefix(text: Text, at: int) -> str | None:
    """The letters a number is written with: in its own word or in the word before."""
    word = text.words[at]
    if not word.text.isdigit():
        match = _LETTERS_DIGITS.fullmatch(word.text)
        return match[1] if match else None
    if at and text.joins[at] and text.plain[at - 1]:
        return text.words[at - 1].text
    return None


def _looks_cited(text: Text, at: int, prefix: str | None) -> bool:
    word = text.words[at]
    if word.field == "end_to_end_id" or prefix is None or len(word.text) > LONGEST_NUMBER:
        return False
    glued = word.glue in TIGHT or _LETTERS_DIGITS.fullmatch(word.text) is not None
    return glued or prefix in text.index.prefixes or prefix in _CITING


def _extent(text: Text, at: int) -> int:
    """The place after the number: a year and a counter apart are one where our numbers are such."""
    after = extent(text, at)
    if after == at + 1 < len(text.words) and _YEAR.fullmatch(text.words[at].text):
        following = text.words[after]
        apart = following.glue == " " and following.text.isdigit() and not text.used[after]
        if apart and shape_of(text.joined(at, after + 1)) in text.index.shapes:
            return after + 1
    return after


def _is_printed_so(text: Text, at: int, after: int) -> bool:
    """Digits with separators as our numbers have them: `159/9024` where numbers are like 159/2024."""
    if after - at < 2 or (at and text.words[at].glue in TIGHT):
        return False
    apart = text.words[at + 1].glue == " "
    return apart or shape_of(text.printed(at, after)) in text.index.printed


def _counter(text: Text, at: int, prefix: str | None) -> str | None:
    word = text.words[at]
    match = _LETTERS_DIGITS.fullmatch(word.text)
    digits = match[2] if match and match[1] in GENERIC else word.text
    if not digits.isdigit() or len(digits) > LONGEST_COUNTER:
        return None
    if len(digits) < 2 and prefix not in GENERIC:
        return None
    glued = word.glue in TIGHT or match is not None
    if prefix in text.index.plain_prefixes or (glued and prefix and prefix not in GENERIC):
        return None
    return bare(digits)
