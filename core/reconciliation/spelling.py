"""Names of companies made comparable: their words, and the legal form apart."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from anyascii import anyascii

from core.reconciliation.label import WORD

_FORMS: Final = (
    "SA SAS SASU SARL EURL SNC SCI SCP SCOP SELARL SELAS SCS SCA GIE EI EIRL EARL GAEC SEM ASSOCIATION"
    " ASSO STE SOCIETE ETS ETABLISSEMENTS CIE LTD LIMITED LLC INC PLC GMBH AG KG BV NV SPA SRL SL OY AB"
    " AS APS"
)
_COMMON_WORDS: Final = (
    "FRANCE GROUPE GROUP EUROPE INTERNATIONAL SERVICES SERVICE HOLDING COMPAGNIE PARIS LYON M MR MME"
    " MONSIEUR MADAME ET DE DU DES LA LE LES D L AND THE"
)
LEGAL_FORMS: Final = frozenset(_FORMS.split())
COMMON: Final = frozenset(_COMMON_WORDS.split())


class Name(NamedTuple):
    """A name in its parts: the words that identify, in order, and the legal form apart."""

    words: tuple[str, ...]
    form: str | None


@lru_cache(maxsize=8192)
def normalise(text: str) -> Name:
    """Upper case, no accents, dotted forms joined, legal form in its own field.

    >>> normalise("S.A.R.L. Côté & Fils")
    Name(words=('COTE', 'FILS'), form='SARL')
    """
    words = WORD.findall((text if text.isascii() else anyascii(text)).upper())
    if 1 in map(len, words):
        words = _spelled_out(words)
    if LEGAL_FORMS.isdisjoint(words):
        return Name(tuple(words), None)
    core = tuple(w for w in words if w not in LEGAL_FORMS)
    form = next(w for w in words if w in LEGAL_FORMS)
    return Name(core, form) if core else Name(tuple(words), None)


def _spelled_out(words: Iterable[str]) -> list[str]:
    """Single letters that stand side by side are one word: `S A R L`."""
    found: list[str] = []
    letters = ""
    for word in words:
        if len(word) == 1 and word.isalpha():
            letters += word
            continue
        found.extend((letters, word) if letters else (word,))
        letters = ""
    return [*found, letters] if letters else found
