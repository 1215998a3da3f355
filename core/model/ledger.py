"""What an accounting ledger says was paid: claims of grade E1, never evidence of cash."""

from datetime import date
from typing import ClassVar, Literal

from core.model.base import Currency, Fact, Minor
from core.model.invoice import Direction

SettlementKind = Literal["cash", "credit", "discount", "fee", "netting", "exchange", "write_off"]
"""Kinds of allocation that a ledger can state; `credit` is a credit note."""


class LedgerPayment(Fact):
    """An amount with which a ledger settles a customer's or supplier's account: cash, or what took
    its place (`kind`). Not a bank line: it is posted by hand, perhaps before the money came.

    `amount_minor` is positive; `flow` says whether money came in or went out, so that `in` on a
    payable is a refund. `moved_minor` is what the bank and cash accounts moved in the same entry: the
    amount a bank statement would show, also for several payments at once. `account` is the bank or
    cash account of the ledger (512…). `reverses` names the payment that was taken back (a rejected
    debit).
    """

    entity: ClassVar[str] = "ledger_payment"
    direction: Direction
    kind: SettlementKind
    flow: Literal["in", "out"]
    paid_on: date
    amount_minor: Minor
    currency: Currency
    moved_minor: Minor | None = None
    account: str | None = None
    counterparty_id: str | None = None
    reference: str | None = None
    label: str | None = None
    matching_code: str | None = None
    matched_on: date | None = None
    reverses: str | None = None


class LedgerAllocation(Fact):
    """A ledger attributes an amount of a payment or credit note to an invoice (lettrage): grade E1.

    `settled_by` is the id of a LedgerPayment, or of a credit note when `kind` is `credit`. `derived`:
    the ledger letters several to several, so that only the sum is its own and the amount per pair
    ours. `complete`: the lettered lines add up to zero. `withdrawn`: a later state of the ledger no
    longer ties the two.
    """

    entity: ClassVar[str] = "ledger_allocation"
    invoice_id: str
    settled_by: str
    amount_minor: Minor
    currency: Currency
    kind: SettlementKind
    grade: Literal["E1"] = "E1"
    matching_code: str
    matched_on: date | None = None
    complete: bool
    derived: bool
    withdrawn: bool = False
