"""The qualifiers of CFONB 120 record 05: what stands where in their 70 characters (49-118)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from core.model import MoneyError, to_major
from mappings.statements.draft import rescaled, seamless, told

WIDTH: Final = 70
_LABEL: Final = 31
_ALL, _FIRST, _LAST = slice(WIDTH), slice(35), slice(35, WIDTH)
_PARTS: Final = {
    "NPY": (("debtor", _ALL),),
    "IPY": (("debtor_id", _FIRST), ("debtor_id_type", _LAST)),
    "NPO": (("ultimate_debtor", _ALL),),
    "IPO": (("ultimate_debtor_id", _FIRST), ("ultimate_debtor_id_type", _LAST)),
    "CPY": (("debtor_account", _ALL),),
    "NBE": (("creditor", _ALL),),
    "IBE": (("creditor_id", _FIRST), ("creditor_id_type", _LAST)),
    "NBU": (("ultimate_creditor", _ALL),),
    "IBU": (("ultimate_creditor_id", _FIRST), ("ultimate_creditor_id_type", _LAST)),
    "CBE": (("creditor_account", _ALL),),
    "LCS": (("creditor_reference", _FIRST), ("creditor_reference_type", _LAST)),
    "RCN": (("end_to_end_id", _FIRST), ("purpose", _LAST)),
    "REF": (("payment_information_id", _FIRST), ("instruction_id", _LAST)),
    "RUM": (("mandate_id", _FIRST), ("mandate_sequence", _LAST)),
    "PDO": (("country", _ALL),),
}
_FREE_TEXT: Final = ("LIB", "LCC", "LC2")
_ALSO_TEXT: Final = (*_FREE_TEXT, "LCS", "NPO", "NBU")


Named: TypeAlias = Mapping[str, list[str]]
"""The lines of the 05 records of one movement by qualifier, in order."""


def sorted_out(label: str, texts: list[str]) -> tuple[list[str], Named, list[str]]:
    """The 05 records of a movement: its label as they continue it, their lines by qualifier, all of
    them in order."""
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
    return labels, named, order


def remittance(labels: list[str], named: Named) -> list[str]:
    """Free text in the bank's order: label, LIB lines, then LCC and LC2 put together."""
    label = labels[0] if len(labels) == 1 else seamless(labels, _LABEL)
    if "LCC" not in named and "LC2" not in named:
        return [label, *named.get("LIB", ())]
    cut = [*named.get("LCC", ()), *named.get("LC2", ())]
    return [label, *named.get("LIB", ()), seamless(cut, WIDTH)]


def text_lines(labels: list[str], named: Named) -> tuple[str, ...]:
    """The same as separate lines, as sent, with the structured reference and the ultimate parties."""
    lines = labels
    for name in _ALSO_TEXT:
        if name in named:
            lines = [*lines, *named[name]]
    return tuple(filter(None, lines))


def said(named: Named) -> dict[str, str]:
    """Every part that is no free text under our word for it; an unknown qualifier under its own."""
    words: dict[str, str] = {}
    for name, lines in named.items():
        if name in _FREE_TEXT:
            continue
        parts = _PARTS.get(name)
        if parts is None:
            words[name] = "\n".join(lines)
            continue
        for word, part in parts:
            if found := told(lines[0][part]):
                words[word] = found
        if len(lines) > 1:
            words[name] = "\n".join(lines[1:])
    return words


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
