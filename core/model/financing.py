"""A financed invoice: the terms the hub must watch and the snapshot frozen at financing."""

from datetime import date
from typing import Any, ClassVar, Literal

from core.model.base import Currency, Fact, Minor
from core.model.invoice import Direction


class FinancedInvoice(Fact):
    """One advance against one invoice. The snapshot makes later edits and dilution computable.

    `open_at_financing_minor` is the open amount on the day of registration. `due_date` is the
    contractual due date that lateness is counted from; None when neither contract nor invoice says.
    `expected_account_id` is where the cash must land when the assignment is notified.
    """

    entity: ClassVar[str] = "financed_invoice"
    loan_reference: str
    invoice_id: str
    direction: Direction
    advance_minor: Minor
    currency: Currency
    basis: Literal["gross", "net"]
    assignment: Literal["none", "silent", "notified"]
    expected_account_iban: str | None = None
    disbursed_on: date
    due_date: date | None = None
    recourse: bool | None = None
    open_at_financing_minor: Minor
    snapshot: dict[str, Any]
    snapshot_hash: str
    state: Literal["watched", "closed"] = "watched"
