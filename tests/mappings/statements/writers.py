"""Writes CFONB 120 and camt.053 from plain values, so that tests can say what a file holds."""

from dataclasses import dataclass
from datetime import date
from html import escape

from core.model import to_major

CREDIT, DEBIT = "{ABCDEFGHI", "}JKLMNOPQR"


@dataclass(frozen=True)
class Move:
    """A movement in minor units. `complements` are pairs of qualifier and data (CFONB);
    `children` are amounts of a batch (camt)."""

    amount: int
    on: date
    label: str = "VIR CLIENT"
    value_on: date | None = None
    code: str = "05"
    reject: str = ""
    entry: str = "0000000"
    zone: str = ""
    complements: tuple[tuple[str, str], ...] = ()
    end_to_end: str | None = None
    name: str | None = None
    reference: str | None = None
    children: tuple[int, ...] = ()
    status: str = "BOOK"


@dataclass(frozen=True)
class Period:
    """A statement; `closing` None means opening plus movements."""

    opening: int
    opening_on: date
    closing_on: date
    moves: tuple[Move, ...] = ()
    closing: int | None = None
    bank: str = "30003"
    branch: str = "01234"
    account: str = "01234567890"
    currency: str = "EUR"
    decimals: int = 2
    iban: str = "FR7630003012340123456789057"

    @property
    def end(self) -> int:
        return self.opening + sum(m.amount for m in self.moves) if self.closing is None else self.closing


def overpunched(amount: int) -> str:
    digits = f"{abs(amount):014d}"
    return digits[:13] + (DEBIT if amount < 0 else CREDIT)[int(digits[13])]


def _balance(code: str, period: Period, on: date, amount: int) -> str:
    head = f"{code}{period.bank}    {period.branch}{period.currency:3}{period.decimals} {period.account:11}"
    return f"{head}  {on:%d%m%y}{'':50}{overpunched(amount)}{'':16}"


def _move(period: Period, move: Move) -> list[str]:
    place = f"{period.bank}0000{period.branch}{period.currency:3}{period.decimals}"
    head = f"{place} {period.account:11}{move.code:2}"
    value = move.value_on or move.on
    lines = [
        f"04{head}{move.on:%d%m%y}{move.reject:2}{value:%d%m%y}{move.label:31.31}  {move.entry:7}00"
        f"{overpunched(move.amount)}{move.zone:16}"
    ]
    lines += [f"05{head}{move.on:%d%m%y}     {name:3}{data:70.70}  " for name, data in move.complements]
    return lines


def records(periods: list[Period]) -> list[str]:
    lines: list[str] = []
    for period in periods:
        lines.append(_balance("01", period, period.opening_on, period.opening))
        for move in period.moves:
            lines += _move(period, move)
        lines.append(_balance("07", period, period.closing_on, period.end))
    assert all(len(line) == 120 for line in lines)
    return lines


def cfonb(*periods: Period, newline: str = "\r\n") -> bytes:
    return newline.join(records(list(periods))).encode("latin-1")


def _amount(tag: str, amount: int, currency: str) -> str:
    side = "DBIT" if amount < 0 else "CRDT"
    return f'<{tag} Ccy="{currency}">{abs(to_major(amount, currency))}</{tag}><CdtDbtInd>{side}</CdtDbtInd>'


def _stated(kind: str, amount: int, on: date, currency: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_amount('Amt', amount, currency)}"
        f"<Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def _details(move: Move, amount: int, currency: str, text: str) -> str:
    side = "Dbtr" if move.amount > 0 else "Cdtr"
    reference = f"<EndToEndId>{escape(move.end_to_end)}</EndToEndId>" if move.end_to_end else ""
    name = f"<RltdPties><{side}><Nm>{escape(move.name)}</Nm></{side}></RltdPties>" if move.name else ""
    return (
        f"<TxDtls><Refs>{reference}</Refs>{_amount('Amt', amount, currency)}{name}"
        f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf></TxDtls>"
    )


def _entry(move: Move, currency: str, version: int) -> str:
    status = f"<Cd>{move.status}</Cd>" if version >= 7 else move.status
    reference = f"<AcctSvcrRef>{move.reference}</AcctSvcrRef>" if move.reference else ""
    children = move.children or (move.amount,)
    many = len(children) > 1
    details = "".join(
        _details(move, child, currency, f"{move.label} {place}" if many else move.label)
        for place, child in enumerate(children)
    )
    return (
        f"<Ntry>{_amount('Amt', move.amount, currency)}<Sts>{status}</Sts>"
        f"<BookgDt><Dt>{move.on}</Dt></BookgDt><ValDt><Dt>{move.value_on or move.on}</Dt></ValDt>"
        f"{reference}<BkTxCd><Prtry><Cd>{move.code}</Cd><Issr>CFONB</Issr></Prtry></BkTxCd>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def camt(*periods: Period, version: int = 2, kind: int = 53) -> bytes:
    roots = {
        52: ("BkToCstmrAcctRpt", "Rpt"),
        53: ("BkToCstmrStmt", "Stmt"),
        54: ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }
    root, holder = roots[kind]
    statements = "".join(
        f"<{holder}><Id>{number}</Id><Acct><Id><IBAN>{period.iban}</IBAN></Id><Ccy>{period.currency}</Ccy></Acct>"
        + ("" if kind == 54 else _stated("OPBD", period.opening, period.opening_on, period.currency))
        + ("" if kind == 54 else _stated("CLBD", period.end, period.closing_on, period.currency))
        + "".join(_entry(move, period.currency, version) for move in period.moves)
        + f"</{holder}>"
        for number, period in enumerate(periods)
    )
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.0{kind}.001.{version:02d}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}"><{root}>'
        f"<GrpHdr><MsgId>1</MsgId></GrpHdr>{statements}</{root}></Document>"
    ).encode()
