"""What one `:61:` with its `:86:` says: dates, sign, amount and the line it becomes (docs/mt940.md)."""

import calendar
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Final

from core.model import MoneyError, to_minor
from core.model.bank import Operation
from core.model.identifiers import is_iban
from mappings.statements.draft import Line, LineStatus, Unreadable, told
from mappings.statements.mt940_details import details
from mappings.statements.mt940_tags import LINE, Field, groups
from mappings.statements.operations import GERMAN, GERMAN_RETURNS, SWIFT

_SIGNS: Final = {"C": 1, "D": -1, "RC": -1, "RD": 1}
"""RC reverses a credit, so money leaves; RD reverses a debit."""
_EXPECTED: Final = re.compile(r"(\d{6}(?:\d{4}|\s{4})?)E([CD])", re.ASCII)
_REFERENCE: Final = re.compile(r"(?:KREF|EREF)\+?", re.ASCII)
_WORDS: Final = frozenset({"name", "iban", "end_to_end_id", "mandate_id", "creditor_id", "return_code"})


def as_line(field: Field, said: list[str], currency: str, status: LineStatus, oddities: Counter[str]) -> Line:
    """The canonical line of one `:61:` and the lines of its `:86:`; raises Unreadable."""
    value, expected = _EXPECTED.subn(r"\1\2", field.value, count=1)
    parts = groups(LINE, "\n".join(value.split("\n")[:2]))
    if parts is None:
        raise Unreadable("unreadable_line", "a line (:61:) has not the form of one", field.place)
    minor = _SIGNS[parts["status"].upper()] * amount(parts["amount"], currency, field.place)
    _funds(parts, currency, oddities)
    value_on = day(parts["year"], parts["month"], parts["day"], field.place, oddities)
    text = details(said)
    words = text.words
    beside = [line.strip() for line in field.lines[1:] if line.strip()]
    return Line(
        amount_minor=minor,
        currency=currency,
        booking_date=_entry_day(parts, value_on, field.place, oddities),
        operation=_operation(parts["id"], words.get("business_code", "")),
        key_text=" ".join(
            (parts["id"], parts["customer_reference"], parts["bank_reference"], *beside, *said)
        ),
        more={
            "value_date": value_on,
            "counterparty_name": words.get("name"),
            "counterparty_iban": _iban(words.get("iban")),
            "remittance": text.remittance or told(" ".join(beside)),
            "text_lines": (*beside, *text.lines),
            "end_to_end_id": words.get("end_to_end_id"),
            "mandate_id": words.get("mandate_id"),
            "creditor_id": words.get("creditor_id"),
            "bank_reference": told(parts["bank_reference"]),
            "return_reason": _reason(words.get("return_code")),
        },
        words=_words(parts, words),
        status="planned" if expected else status,
    )


def amount(text: str, currency: str, place: str) -> int:
    """An unsigned amount with a comma, in minor units: `12,` and `,5` are written too."""
    try:
        return to_minor(text.replace(",", ".", 1), currency)
    except MoneyError as error:
        raise Unreadable("unreadable_amount", str(error), place) from None


def day(year: str, month: str, number: str, place: str, oddities: Counter[str]) -> date:
    """YYMMDD, 80 to 99 in the twentieth century. A day the month has not (interest is dated 30
    February) is its last one; raises Unreadable for any other that is no date."""
    if not 1 <= int(month) <= 12 or not 1 <= int(number) <= 31:
        raise Unreadable("unreadable_date", f"the date {year}{month}{number} is unreadable", place)
    whole = int(year) + (2000 if int(year) < 80 else 1900)
    last = calendar.monthrange(whole, int(month))[1]
    if int(number) > last:
        oddities["a date is after the end of its month: taken as the last day of the month"] += 1
    return date(whole, int(month), min(int(number), last))


def _entry_day(parts: Mapping[str, str], value_on: date, place: str, oddities: Counter[str]) -> date:
    """The day of booking: MMDD of the year that puts it nearest to the value date, which it is without."""
    month, number = parts["entry_month"], parts["entry_day"]
    if not (month.isdigit() and number.isdigit()):
        return value_on
    tried = Counter[str]()
    years = (f"{(value_on.year + shift) % 100:02}" for shift in (0, -1, 1))
    days = [day(year, month, number, place, tried) for year in years]
    found = min(days, key=lambda one: abs((one - value_on).days))
    if found.day != int(number):
        oddities.update(dict.fromkeys(tried, 1))
    return found


def _funds(parts: Mapping[str, str], currency: str, oddities: Counter[str]) -> None:
    """The letter after the mark is the third of the currency: in `CR1500,` a credit in EUR, while `RC`
    reverses one. A letter of another currency is told: the sign is then as the mark says."""
    letter = parts["funds_code"].upper()
    if letter and letter != currency[2:]:
        oddities[f"a letter {letter!r} after the debit or credit mark is not that of {currency}"] += 1


def _operation(kind: str, business_code: str) -> Operation:
    return GERMAN.get(business_code) or SWIFT.get(kind[1:].upper().strip(), "other")


def _iban(text: str | None) -> str | None:
    dense = text.replace(" ", "").upper() if text else ""
    return dense if is_iban(dense) else None


def _reason(code: str | None) -> str | None:
    return GERMAN_RETURNS.get(code, code) if code else None


def _words(parts: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """The bank's own codes, and every part of the details that has no field of its own."""
    kept = {name: word for name, word in words.items() if name not in _WORDS}
    if "return_code" in words:
        kept["reject_code"] = words["return_code"]
    if "iban" in words and _iban(words["iban"]) is None:
        kept["counterparty_account"] = words["iban"]
    kept["transaction_type"] = parts["id"].strip()
    reference = told(parts["customer_reference"])
    if reference and not _REFERENCE.fullmatch(reference):
        kept["customer_reference"] = reference
    if len(parts["status"]) > 1:
        kept["mark"] = parts["status"].upper()
    return {name: word for name, word in kept.items() if word}
