"""Reads a bank line for the engine: who pays, and the words that may cite an invoice.

What reading means, step by step, so that another implementation can do the same for plain texts:

1. Clip the remittance to `max_text` characters (a cap is named when something was left out) and fold it:
   upper case, accents off, any other character a blank, each character staying in its place.
2. Mask: blank what `noise.NOISE` and the IBAN check find, then the bank's own reference (6 characters or
   more) wherever it stands.
3. Part: `zones.zones_of` the folded, unmasked text. The first `payer` zone names the payer (the first
   `payee` zone when money goes out) unless the bank names him in a field of its own. What an opening
   leaves in a `*_and_text` zone is the `run`, in which names are looked up when nobody names the payer.
4. Words: in the masked text, in zones that are READ_FOR_REFERENCES, runs of A-Z and 0-9 in reading order.
   A word knows its zone (numbers never join across) and the glue before it (a line feed for the first).
5. The end-to-end id and an invalid creditor reference are folded, masked and taken as one more zone each,
   with their own field. Empty words (`folding.EMPTY`) are no text. A valid creditor reference is kept apart.

A text is plain when steps 2 and 3 find nothing in it but tags of one word, i.e. no noise pattern fits,
and steps 1 and 5 meet neither a cap nor an identifier: then words are all there is to it.
"""

from datetime import date
from typing import Final, NamedTuple

from core.reconciliation.label.amounts import Amount, amounts_in
from core.reconciliation.label.folding import CUTS, WORD, fold_text, given
from core.reconciliation.label.forms import READ_FOR_REFERENCES, RUN_TOGETHER
from core.reconciliation.label.noise import Noise, blanked, noise_in
from core.reconciliation.label.structured import Structured, structured_in, valid_structured
from core.reconciliation.label.zones import zones_of
from core.reconciliation.line import Line

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


class Label(NamedTuple):
    """What a line's text says: the payer, the words, valid structured references and the caps reached.

    `run` is text in which payer and remittance run together; `folded` the remittance as it was read;
    `cut_at` its length when banks cut there.
    """

    payer: str | None
    words: tuple[Word, ...]
    structured: tuple[Structured, ...]
    run: str
    caps: tuple[str, ...]
    cut_at: int | None
    folded: str = ""
    noise: tuple[Noise, ...] = ()

    @property
    def amounts(self) -> tuple[Amount, ...]:
        """The amounts written in the remittance, with what is said of them: commission, charges..."""
        return amounts_in(self.folded, self.noise)

    @property
    def rf_structured(self) -> str | None:
        return next((s.reference for s in self.structured if s.field == "creditor_reference"), None)

    @property
    def rf_in_text(self) -> tuple[str, ...]:
        return tuple(s.reference for s in self.structured if s.field != "creditor_reference")


class _Reader:
    """Collects the words of a line's fields, zone by zone."""

    def __init__(self, max_text: int) -> None:
        self.max_text = max_text
        self.words: list[Word] = []
        self.caps: list[str] = []
        self.zone = 0

    def clip(self, text: str) -> str:
        if len(text) <= self.max_text:
            return text
        self.caps.append("max_text")
        return text[: self.max_text]

    def take(self, text: str, field: str, start: int, end: int) -> None:
        """The words of a stretch, as a zone of their own."""
        self.zone += 1
        zone, last, words = self.zone, -1, self.words
        for match in WORD.finditer(text, start, end):
            begin = match.start()
            glue = "\n" if last < 0 else text[last:begin]
            last = match.end()
            words.append(Word(match[0], begin, last, field, zone, glue))

    def take_field(self, text: str, field: str) -> None:
        masked, _ = noise_in(fold_text(self.clip(text)))
        self.take(masked, field, 0, len(masked))


class _Remittance(NamedTuple):
    """What the remittance text says besides its words."""

    folded: str = ""
    noise: tuple[Noise, ...] = ()
    structured: tuple[Structured, ...] = ()
    payer: str | None = None
    payee: str | None = None
    run: str = ""


def read(line: Line, *, max_text: int) -> Label:
    """Reads a line. A payer the bank names wins over one found in a flattened label."""
    reader = _Reader(max_text)
    text = line.remittance
    said = _remittance(reader, text, line.bank_reference) if text and given(text) else _Remittance()
    structured = said.structured
    if line.end_to_end_id and given(line.end_to_end_id):
        reader.take_field(line.end_to_end_id, "end_to_end_id")
    if line.creditor_reference and given(line.creditor_reference):
        structured = (*_creditor_reference(reader, line.creditor_reference), *structured)
    other = said.payer if line.amount_minor >= 0 else said.payee
    return Label(
        payer=given(line.counterparty_name) or other,
        words=tuple(reader.words),
        structured=structured,
        run=said.run,
        caps=tuple(reader.caps),
        cut_at=len(said.folded) if len(said.folded) in CUTS else None,
        folded=said.folded,
        noise=said.noise,
    )


def _creditor_reference(reader: _Reader, text: str) -> tuple[Structured, ...]:
    """A valid reference apart; digits that a payer may have put there by hand are read as words too."""
    reference = valid_structured(text)
    if reference is None or not reference.startswith("RF"):
        reader.take_field(text, "creditor_reference")
    return (Structured(reference, "creditor_reference", 0, len(text)),) if reference else ()


def _remittance(reader: _Reader, text: str, bank_reference: str | None) -> _Remittance:
    folded = fold_text(reader.clip(text))
    masked, noise = noise_in(folded)
    structured = structured_in(folded)
    for found in structured:
        masked = blanked(masked, found.start, found.end)
    if bank_reference and len(bank_reference) >= OWN_REFERENCE and given(bank_reference):
        own = fold_text(bank_reference.strip())
        masked = masked.replace(own, " " * len(own))
    names: dict[str, str] = {}
    run = ""
    for role, start, end in zones_of(folded).zones:
        if role in READ_FOR_REFERENCES:
            reader.take(masked, "remittance", start, end)
            run = run or (folded[start:end] if role in RUN_TOGETHER else "")
        elif role in ("payer", "payee") and role not in names and (name := _name(folded[start:end])):
            names[role] = name
    return _Remittance(folded, tuple(noise), structured, names.get("payer"), names.get("payee"), run)


def _name(text: str) -> str | None:
    return given(text.strip(" /:-"))


def is_year(digits: str, on: date) -> bool:
    """True when four digits are a year near the booking date."""
    return len(digits) == 4 and abs(int(digits) - on.year) <= 2
