"""Bank accounts and the lines on them."""

from datetime import date
from typing import ClassVar, Literal

from core.model.base import Currency, Fact, Instant, Minor, Value

AccountKind = Literal["operational", "collection", "platform", "factor", "psp", "unknown"]
TransactionStatus = Literal["pending", "booked", "declined", "removed"]
Operation = Literal[
    "transfer", "instant_transfer", "direct_debit", "direct_debit_return", "card", "psp_payout",
    "cheque", "trade_bill", "fee", "interest", "internal", "financing", "recall", "return", "tax",
    "cash", "other",
]  # fmt: skip


class Balance(Value):
    """A balance as the source stated it: `type` is `booked` or `available`."""

    type: Literal["booked", "available"]
    amount_minor: Minor
    at: Instant | None = None
    on: date | None = None


class BankAccount(Fact):
    """An account of the company. `iban` is None where the source gives none (Pennylane)."""

    entity: ClassVar[str] = "bank_account"
    iban: str | None = None
    bic: str | None = None
    holder_name: str | None = None
    name: str | None = None
    kind: AccountKind = "unknown"
    currency: Currency
    balances: tuple[Balance, ...] = ()
    closed: bool | None = None


class BankTransaction(Fact):
    """One line on an account: `amount_minor` is signed (money in > 0).

    `fingerprint` + `occurrence` identify the line where the source gives no id: the occurrence
    number counts equal lines of one account and booking date. `booking_date` is None only while
    the line is pending. `remittance` keeps the bank's words; `text_lines` the raw lines in order.
    """

    entity: ClassVar[str] = "bank_transaction"
    account_id: str
    amount_minor: Minor
    currency: Currency
    booking_date: date | None = None
    value_date: date | None = None
    transaction_time: Instant | None = None
    status: TransactionStatus
    operation: Operation
    counterparty_name: str | None = None
    counterparty_iban: str | None = None
    remittance: str | None = None
    text_lines: tuple[str, ...] = ()
    creditor_reference: str | None = None
    end_to_end_id: str | None = None
    bank_reference: str | None = None
    mandate_id: str | None = None
    creditor_id: str | None = None
    return_reason: str | None = None
    original_amount_minor: Minor | None = None
    original_currency: Currency | None = None
    balance_after_minor: Minor | None = None
    fingerprint: str
    occurrence: int = 1


class Statement(Fact):
    """A bank statement read from a file: its control totals (opening + movements = closing)."""

    entity: ClassVar[str] = "statement"
    account_id: str
    format: str
    currency: Currency
    opening_minor: Minor
    opening_on: date | None
    closing_minor: Minor
    closing_on: date | None
    lines: int
    file_name: str | None = None


class ProviderMatch(Fact):
    """A provider says that a transaction and an invoice belong together; no amount is stated.

    Supporting evidence only (grade E1). `withdrawn` once the provider no longer says so.
    """

    entity: ClassVar[str] = "provider_match"
    invoice_id: str
    transaction_id: str
    withdrawn: bool = False
