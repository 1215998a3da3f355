"""The qualifiers of CFONB 120 record 05: what stands where in their 70 characters (banks.md 7.4)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from core.model import MoneyError, to_major
from mappings.statements.draft import rescaled, seamless, told

WIDTH: Final = 70
_LABEL: Final = 31
_HALVES: Final = (slice(35), slice(35, WIDTH))
_PARTS: Final = {
    "NPY": ("debtor",), "NPO": ("ultimate_debtor",), "CPY": ("debtor_account",),
    "NBE": ("creditor",), "NBU": ("ultimate_creditor",), "CBE": ("creditor_account",),
    "IPY": ("debtor_id", "debtor_id_type"), "IPO": ("ultimate_debtor_id", "ultimate_debtor_id_type"),
    "IBE": ("creditor_id", "creditor_id_type"), "IBU": ("ultimate_creditor_id", "ultimate_creditor_id_type"),
    "LCS": ("creditor_reference", "creditor_reference_type"), "RCN": ("end_to_end_id", "purpose"),
    "REF": ("payment_information_id", "instruction_id"), "RUM": ("mandate_id", "mandate_sequence"),
    "PDO": ("country",),
}  # fmt: skip
"""One word: the whole field. Two: its first and its last 35 characters."""
_FREE_TEXT: Final = ("LIB", "LCC", "LC2")
_ALSO_TEXT: Final = (*_FREE_TEXT, "LCS", "NPO", "NBU")


class Complements(NamedTuple):
    """The 05 records of one movement: the label as they continue it, lines by qualifier, all in order."""

    label: list[str]
    named: Mapping[str, list[str]]
    order: list[str]

    def remittance(self) -> list[str]:
        """Free text in the bank's order: label, LIB lines, then LCC and LC2 put together."""
        label = self.label[0] if len(self.label) == 1 else seamless(self.label, _LABEL)
        named = self.named
        if "LCC" not in named and "LC2" not in named:
            return [label, *named.get("LIB", ())]
        cut = [*named.get("LCC", ()), *named.get("LC2", ())]
        return [label, *named.get("LIB", ()), cut[0] if len(cut) == 1 else seamless(cut, WIDTH)]

    def text_lines(self) -> tuple[str, ...]:
        """The same as separate lines, as sent, with the structured reference and the ultimate parties."""
        lines = self.label
        for name in _ALSO_TEXT:
            if name in self.named:
                lines = [*lines, *self.named[name]]
        return tuple(filter(None, lines))

    def said(self) -> dict[str, str]:
        """Every other part that is there under our word for it; an unknown qualifier under its own."""
        words: dict[str, str] = {}
        for name, lines in self.named.items():
            parts = _PARTS.get(name)
            if parts is not None:
                for word, half in zip(parts, _HALVES if len(parts) > 1 else (slice(None),), strict=True):
                    if found := told(lines[0][half]):
                        words[word] = found
                lines = lines[1:]
            if lines and name not in _FREE_TEXT:
                words[name] = "\n".join(lines)
        return words


def complements(label: str, texts: list[str]) -> Complements:
    """The 05 records of a movement with that label, sorted by qualifier."""
    labels = [label.rstrip()]
    named: dict[str, list[str]] = {}
    order = []
    for text in texts:
        name, data = text[45:48].strip(), text[48:118].rstrip()
        order.append(data)
        if not name or name.isdigit():
            # Old layout: no qualifier (value date or blanks in its place), the label goes on.
            if data:
                labels.append(data)
        elif name in named:
            named[name].append(data)
        else:
            named[name] = [data]
    return Complements(labels, named, order)


class Foreign(NamedTuple):
    """An amount in another currency, unsigned, and the rate as the bank prints it."""

    minor: int
    currency: str
    rate: str | None


def foreign(text: str) -> Foreign | None:
    """MMO and FEE: currency 3, decimals 1, amount 14, then for MMO rate decimals 2 and rate 11."""
    currency, decimals, digits, places, rate = text[:3], text[3:4], text[4:18], text[18:20], text[20:31]
    if not (digits.isdigit() and decimals.isdigit() and text.isascii()):
        return None
    try:
        minor = rescaled(int(digits), int(decimals), currency)
    except MoneyError:
        return None
    if minor is None:
        return None
    stated = places.isdigit() and rate.isdigit()
    return Foreign(minor, currency, f"{Decimal(rate).scaleb(-int(places)):f}" if stated else None)


def printed(amount: Foreign) -> str:
    """`1.20 EUR`"""
    return f"{to_major(amount.minor, amount.currency)} {amount.currency}"
