"""How a label opens: the openings of all forms as one tree of words, so that a text is read once."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from core.reconciliation.label.forms import FORMS, Form

_CHOICE: Final = re.compile(r"\(([^()]*)\)(\??)")
_WITH_MORE: Final = frozenset({"transfer_in", "transfer_out", "transfer"})
_MORE: Final = re.compile(
    r"(?:[ .]+(?:SEPA|INST(?:ANTANE)?|RECU|RE|EUROPEEN|FAVEUR|TIERS|EN|VOTRE|DE|D|ETRANGER|INTERNATIONAL"
    r"|PERM|EMIS)(?![A-Z0-9']| ?:))+"
)
"""Words that may follow the opening of a transfer before the name begins."""


def opening(folded: str) -> tuple[Form | None, int]:
    """The form of a folded label, if it has one, and how long its opening is."""
    match = _openings().match(folded)
    if match is None:
        return None, 0
    form = _FORM_OF[match.lastgroup or ""]
    more = _MORE.match(folded, match.end()) if form.event in _WITH_MORE else None
    return form, (more or match).end()


def _spelled(written: str) -> Iterator[str]:
    """Every way to write an opening: each choice made, what may be missing there and not there."""
    choice = _CHOICE.search(written)
    if choice is None:
        yield written
        return
    for chosen in (*choice[1].split("|"), *([""] if choice[2] else [])):
        yield from _spelled(written[: choice.start()] + chosen + written[choice.end() :])


def _first_word(openings: Iterable[tuple[str, str]]) -> str:
    """The pattern of openings, each with the name of its group: their first words, and what is behind."""
    behind: dict[str, list[tuple[str, str]]] = {}
    for words, group in openings:
        word, _, others = words.partition(" ")
        behind.setdefault(word, []).append((others, group))
    return "|".join(_word(word) + _goes_on(others) for word, others in behind.items())


def _word(written: str) -> str:
    return written.replace("*", "[A-Z]*").replace("#", r"\d{5,}[A-Z]?")


def _goes_on(openings: list[tuple[str, str]]) -> str:
    """What may be behind a word: more words if they are there, else the end of an opening."""
    more = [(words, group) for words, group in openings if words]
    ends = [group for words, group in openings if not words]
    ways = ([rf"[ .]+(?:{_first_word(more)})"] if more else []) + [rf"(?![A-Z0-9])(?P<{g}>)" for g in ends]
    return f"(?:{'|'.join(ways)})"


_SPELLED: Final = {words: form for form in reversed(FORMS) for w in form.written for words in _spelled(w)}
_FORM_OF: Final = {f"o{n}": form for n, form in enumerate(_SPELLED.values())}
"""The form by the name of the group that the end of an opening is."""


@cache
def _openings() -> re.Pattern[str]:
    """Compiled at the first label: it takes time, and where the kernel reads there is none."""
    return re.compile(_first_word(zip(_SPELLED, _FORM_OF, strict=True)))
