"""Reads camt.052, .053 and .054 of every version: XML to parts, one entry in memory at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from lxml import etree

from core.errors import BadInput, shown
from core.model.identifiers import is_iban
from mappings.statements.camt_entry import entry_lines
from mappings.statements.camt_layout import HEAD, Found, TooDeepError, read
from mappings.statements.camt_values import amount, known_currency, sign, stated_day
from mappings.statements.draft import (
    AccountName,
    Closed,
    Context,
    Line,
    Opened,
    Part,
    Stated,
    Unreadable,
)
from mappings.statements.result import Finding
from mappings.statements.source import Guarded
from mappings.xml import hardened, has_doctype, reason_of

_HOLDERS = ("Stmt", "Rpt", "Ntfctn")
_TAGS = ("{*}Ntry", *(f"{{*}}{name}" for name in _HOLDERS))
_COPIES = {"COPY", "DUPL", "CODU"}


def parts(name: str, file: BinaryIO, context: Context) -> Iterator[Part]:
    """Each Stmt, Rpt or Ntfctn as it is read; raises BadInput where the XML is broken or too large."""
    source = Guarded(name, file, context.limits)
    try:
        yield from _statements(source, _events(name, source))
    except etree.XMLSyntaxError as error:
        raise BadInput(
            f"{name} is not well-formed XML (line {error.lineno}: {reason_of(error)}): the file is cut or"
            " damaged and nothing was read. Download it again"
        ) from None
    except TooDeepError:
        raise BadInput(f"{name} is nested deeper than any camt file: it was not read") from None


def _statements(source: Guarded, events: Iterable[tuple[str, etree._Element]]) -> Iterator[Part]:
    open: _Statement | None = None
    for _, element in events:
        source.passed()
        parent = element.getparent()
        if parent is None:
            continue
        is_entry = element.tag.endswith("Ntry")
        if not is_entry or parent.tag.rpartition("}")[2] in _HOLDERS:
            if open is None:
                open = _Statement(parent if is_entry else element)
                yield open.begin()
            yield from open.entry(element) if is_entry else open.end(element)
        if not is_entry:
            open = None
        _forget(element)


def _events(name: str, source: Guarded) -> Iterator[tuple[str, etree._Element]]:
    parser = hardened(source, events=("end",), tags=_TAGS)
    for first in parser:
        if has_doctype(first[1]):
            raise source.doctype()
        yield from chain((first,), parser)


def _forget(element: etree._Element) -> None:
    """Frees an element and the earlier entries beside it; the head of the statement stays."""
    parent = element.getparent()
    element.clear()
    if parent is not None:
        parent.remove(element)


@dataclass(slots=True)
class _Statement:
    """What is kept of a Stmt, Rpt or Ntfctn while it is read."""

    element: etree._Element
    record: str = ""
    own: AccountName | None = None
    entries: int = 0
    currencies: dict[str, None] = field(default_factory=dict)
    """Of all lines, in order; those of booked ones must be the account's."""
    booked_in: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def begin(self) -> Part:
        """The account stands before the entries in every version."""
        self.record = f"line {self.element.sourceline}"
        try:
            self.own = _account(read(self.element, HEAD), self.record)
        except Unreadable as problem:
            return problem
        version = str(self.element.tag).rpartition("}")[0].rpartition(":")[2]
        return Opened(self.own, version, self.record)

    def entry(self, element: etree._Element) -> Iterator[Line | Unreadable]:
        """The lines of one entry; after the first that cannot be read, nothing more."""
        if self.own is None:
            return
        self.entries += 1
        try:
            lines = entry_lines(element, own=self.own, notes=self.notes)
        except Unreadable as problem:
            self.own = None
            yield problem
            return
        first = lines[0]
        self.currencies[first.currency] = None
        if first.status == "booked":
            self.booked_in[first.currency] = None
        yield from lines

    def end(self, element: etree._Element) -> Iterator[Closed | Unreadable]:
        """What proves the statement; balances may stand after the entries, too."""
        if self.own is None:
            return
        try:
            yield self._closed(read(element, HEAD))
        except Unreadable as problem:
            yield problem

    def _closed(self, head: Found) -> Closed:
        balances = _balances(head, self.record)
        currency = self._currency(head, balances)
        for other in self.booked_in:
            if other != currency:
                message = f"a booked entry is in {other} on an account in {currency}"
                raise Unreadable("mixed_currencies", message, self.record)
        return Closed(
            currency=currency,
            opening=_pick(balances, ("OPBD", "PRCD"), first=True),
            closing=_pick(balances, ("CLBD",), first=False),
            others={word: found[-1] for word, found in balances.items()},
            findings=tuple(self._doubts(head)),
        )

    def _currency(self, head: Found, balances: dict[str, list[Stated]]) -> str:
        if "currency" in head:
            return known_currency(head["currency"], self.record)
        for word in ("OPBD", "PRCD", "CLBD"):
            if word in balances:
                return balances[word][0].currency
        for currency in (*self.booked_in, *self.currencies):
            return currency
        raise Unreadable("no_currency", "the statement names no currency", self.record)

    def _doubts(self, head: Found) -> Iterator[Finding]:
        copy = head.get("copy")
        if copy in _COPIES:
            message = (
                f"the bank marks this statement as a copy or duplicate ({copy}): lines that are known"
                " already are not taken twice"
            )
            yield Finding("statement_copy", "info", message, self.record)
        told = head.get("entries", "")
        if told.isdigit() and told.isascii() and told.lstrip("0") != str(self.entries or ""):
            message = f"the statement announces {shown(told)} entries and holds {self.entries}"
            yield Finding("entry_count", "warning", message, self.record)
        for note in self.notes:
            yield Finding("unusual_record", "warning", note, self.record)


def _account(head: Found, record: str) -> AccountName:
    raw = (head.get("iban") or head.get("number") or "").replace(" ", "")
    if not raw:
        raise Unreadable("no_account", "the statement names no account: import it alone", record)
    bic = head.get("bic")
    valid = is_iban(raw.upper())
    return AccountName(
        raw=raw.upper() if valid else " ".join(filter(None, (bic, raw))),
        iban=raw.upper() if valid else None,
        bic=bic,
        holder_name=head.get("owner"),
        name=head.get("account_name"),
    )


def _balances(head: Found, record: str) -> dict[str, list[Stated]]:
    """Stated balances by their type, in file order."""
    found: dict[str, list[Stated]] = {}
    for balance in head.get("balances", ()):
        minor, currency = amount(balance.get("amount"), record)
        on, _ = stated_day(balance.get("on"), record)
        stated = Stated(sign(balance.get("side"), record) * minor, on, currency)
        found.setdefault(balance.get("kind", ""), []).append(stated)
    return found


def _pick(balances: dict[str, list[Stated]], words: tuple[str, ...], *, first: bool) -> Stated | None:
    """The earliest opening or the latest closing: some banks state both for every day."""
    stated = next((balances[word] for word in words if word in balances), [])
    dated = [balance for balance in stated if balance.on is not None] or stated
    if not dated:
        return None
    if dated[0].on is None:
        return dated[0 if first else -1]
    days = [balance.on for balance in dated if balance.on is not None]
    wanted = min(days) if first else max(days)
    same = [balance for balance in dated if balance.on == wanted]
    return same[0 if first else -1]
