"""Parts words that payers glued together: `FACTFA2024001`, `FA2024001FA2024002`, `20240312FA801`."""

import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Final

from core.reconciliation.index import FULL, strength_of

_WORDS: Final = (
    "FACTURES?|FACTS?|FAC|FCTS?|INVOICE|INV|NUMERO|NDEG|NUM|NO|N|REF|RGLT|REGLT|REGLEMENT|PAIEMENT|SOLDE|VIREMENT"
    "|VIR|AVOIR|DE|DU|ET|LA|LE|MERCI"
)
_BEFORE: Final = re.compile(rf"(?:{_WORDS})+(?=[A-Z]*\d)")
_PIECE: Final = re.compile(r"[A-Z]*\d+|[A-Z]+")
_SEAM: Final = re.compile(r"\d[A-Z]")
MAX_PIECES: Final = 12
STAMP: Final = 6
"""Digits of a date or run number that software puts before a number in an end-to-end id."""


def unglue(
    texts: list[str], starts: list[int], glues: list[str], held: Mapping[str, object], *, stamped: bool
) -> None:
    """Parts the words that are several glued together, in lists as `parted` gives them; `held` are the
    numbers that exist, and before the first a `stamped` field may have a date or run number.

    A word is parted only when every digit in it then belongs to a number that is held with its letters.
    """
    for at in range(len(texts) - 1, -1, -1):
        text = texts[at]
        if len(text) < STAMP or text.isalpha() or text.isdigit() or text in held:
            continue
        pieces = _behind_word(text, held) or _several(text, held, stamped=stamped)
        if pieces:
            texts[at : at + 1] = pieces
            starts[at : at + 1] = accumulate(map(len, pieces[:-1]), initial=starts[at])
            glues[at + 1 : at + 1] = [""] * (len(pieces) - 1)


def _is_held(number: str, held: Mapping[str, object]) -> bool:
    return number in held and strength_of(number) == FULL


def _behind_word(text: str, held: Mapping[str, object]) -> list[str] | None:
    """A known word and the number behind it; the word may end earlier than it could: `FAC` in `FACFA12`."""
    before = _BEFORE.match(text)
    for at in range(before.end() if before else 0, 0, -1):
        if _is_held(text[at:], held) and re.fullmatch(rf"(?:{_WORDS})+", text[:at]):
            return [text[:at], text[at:]]
    return None


def _several(text: str, held: Mapping[str, object], *, stamped: bool) -> list[str] | None:
    if not _SEAM.search(text):
        return None
    found: list[str] = []
    for piece in _PIECE.findall(text)[: MAX_PIECES + 1]:
        parted = [piece] if _is_held(piece, held) else _behind_word(piece, held)
        if parted is None:
            plain = re.fullmatch(rf"(?:{_WORDS})+", piece) or (
                stamped and not found and piece.isdigit() and len(piece) >= STAMP
            )
            parted = [piece] if plain else []
        if not parted or len(found) >= MAX_PIECES:
            return None
        found += parted
    return found if any(_is_held(p, held) for p in found) else None
