"""Parts a folded label into stretches, each with what it holds: payer, text, reference and so on."""

import re
from typing import Final, NamedTuple

from core.reconciliation.label.forms import (
    FORM_OF,
    MORE_OPENING,
    OPENING,
    ORDERING,
    ROLES,
    TAG,
    Form,
    Role,
)

_ENDS: Final[dict[Role, re.Pattern[str]]] = {
    "identifier": re.compile(r"\s*\S+"),
    "payer": re.compile(r"[^\n]*[^\s/:-][^\n]*(?=\n)"),
    "payee": re.compile(r"[^\n]*[^\s/:-][^\n]*(?=\n)"),
}
"""How far a stretch goes that may end before the next tag."""
_WITH_MORE: Final = frozenset({"transfer_in", "transfer_out", "transfer"})
_MARK: Final = re.compile(r"[/:+\n]")
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
        at, role = ordering.end(), "payer"
    for tag in TAG.finditer(folded, at) if _MARK.search(folded, at) else ():
        word = tag[tag.lastindex] if tag.lastindex else ""
        if not word and not ordering:
            continue
        if form and not zones and at == opened and word in _BEHIND_NAME:
            role = _NAME_ALONE.get(role, role)
        _close(zones, folded, role, at, tag.start())
        at, role = tag.end(), ROLES[word] if word else "address"
    _close(zones, folded, role, at, len(folded))
    return Zones(form, opened, zones)


def _opening(folded: str) -> tuple[Form | None, int]:
    match = OPENING.match(folded)
    if match is None or not match.lastindex:
        return None, 0
    form = FORM_OF[match.lastindex]
    more = MORE_OPENING.match(folded, match.end()) if form.event in _WITH_MORE else None
    return form, (more or match).end()


def _close(zones: list[Zone], folded: str, role: Role, start: int, end: int) -> None:
    """Adds a stretch unless it is blank; behind an identifier, or the line of a name, text goes on."""
    ending = _ENDS.get(role)
    first = ending.match(folded, start, end) if ending else None
    if first and (role == "identifier" or first.end() < end):
        zones.append(Zone(role, first.start(), first.end()))
        start, role = first.end(), "text"
    if folded[start:end].strip(" /:-"):
        zones.append(Zone(role, start, end))
