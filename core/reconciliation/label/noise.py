"""What in a text is never an invoice number, as a table: accounts, dates, amounts, phones, cards and more."""

import re
from functools import cache
from typing import Final, Literal, NamedTuple

from core.model.identifiers import is_iban
from core.reconciliation.label.folding import WORD

Kind = Literal[
    "iban", "date", "time", "amount", "rate", "phone", "company", "creditor", "mandate",
    "card", "bank_number",
]  # fmt: skip
"""`company` is a SIREN, SIRET, VAT or trade number, `creditor` a SEPA creditor identifier (ICS)."""


class Noise(NamedTuple):
    """A stretch of a text and why no reference is looked for in it."""

    kind: Kind
    start: int
    end: int


_CURRENCIES: Final = (
    "EUROS EURO EUR USD GBP CHF JPY CAD AUD SEK NOK DKK PLN CZK HUF RON BGN MAD TND DZD XOF XAF XPF CNY"
    " HKD SGD AED TRY ZAR"
)
CURRENCY: Final = _CURRENCIES.replace(" ", "|")
_MONTH_WORDS: Final = (
    "JANVIER JANUARY JANV JAN FEVRIER FEBRUARY FEVR FEV FEB MARS MARCH MAR AVRIL AVR APRIL APR MAI MAY"
    " JUIN JUNE JUN JUILLET JUIL JULY JUL AOUT AUGUST AUG SEPTEMBRE SEPTEMBER SEPT SEP OCTOBRE OCTOBER OCT"
    " NOVEMBRE NOVEMBER NOV DECEMBRE DECEMBER DEC"
)
MONTHS: Final = f"(?:{_MONTH_WORDS.replace(' ', '|')})"
_SIGN: Final = rf"(?:{CURRENCY}|E|€)"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH: Final = r"(?:0?[1-9]|1[0-2])"
_DENSE_DATE: Final = r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:20)?\d\d"
_UNCITED: Final = (
    r"(?<!FACT )(?<!FACTURE )(?<!FACTURES )(?<!FA )(?<!FAC )(?<!INV )(?<! N )(?<! NO )(?<![A-Z][-/])(?<!\d,)"
)
"""Digits behind a word that cites are a number, however much `801 120,00` or `12,13` looks like an amount."""
_SPACED: Final = r"(?<![A-Z0-9][-/._])(?<!\d )[1-9]\d{0,2}(?: \d{3})+"
"""Not `F2025-164 267,02`, nor `074 823,91`: what touches a number or begins with 0 is no thousands."""
_DOTTED: Final = r"\d{1,3}(?:\.\d{3})+"
_WHOLE: Final = r"\d{1,3}(?:[ .,']\d{3})+|\d+"
_SAID: Final = (
    r"(?:COMM?(?:ISSIONS?)?|FRAIS|CHARGES?|CHGS?|FEES?|LESS|MONTANT|MT|TOTAL|NET|BRUT|AGIOS|ESCOMPTE|REMISE)"
)

Row = tuple[Kind, str]

BY_DIGIT: Final[tuple[Row, ...]] = (
    ("date", rf"{_DAY}/{_MONTH}/(?:\d{{4}}|\d\d)"),
    ("date", rf"{_DAY}\.{_MONTH}\.(?:\d{{4}}|\d\d)"),
    ("date", rf"{_DAY}-{_MONTH}-(?:\d{{4}}|\d\d)"),
    ("date", r"(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d"),
    ("date", rf"{_UNCITED}{_DAY} ?{MONTHS} ?20\d\d"),
    ("date", rf"{_DENSE_DATE}(?= CB[* ])"),
    ("time", r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"),
    ("amount", rf"{_UNCITED}(?:{_SPACED}|{_DOTTED}|\d+),\d\d(?!,\d)(?: ?{_SIGN})?"),
    ("amount", rf"(?:{_DOTTED}|\d+),\d\d ?{_SIGN}"),
    ("amount", rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)\.\d\d ?{_SIGN}"),
    ("amount", rf"\d+ ?(?:{CURRENCY}|€)(?! ?\d)"),
    ("rate", r"\d+(?:[.,]\d+)? ?%"),
    ("phone", r"0[1-9](?:[ .]\d\d){4}"),
    ("bank_number", r"\d{10}S"),
)
"""Kind and pattern of what begins with a digit."""

BY_WORD: Final[tuple[Row, ...]] = (
    ("date", rf"DU {_DENSE_DATE} AU {_DENSE_DATE}"),
    ("date", rf"(?:DU|LE|DATE|ECH|ECHEANCE)[ :/]*{_DENSE_DATE}"),
    ("date", rf"(?:DU|LE|AU|ECH|CB|CARTE) ?/?{_DAY}[/.]{_MONTH}(?![/.]\d)"),
    ("date", rf"(?:DU|LE|AU|ECH|DATE) ?{_DAY}(?:ER)? {MONTHS}(?: ?(?:20)?\d\d)?"),
    ("time", r"A [012]?\dH[0-5]\d"),
    ("amount", rf"(?:{CURRENCY}|€) ?(?:{_WHOLE})(?:[.,]\d\d?)?"),
    ("amount", rf"{_SAID}[ .:/]*(?:{_SIGN} ?)?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)\.\d\d(?: ?{_SIGN})?"),
    ("amount", rf"IMP \d+ \d\d ?{_SIGN}"),
    ("rate", r"(?:TAUX|COURS|RATE|CHANGE|EXCH)[ :/]*\d+[.,]\d+"),
    ("phone", r"(?:TEL|PHONE|FAX|MOBILE)[ .:]*(?:\+\d\d ?)?\d(?:[ .]?\d){8,9}"),
    ("company", r"(?:SIREN|SIRET|RCS|TVA(?:FR)?|NAF)(?:[ :][ :A-Z]{0,19})?\d[\d ]{8,17}|FR\d\d ?\d{9}"),
    ("creditor", r"(?:FR|BE|DE|ES|IT|LU|NL|PT|AT|IE)\d\d(?:ZZZ|[A-Z0-9]{3})[A-Z0-9]{6}"),
    ("mandate", r"(?:RUM|MANDAT|MDT)[ :/]+\+*[A-Z0-9-]*\d[A-Z0-9-]*"),
    ("card", r"(?:CB|CARTE)[ *X]*\d{4,16}"),
)
"""Kind and pattern of what a word or a sign announces."""


def _either(rows: tuple[Row, ...]) -> str:
    return "|".join(f"({pattern})" for _, pattern in rows)


_FIND: Final = (
    rf"(?<![A-Z0-9])(?:(?=\d)(?:{_either(BY_DIGIT)})|(?=[A-Z€])(?:{_either(BY_WORD)}))(?![A-Z0-9])"
    r"|(?<![A-Z0-9+/])(\+\d\d(?:[ .]?\d){8,11}(?!\d))"
)
"""No letter or digit may touch what is found; of the patterns that fit, the first counts."""
_KINDS: Final[tuple[Kind, ...]] = (*(kind for kind, _ in BY_DIGIT + BY_WORD), "phone")
_DIGIT: Final = re.compile("[0-9]")
_TELLING: Final = re.compile(r"[,.:%€+*']")
_SLASHES: Final = re.compile(r"[0-9](?:(?<![A-Z0-9].)\d?/\d\d?/\d\d|\d\d/\d{4}/\d{5})")
"""A date, or a Belgian reference."""
_DASHES: Final = re.compile(r"[0-9]-\d\d?-\d")
"""Dates have them; numbers too, but then it is worth a look."""
LONGEST_PLAIN: Final = 20
"""Digits in one piece that are no more than a number."""
_BLOCKS: Final = frozenset({2, 5})
"""Sizes of the blocks of phones and Swiss references."""
_PLAIN_NUMBER: Final = re.compile(r"([A-Z]{1,8})\d{1,10}")
_ANNOUNCING_WORDS: Final = (
    "DU LE AU ECH ECHEANCE DATE CB CARTE A E IBAN TEL PHONE FAX MOBILE TAUX COURS RATE CHANGE EXCH SIREN"
    " SIRET RCS TVA TVAFR NAF RUM MDT MANDAT IMP FR"
)
_ANNOUNCING: Final = frozenset(f"{_ANNOUNCING_WORDS} {_CURRENCIES} {_MONTH_WORDS}".split())
"""Words before or behind digits that are noise."""
_IBAN_START: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]){11,40}")
_LENGTHS: Final = (
    "NO15 BE16 DK18 FI18 FO18 GL18 NL18 MK19 SI19 AT20 BA20 EE20 LT20 LU20 CH21 HR21 LI21 LV21 BG22 DE22"
    " GB22 GE22 IE22 ME22 RS22 AE23 GI23 IL23 AD24 CZ24 ES24 MD24 PK24 RO24 SA24 SE24 SK24 TN24 VA22 PT25"
    " IS26 TR26 FR27 GR27 IT27 MC27 MR27 SM27 AL28 AZ28 CY28 DO28 GT28 HU28 LB28 PL28 BH22 BY28 CR22 EG29"
    " UA29 QA29 BR29 KW30 JO30 MU30 MT31 SC31 MA28 DZ26 SN28 CI28 BF28 BJ28 ML28 NE28 TG28 CM27 GA27 CG27"
    " MG27"
)
IBAN_LENGTHS: Final = {each[:2]: int(each[2:]) for each in _LENGTHS.split()}
"""Signs of an account by country, of ISO 13616 and of those that write like it."""
_IBAN_WORD: Final = re.compile(
    r"(?<![A-Z0-9])IBAN[ :]*[A-Z]{2}\d\d(?: ?(?=[A-Z]*\d)[A-Z0-9]{1,34}(?![A-Z0-9])){1,8}"
)


@cache
def _finder() -> re.Pattern[str]:
    """Compiled at the first label: it takes time, and where the kernel reads there is none."""
    return re.compile(_FIND)


def _ibans(folded: str) -> list[Noise]:
    """Accounts whose check digits hold, in blocks of four too; and whatever the word IBAN announces."""
    found = []
    for match in _IBAN_START.finditer(folded):
        end = _iban_end(folded, match.start(), match.end())
        if end:
            found.append(Noise("iban", match.start(), end))
    if "IBAN" in folded:
        left = _without(folded, found)
        found += [Noise("iban", m.start(), m.end()) for m in _IBAN_WORD.finditer(left)]
    return found


def _iban_end(text: str, start: int, limit: int) -> int | None:
    """Where an account of its country's length ends: others are numbers that meet the check by accident."""
    length = IBAN_LENGTHS.get(text[start : start + 2])
    for end in range(limit, start + 14, -1) if length else ():
        whole = end == len(text) or not text[end].isalnum()
        if whole and text[end - 1] != " ":
            dense = text[start:end].replace(" ", "")
            if len(dense) == length and is_iban(dense):
                return end
    return None


def blanked(text: str, start: int, end: int) -> str:
    """The text with a stretch blanked, each other character staying where it is."""
    return text[:start] + " " * (end - start) + text[end:]


def _without(text: str, noise: list[Noise]) -> str:
    for _, start, end in noise:
        text = blanked(text, start, end)
    return text


def is_plain(folded: str) -> bool:
    """Whether a text surely holds no noise and no structured reference; false when in doubt.

    Signs and words tell. Plain texts are words of letters, words of digits, and numbers of a few letters
    and then digits, with blanks, single dashes, slashes and brackets around them.
    """
    if _TELLING.search(folded) or _DASHES.search(folded) or ("/" in folded and _SLASHES.search(folded)):
        return False
    words = WORD.findall(folded)
    if not _ANNOUNCING.isdisjoint(words) or ("X" in folded and any(map(_announces, words))):
        return False
    before = ""
    for word in words:
        if not word.isalpha() and not (
            _are_plain_digits(word, before) if word.isdigit() else _is_plain_number(word, folded)
        ):
            return False
        before = word
    return True


def _announces(letters: str) -> bool:
    """A word that noise begins with; a card's number may begin with crosses (`CBX1234`)."""
    return letters in _ANNOUNCING or letters.rstrip("X") in _ANNOUNCING


def _are_plain_digits(word: str, before: str) -> bool:
    return len(word) <= LONGEST_PLAIN and (len(word) != len(before) or len(word) not in _BLOCKS)


def _is_plain_number(word: str, folded: str) -> bool:
    match = _PLAIN_NUMBER.fullmatch(word)
    if match is None or match[1] == "RF" or _announces(match[1]):
        return False
    return len(match[1]) != 2 or not _IBAN_START.search(folded)


def noise_in(folded: str) -> tuple[str, list[Noise]]:
    """The folded text with what is never a reference blanked, and what that was, in reading order.

    >>> noise_in("FA-12 DU 12/03/2024 120,00 EUR")[1]
    [Noise(kind='date', start=9, end=19), Noise(kind='amount', start=20, end=30)]
    """
    if not _DIGIT.search(folded):
        return folded, []
    ibans = _ibans(folded)
    masked = _without(folded, ibans)
    others = [Noise(_KINDS[(m.lastindex or 0) - 1], m.start(), m.end()) for m in _finder().finditer(masked)]
    return _without(masked, others), sorted(ibans + others, key=lambda n: n.start) if ibans else others


def mask(folded: str) -> str:
    """The folded text with what is never a reference blanked: IBAN, dates, amounts, phones, cards...

    >>> mask("FA-12 DU 12/03/2024 120,00 EUR").split()
    ['FA-12', 'DU']
    """
    return folded if is_plain(folded) else noise_in(folded)[0]
