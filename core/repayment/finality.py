"""Until when a payment can come back, as a table that a policy may replace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from core.banking_days import add_banking_days
from core.model import BankTransaction, Finality

FINAL = Finality(state="final")
UNDECIDED = Finality(state="provisional")
"""Provisional until somebody decides: no scheme gives a date."""


@dataclass(frozen=True, slots=True)
class Window:
    """How long after booking money may be called back: TARGET banking days or calendar days."""

    days: int
    unit: Literal["banking", "calendar"] = "banking"

    def end(self, booked_on: date) -> date:
        """The last day on which the money may still come back."""
        if self.unit == "banking":
            return add_banking_days(booked_on, self.days)
        return booked_on + timedelta(days=self.days)


SEPA_WINDOWS: Mapping[str, Window] = {
    "transfer": Window(10),
    "instant_transfer": Window(0),
    "direct_debit": Window(56, "calendar"),
}
"""Operations without a line (cheque, card, bill) stay provisional until somebody decides."""


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """When claims and payments count. `claim_wait_days`: TARGET days between a claim of payment
    (E0-E2) and the statement that no cash came."""

    claim_wait_days: int = 5
    windows: Mapping[str, Window] = field(default_factory=lambda: SEPA_WINDOWS)


STANDARD = WatchPolicy()
"""The policy of a tenant that set none."""


def finality_of(transactions: Iterable[BankTransaction], policy: WatchPolicy, today: date) -> Finality:
    """That of the payment which stays provisional longest; final when all windows are over."""
    latest: date | None = None
    for one in transactions:
        window = policy.windows.get(one.operation)
        if window is None or one.booking_date is None:
            return UNDECIDED
        if window.days:
            end = window.end(one.booking_date)
            latest = end if latest is None else max(latest, end)
    if latest is None or latest < today:
        return FINAL
    return Finality(state="provisional", until=latest)
