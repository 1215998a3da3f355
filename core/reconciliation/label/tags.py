"""Finds the tags of a folded label: the marks behind which another stretch begins."""

import re
from typing import Final

from core.reconciliation.label.forms import ROLES, TAGS

Found = tuple[int, int, str]
"""Start, end and word of a tag; no word where the text was cut in it, or where an address follows."""


def _words(style: str) -> tuple[str, ...]:
    """The words of the tags of a style (see `forms.Tag`), the longest first."""
    return tuple(sorted((t.word for t in TAGS if style in t.styles), key=len, reverse=True))


_SLASH: Final = re.compile(f"/+({'|'.join(_words('/'))})" + r"(?![A-Z0-9])[/:]{0,2}")
_COLON: Final = _words(":")
_PLUS: Final = _words("+")
_TOUCHING: Final = _words("=")
_TOUCH: Final = tuple(word + "/" for word in _TOUCHING)
_LINE: Final = re.compile(r"\n *(" + "|".join(_words("\n")) + r")(?![A-Z0-9]) *:?")
_ADDRESS: Final = re.compile(r"[23]/(?=[A-Z0-9])")
"""An address line of a cross-border order."""
_LONGEST_CUT: Final = 5
"""Letters of a tag of which the end of the text left only the beginning."""
_BEGINNINGS: Final = frozenset(word[:size] for word in ROLES for size in range(_LONGEST_CUT + 1))


def tags_in(folded: str, after: int, *, with_address: bool) -> list[Found]:
    """The tags in their order; no letter or digit touches them. Addresses are looked for where lines of a
    cross-border order are numbered."""
    found: list[Found] = []
    if "/" in folded:
        _behind_slash(folded, after, found)
        if any(map(folded.__contains__, _TOUCH)):
            _before(folded, "/", _TOUCHING, after, found)
        _cut(folded, found)
    if ":" in folded:
        _before(folded, ":", _COLON, after, found)
    if "+" in folded:
        _before(folded, "+", _PLUS, after, found)
    if "\n" in folded:
        found += [(*m.span(), m[1]) for m in _LINE.finditer(folded, after)]
    if with_address:
        found += [(*m.span(), "") for m in _ADDRESS.finditer(folded, after)]
    if len(found) > 1:
        found.sort()
    return found


def _behind_slash(folded: str, after: int, found: list[Found]) -> None:
    """`/DE `; a word of three letters between two slashes needs no room before it."""
    for match in _SLASH.finditer(folded, after):
        start, end = match.span()
        if not start or not folded[start - 1].isalnum() or (folded[end - 1] == "/" and len(match[1]) > 2):
            found.append((start, end, match[1]))


def _before(folded: str, sign: str, words: tuple[str, ...], after: int, found: list[Found]) -> None:
    """`DE:`, `SVWZ+`, `MDT/A12`: a blank may stand before a colon, something must stand behind a slash."""
    at = folded.find(sign, after)
    while at >= 0:
        stop = at - 1 if sign == ":" and folded[at - 1 : at] == " " else at
        start = max(after, folded.rfind(" ", after, stop) + 1)
        if folded[start:stop] not in words:  # something else than a blank may stand before the word
            start = stop - _length_of_last(words, folded, after, stop)
        touched = start > 0 and folded[start - 1].isalnum()
        if start < stop and not touched and (sign != "/" or _goes_on(folded, at + 1)):
            found.append((start, at + 1, folded[start:stop]))
        at = folded.find(sign, at + 1)


def _length_of_last(words: tuple[str, ...], folded: str, after: int, stop: int) -> int:
    """The length of the longest of these words that a stretch of the text ends with, 0 if it does not."""
    if not folded.endswith(words, after, stop):
        return 0
    return next(len(word) for word in words if folded.endswith(word, after, stop))


def _goes_on(folded: str, at: int) -> bool:
    return folded[at : at + 1].isalnum() or folded[at : at + 1] == "+"


def _cut(folded: str, found: list[Found]) -> None:
    """A tag at the end of the text of which only the beginning is left."""
    at = folded.rfind("/", len(folded) - _LONGEST_CUT - 1)
    if at > 0 and folded[at - 1] in " /" and folded[at + 1 :] in _BEGINNINGS:
        found.append((at, len(folded), ""))
