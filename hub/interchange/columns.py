"""The columns of the interchange files: name, kind, whether required, and the words allowed."""

from dataclasses import dataclass
from typing import Final, Literal

ColumnKind = Literal["text", "integer", "date", "instant", "boolean", "currency"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `words` closes a text column to a list."""

    name: str
    kind: ColumnKind = "text"
    required: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One input file: its columns and those that together identify a row (empty: rows have no id)."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()


def _text(*names: str, required: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name, required=required) for name in names)


TRANSACTIONS: Final = Table(
    "transactions",
    (
        *_text("transaction_id", "tenant_id", "account_id", required=True),
        Column("booking_date", "date", required=True),
        Column("value_date", "date"),
        Column("booked_at", "instant"),
        Column("amount_minor", "integer", required=True),
        Column("currency", "currency", required=True),
        Column("status", words=("booked", "pending", "removed")),
        *_text("counterparty_name", "counterparty_iban", "remittance", "creditor_reference"),
        *_text("end_to_end_id", "bank_reference", "mandate_id"),
        Column("original_amount_minor", "integer"),
        Column("original_currency", "currency"),
        *_text("return_reason"),
    ),
    ("transaction_id",),
)
OPEN_ITEMS: Final = Table(
    "open items",
    (
        *_text("item_id", "tenant_id", "seller_id", "debtor_id", required=True),
        *_text("seller_name"),
        *_text("debtor_name", required=True),
        *_text("debtor_ibans"),
        *_text("number", required=True),
        Column("kind", words=("invoice", "credit_note")),
        Column("issue_date", "date", required=True),
        Column("due_date", "date"),
        Column("amount_minor", "integer", required=True),
        Column("open_minor", "integer"),
        Column("currency", "currency", required=True),
        *_text("creditor_reference", "buyer_reference"),
        Column("whole_turnover", "boolean"),
        Column("discount_bp", "integer"),
        Column("discount_until", "date"),
        Column("retention_bp", "integer"),
        *_text("replaces", "expected_account_id"),
    ),
    ("tenant_id", "item_id"),
)
PAYER_ACCOUNTS: Final = Table("payer accounts", _text("tenant_id", "iban", "debtor_id", required=True))
