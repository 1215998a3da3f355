"""Bank accounts (without IBAN) and the lines on them."""

import re
from typing import Final

from core.model import Balance, BankAccount, BankTransaction
from mappings.grammar import Table, absent, at, by, day, fingerprint, instant, money, ref, text
from mappings.pennylane.words import CURRENCY, VERSION, names, not_given
from mappings.statements.operations import CFONB

_INSTANT = re.compile(r"VIR(EMENT)?( SEPA)? INST(ANTANE)?\b", re.IGNORECASE)
_TRANSFER = re.compile(r"VIR(EMENT)? SEPA\b", re.IGNORECASE)
_TAKEN_BACK = re.compile(r"\b(REJET|RETOUR|RAPPEL|RECALL|ANNUL|IMPAYE)", re.IGNORECASE)


def _operation(interbank_code: str | None, label: str | None) -> str:
    """The code decides (`05`, or `B1D` with the side); else two label prefixes that all French
    banks use for transfers only, unless the label speaks of money taken back; else `other`."""
    code = (interbank_code or "").upper()
    if (found := CFONB.get(code[:2])) and code[2:] in ("", "C", "D"):
        return found
    if label is None or _TAKEN_BACK.search(label):
        return "other"
    if _INSTANT.match(label):
        return "instant_transfer"
    return "transfer" if _TRANSFER.match(label) else "other"


def _balances(minor: int | None) -> tuple[Balance, ...]:
    """Pennylane shows booked lines only, and does not say when the balance was true."""
    return () if minor is None else (Balance(type="booked", amount_minor=minor),)


def _line_currency(currency: str | None) -> str:
    """Without a currency the documentation makes `amount` euros; that is a statement, not a default."""
    return currency or "EUR"


LINE_CURRENCY = by(_line_currency, CURRENCY >> text)
ACCOUNT_ID = at("bank_account.id") >> ref("bank_account", "bank_accounts")
AMOUNT = by(
    lambda currency, euros, own: euros if currency is None else own,
    CURRENCY,
    at("amount"),
    at("currency_amount"),
) >> money(LINE_CURRENCY)

BANK_ACCOUNT: Final = Table(
    to=BankAccount,
    version=VERSION,
    key=at("id"),
    fields={
        "valid_from": at("updated_at") >> instant,
        "iban": absent("no response carries the IBAN: the platform links account and IBAN itself"),
        "bic": absent("accepted on creation only"),
        "name": at("name") >> text,
        "kind": absent("the account type is not given"),
        "currency": CURRENCY >> text,
        "balances": by(_balances, at("balance") >> money(CURRENCY)),
        **not_given("holder_name closed"),
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
        "status": by(lambda archived: "removed" if archived else "booked", at("archived_at") >> instant),
        "operation": by(_operation, at("interbank_code") >> text, at("label") >> text),
        "counterparty_name": absent("customer and supplier are assigned in Pennylane: no proof of the payer"),
        "remittance": at("label") >> text,
        "text_lines": absent("the label is the only text"),
        "fingerprint": by(fingerprint, ACCOUNT_ID, at("date"), AMOUNT, LINE_CURRENCY, at("label")),
        "occurrence": absent("the id tells equal lines apart"),
        **not_given(
            "transaction_time counterparty_iban creditor_reference end_to_end_id bank_reference mandate_id "
            "creditor_id return_reason original_amount_minor original_currency balance_after_minor"
        ),
    },
    ignored=names(
        "fee currency_fee outstanding_balance attachment_required bank_account.url journal customer supplier "
        "pro_account_expense categories matched_invoices created_at"
    ),
    words=("interbank_code",),
)
