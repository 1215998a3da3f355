"""Document numbers in labels, and the words by which ledgers name openings, credits and rejects."""

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"[A-Z0-9][A-Z0-9/_.-]{3,30}")
_MONTHLY: Final = re.compile(r"\d{1,2}[/. -]\d{1,2}", re.ASCII)
_OPENING: Final = re.compile(r"\bA[ -]?NOUVEAUX\b|^A[ -]?NOUVEAU\b|\bREPORTS? A NOUVEAUX?\b|\bOUVERTURE\b")
_OPENING_CODES: Final = frozenset({"AN", "ANO", "ANX", "RAN", "AND", "ANC", "OUV"})
_CREDIT: Final = re.compile(r"\bAVOIRS?\b|\bAV[-/ ]?\d")
_REJECTED: Final = re.compile(r"\bREJETS?\b|\bREJETEE?S?\b|\bIMPAYEE?S?\b|\bRETOURS?\b|\bREFUSEE?S?\b")
_FACTOR: Final = re.compile(r"FACTOR|AFFACTUR")


def plain(text: str) -> str:
    """Upper case without accents."""
    folded = unicodedata.normalize("NFKD", text).upper()
    return "".join(c for c in folded if not unicodedata.combining(c))


def number_in(label: str) -> str | None:
    """The one word of a label that looks like a document number (three digits or more in it); None
    when there is none or more than one.

    >>> number_in("F202500012 ACHETEUR"), number_in("VIR 001 ET FA-2026-0001, FA-2026-0002")
    ('F202500012', None)
    """
    words = {word.rstrip("./-_") for word in _WORD.findall(plain(label))}
    found = [word for word in words if sum(c.isdigit() for c in word) >= 3]
    return found[0] if len(found) == 1 else None


def is_number(piece: str) -> bool:
    """Whether a piece reference may number a document: words (`SANS_PIECE_REF`) do not, nor a month and
    a place in it (`01/17`), which any date in a bank's label would cite."""
    return any(c.isdigit() for c in piece) and _MONTHLY.fullmatch(piece) is None


def is_opening(journal: str, label: str) -> bool:
    """Whether a journal brings last year's balances forward (à nouveaux)."""
    return plain(journal) in _OPENING_CODES or _OPENING.search(plain(label)) is not None


def is_credit(text: str) -> bool:
    """Whether a piece or label speaks of a credit note (avoir)."""
    return _CREDIT.search(plain(text)) is not None


def is_rejected(label: str) -> bool:
    """Whether a label speaks of money that went back."""
    return _REJECTED.search(plain(label)) is not None


def is_factor(name: str) -> bool:
    """Whether an account's name is that of a factor."""
    return _FACTOR.search(plain(name)) is not None
