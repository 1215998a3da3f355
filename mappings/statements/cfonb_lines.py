"""What the records of one CFONB 120 movement say: its 04 and the 05 that follow (banks.md 7.4, 7.8)."""

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from core.model import MoneyError
from core.model.bank import Operation
from core.model.identifiers import is_iban
from mappings.statements.draft import Line, distinct, rescaled, seamless, told
from mappings.statements.operations import CFONB, REJECT_REASONS
from mappings.statements.records import Record

_LABEL = 31
_DATA = 70
_CREDITOR_ID = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
_ZEROS = frozenset({"", "0", "00", "0000000"})
_INSTANT = "SCTINST"


class Movement(NamedTuple):
    """A 04 record and the texts of its 05 records, by order and not by code: banks mix them up."""

    record: Record
    complements: list[str]


class Complements:
    """The 05 records of one movement, sorted by qualifier; unknown ones stay under their name."""

    __slots__ = ("label", "named", "order")

    def __init__(self, label: str, texts: list[str]) -> None:
        self.label = [label.rstrip()]
        self.named: dict[str, list[str]] = {}
        self.order: list[str] = []
        for text in texts:
            self._take(text[45:48], text[48:118].rstrip(), legacy=text[42:48].isdigit())

    def _take(self, name: str, data: str, *, legacy: bool) -> None:
        self.order.append(data)
        if legacy or name.isdigit() or name == "   ":
            # Old layout: no qualifier (value date or blanks in its place), the label goes on.
            if data:
                self.label.append(data)
        else:
            self.named.setdefault(name.strip(), []).append(data)

    def get(self, name: str, start: int = 0, end: int = _DATA) -> str | None:
        """A part of the first 05 of that name, or None."""
        lines = self.named.get(name)
        return told(lines[0][start:end]) if lines else None

    def texts(self) -> list[str]:
        """Free text in the bank's order: label, LIB lines, then the remittance put together."""
        remittance = seamless([*self.named.get("LCC", ()), *self.named.get("LC2", ())], _DATA)
        return [seamless(self.label, _LABEL), *self.named.get("LIB", ()), remittance]

    def raw_texts(self) -> tuple[str, ...]:
        """The same as separate lines, as sent, with the ultimate parties' names."""
        names = ("LIB", "LCC", "LC2", "LCS", "NPO", "NBU")
        lines = [*self.label, *(line for name in names for line in self.named.get(name, ()))]
        return tuple(line for line in lines if line)


def as_line(movement: Movement, amount_minor: int, currency: str, day: Callable[[str, Record], date]) -> Line:
    """The canonical line of one movement; raises Unreadable for a date that cannot be read."""
    record = movement.record
    text = record.text
    complements = Complements(text[48:79], movement.complements)
    code, reject, zone = text[32:34], text[40:42].strip(), text[104:120].strip()
    value, operation = text[42:48], _operation(code, zone)
    label, *more = complements.texts()
    fields: dict[str, object] = {
        "value_date": day(value, record) if value.strip("0 ") else None,
        "remittance": " ".join(distinct([label, *more])) or None,
        "text_lines": complements.raw_texts(),
        "end_to_end_id": complements.get("RCN", 0, 35),
        "return_reason": None if reject in _ZEROS else REJECT_REASONS.get(reject, reject),
    }
    if complements.named or zone:
        returned = operation in ("direct_debit_return", "return")
        fields |= _named_fields(complements, zone, credit=amount_minor > 0, returned=returned)
        fields |= _original(complements, negative=amount_minor < 0)
    entry = text[81:88].strip()
    return Line(
        amount_minor=amount_minor,
        currency=currency,
        booking_date=day(text[34:40], record),
        operation=operation,
        key_text=" ".join([text[7:11], code, reject, entry, zone, text[48:79], *complements.order]),
        more=fields,
        words=_words(complements, code=code, own=text[7:11], reject=reject, entry=entry, zone=zone),
    )


def _operation(code: str, zone: str) -> Operation:
    kind = CFONB.get(code, "other")
    return "instant_transfer" if kind == "transfer" and zone.startswith(_INSTANT) else kind


def _named_fields(complements: Complements, zone: str, *, credit: bool, returned: bool) -> dict[str, object]:
    """Parties and references. The other side of a credit is the payer (NPY), of a debit the creditor
    (NBE); a return keeps the parties of what it undoes, so there it is the opposite one."""
    get = complements.get
    payer = get("NPY") or get("NPO")
    creditor = get("NBE") or get("NBU")
    usual, opposite = (payer, creditor) if credit else (creditor, payer)
    iban = (get("CPY") if credit != returned else get("CBE")) or ""
    iban = iban.replace(" ", "")
    creditor_id = get("IBE", 0, 35) or (zone if zone and _CREDITOR_ID.fullmatch(zone) else None)
    return {
        "counterparty_name": (opposite or usual) if returned else usual,
        "counterparty_iban": iban if iban and is_iban(iban) else None,
        "creditor_id": creditor_id,
        "mandate_id": get("RUM", 0, 35),
        "creditor_reference": get("LCS", 0, 35),
    }


def _original(complements: Complements, *, negative: bool) -> dict[str, object]:
    """MMO: currency 3, decimals 1, amount 14. An unreadable one is left to `provider_words`."""
    text = (complements.named.get("MMO") or [""])[0]
    currency, decimals, digits = text[:3], text[3:4], text[4:18]
    if not (digits.isdigit() and decimals.isdigit() and text.isascii()):
        return {}
    try:
        minor = rescaled(int(digits), int(decimals), currency)
    except MoneyError:
        return {}
    if minor is None:
        return {}
    return {"original_amount_minor": -minor if negative else minor, "original_currency": currency}


def _words(
    complements: Complements, *, code: str, own: str, reject: str, entry: str, zone: str
) -> dict[str, str]:
    """The bank's own codes, and every 05 that is more than free text, under its qualifier."""
    words = {
        "operation_code": code.strip(),
        "bank_code": own.strip(),
        "reject_code": reject,
        "entry_number": entry.strip("0") and entry,
        "reference": zone,
    }
    for name, lines in complements.named.items():
        if name not in ("LIB", "LCC", "LC2"):
            words[name] = "\n".join(lines)
    return {name: word for name, word in words.items() if word}
