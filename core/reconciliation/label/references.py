"""What looks like a document's number in a text, without knowing any: for a reader, not for a decision."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from core.reconciliation.label.reading import Word

How = Literal["number", "digits", "list", "range", "left out", "structured"]
"""`number` has letters, `digits` has none, `list` and `range` go on from the one before, `left out` is what
a range leaves out (SAUF 009), `structured` has check digits that hold."""

_CITING_WORDS: Final = (
    "FA FAC FACT FACTS FACTURE FACTURES FCT INV INVOICE INVOICES AVOIR AV F N NO NDEG NUM NR REF REFERENCE"
    " RECHNUNG FACTUUR FATTURA FACTURA BILL"
)
CITING: Final = frozenset(_CITING_WORDS.split())
"""Words before the number of an invoice."""
_TEXT_WORDS: Final = (
    "RGLT REGLT REGLEMENT PAIEMENT PMT VOS VOTRE NOTRE NOS SOLDE ACOMPTE MOTIF CDE COMMANDE LOYER MERCI ECH"
    " ECHEANCE VIREMENT SELON NOTPROVIDED NONREF IBAN TEL SIREN SIRET TVA RUM ICS MDT"
)
BEHIND_NAMES: Final = CITING | frozenset(_TEXT_WORDS.split())
"""Words with which a text begins that runs on behind a name."""
_PREFIXES: Final = frozenset({"FA", "FAC", "FC", "FV", "INV", "AV"})
"""Of those, the letters that numbers themselves often begin with."""
_ON: Final = frozenset({"ET", "AND", "PLUS", "LA", "LE", "LES"}) | CITING
_TO: Final = frozenset({"A", "AU", "TO"})
_BUT: Final = frozenset({"SAUF", "HORS", "EXCEPTE", "EXCEPT", "SANS"})
TIGHT: Final = frozenset({"-", "/", ".", "_", ""})
_NO_INVOICE: Final = frozenset({"LOT", "T", "Q", "CDE", "BC", "BL", "DEVIS", "CONTRAT", "CLIENT", "DOSSIER"})
"""Letters of numbers that are of no invoice."""
SHORTEST: Final = 5
"""Digits from which a number needs neither letters nor a word before it."""
LONGEST: Final = 12
"""Digits beyond which a number is a run number of some software."""


class Reference(NamedTuple):
    """A number in a text; `number` is it without separators."""

    number: str
    how: How
    text: str
    field: str
    start: int
    end: int


class _Span(NamedTuple):
    first: int
    after: int


def references_in(words: Sequence[Word], raw: str) -> list[Reference]:
    """The numbers of one stretch, whose words these are; `raw` is the whole field."""
    found: list[Reference] = []
    last = 0
    for span in _spans(words):
        between = [w.text for w in words[last : span.first]]
        how = _how(words, span, between, goes_on=bool(found))
        if how is not None:
            begin, end = words[span.first], words[span.after - 1]
            number = "".join(w.text for w in words[span.first : span.after])
            text = raw[begin.start : end.end]
            found.append(Reference(number, how, text, begin.field, begin.start, end.end))
            last = span.after
    return found


def _spans(words: Sequence[Word]) -> list[_Span]:
    """Words that are written as one number."""
    spans: list[_Span] = []
    at = 0
    while at < len(words):
        if words[at].text.isalpha():
            at += 1
            continue
        first, after = at, at + 1
        taken = spans[-1].after if spans else 0
        if first > taken and _is_prefix(words[first - 1].text, words[first].glue):
            first -= 1
        while after < len(words) and _joins(words, first, after):
            after += 1
        spans.append(_Span(first, after))
        at = after
    return spans


def _is_prefix(text: str, glue: str) -> bool:
    return text.isalpha() and (glue in TIGHT or (glue == " " and text in _PREFIXES))


def _joins(words: Sequence[Word], first: int, after: int) -> bool:
    """Whether the word at `after` is still the same number: not where a slash or plus begins another."""
    word, before = words[after], words[after - 1].text
    if word.glue == " " and word.text.isdigit() and after - first == 1 and before[:2] in ("19", "20"):
        return len(before) == 4 and words[first].glue == " " and len(word.text) > 2
    if word.glue not in TIGHT or word.text.isalpha():
        return False
    return word.glue != "/" or before.isalpha() or before[:2] in ("19", "20") or len(before) <= 2


def _how(words: Sequence[Word], span: _Span, between: Sequence[str], *, goes_on: bool) -> How | None:
    text = "".join(w.text for w in words[span.first : span.after])
    cited = span.first > 0 and words[span.first - 1].text in CITING
    if goes_on and (how := _going_on(text, between)):
        return how
    if not text.isdigit():
        letters = text.rstrip("0123456789")
        named = text[0].isalpha() or sum(map(str.isdigit, text)) > 2
        return "number" if named and letters not in _NO_INVOICE else None
    return "digits" if (cited or len(text) >= SHORTEST) and len(text) <= LONGEST else None


def _going_on(text: str, between: Sequence[str]) -> How | None:
    if between and between[0] in _BUT and set(between[1:]) <= _ON:
        return "left out"
    if between and between[-1] in _TO and set(between[:-1]) <= _ON:
        return "range"
    return "list" if text.isdigit() and set(between) <= _ON else None
