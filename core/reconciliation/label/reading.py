"""Reads a bank line for the engine: who pays, and the stretches of text that may cite an invoice.

What reading means, step by step, so that another implementation can do the same:

1. Fold: clip the remittance to `max_text` characters (a cap is named when something was left out); upper
   case, accents off, any other character a blank, each character staying in its place. Texts that banks
   write for empty (`folding.EMPTY`) are none. The bank's own reference (six characters or more) is blanked.
2. Part: `zones.zones_of` the folded text. The first `payer` zone names the payer (the first `payee` zone when
   money goes out) unless the bank names him in a field of its own. The first `*_and_text` zone is the
   `run`, in which names are looked up when nobody names the payer.
3. Stretches: zones that are READ_FOR_REFERENCES and have a digit, unless a `reference` only repeats the
   bank's number. The end-to-end id and a creditor reference that is no RF are stretches of their own field.
4. Mask: when `noise.is_plain` says no to any stretch of the remittance, structured references are looked
   for in it and blanked, and every stretch is masked by itself. A stretch is plain when its signs and
   words alone tell that nothing in it is noise: then it is read as it stands.
5. Words (`words_in`): runs of A-Z and 0-9, each with its stretch and the glue before it (a line feed for the
   first, several blanks as one). Numbers never join across stretches.

Citing then looks up runs of up to `index.max_words` words: see `cite.finder`.
"""

import re
from datetime import date
from itertools import accumulate
from typing import Final, NamedTuple

from core.reconciliation.label.amounts import Amount, amounts_in
from core.reconciliation.label.folding import CUTS, WORD, fold_text, given
from core.reconciliation.label.forms import READ_FOR_REFERENCES, RUN_TOGETHER, Role
from core.reconciliation.label.noise import blanked, is_plain, mask, noise_in
from core.reconciliation.label.structured import Structured, structured_in, valid_structured
from core.reconciliation.label.zones import zones_of
from core.reconciliation.line import Line

FIELD_CUTS: Final = frozenset({16, 35})
"""Lengths at which fields of their own are cut: customer reference of MT940, end-to-end id."""
REMITTANCE_CUTS: Final = frozenset({35, 70, 140})
"""Lengths at which a remittance is cut before it becomes part of a label."""
_AROUND: Final = " /:-\n"
_BY_WORD: Final = re.compile("([A-Z0-9]+)")
_BLANKS: Final = re.compile(r" {2,}")
_NAMES: Final = frozenset({"payer", "payee"})
HAS_DIGIT: Final = re.compile("[0-9]").search
OWN_REFERENCE: Final = 6
"""Bank references shorter than this are not blanked: they could be anything."""


class Word(NamedTuple):
    """An upper-case word of a text; `zone` counts the texts that must not be read across.

    `glue` is what stands between it and the word before in its zone (a line feed when none is).
    """

    text: str
    start: int
    end: int
    field: str
    zone: int
    glue: str


class Stretch(NamedTuple):
    """Masked text to look for references in; `start` is its place in the field.

    `cut`: its last word ends where banks cut texts, and may be half a number.
    """

    field: str
    start: int
    text: str
    cut: bool


class Label(NamedTuple):
    """What a line's text says: the payer, text that may cite, structured references and caps reached.

    `run` is text in which payer and remittance run together; `folded` the remittance as it was read.
    """

    payer: str | None
    stretches: tuple[Stretch, ...]
    structured: tuple[Structured, ...]
    run: str
    caps: tuple[str, ...]
    folded: str

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of every stretch, in reading order."""
        return tuple(w for n, s in enumerate(self.stretches) for w in words_in(s, n))

    @property
    def amounts(self) -> tuple[Amount, ...]:
        """The amounts written in the remittance, with what is said of them: commission, charges..."""
        return amounts_in(self.folded, noise_in(self.folded)[1])


def words_in(stretch: Stretch, zone: int) -> list[Word]:
    """The words of a stretch, at their places in the field."""
    return [
        Word(text, start, start + len(text), stretch.field, zone, glue)
        for text, start, glue in zip(*parted(stretch), strict=True)
    ]


def parted(stretch: Stretch) -> tuple[list[str], list[int], list[str]]:
    """The words of a stretch, where each begins in the field, and the glue before each."""
    parts = _BY_WORD.split(stretch.text)
    ends = list(accumulate(map(len, parts), initial=stretch.start))
    parts[0] = "\n"
    glues = parts[:-1:2]
    if "  " in stretch.text:
        glues = [_BLANKS.sub(" ", glue) for glue in glues]
    return parts[1::2], ends[1:-1:2], glues


class _Said(NamedTuple):
    """What the remittance text says."""

    folded: str = ""
    stretches: tuple[Stretch, ...] = ()
    structured: tuple[Structured, ...] = ()
    payer: str | None = None
    payee: str | None = None
    run: str = ""


_NOTHING: Final = _Said()


def read(line: Line, *, max_text: int) -> Label:
    """Reads a line. A payer the bank names wins over one found in a flattened label."""
    caps: list[str] = []
    text = line.remittance
    said = _said(line, _clip(text, max_text, caps)) if text and given(text) else _NOTHING
    stretches, structured = said.stretches, said.structured
    if line.end_to_end_id and given(line.end_to_end_id):
        stretches += (_whole("end_to_end_id", _clip(line.end_to_end_id, max_text, caps)),)
    if line.creditor_reference and given(line.creditor_reference):
        apart, written = _creditor_reference(_clip(line.creditor_reference, max_text, caps))
        structured, stretches = apart + structured, stretches + written
    payer = line.counterparty_name and given(line.counterparty_name)
    payer = payer or (said.payer if line.amount_minor >= 0 else said.payee)
    return Label(payer, stretches, structured, said.run, tuple(caps), said.folded)


def _clip(text: str, most: int, caps: list[str]) -> str:
    if len(text) > most:
        caps.append("max_text")
    return text[:most]


def _whole(field: str, text: str) -> Stretch:
    return Stretch(field, 0, mask(fold_text(text)), len(text.strip()) in FIELD_CUTS)


def _creditor_reference(text: str) -> tuple[tuple[Structured, ...], tuple[Stretch, ...]]:
    """A valid reference apart; digits that a payer may have put there by hand are read as words too."""
    reference = valid_structured(text)
    apart = (Structured(reference, "creditor_reference", 0, len(text)),) if reference else ()
    is_rf = reference is not None and reference.startswith("RF")
    return apart, () if is_rf else (_whole("creditor_reference", text),)


def _said(line: Line, text: str) -> _Said:
    folded = fold_text(text)
    readable = _without_own(folded, line.bank_reference)
    _, opened, zones = zones_of(folded)
    stretches: list[Stretch] = []
    names: dict[Role, str] = {}
    run, plain = "", True
    for role, start, end in zones:
        if role in READ_FOR_REFERENCES:
            if not run and role in RUN_TOGETHER:
                run = folded[start:end]
            if HAS_DIGIT(readable, start, end) and not (
                role == "reference" and repeats_bank_number(folded, start, end)
            ):
                cut = is_cut(folded, start, end, line.counterparty_name if role in RUN_TOGETHER else None)
                stretches.append(Stretch("remittance", start, readable[start:end], cut))
                plain = plain and is_plain(with_opening(readable, start, end, opened))
        elif role in _NAMES and role not in names and (name := given(folded[start:end].strip(_AROUND))):
            names[role] = name
    structured: tuple[Structured, ...] = ()
    if not plain:
        structured = structured_in(readable)
        stretches = [_masked(s, readable, structured, opened) for s in stretches]
    return _Said(folded, tuple(stretches), structured, names.get("payer"), names.get("payee"), run)


def _without_own(folded: str, reference: str | None) -> str:
    """The text without the bank's own reference."""
    if not reference or len(reference) < OWN_REFERENCE or not given(reference):
        return folded
    own = fold_text(reference.strip())
    return folded.replace(own, " " * len(own))


def _masked(stretch: Stretch, readable: str, structured: tuple[Structured, ...], opened: int) -> Stretch:
    for found in structured:
        readable = blanked(readable, found.start, found.end)
    end = stretch.start + len(stretch.text)
    context = with_opening(readable, stretch.start, end, opened)
    return stretch._replace(text=mask(context)[-len(stretch.text) :])


def with_opening(readable: str, start: int, end: int, opened: int) -> str:
    """A stretch; the first one together with what opens it, which tells what digits are: CARTE X1234."""
    return readable[0 if start == opened else start : end]


def repeats_bank_number(folded: str, start: int, end: int) -> bool:
    """Whether a reference is only the beginning of the number that the bank gave the line."""
    digits = folded[start:end].strip(_AROUND)
    if len(digits) < OWN_REFERENCE or not digits.isdigit():
        return False
    at = folded.find(digits, 0, start)
    number = WORD.match(folded, at) if at >= 0 else None
    return number is not None and number[0][-1] == "S" and not folded[:at][-1:].isalnum()


def is_cut(folded: str, start: int, end: int, name: str | None) -> bool:
    """Whether a stretch ends where banks cut: the whole text has such a length, or the stretch has one of a
    remittance, or what stands behind the payer's name, where both run together. A stretch longer than any
    remittance begins with a name that nobody told, and then a full one."""
    content = folded[start:end].strip()
    if len(folded) in CUTS and end == len(folded):
        return _may_go_on(content)
    if name and content.startswith(written := fold_text(name).strip()):
        content = content[len(written) :].strip()
    full = len(content) in REMITTANCE_CUTS or len(content) > max(REMITTANCE_CUTS)
    return full and _may_go_on(content)


def _may_go_on(content: str) -> bool:
    return content[-1:].isalnum() or content.endswith(("-", "/", ".", "_"))


def is_year(digits: str, on: date) -> bool:
    """True when four digits are a year near the booking date."""
    return len(digits) == 4 and abs(int(digits) - on.year) <= 2
