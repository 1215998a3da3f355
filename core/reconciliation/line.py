"""What the engine is given: lines, open items, known payer accounts and what was decided before."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from core.model.decision import Decision

BANK: Final = 0
"""`source_rank` of a line read from the bank itself: it is the book of record."""
FILE: Final = 1
"""`source_rank` of a line read from a bank file."""
LEDGER: Final = 2
"""`source_rank` of a line read from an accounting tool's bank feed."""

LineStatus = Literal["booked", "pending", "removed"]
ItemKind = Literal["invoice", "credit_note"]
ItemDirection = Literal["receivable", "payable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A bank line; `amount_minor` is signed (money in > 0). Columns are those of the interchange files.

    Not in the files: `company_id` is a wall (a line reaches items of the same company only; None
    reaches items of no company); `operation` is the canonical word of the bank line, if known;
    `account_iban`, `source_key` (whose feed) and `source_rank` (BANK, FILE, LEDGER) let the same money
    seen twice be tied; `declared_item_ids` are items an accounting tool says this line pays.
    """

    transaction_id: str
    tenant_id: str
    account_id: str
    booking_date: date | None
    amount_minor: int
    currency: str
    value_date: date | None = None
    booked_at: datetime | None = None
    status: LineStatus = "booked"
    counterparty_name: str | None = None
    counterparty_iban: str | None = None
    remittance: str | None = None
    creditor_reference: str | None = None
    end_to_end_id: str | None = None
    bank_reference: str | None = None
    mandate_id: str | None = None
    original_amount_minor: int | None = None
    original_currency: str | None = None
    return_reason: str | None = None
    company_id: str | None = None
    operation: str | None = None
    account_iban: str | None = None
    source_key: str | None = None
    source_rank: int = BANK
    declared_item_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An invoice (amounts > 0) or credit note (amounts < 0) and what is open of it.

    `open_minor` is what was open before every line given to the engine, earlier decisions included:
    the engine subtracts those itself. None means the whole amount. Settled items stay in the list
    (13 months at least) so that a second payment is recognised. `debtor_*` names who is at the other
    end of the bank line: the customer of a receivable, the supplier of a payable. Aliases are
    separated by `|`. `whole_turnover`: every invoice between this seller and debtor is known here.
    """

    item_id: str
    tenant_id: str
    seller_id: str
    debtor_id: str
    debtor_name: str
    number: str
    amount_minor: int
    currency: str
    issue_date: date | None = None
    due_date: date | None = None
    open_minor: int | None = None
    kind: ItemKind = "invoice"
    seller_name: str | None = None
    debtor_ibans: str | None = None
    creditor_reference: str | None = None
    buyer_reference: str | None = None
    whole_turnover: bool = False
    discount_bp: int | None = None
    discount_until: date | None = None
    retention_bp: int | None = None
    replaces: str | None = None
    expected_account_id: str | None = None
    company_id: str | None = None
    direction: ItemDirection = "receivable"

    @property
    def initial_minor(self) -> int:
        """What was open before any line: `open_minor`, else the whole amount."""
        return self.amount_minor if self.open_minor is None else self.open_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerAccount:
    """An account from which confirmed payments of this debtor came; one account may serve several."""

    tenant_id: str
    iban: str
    debtor_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What was decided before this run, so that a run can go on instead of starting again.

    `decisions` are current decisions of any outcome. Those that are AUTO, or by a person, stand and
    are replayed at their booking day: they consume, teach payer accounts and can be returned. Of the
    others only `rejected` is used. `lines` are lines of standing decisions that are not among the
    lines of the run; a caller that passes every line each time leaves it empty.
    """

    decisions: "tuple[Decision, ...]" = ()
    lines: tuple[Line, ...] = ()
