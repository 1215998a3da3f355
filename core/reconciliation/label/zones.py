"""Parts a folded label into stretches, each with what it holds: payer, text, reference and so on."""

import re
from typing import Final, NamedTuple

from core.reconciliation.label.forms import (
    ABROAD,
    ADDRESS,
    FORM_OF,
    LONGEST_CUT_TAG,
    MORE_OPENING,
    OPENING,
    ORDERING,
    ROLES,
    STYLES,
    Form,
    Role,
)

_ONE_WORD: Final[dict[Role, re.Pattern[str]]] = {
    "identifier": re.compile(r"\s*\S+"),
    "date": re.compile(r"\s*[\d/.-]+(?: +(?:A )?\d\d?[:H]\d\d(?::\d\d)?)?"),
}
_ENDS_EARLY: Final = frozenset({"identifier", "date", "payer", "payee"})
_BARE: Final = " /:-\n"
"""What may stand around the content of a stretch."""
_WITH_MORE: Final = frozenset({"transfer_in", "transfer_out", "transfer"})
_NAME_ALONE: Final[dict[Role, Role]] = {"payer_and_text": "payer", "payee_and_text": "payee"}
_BEHIND_NAME: Final = frozenset({"MOTIF", "MOTIFS", "MOTIF(S)"})
"""Between an opening and one of these stands the name alone."""


class Zone(NamedTuple):
    """A stretch of a text and what it holds."""

    role: Role
    start: int
    end: int


class Zones(NamedTuple):
    """A label in its parts: the form it has, if known, and how long its opening is."""

    form: Form | None
    opened: int
    zones: list[Zone]


def zones_of(folded: str) -> Zones:
    """The stretches of a folded label in their order; openings, tags and empty stretches left out."""
    form, opened = _opening(folded)
    role: Role = form.opens if form else "text"
    at, zones = opened, list[Zone]()
    ordering = ORDERING.match(folded, opened)
    if ordering:
        at, role, form = ordering.end(), "payer", form or ABROAD
    for start, end, word in _tags(folded, at, with_address=ordering is not None):
        if start < at:
            continue
        if form and not zones and at == opened and word in _BEHIND_NAME:
            role = _NAME_ALONE.get(role, role)
        _close(zones, folded, role, at, start)
        at, role = end, ROLES.get(word, "address")
        if role == "payer" and form and form.event == "direct_debit":
            role = "payee"
    _close(zones, folded, role, at, len(folded))
    return Zones(form, opened, zones)


Found = tuple[int, int, str]
"""Start, end and word of a tag."""


def _tags(folded: str, after: int, *, with_address: bool) -> list[Found]:
    """The tags in their order; no letter or digit touches them."""
    found: list[Found] = []
    for signs, pattern in STYLES:
        for sign in signs:
            if sign in folded:
                _look(folded, pattern, after, found)
                break
    if with_address:
        found += [(m.start(), m.end(), "") for m in ADDRESS.finditer(folded, after)]
    if cut := _cut_tag(folded):
        found.append(cut)
    if len(found) > 1:
        found.sort()
    return found


def _look(folded: str, pattern: re.Pattern[str], after: int, found: list[Found]) -> None:
    """Adds the tags of one style. A name between two slashes needs no room before it."""
    for match in pattern.finditer(folded, after):
        start, end = match.span()
        if start and folded[start - 1].isalnum() and folded[start] != "\n":
            between = folded[start] == "/" == folded[end - 1] and len(match[1]) > 2
            if not between:
                continue
        found.append((start, end, match[1]))


def _cut_tag(folded: str) -> Found | None:
    """A tag at the end of the text of which only the beginning is left."""
    at = folded.rfind("/", len(folded) - LONGEST_CUT_TAG - 1)
    left = folded[at + 1 :]
    if at < 1 or folded[at - 1] not in " /" or not any(word.startswith(left) for word in ROLES):
        return None
    return at, len(folded), ""


def _opening(folded: str) -> tuple[Form | None, int]:
    match = OPENING.match(folded)
    if match is None or not match.lastindex:
        return None, 0
    form = FORM_OF[match.lastindex]
    more = MORE_OPENING.match(folded, match.end()) if form.event in _WITH_MORE else None
    return form, (more or match).end()


def _close(zones: list[Zone], folded: str, role: Role, start: int, end: int) -> None:
    """Adds a stretch unless it is blank; behind an identifier, or the line of a name, text goes on."""
    if role in _ENDS_EARLY:
        early = _early_end(folded, role, start, end)
        if early < end:
            zones.append(Zone(role, start, early))
            start, role = early, "text"
    if folded[start:end].strip(_BARE):
        zones.append(Zone(role, start, end))


def _early_end(folded: str, role: Role, start: int, end: int) -> int:
    if role in _ONE_WORD:
        word = _ONE_WORD[role].match(folded, start, end)
        return word.end() if word else end
    if "\n" not in folded:
        return end
    content = folded[start:end]
    line = folded.find("\n", start + len(content) - len(content.lstrip(_BARE)), end)
    return line if line >= 0 else end
