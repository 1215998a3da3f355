"""What OFX leaves say: amounts, dates, accounts, and the line a transaction becomes."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from core.model import MoneyError, to_minor
from core.model.bank import Operation
from core.model.identifiers import is_iban
from mappings.statements import rib
from mappings.statements.draft import AccountName, Line, LineStatus, Stated, Unreadable, seamless, told

NAME_WIDTH: Final = 32
_AMOUNT: Final = re.compile(r"([+-]?)(\d{1,16}(?:[.,]\d*)?|[.,]\d+)([+-]?)", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\D|\d{2,6}\b|\d{6}\.|$)", re.ASCII)
_FRENCH: Final = re.compile(r"\d{5} \d{5} [0-9A-Z]{11}", re.ASCII)
_CARD: Final = re.compile(r"\d{13,19}", re.ASCII)
_OPERATIONS: Final[dict[str, Operation]] = {
    "INT": "interest", "FEE": "fee", "SRVCHG": "fee", "ATM": "cash", "CASH": "cash", "POS": "card",
    "XFER": "transfer", "CHECK": "cheque", "DIRECTDEP": "transfer", "DIRECTDEBIT": "direct_debit",
    "REPEATPMT": "transfer",
}  # fmt: skip
"""TRNTYPE to operation. CREDIT and DEBIT only repeat the sign, PAYMENT and DEP may be anything."""
_WORDS: Final = {
    "TRNTYPE": "type", "FITID": "fitid", "CHECKNUM": "cheque_number", "DTUSER": "user_date", "SIC": "sic",
    "CORRECTFITID": "corrected_fitid", "CORRECTACTION": "correction", "SRVRTID": "server_id",
}  # fmt: skip


def amount(text: str, currency: str, place: str) -> int:
    """A signed amount with point or comma, in minor units; raises Unreadable. A thousands separator
    is not in the standard and would be a guess."""
    found = _AMOUNT.fullmatch(text)
    if found is None or (found[1] and found[3]):
        raise Unreadable("unreadable_amount", "an amount is missing or unreadable", place)
    digits = found[2].replace(",", ".")
    try:
        minor = to_minor(digits, currency)
    except MoneyError as error:
        raise Unreadable("unreadable_amount", str(error), place) from None
    return -minor if "-" in (found[1], found[3]) else minor


def day(text: str, place: str) -> date:
    """The date part of YYYYMMDD[HHMMSS[.xxx]][[-8:PST]]; raises Unreadable."""
    found = _DAY.match(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else date(0, 1, 1)
    except ValueError:
        raise Unreadable("unreadable_date", f"the date {text[:8]!r} is unreadable", place) from None


def balance(said: Mapping[str, str], currency: str, place: str) -> Stated | None:
    """BALAMT at DTASOF; None where either is empty."""
    if not said.get("BALAMT"):
        return None
    on = day(said["DTASOF"], place) if said.get("DTASOF") else None
    return Stated(amount(said["BALAMT"], currency, place), on, currency)


def bank_account(said: Mapping[str, str], place: str) -> AccountName:
    """BANKACCTFROM: in France bank (BANKID), branch, account and the two digits of the RIB (ACCTKEY).

    The IBAN is worked out where the three have the lengths of a French account and the key, if it
    is there, agrees; an IBAN or whole RIB as ACCTID is taken as such.
    """
    bank, branch, number, key = (
        said.get(name, "").replace(" ", "").upper() for name in ("BANKID", "BRANCHID", "ACCTID", "ACCTKEY")
    )
    if not number:
        raise Unreadable("no_account", "the statement names no account (ACCTID)", place)
    if is_iban(number):
        return AccountName(raw=number, iban=number)
    if found := rib.whole(number):
        return found
    if _FRENCH.fullmatch(f"{bank} {branch} {number}"):
        found = rib.account(bank, branch, number)
        return found if key in ("", (found.iban or "")[-2:]) else AccountName(raw=found.raw)
    return AccountName(raw=" ".join(filter(None, (bank, branch, number))))


def card_account(said: Mapping[str, str], place: str) -> AccountName:
    """CCACCTFROM. Of a whole card number only the first six and last four digits are kept."""
    number = said.get("ACCTID", "").replace(" ", "")
    if not number:
        raise Unreadable("no_account", "the statement names no card account (ACCTID)", place)
    if _CARD.fullmatch(number):
        number = f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"
    return AccountName(raw=f"card {number}", name="card")


def as_line(said: Mapping[str, str], currency: str, place: str, status: LineStatus) -> Line:
    """The canonical line of one STMTTRN (leaves by name, `PAYEE.NAME` for those below); raises Unreadable.

    Its key has the bank's id (FITID) and words: the same id with another date, amount or text is
    another line until `pairing` finds that it is the same one, numbered anew or reworded.
    """
    stated = said.get("CURRENCY.CURSYM", currency).upper()
    if stated != currency:
        raise Unreadable("mixed_currencies", f"a line in {stated} on an account in {currency}", place)
    minor = amount(said.get("TRNAMT", ""), currency, place)
    posted = said.get("DTPOSTED") or said.get("DTTRAN") or ""
    texts = _texts(said)
    iban = said.get("BANKACCTTO.ACCTID", "").replace(" ", "").upper()
    return Line(
        amount_minor=minor,
        currency=currency,
        booking_date=day(posted, place) if posted or status == "booked" else None,
        operation=_OPERATIONS.get(said.get("TRNTYPE", "").upper(), "other"),
        key_text=" ".join((said.get("FITID", ""), said.get("CHECKNUM", ""), *texts)),
        more={
            "value_date": day(said["DTAVAIL"], place) if said.get("DTAVAIL") else None,
            "counterparty_name": told(said.get("PAYEE.NAME") or said.get("EXTDNAME")),
            "counterparty_iban": iban if is_iban(iban) else None,
            "remittance": _joined(texts),
            "text_lines": tuple(texts),
            "bank_reference": told(said.get("REFNUM")),
        },
        words={ours: said[name] for name, ours in _WORDS.items() if said.get(name)} | _original(said),
        status=status,
    )


def _texts(said: Mapping[str, str]) -> list[str]:
    return [text for name in ("NAME", "MEMO", "MEMO2") if (text := said.get(name, ""))]


def _joined(texts: list[str]) -> str | None:
    """NAME and MEMO as one text: NAME is cut at 32 characters and MEMO repeats it, goes on or is new."""
    if len(texts) < 2:
        return texts[0] if texts else None
    name, *more = texts
    memo = " ".join(more)
    if name in memo or memo in name:
        return memo if name in memo else name
    shared = next((n for n in range(min(len(name), len(memo)), 3, -1) if name.endswith(memo[:n])), 0)
    return name + memo[shared:] if shared else seamless([name, memo], NAME_WIDTH)


def _original(said: Mapping[str, str]) -> dict[str, str]:
    """ORIGCURRENCY: the amount was converted from that currency at that rate; it is not stated itself."""
    symbol, rate = said.get("ORIGCURRENCY.CURSYM"), said.get("ORIGCURRENCY.CURRATE")
    return {name: word for name, word in (("original_currency", symbol), ("exchange_rate", rate)) if word}
