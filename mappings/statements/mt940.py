"""Reads MT940 statements and MT942 interim reports, one message at a time (docs/mt940.md)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import TextIOWrapper
from typing import BinaryIO, Final

from core.model import Money, MoneyError, exponent
from core.model.identifiers import is_iban
from mappings.statements.charset import charset_of
from mappings.statements.draft import (
    AccountName,
    Closed,
    Context,
    Line,
    LineStatus,
    Opened,
    Part,
    Stated,
    Unreadable,
)
from mappings.statements.mt940_lines import amount, as_line, day
from mappings.statements.mt940_tags import BALANCE, FLOOR, SUM, Field, groups, statements
from mappings.statements.result import Finding, Format
from mappings.statements.rib import whole

_ENCODINGS: Final = {"ascii": "ascii", "utf-8": "utf-8-sig", "8-bit": "cp1252"}
_OPENINGS, _CLOSINGS = ("60F", "60M", "60"), ("62F", "62M", "62")
_INTERIM: Final = frozenset({"34F", "13D", "13C", "13", "90C", "90D"})
_WITH_CURRENCY: Final = re.compile(r"(.{15,34}?)[A-Z]{3}")


def parts(name: str, file: BinaryIO, context: Context) -> Iterator[Part]:
    """Each message in the order of the file, as the one of the two that it is. The lines of an MT940 are
    booked, those of an MT942 pending (the MT940 of the day will book them); a line that is only expected
    (EC, ED) is planned.

    Encoding: UTF-8 where the bytes are, else Windows 1252; SWIFT's own letters are in both.
    """
    text = TextIOWrapper(file, _ENCODINGS[charset_of(name, file)], errors="replace")
    try:
        yield from _statements(_read(fields, context.currency) for fields in statements(text))
    finally:
        text.detach()  # a wrapper that is thrown away closes the caller's file


@dataclass(frozen=True, slots=True)
class Message:
    """One message: a whole statement, or a page of one. `continues` another page (`:60M:`); `goes_on` with
    another (`:62M:`)."""

    opened: Opened
    lines: list[Line]
    closed: Closed
    continues: bool
    goes_on: bool

    def follows(self, before: "Message") -> bool:
        """True for the next page of the same statement: the balances meet."""
        same = self.opened.account == before.opened.account
        return self.continues and same and self.closed.opening == before.closed.closing


def _read(fields: list[Field], currency: str | None) -> Message | Unreadable:
    try:
        return message(fields, currency)
    except Unreadable as problem:
        return problem


def _statements(messages: Iterable[Message | Unreadable]) -> Iterator[Part]:
    """The pages of a statement put together, so that it is proven and counted as one."""
    open: Message | None = None
    for one in messages:
        following = open is not None and isinstance(one, Message) and one.follows(open)
        if open is not None and not following:
            yield open.closed
        if isinstance(one, Unreadable):
            yield one
            open = None
            continue
        if not following:
            yield one.opened
        yield from one.lines
        open = _joined(open, one) if open is not None and following else one
        if not one.goes_on:
            yield open.closed
            open = None
    if open is not None:
        yield open.closed


def _joined(open: Message, page: Message) -> Message:
    """The statement with its next page; the lines are given already."""
    findings = [*open.closed.findings, *page.closed.findings]
    return replace(open, closed=replace(page.closed, opening=open.closed.opening, findings=findings))


def message(fields: list[Field], currency: str | None = None) -> Message:
    """One message; raises Unreadable with the line that stops it. `currency` is the account's, for an
    MT942 that names none."""
    first, last = _by_tag(fields)
    oddities: Counter[str] = Counter()
    opening, closing = _stated(first, _OPENINGS, oddities), _stated(last, _CLOSINGS, oddities)
    interim = opening is None and closing is None and not _INTERIM.isdisjoint(first)
    code = _currency(first, opening or closing, currency)
    kind = Format.MT942 if interim else None if opening is closing is None else Format.MT940
    status: LineStatus = "pending" if interim else "booked"
    lines = [as_line(field, said, code, status, oddities) for field, said in _movements(fields)]
    _summed(fields, lines, code)
    if any("\ufffd" in field.value for field in fields):
        oddities["a letter is in no set that the format allows and was left out"] += 1
    available = _stated(first, ("64",), oddities)
    findings = [_odd(text, count, fields[0]) for text, count in oddities.items()]
    return Message(
        Opened(_account(first), "mt942" if interim else "mt940", fields[0].place, kind),
        lines,
        Closed(code, opening, closing, {"available": available} if available else {}, findings),
        continues="60F" not in first and "60M" in first,
        goes_on="62F" not in first and "62M" in first,
    )


def _by_tag(fields: list[Field]) -> tuple[dict[str, Field], dict[str, Field]]:
    """The first and the last field of each tag, in the order of the message."""
    first: dict[str, Field] = {}
    for field in fields:
        first.setdefault(field.tag, field)
    return first, {field.tag: field for field in fields}


def _odd(text: str, count: int, first: Field) -> Finding:
    times = f" ({count} times)" if count > 1 else ""
    return Finding("unusual_record", "warning", f"{text}{times}", first.place)


def _stated(fields: dict[str, Field], tags: tuple[str, ...], oddities: Counter[str]) -> Stated | None:
    """`:60F:C240506EUR1234,56`: the balance under the first of the tags that is there."""
    field = next((fields[tag] for tag in tags if tag in fields), None)
    if field is None:
        return None
    said = groups(BALANCE, field.value)
    if said is None:
        raise Unreadable("unreadable_amount", f"the balance :{field.tag}: is unreadable", field.place)
    code = _known(said["currency"].upper(), field)
    minor = amount(said["amount"], code, field.place)
    on = day(said["year"], said["month"], said["day"], field.place, oddities)
    return Stated(-minor if said["status"].upper() == "D" else minor, on, code)


def _currency(first: dict[str, Field], stated: Stated | None, given: str | None) -> str:
    """That of the balances; an MT942 has it only in its floor limit."""
    if stated is not None:
        return stated.currency
    floor = first.get("34F")
    said = groups(FLOOR, floor.value) if floor else None
    if floor and said:
        return _known(said["currency"].upper(), floor)
    if given is None:
        field = next(iter(first.values()))
        raise Unreadable("unknown_currency", "the message names no currency anywhere", field.place)
    return given


def _known(code: str, field: Field) -> str:
    try:
        exponent(code)
    except MoneyError as error:
        raise Unreadable("unknown_currency", str(error), field.place) from None
    return code


def _movements(fields: list[Field]) -> Iterator[tuple[Field, list[str]]]:
    """Each `:61:` with the lines of the `:86:` that follow it; those of the whole message are no line's."""
    open: tuple[Field, list[str]] | None = None
    for field in fields:
        if field.tag == "61":
            if open:
                yield open
            open = field, []
        elif open and field.tag in ("86", "NS"):
            open[1].extend(field.lines)
        elif open:
            yield open
            open = None
    if open:
        yield open


def _account(first: dict[str, Field]) -> AccountName:
    """`:25:`: an IBAN, perhaps with its currency; a whole French account; else as the bank writes it."""
    field = first.get("25") or first.get("25P")
    raw = " ".join(field.lines[0].split()) if field else ""
    if not raw:
        place = (field or next(iter(first.values()))).place
        raise Unreadable("no_account", "the message names no account (:25:)", place)
    bic = field.lines[1].strip() or None if field and field.tag == "25P" and len(field.lines) > 1 else None
    dense = raw.replace(" ", "").replace("/", "").upper()
    without = _WITH_CURRENCY.fullmatch(dense)
    for number in (dense, without[1] if without else ""):
        if is_iban(number):
            return AccountName(raw=raw, iban=number, bic=bic)
        if french := whole(number):
            return AccountName(raw=raw, iban=french.iban, bic=bic)
    return AccountName(raw=raw, bic=bic)


def _summed(fields: list[Field], lines: list[Line], currency: str) -> None:
    """`:90D:` and `:90C:`: number and sum of the debits and credits; raises Unreadable where they differ."""
    for field in fields:
        if field.tag not in ("90D", "90C"):
            continue
        said = groups(SUM, field.value)
        sign = -1 if field.tag == "90D" else 1
        counted = [line.amount_minor for line in lines if line.amount_minor * sign > 0]
        if said is None or said["currency"].upper() != currency:
            raise Unreadable("unreadable_amount", f"the sum :{field.tag}: is unreadable", field.place)
        stated = sign * amount(said["amount"], currency, field.place)
        if stated != sum(counted):
            raise Unreadable(
                "balance_mismatch",
                f"the {'debits' if sign < 0 else 'credits'} of the message are"
                f" {Money(sum(counted), currency)} and it states {Money(stated, currency)}: nothing of it was"
                " taken over, ask the bank for it again",
                field.place,
            )
