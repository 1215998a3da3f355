"""Numbers that were cut, or have one slip of the finger, looked up only among what one payer owes.

Nothing here is evidence by itself: a tier may lean on it together with the payer and the exact amount.
"""

from collections.abc import Sequence
from string import ascii_uppercase, digits
from typing import Final

from rapidfuzz.distance import OSA

from core.reconciliation.cite.kinds import Citation, Cited
from core.reconciliation.index import SHORT, SHORT_DIGITS, Index
from core.reconciliation.label import Word

MAX_LOOKED_AT: Final = 8
"""Numbers of one text that are looked up so."""
MAX_OWED: Final = 2_000
"""Items of one payer that are looked at; a payer who owes more is not served so."""
SHORTEST_CUT: Final = 3
"""Characters that must be left of a number that was cut."""


def nearly(cited: Cited, index: Index, owed: Sequence[int]) -> tuple[Citation, ...]:
    """What the numbers that are not held may mean among `owed`, the open items of the payer.

    `how` is `cut` (the items whose number begins so) or `typo` (the one item that is one slip away; two
    items equally near point nowhere).
    """
    if len(owed) > MAX_OWED:
        return ()
    found = [_cut(word, index, owed) for word in cited.cut[:MAX_LOOKED_AT]]
    places = {(word.field, word.end) for word in cited.cut}
    whole = [word for word in (*cited.unknown, *cited.alike) if (word.field, word.end) not in places]
    found += [_typo(word, index, owed) for word in whole[:MAX_LOOKED_AT]]
    return tuple(citation for citation in found if citation is not None)


def _cut(word: Word, index: Index, owed: Sequence[int]) -> Citation | None:
    text = word.text
    if len(text) < SHORTEST_CUT:
        return None
    return _citation(word, [n for n in owed if begins(text, index.numbers[n].compact)], "cut")


def begins(text: str, number: str) -> bool:
    """Whether a number begins so; its letters may be missing when the text has none, and its zeros when
    nothing was cut after all.

    >>> begins("FA250", "FA250211"), begins("250", "FA250211"), begins("242", "FA000242")
    (True, True, True)
    """
    shown = number.lstrip(ascii_uppercase) if text[0].isdigit() else number
    return shown.startswith(text) or _without_zeros(shown) == _without_zeros(text)


def _without_zeros(number: str) -> str:
    head = number.rstrip(digits)
    return head + number[len(head) :].lstrip("0")


def _typo(word: Word, index: Index, owed: Sequence[int]) -> Citation | None:
    near = [n for n in owed if is_slip(word.text, index.numbers[n].compact)]
    return _citation(word, near, "typo") if len(near) == 1 else None


def is_slip(text: str, number: str) -> bool:
    """Whether one character was changed, lost, added or swapped with its neighbour, in the number or in
    its end when the text has only that.

    >>> is_slip("FA2404356", "FA2404365"), is_slip("2404356", "FA240435"), is_slip("FA93", "FA77")
    (True, True, False)
    """
    if len(text) < SHORT:
        return False
    ends = {number, *(number[-size:] for size in (len(text) - 1, len(text), len(text) + 1))}
    return any(OSA.distance(text, end, score_cutoff=1) == 1 for end in ends)


def _citation(word: Word, items: Sequence[int], how: str) -> Citation | None:
    if not items:
        return None
    return Citation(word.text, word.field, word.start, word.end, SHORT_DIGITS, tuple(items), how)
