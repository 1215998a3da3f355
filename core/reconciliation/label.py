"""Reads a bank line's text: who pays, and the words that may cite an invoice, with their positions."""

import re
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from anyascii import anyascii

from core.model.identifiers import is_creditor_reference, is_iban
from core.reconciliation.line import Line

EMPTY: Final = frozenset(
    {"NOTPROVIDED", "NOT PROVIDED", "NON RENSEIGNE", "NONREF", "NON REF", "SANS REF", "SANSREF", "N/A"}
)
CUTS: Final = frozenset({31, 35, 70, 140})
"""Lengths at which banks cut texts: what ends there may be half a number."""

_TAG: Final = re.compile(
    r"(?:(?<![A-Z0-9])/{1,3}(DE|FRM|MOTIF|REFDO|REFBEN|REF|BEN|EID|RNF|URI|ROC|MDT|ID)\b[/:]?"
    r"|(?<![A-Z0-9])(DE|POUR|MOTIFS?(?:\(S\))?|REFERENCE|REF|DATE|MDT|RUM|ID|LIBREF|LIBDE) ?:"
    r"|^1(?=/[A-Z]))"
)
_PAYER_TAGS: Final = frozenset({"DE", "FRM", "LIBDE", "1"})
_SKIPPED_TAGS: Final = frozenset({"BEN", "POUR", "DATE", "MDT", "RUM", "ID"})
_HEAD: Final = re.compile(
    r"^(?:(?:VIR(?:EMENT)?S?|VR|EVI)\b\.? ?)(?:(?:SEPA|INST(?:ANTANE)?|RECU|RE|EUROPEEN|FAVEUR|TIERS"
    r"|EN|VOTRE|DE|D|ETRANGER|INTERNATIONAL)\b\.? ?)*"
)
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[A-Z0-9]+")
_DATE: Final = re.compile(r"(?<![A-Z0-9])(\d{1,2})([/.-])(\d{1,2})\2(?:\d{4}|\d{2})(?![A-Z0-9])")
_NOISE: Final = re.compile(
    r"(?<![A-Z0-9])(?:"
    r"(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d(?!\d)"
    r"|(?:DU|LE|AU|DATE|ECH|ECHEANCE)[ :/]*[0-3]\d(?:0\d|1[0-2])(?:20)?\d\d(?![A-Z0-9])"
    r"|(?:DU|LE|AU|ECH) ?[0-3]?\d[/.](?:0?\d|1[0-2])(?![A-Z0-9/.])"
    r"|\d{1,3}(?:[ .]\d{3})*,\d\d(?: ?(?:EUR(?:OS?)?|E|€))?(?![A-Z0-9])"
    r"|\d+\.\d\d(?: ?(?:EUR(?:OS?)?|E|€))(?![A-Z0-9])"
    r"|\d+ ?(?:EUR(?:OS?)?|€)(?![A-Z0-9])|(?:EUR|€) ?\d[\d ]*(?:[.,]\d\d)?(?![A-Z0-9])"
    r"|(?:TAUX|COURS|RATE|CHANGE)[ :/]*\d+[.,]\d+"
    r"|(?:TEL|PHONE|FAX|MOBILE)[ .:]*\+?\d[\d .]{7,}|\+\d\d[\d .]{8,}|0[1-9](?:[ .]\d\d){4}(?![A-Z0-9])"
    r"|(?:SIREN|SIRET|RCS|TVA|NAF)[ :A-Z]{0,20}\d[\d ]{8,17}|FR\d\d ?\d{9}(?![A-Z0-9])"
    r"|(?:FR|BE|DE|ES|IT|LU|NL|PT|AT|IE)\d\d(?:ZZZ|[A-Z0-9]{3})[A-Z0-9]{6}(?![A-Z0-9])"
    r"|(?:CB|CARTE)[ *X]*\d{4,16}(?![A-Z0-9])|\d{10}S(?![A-Z0-9])"
    r")"
)
_IBAN_START: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]){11,40}")
_IBAN_WORD: Final = re.compile(
    r"(?<![A-Z0-9])IBAN[ :]*[A-Z]{2}\d\d(?: ?(?=[A-Z]*\d)[A-Z0-9]{1,34}(?![A-Z0-9])){1,8}"
)
_RF: Final = re.compile(r"(?<![A-Z0-9])RF\d\d(?: ?[A-Z0-9]{1,4}(?![A-Z0-9]))*(?:[A-Z0-9]+(?![A-Z0-9]))?")


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
    """What a line's text says: the payer, the words, valid creditor references and the caps reached."""

    payer: str | None
    words: tuple[Word, ...]
    rf_structured: str | None
    rf_in_text: tuple[str, ...]
    run: str
    caps: tuple[str, ...]
    cut_at: int | None


@lru_cache(maxsize=4096)
def _plain_char(char: str) -> str:
    plain = anyascii(char).upper()[:1]
    wanted = plain.isalnum() if char.isalnum() else plain in ("/", ".", "-", ",", ":")
    return plain if wanted else " "


def fold_text(text: str) -> str:
    """Upper case without accents, each character staying where it is.

    >>> fold_text("Réglé n°7")
    'REGLE N 7'
    """
    if text.isascii():
        return text.upper()
    return "".join(c.upper() if c.isascii() else "€" if c == "€" else _plain_char(c) for c in text)


def given(text: str | None) -> str | None:
    """The text, or None when it is empty or one of the words banks write for empty."""
    if text is None:
        return None
    stripped = text.strip()
    return None if not stripped or stripped.upper() in EMPTY else stripped


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _without_ibans(text: str) -> str:
    for match in reversed(list(_IBAN_START.finditer(text))):
        end = _iban_end(text, match.start(), match.end())
        if end:
            text = _blank(text, match.start(), end)
    return _IBAN_WORD.sub(_spaces, text) if "IBAN" in text else text


def _iban_end(text: str, start: int, limit: int) -> int | None:
    for end in range(limit, start + 14, -1):
        whole = end == len(text) or not text[end].isalnum()
        if whole and text[end - 1] != " " and is_iban(text[start:end].replace(" ", "")):
            return end
    return None


def _date_blank(match: re.Match[str]) -> str:
    day, month = int(match[1]), int(match[3])
    looks_like = 1 <= day <= 31 and 1 <= month <= 12
    return " " * len(match[0]) if looks_like else match[0]


def mask(text: str) -> str:
    """The folded text with what is never a reference blanked: IBAN, dates, amounts, phones, cards...

    >>> mask("FA-12 DU 12/03/2024 120,00 EUR").split()
    ['FA-12', 'DU']
    """
    if not _DIGIT.search(text):
        return text
    if "/" in text or "." in text or "-" in text:
        text = _DATE.sub(_date_blank, text)
    return _NOISE.sub(_spaces, _without_ibans(text))


def _zones(text: str) -> list[tuple[str, int, int]]:
    """(tag, start, end) of each stretch; the part before the first tag has an empty tag."""
    tags = list(_TAG.finditer(text)) if "/" in text or ":" in text else []
    starts = [("", 0, 0), *((m[1] or m[2] or "1", m.start(), m.end()) for m in tags)]
    ends = [m.start() for m in tags] + [len(text)]
    return [(tag, start, end) for (tag, _, start), end in zip(starts, ends, strict=True) if end > start]


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
        self.zone += 1
        last = -1
        for match in _WORD.finditer(text, start, end):
            glue = "\n" if last < 0 else text[last : match.start()]
            last = match.end()
            self.words.append(Word(match[0], match.start(), last, field, self.zone, glue))


def _payer_in(tag: str, text: str) -> str | None:
    return given(text.strip(" /:-")) if tag in _PAYER_TAGS else None


def _read_remittance(reader: _Reader, raw: str, bank_reference: str | None) -> tuple[str | None, str, str]:
    folded = fold_text(raw)
    masked = mask(folded)
    if bank_reference and len(bank_reference) > 5:
        own = fold_text(bank_reference)
        masked = masked.replace(own, " " * len(own))
    payer = None
    run = ""
    for tag, start, end in _zones(folded):
        if tag in _PAYER_TAGS:
            payer = payer or _payer_in(tag, folded[start:end])
        elif tag not in _SKIPPED_TAGS:
            head = _HEAD.match(folded[start:end]) if not tag else None
            start += head.end() if head else 0
            run = run or (folded[start:end] if head else "")
            reader.take(masked, "remittance", start, end)
    return payer, run, folded


def _references_in(text: str) -> tuple[str, ...]:
    found = []
    for match in _RF.finditer(text) if "RF" in text else ():
        words = match[0].split(" ")
        dense = ["".join(words[:n]) for n in range(len(words), 0, -1)]
        found.extend([d for d in dense if is_creditor_reference(d)][:1])
    return tuple(found)


def read(line: Line, *, max_text: int) -> Label:
    """Reads a line. A payer the bank names wins over one found in a flattened label."""
    reader = _Reader(max_text)
    payer, run, folded = None, "", ""
    remittance = given(line.remittance)
    if remittance:
        clipped = reader.clip(line.remittance or "")
        payer, run, folded = _read_remittance(reader, clipped, given(line.bank_reference))
    end_to_end = given(line.end_to_end_id)
    if end_to_end:
        text = mask(fold_text(reader.clip(end_to_end)))
        reader.take(text, "end_to_end_id", 0, len(text))
    structured, valid = given(line.creditor_reference), None
    if structured and is_creditor_reference(structured):
        valid = structured.replace(" ", "").upper()
    elif structured:
        text = mask(fold_text(reader.clip(structured)))
        reader.take(text, "creditor_reference", 0, len(text))
    cut_at = len(folded) if len(folded) in CUTS else None
    name = given(line.counterparty_name) or payer
    return Label(name, tuple(reader.words), valid, _references_in(folded), run, tuple(reader.caps), cut_at)


def is_year(digits: str, on: date) -> bool:
    """True when four digits are a year near the booking date."""
    return len(digits) == 4 and abs(int(digits) - on.year) <= 2
