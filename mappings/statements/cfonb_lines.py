"""What the records of one CFONB 120 movement say: its 04 and the 05 that follow (docs/cfonb.md)."""

import re
from operator import itemgetter

from core.model.bank import Operation
from core.model.identifiers import is_iban
from mappings.statements.cfonb_fields import dated, day
from mappings.statements.cfonb_qualifiers import (
    Named,
    foreign,
    printed,
    remittance,
    said,
    sorted_out,
    text_lines,
)
from mappings.statements.cfonb_records import Record
from mappings.statements.draft import Line, distinct
from mappings.statements.operations import CFONB, REJECT_REASONS

_FIELDS = itemgetter(
    slice(7, 11),  # 8-11 the bank's own operation code
    slice(32, 34),  # 33-34 interbank operation code
    slice(34, 40),  # 35-40 booking date
    slice(40, 42),  # 41-42 reject code
    slice(42, 48),  # 43-48 value date
    slice(48, 79),  # 49-79 label
    slice(81, 88),  # 82-88 entry number
    slice(104, 120),  # 105-120 reference zone
)
"""The parts of a 04 record, at its positions from 1; the amount is read with its sign elsewhere."""
_CREDITOR_ID = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
_ZEROS = frozenset({"", "0", "00"})
_NO_DAY = frozenset({"      ", "000000"})
_INSTANT = "SCTINST"
_RETURNS = frozenset({"direct_debit_return", "return"})


def as_line(record: Record, amount_minor: int, currency: str) -> Line:
    """The canonical line of a 04 with its 05; raises Unreadable for a date that cannot be read."""
    own, code, booked, reject, value, label, entry, zone = _FIELDS(record.text)
    reject, zone, entry = reject.strip(), zone.strip(), entry.strip()
    labels, named, order = sorted_out(label, record.beside)
    words = said(named)
    operation = _operation(code, zone)
    more: dict[str, object] = {
        "remittance": " ".join(distinct(remittance(labels, named))) or None,
        "text_lines": text_lines(labels, named),
    }
    if value not in _NO_DAY:
        more["value_date"] = day(value) or dated(value, record)
    if reject not in _ZEROS:
        words["reject_code"] = reject
        more["return_reason"] = REJECT_REASONS.get(reject, reject)
    if words or zone:
        more |= _parties(words, zone, credit=amount_minor > 0, returned=operation in _RETURNS)
    if "MMO" in words or "FEE" in words:
        more |= _amounts(named, words, negative=amount_minor < 0)
    _own_codes(words, code=code, own=own, entry=entry, zone=zone)
    booking_date = day(booked) or dated(booked, record)
    key_text = " ".join([own, code, reject, entry, zone, label, *order])
    return Line(amount_minor, currency, booking_date, operation, key_text, more, words)


def _operation(code: str, zone: str) -> Operation:
    kind = CFONB.get(code, "other")
    return "instant_transfer" if kind == "transfer" and zone.startswith(_INSTANT) else kind


def _parties(words: dict[str, str], zone: str, *, credit: bool, returned: bool) -> dict[str, object]:
    """Parties and references, taken out of `words`. The other side of a credit is the debtor, of a
    debit the creditor; a return keeps the parties of what it undoes, so there it is the opposite one."""
    debtor = words.get("debtor") or words.get("ultimate_debtor")
    creditor = words.get("creditor") or words.get("ultimate_creditor")
    usual, opposite = (debtor, creditor) if credit else (creditor, debtor)
    account = "debtor_account" if credit != returned else "creditor_account"
    found: dict[str, object] = {"counterparty_name": (opposite or usual) if returned else usual}
    if account in words and is_iban(iban := words[account].replace(" ", "")):
        found["counterparty_iban"] = iban
        del words[account]
    for word in ("end_to_end_id", "mandate_id", "creditor_reference", "creditor_id"):
        if word in words:
            found[word] = words.pop(word)
    if zone and "creditor_id" not in found and _CREDITOR_ID.fullmatch(zone):
        found["creditor_id"] = zone
    return found


def _amounts(named: Named, words: dict[str, str], *, negative: bool) -> dict[str, object]:
    """MMO and FEE. An unreadable one stays among the words under its qualifier."""
    if "FEE" in words and (fee := foreign(named["FEE"][0])):
        words["fee"] = printed(fee)
        del words["FEE"]
    if "MMO" not in words or (original := foreign(named["MMO"][0])) is None:
        return {}
    del words["MMO"]
    if original.rate:
        words["exchange_rate"] = original.rate
    minor = -original.minor if negative else original.minor
    return {"original_amount_minor": minor, "original_currency": original.currency}


def _own_codes(words: dict[str, str], *, code: str, own: str, entry: str, zone: str) -> None:
    """The codes and numbers of the 04 record beside what its 05 say."""
    if not code.isspace():
        words["operation_code"] = code.strip()
    if not own.isspace():
        words["bank_code"] = own.strip()
    if entry.strip("0"):
        words["entry_number"] = entry
    if zone:
        words["reference"] = zone
