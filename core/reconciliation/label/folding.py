"""Texts made comparable without moving a character: upper case, no accents, and what counts as empty."""

import re
from functools import lru_cache
from typing import Final

from anyascii import anyascii

EMPTY: Final = frozenset(
    {
        "NOTPROVIDED", "NOT PROVIDED", "NON RENSEIGNE", "NON RENSEIGNEE", "NONREF", "NON REF", "SANS REF",
        "SANSREF", "SANS REFERENCE", "N/A", "NEANT", "NONE",
    }
)  # fmt: skip
"""What banks and payers write where they have nothing to say."""
_LONGEST_EMPTY: Final = max(map(len, EMPTY))
CUTS: Final = frozenset({31, 32, 35, 64, 70, 140})
"""Lengths at which banks cut texts: what ends there may be half a number."""

WORD: Final = re.compile(r"[A-Z0-9]+")
"""A word of a folded text."""
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    if char == "€":
        return char
    plain = anyascii(char).upper()[:1]
    wanted = plain.isalnum() if char.isalnum() else plain in ("/", ".", "-", ",", ":")
    return plain if wanted else " "


def _plain_match(match: re.Match[str]) -> str:
    return _plain(match[0])


def fold_text(text: str) -> str:
    """Upper case without accents, each character staying where it is.

    >>> fold_text("Réglé n°7")
    'REGLE N 7'
    """
    return text.upper() if text.isascii() else _BEYOND_ASCII.sub(_plain_match, text).upper()


def given(text: str | None) -> str | None:
    """The text, or None when it is empty or one of the words banks write for empty."""
    if text is None:
        return None
    stripped = text.strip()
    if len(stripped) <= _LONGEST_EMPTY and (not stripped or stripped.upper() in EMPTY):
        return None
    return stripped
