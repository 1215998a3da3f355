"""Bank accounts (without IBAN) and the lines on them."""

import re
from datetime import datetime
from typing import Final

from core.model import Balance, BankAccount, BankTransaction
from mappings.grammar import Table, absent, at, by, day, fingerprint, instant, money, ref, text
from mappings.pennylane.words import CURRENCY, NOT_IN_LIST, VERSION, names

_INTERBANK: Final[dict[str, str]] = {
    code: operation
    for operation, codes in (
        ("transfer", "05 06 13 14 18 21 39 41 44 45"),
        ("instant_transfer", "C1 C2"),
        ("direct_debit", "08 09 22 24 96 97 A1 A2 B1 B2"),
        ("direct_debit_return", "10 26 27 98 A3 A4 A5 A6 B3 B4 B5 B6"),
        ("return", "03 12 33 34 38 C5"),
        ("recall", "C3 C4"),
        ("card", "11 28 30 36"),
        ("cheque", "01 02 15"),
        ("trade_bill", "07 31 32 35 37 90"),
        ("cash", "04 29"),
        ("fee", "62 64 65 66 88"),
        ("interest", "61 63 70"),
        ("tax", "67"),
        ("financing", "71 72"),
        ("internal", "92 93 94 95"),
    )
    for code in codes.split()
}
"""The French interbank operation codes (CFONB) that name one of our operations."""

_INSTANT = re.compile(r"VIR(EMENT)?( SEPA)? INST(ANTANE)?\b", re.IGNORECASE)
_TRANSFER = re.compile(r"VIR(EMENT)? SEPA\b", re.IGNORECASE)
_TAKEN_BACK = re.compile(r"\b(REJET|RETOUR|RAPPEL|RECALL|ANNUL|IMPAYE)", re.IGNORECASE)


def _operation(interbank_code: str | None, label: str | None) -> str:
    """The code decides (`05`, or `B1D` with the side); else two label prefixes that all French
    banks use for transfers only, unless the label speaks of money taken back; else `other`."""
    code = (interbank_code or "").upper()
    if (found := _INTERBANK.get(code[:2])) and code[2:] in ("", "C", "D"):
        return found
    if label is None or _TAKEN_BACK.search(label):
        return "other"
    if _INSTANT.match(label):
        return "instant_transfer"
    return "transfer" if _TRANSFER.match(label) else "other"


def _balances(minor: int | None, seen: datetime | None) -> tuple[Balance, ...]:
    return () if minor is None else (Balance(type="booked", amount_minor=minor, at=seen),)


def _line_currency(currency: str | None) -> str:
    """Without a currency the documentation makes `amount` euros; that is a statement, not a default."""
    return currency or "EUR"


LINE_CURRENCY = by(_line_currency, CURRENCY >> text)
ACCOUNT_ID = at("bank_account.id") >> ref("bank_account", "bank_accounts")
AMOUNT = by(
    lambda euros, own, currency: euros if currency is None else own,
    at("amount") >> money(LINE_CURRENCY),
    at("currency_amount") >> money(LINE_CURRENCY),
    CURRENCY,
)

BANK_ACCOUNT: Final = Table(
    to=BankAccount,
    version=VERSION,
    key=at("id"),
    fields={
        "valid_from": at("updated_at") >> instant,
        "iban": absent("no response carries the IBAN: the platform links account and IBAN itself"),
        "bic": absent("accepted on creation only"),
        "holder_name": NOT_IN_LIST,
        "name": at("name") >> text,
        "kind": absent("the account type is not given"),
        "currency": CURRENCY >> text,
        "balances": by(_balances, at("balance") >> money(CURRENCY), at("updated_at") >> instant),
        "closed": NOT_IN_LIST,
    },
    ignored=names("bank_establishment journal ledger_account created_at"),
)

TRANSACTION: Final = Table(
    to=BankTransaction,
    version=VERSION,
    key=at("id"),
    fields={
        "valid_from": at("updated_at") >> instant,
        "account_id": ACCOUNT_ID,
        "amount_minor": AMOUNT,
        "currency": LINE_CURRENCY,
        "booking_date": at("date") >> day,
        "value_date": absent("Pennylane gives one date"),
        "transaction_time": NOT_IN_LIST,
        "status": by(lambda archived: "removed" if archived else "booked", at("archived_at") >> instant),
        "operation": by(_operation, at("interbank_code") >> text, at("label") >> text),
        "counterparty_name": absent("customer and supplier are assigned in Pennylane: no proof of the payer"),
        "counterparty_iban": NOT_IN_LIST,
        "remittance": at("label") >> text,
        "text_lines": absent("the label is the only text"),
        "creditor_reference": NOT_IN_LIST,
        "end_to_end_id": NOT_IN_LIST,
        "bank_reference": NOT_IN_LIST,
        "mandate_id": NOT_IN_LIST,
        "creditor_id": NOT_IN_LIST,
        "return_reason": NOT_IN_LIST,
        "original_amount_minor": NOT_IN_LIST,
        "original_currency": NOT_IN_LIST,
        "balance_after_minor": NOT_IN_LIST,
        "fingerprint": by(fingerprint, ACCOUNT_ID, at("date"), AMOUNT, LINE_CURRENCY, at("label")),
        "occurrence": absent("the id tells equal lines apart"),
    },
    ignored=names(
        "fee currency_fee outstanding_balance attachment_required bank_account.url journal customer supplier "
        "pro_account_expense categories matched_invoices created_at"
    ),
    words=("interbank_code",),
)
