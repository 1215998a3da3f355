"""What reading an e-invoice file gives: invoices and statuses, and what was set aside and why."""

from dataclasses import dataclass
from typing import Literal

from core.model import EInvoiceStatus, Invoice

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know. `record` is the place in the file: path and line of the XML."""

    code: str
    severity: Severity
    message: str
    record: str


class Unreadable(Exception):
    """A document cannot be taken over; becomes a finding and sets that document aside."""

    def __init__(self, code: str, message: str, record: str) -> None:
        super().__init__(message)
        self.finding = Finding(code, "error", message, record)


@dataclass(frozen=True, slots=True)
class EInvoiceFile:
    """An e-invoice file as read. `format` is the syntax, behind `pdf+` when it was embedded in a PDF.

    `profile` is BT-24 as written. Nothing of a document in `set_aside` is among invoices or statuses.
    """

    format: str
    profile: str | None = None
    invoices: tuple[Invoice, ...] = ()
    statuses: tuple[EInvoiceStatus, ...] = ()
    set_aside: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
