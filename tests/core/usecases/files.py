"""Writes small bank files, the same lines as CFONB 120 and as camt.053."""

from collections.abc import Sequence
from datetime import date, timedelta

Row = tuple[date, int, str]
"""Booking date, signed cents, text."""
BANK, BRANCH, ACCOUNT, IBAN = "20041", "01005", "0500013M026", "FR1420041010050500013M02606"
CREDIT, DEBIT = "{ABCDEFGHI", "}JKLMNOPQR"
OPENING = 500_000


def _punched(minor: int) -> str:
    digits = f"{abs(minor):014d}"
    return digits[:13] + (CREDIT if minor >= 0 else DEBIT)[int(digits[13])]


def _balance(code: str, on: date, minor: int) -> str:
    return f"{code}{BANK}    {BRANCH}EUR2 {ACCOUNT}  {on:%d%m%y}{'':50}{_punched(minor)}{'':16}"


def cfonb(rows: Sequence[Row], *, opening: int = OPENING, wrong_by: int = 0) -> bytes:
    """A CFONB 120 statement; `wrong_by` makes the closing balance disagree."""
    first, last = min(r[0] for r in rows), max(r[0] for r in rows)
    lines = [_balance("01", first - timedelta(days=1), opening)]
    for on, minor, text in rows:
        code = "05" if minor > 0 else "08"
        lines.append(
            f"04{BANK}0001{BRANCH}EUR2E{ACCOUNT}{code}{on:%d%m%y}  {on:%d%m%y}{text[:31]:31}  "
            f"{0:07d}00{_punched(minor)}{'':16}"
        )
    lines.append(_balance("07", last, opening + sum(r[1] for r in rows) + wrong_by))
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def _amount(minor: int) -> str:
    side = "CRDT" if minor >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{abs(minor) // 100}.{abs(minor) % 100:02d}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _camt_balance(code: str, on: date, minor: int) -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f"<Bal>{kind}{_amount(minor)}<Dt><Dt>{on}</Dt></Dt></Bal>"


def camt(rows: Sequence[Row], *, opening: int = OPENING) -> bytes:
    """The same statement as camt.053.001.02."""
    first, last = min(r[0] for r in rows), max(r[0] for r in rows)
    entries = "".join(
        f"<Ntry>{_amount(minor)}<Sts>BOOK</Sts><BookgDt><Dt>{on}</Dt></BookgDt><ValDt><Dt>{on}</Dt></ValDt>"
        f"<NtryDtls><TxDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for on, minor, text in rows
    )
    closing = opening + sum(r[1] for r in rows)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-05-01T08:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S1</Id><CreDtTm>2026-05-01T08:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id>"
        f"<Ccy>EUR</Ccy></Acct>{_camt_balance('OPBD', first, opening)}{_camt_balance('CLBD', last, closing)}"
        f"{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()
