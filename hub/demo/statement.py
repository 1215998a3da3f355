"""Writes the demo's bank statement: a CFONB 120 file as a French bank would deliver it."""

from collections.abc import Iterable
from datetime import date, timedelta

from core.model.identifiers import french_iban
from hub.demo.story import SECOND_BANK, FileLine

CREDIT_SIGNS = "{ABCDEFGHI"
DEBIT_SIGNS = "}JKLMNOPQR"
OPENING_MINOR = 1_250_000


def account_iban() -> str:
    """The IBAN of the account the file speaks of."""
    return french_iban(*SECOND_BANK)


def statement(lines: Iterable[FileLine], today: date) -> bytes:
    """One statement from the day before the first line to the last, in euros; it balances."""
    rows = sorted(lines, key=lambda line: -line.days_ago)
    closing = OPENING_MINOR + sum(line.amount_minor for line in rows)
    first, last = (today - timedelta(days=rows[i].days_ago) for i in (0, -1))
    records = [_balance("01", first - timedelta(days=1), OPENING_MINOR)]
    for line in rows:
        records += _movement(line, today - timedelta(days=line.days_ago))
    records.append(_balance("07", last, closing))
    return "".join(record + "\r\n" for record in records).encode("latin-1")


def _amount(minor: int) -> str:
    digits = f"{abs(minor):014d}"
    return digits[:13] + (CREDIT_SIGNS if minor >= 0 else DEBIT_SIGNS)[int(digits[13])]


def _balance(code: str, on: date, minor: int) -> str:
    bank, branch, account = SECOND_BANK
    head = f"{code}{bank}    {branch}EUR2 {account}  {on:%d%m%y}{'':50}"
    return f"{head}{_amount(minor)}{'':16}"


def _movement(line: FileLine, on: date) -> list[str]:
    bank, branch, account = SECOND_BANK
    operation = "05" if line.amount_minor > 0 else "08"
    head = f"{bank}0001{branch}EUR2E{account}{operation}{on:%d%m%y}"
    zone = f"  {on:%d%m%y}{line.label[:31]:31}  {0:07d}00{_amount(line.amount_minor)}{'':16}"
    complements = [("NPY", line.payer), ("LCC", line.text)]
    return [f"04{head}{zone}"] + [
        f"05{head}     {qualifier}{text:70}  " for qualifier, text in complements if text
    ]
