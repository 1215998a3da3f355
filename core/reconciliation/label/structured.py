"""Structured creditor references: ISO 11649, Belgian and Swiss, each proved by its check digits."""

import re
from typing import Final, NamedTuple

from core.model.identifiers import is_creditor_reference

_RF: Final = re.compile(r"(?<![A-Z0-9])RF\d\d(?: ?[A-Z0-9]{1,4}(?![A-Z0-9]))*(?:[A-Z0-9]+(?![A-Z0-9]))?")
_DIGITS: Final = re.compile(r"\d(?:\d\d/\d{4}/\d{5}|\d{26}|\d(?: \d{5}){5})(?![A-Z0-9/])")
"""Belgian with its slashes, Swiss in one piece or in blocks; no digit may stand before it."""
_SEPARATORS: Final = re.compile(r"[\s+*/.-]")
_CARRY: Final = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)
"""Row of the Swiss recursive modulo 10."""


class Structured(NamedTuple):
    """A reference whose check digits hold, without its separators, and where it stands."""

    reference: str
    field: str
    start: int
    end: int


def is_belgian_reference(digits: str) -> bool:
    """Twelve digits, the last two the rest of the first ten by 97 (97 when nothing is left).

    >>> is_belgian_reference("090933755493")
    True
    """
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        return False
    return int(digits[10:]) == (int(digits[:10]) % 97 or 97)


def is_swiss_reference(digits: str) -> bool:
    """Twenty-seven digits, not all zero, whose last proves the others (recursive modulo 10).

    >>> is_swiss_reference("210000000003139471430009017")
    True
    """
    if len(digits) != 27 or not (digits.isascii() and digits.isdigit()) or not digits.strip("0"):
        return False
    carry = 0
    for digit in digits[:-1]:
        carry = _CARRY[(carry + int(digit)) % 10]
    return (10 - carry) % 10 == int(digits[-1])


def valid_structured(text: str) -> str | None:
    """The reference without blanks and signs, when it is a structured one whose check digits hold."""
    dense = _SEPARATORS.sub("", text).upper()
    valid = is_creditor_reference(dense) or is_belgian_reference(dense) or is_swiss_reference(dense)
    return dense if valid else None


def structured_in(folded: str, field: str = "remittance") -> tuple[Structured, ...]:
    """The structured references that stand in a folded text.

    >>> structured_in("FACT RF18 5390 0754 7034 MERCI")[0].reference
    'RF18539007547034'
    """
    found = [s for m in _RF.finditer(folded) if (s := _rf(m, field))] if "RF" in folded else []
    for match in _DIGITS.finditer(folded):
        reference = valid_structured(match[0])
        if reference and not folded[match.start() - 1 : match.start()].isalnum():
            found.append(Structured(reference, field, match.start(), match.end()))
    return tuple(found)


def _rf(match: re.Match[str], field: str) -> Structured | None:
    """The longest run of blocks that is a valid reference: words may follow it."""
    text = match[0].rstrip()
    while len(text) > 5:
        if is_creditor_reference(text):
            return Structured(text.replace(" ", ""), field, match.start(), match.start() + len(text))
        text = text.rpartition(" ")[0]
    return None
