"""Amounts written in a text: exact digits, currency if one is named, and what is said of them."""

import re
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from core.money import exponent
from core.reconciliation.label.noise import CURRENCY, Noise

Said = Literal["commission", "charges", "gross", "net", "total", "discount", "original", ""]

_SAID: Final[tuple[tuple[Said, str], ...]] = (
    ("commission", r"COMM?(?:ISSIONS?)?"),
    ("charges", r"(?:BANK )?(?:FRAIS|CHARGES?|CHGS?|FEES?|AGIOS)(?: BANCAIRES?)?(?: DE BANQUE)?"),
    ("gross", r"BRUT|GROSS"),
    ("net", r"NET"),
    ("total", r"TOTAL|MONTANT|MT|TTC"),
    ("discount", r"ESCOMPTE|DISCOUNT|REMISE"),
    ("original", r"(?:ORIG(?:INE|INAL)?|OCMT)(?: (?:AMT|AMOUNT|MONTANT))?"),
)
_BEFORE: Final = re.compile(
    r"(?<![A-Z0-9])(?:" + "|".join(f"({p})" for _, p in _SAID) + r")(?: DE| D'| OF)?[ .:/=-]*$"
)
_INSIDE: Final = re.compile("|".join(f"({p})" for _, p in _SAID))
_DIGITS: Final = re.compile(r"\d[\d .,']*\d|\d")
_NAMED: Final = re.compile(rf"(?<![A-Z])(?:({CURRENCY})|(€|E))(?![A-Z])")
_CENTS_APART: Final = "IMP "
"""Fees on unpaid debits quote their amount with a blank: `IMP 97 49EUR`."""
_MOST_DIGITS: Final = 18
_LOOKED_BACK: Final = 24
"""Characters before an amount in which its word is looked for."""


class Amount(NamedTuple):
    """An amount in a text: `units` / 10 ** `decimals`, as written. No currency is assumed."""

    units: int
    decimals: int
    currency: str | None
    said: Said
    start: int
    end: int

    def minor(self, currency: str) -> int | None:
        """Minor units of `currency`; None when another currency is written or digits would be lost."""
        missing = exponent(currency) - self.decimals
        if self.currency not in (None, currency) or missing < 0:
            return None
        return int(self.units * 10**missing)


def amounts_in(folded: str, noise: Iterable[Noise]) -> tuple[Amount, ...]:
    """Reads the stretches that are amounts.

    >>> from core.reconciliation.label.noise import noise_in
    >>> text = "REMISE CB 105,00E COM 0,84E"
    >>> [(a.units, a.currency, a.said) for a in amounts_in(text, noise_in(text)[1])]
    [(10500, 'EUR', ''), (84, 'EUR', 'commission')]
    """
    found = (_amount(folded, n.start, n.end) for n in noise if n.kind == "amount")
    return tuple(amount for amount in found if amount is not None)


def _amount(folded: str, start: int, end: int) -> Amount | None:
    """None for more digits than any sum of money has."""
    text = folded[start:end]
    number = _DIGITS.search(text)
    currency = _currency(text)
    whole, decimals = _parted(number[0] if number else "0", exponent(currency) if currency else 2)
    if len(whole) > _MOST_DIGITS:
        return None
    if text.startswith(_CENTS_APART):
        decimals = 2
    return Amount(int(whole), decimals, currency, _said(folded, start, text), start, end)


def _currency(text: str) -> str | None:
    named = _NAMED.search(text)
    if named is None:
        return None
    return "EUR" if named[2] or named[1].startswith("EUR") else named[1]


def _parted(written: str, most: int) -> tuple[str, int]:
    """All digits, and how many stand behind the decimal sign: the only sign of its kind, the last one,
    with one or two digits behind it (three where the currency has three)."""
    digits = re.sub(r"\D", "", written)
    last = max(written.rfind(","), written.rfind("."))
    behind = len(written) - last - 1
    parts = last >= 0 and written.count(written[last]) == 1 and (behind in (1, 2) or behind == most)
    return digits, behind if parts else 0


def _said(folded: str, start: int, text: str) -> Said:
    inside = _INSIDE.match(text)
    if inside is None:
        inside = _BEFORE.search(folded, max(0, start - _LOOKED_BACK), start)
    return _SAID[inside.lastindex - 1][0] if inside and inside.lastindex else ""
