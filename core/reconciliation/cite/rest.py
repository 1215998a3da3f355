"""What is left of a text: numbers that are not held, and digits that may be the end of one."""

import re
from typing import Final

from core.reconciliation.cite.kinds import TIGHT, Text
from core.reconciliation.cite.series import beginning, extent
from core.reconciliation.index import GENERIC, bare, shape_of

_CITING: Final = frozenset(
    {"FA", "FAC", "FACT", "FACTS", "FACTURE", "FACTURES", "FCT", "INV", "INVOICE", "AVOIR", "NDEG"}
)
_CUSTOMERS: Final = frozenset({"CLI", "CLIENT", "CLT"})
_LETTERS_DIGITS: Final = re.compile(r"([A-Z]{1,8})(\d{2,12})")
SHORTEST_ALIKE: Final = 6
LONGEST_NUMBER: Final = 20
LONGEST_COUNTER: Final = 6


def leftovers(text: Text) -> None:
    """Notes the numbers that are not held, the digits that may be a counter, and what was cut."""
    halved, told, cited = _halved(text), 0, text.cited
    for at in text.free:
        word = text.texts[at]
        glued = None if word.isdigit() else _LETTERS_DIGITS.fullmatch(word)
        prefix = glued[1] if glued else _before(text, at) if word.isdigit() else None
        if text.is_other_paper(prefix) or (glued and _is_code(text, at, glued[1])):
            continue
        tight = glued is not None or text.glues[at] in TIGHT
        after = _extent(text, at)
        if at < told:
            pass  # part of a number that is noted
        elif _looks_cited(text, at, prefix, tight=tight) or _is_printed_so(text, at, after):
            cited.unknown.append(text.whole(at, after))
            told = after
        elif len(word) >= SHORTEST_ALIKE and shape_of(word) in text.index.shapes:
            cited.alike.append(text.whole(at, at + 1))
        counter = None if at in halved else _counter(text, glued, word, prefix, tight=tight)
        if counter:
            cited.counters.append(text.word(at, counter, text.end(at + 1)))


def _halved(text: Text) -> set[int]:
    """The places of what is left of numbers that were cut, which are noted."""
    halved: set[int] = set()
    for last in sorted(text.cut):
        if last in text.free:
            first = beginning(text, last)
            text.cited.cut.append(text.whole(first, last + 1))
            halved.update(range(first, last + 1))
    return halved


def _is_code(text: Text, at: int, letters: str) -> bool:
    """Whether letters and digits are the code of a customer, as the word before says, and no number like
    ours: `CLIENT CL7196`."""
    if letters in _CITING or _before(text, at) not in _CUSTOMERS:
        return False
    return shape_of(text.joined(at, _extent(text, at))) not in text.index.shapes


def _before(text: Text, at: int) -> str | None:
    """The letters that digits are written with: the word before."""
    return text.texts[at - 1] if at and text.joins[at] and text.plain[at - 1] else None


def _looks_cited(text: Text, at: int, prefix: str | None, *, tight: bool) -> bool:
    if prefix is None or len(text.texts[at]) > LONGEST_NUMBER or text.field_of(at) == "end_to_end_id":
        return False
    return tight or prefix in text.index.prefixes or prefix in _CITING


def _extent(text: Text, at: int) -> int:
    """The place after the number: a year and a counter apart are one where our numbers are such."""
    after, texts = extent(text, at), text.texts
    if after == at + 1 < len(texts) and _is_year(texts[at]):
        apart = text.glues[after] == " " and texts[after].isdigit() and not text.used[after]
        if apart and shape_of(text.joined(at, after + 1)) in text.index.shapes:
            return after + 1
    return after


def _is_year(word: str) -> bool:
    return len(word) == 4 and word.startswith("20") and word.isdigit()


def _is_printed_so(text: Text, at: int, after: int) -> bool:
    """Digits with separators as our numbers have them: `159/9024` where numbers are like 159/2024."""
    if after - at < 2 or (at and text.glues[at] in TIGHT):
        return False
    return text.glues[at + 1] == " " or shape_of(text.printed(at, after)) in text.index.printed


def _counter(
    text: Text, glued: re.Match[str] | None, word: str, prefix: str | None, *, tight: bool
) -> str | None:
    """The digits that may be the end of a number: short, and behind no letters of another number."""
    digits = glued[2] if glued and glued[1] in GENERIC else word
    if not digits.isdigit() or len(digits) > LONGEST_COUNTER:
        return None
    if len(digits) < 2 and prefix not in GENERIC:
        return None
    if prefix in text.index.plain_prefixes or (tight and prefix and prefix not in GENERIC):
        return None
    return bare(digits)
