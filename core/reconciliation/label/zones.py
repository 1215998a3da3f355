"""Parts a folded label into stretches, each with what it holds: payer, text, reference and so on."""

import re
from typing import Final, NamedTuple

from core.reconciliation.label.forms import ABROAD, ROLES, Form, Role
from core.reconciliation.label.openings import opening
from core.reconciliation.label.tags import tags_in

_ORDERING: Final = re.compile(r" *1/(?=[A-Z])")
"""Cross-border: the lines of who orders are numbered, 1 is the name, 2 and 3 the address."""
_ONE_WORD: Final[dict[Role, re.Pattern[str]]] = {
    "identifier": re.compile(r"\s*\S+"),
    "date": re.compile(r"\s*[\d/.-]+(?: +(?:A )?\d\d?[:H]\d\d(?::\d\d)?)?"),
}
_ENDS_EARLY: Final = frozenset({"identifier", "date", "payer", "payee"})
_BARE: Final = " /:-\n"
"""What may stand around the content of a stretch."""
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
    form, opened = opening(folded)
    role: Role = form.opens if form else "text"
    zones: list[Zone] = []
    at = opened
    ordering = _ORDERING.match(folded, opened)
    if ordering:
        at, role, form = ordering.end(), "payer", form or ABROAD
    for start, end, word in tags_in(folded, at, with_address=ordering is not None):
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
