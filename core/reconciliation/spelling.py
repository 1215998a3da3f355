"""Names of companies made comparable: their words, and the legal form apart."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from anyascii import anyascii

from core.reconciliation.label import WORD

_FORMS: Final = (
    "SA SAS SASU SARL EURL SNC SCI SCP SCOP SELARL SELAS SCS SCA GIE EI EIRL EARL GAEC SEM ASSOCIATION"
    " ASSO STE SOCIETE ETS ETABLISSEMENT ETABLISSEMENTS LTD LIMITED LLC INC PLC GMBH AG KG BV NV SPA"
    " SRL SL OY AB AS APS"
)
_COMMON_WORDS: Final = (
    "FRANCE GROUPE GROUP EUROPE INTERNATIONAL SERVICES SERVICE HOLDING COMPAGNIE CIE PARIS LYON M MR MME"
    " MONSIEUR MADAME ET DE DU DES LA LE LES D L AND THE"
)
LEGAL_FORMS: Final = frozenset(_FORMS.split())
ANY_FORM: Final = frozenset({"STE", "SOCIETE", "ETS", "ETABLISSEMENT", "ETABLISSEMENTS"})
"""What companies of every legal form call themselves: it tells nothing of which one they have."""
TITLES: Final = frozenset({"M", "MR", "MME", "MLLE", "MONSIEUR", "MADAME", "MADEMOISELLE"})
"""How banks write persons: in front of the name, and no part of it."""
AND: Final = frozenset({"ET", "AND"})
"""What may stand for `&`, which is no word."""
OR: Final = "OU"
COMMON: Final = frozenset(_COMMON_WORDS.split())


class Name(NamedTuple):
    """A name in its parts: the words that identify, in order, and the legal form apart."""

    words: tuple[str, ...]
    form: str | None


@lru_cache(maxsize=8192)
def normalise(text: str) -> Name:
    """Upper case, no accents, dotted forms joined, legal form in its own field, titles and `and` left out.

    >>> normalise("S.A.R.L. Côté et Fils")
    Name(words=('COTE', 'FILS'), form='SARL')
    >>> normalise("M. ou Mme Leroy Anne")
    Name(words=('LEROY', 'ANNE'), form=None)
    """
    words = WORD.findall((text if text.isascii() else anyascii(text)).upper())
    if not AND.isdisjoint(words):
        words = [w for w in words if w not in AND]
    if 1 in map(len, words):
        words = _spelled_out(words)
    if LEGAL_FORMS.isdisjoint(words):
        return Name(_untitled(words), None)
    core = [w for w in words if w not in LEGAL_FORMS]
    forms = [w for w in words if w in LEGAL_FORMS]
    form = next((w for w in forms if w not in ANY_FORM), forms[0])
    return Name(_untitled(core), form) if core else Name(tuple(words), None)


def _untitled(words: Sequence[str]) -> tuple[str, ...]:
    """The words behind the titles of one person or two (`M OU MME`), as long as two are left."""
    titles = 0
    while titles < len(words) and (words[titles] in TITLES or (titles and words[titles] == OR)):
        titles += 1
    return tuple(words[titles:] if len(words) - titles > 1 else words)


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
