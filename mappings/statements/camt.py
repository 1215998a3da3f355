"""Reads camt.052, .053 and .054 of every version: XML to drafts, one entry in memory at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain

from lxml import etree

from core.errors import BadInput
from core.model.identifiers import is_iban
from mappings.statements.camt_entry import BOOKED, entry_lines
from mappings.statements.camt_tree import (
    Node,
    TooDeepError,
    all_of,
    at,
    down,
    known_currency,
    signed,
    stated_day,
    tree,
)  # fmt: skip
from mappings.statements.draft import AccountName, Draft, Line, Stated, Unreadable
from mappings.statements.result import Finding

_HOLDERS = ("Stmt", "Rpt", "Ntfctn")
_TAGS = ("{*}Ntry", *(f"{{*}}{name}" for name in _HOLDERS))
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_COPIES = {"COPY", "DUPL", "CODU"}


def attempts(name: str, content: bytes) -> Iterator[Callable[[], Draft]]:
    """Each statement, report or notification as something to read; BadInput when the XML is broken.

    The whole document is walked before the first is given: a file cut at the end gives nothing.
    """
    if any(mark in content for mark in _DOCTYPES):
        raise _doctype(name)
    return iter([_attempt(statement) for statement in _walk(name, content)])


def _doctype(name: str) -> BadInput:
    return BadInput(
        f"{name} has a document type declaration (DOCTYPE), which no bank statement needs and which"
        " can hide an attack: it was not read. Ask the bank for a plain camt file"
    )


@dataclass(slots=True)
class _Statement:
    """What is kept of a Stmt, Rpt or Ntfctn while it is read."""

    head: Node
    record: str
    version: str
    own: AccountName | None = None
    booked: list[Line] = field(default_factory=list)
    pending: list[Line] = field(default_factory=list)
    entries: int = 0
    notes: list[str] = field(default_factory=list)
    problem: Unreadable | None = None


def _walk(name: str, content: bytes) -> list[_Statement]:
    done: list[_Statement] = []
    open: _Statement | None = None
    try:
        for _, element in _events(name, content):
            parent = element.getparent()
            if parent is None:
                continue
            if not element.tag.endswith("}Ntry") and element.tag != "Ntry":
                done.append(open or _begin(element))
                done[-1].head = tree(element, without="Ntry")
                open = None
            elif parent.tag.rpartition("}")[2] in _HOLDERS:
                open = open or _begin(parent)
                _take(open, element)
            _forget(element)
    except etree.XMLSyntaxError as error:
        raise BadInput(
            f"{name} is not well-formed XML (line {error.lineno}: {error.msg}): the file is cut or"
            " damaged and nothing was read. Download it again"
        ) from None
    except TooDeepError:
        raise BadInput(f"{name} is nested deeper than any camt file: it was not read") from None
    return done


def _events(name: str, content: bytes) -> Iterator[tuple[str, etree._Element]]:
    parser = etree.iterparse(
        BytesIO(content.removeprefix(b"\xef\xbb\xbf").lstrip()),
        events=("end",),
        tag=_TAGS,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for first in parser:
        # A DOCTYPE in an encoding the byte search above does not know.
        if first[1].getroottree().docinfo.doctype:
            raise _doctype(name)
        yield from chain((first,), parser)


def _forget(element: etree._Element) -> None:
    """Frees an element and the earlier entries beside it; the head of the statement stays."""
    parent = element.getparent()
    element.clear()
    if parent is not None:
        parent.remove(element)


def _begin(statement: etree._Element) -> _Statement:
    version = (etree.QName(statement).namespace or "").rpartition(":")[2]
    return _Statement(tree(statement, without="Ntry"), f"line {statement.sourceline}", version)


def _take(statement: _Statement, element: etree._Element) -> None:
    """Adds one entry; the first that cannot be read sets the whole statement aside."""
    if statement.problem is not None:
        return
    statement.entries += 1
    try:
        if statement.own is None:
            statement.own = _account(statement.head, statement.record)
        status, lines = entry_lines(
            tree(element),
            record=f"line {element.sourceline}",
            own=statement.own,
            notes=statement.notes,
        )
    except Unreadable as problem:
        statement.problem = problem
        return
    (statement.booked if status == BOOKED else statement.pending).extend(lines)


def _attempt(statement: _Statement) -> Callable[[], Draft]:
    return lambda: _draft(statement)


def _draft(statement: _Statement) -> Draft:
    if statement.problem is not None:
        raise statement.problem
    head, record = statement.head, statement.record
    balances = _balances(head, record)
    currency = _currency(statement, balances)
    _one_currency(statement, currency)
    opening = _pick(balances, ("OPBD", "PRCD"), first=True)
    closing = _pick(balances, ("CLBD",), first=False)
    return Draft(
        account=_account(head, record),
        version=statement.version,
        currency=currency,
        opening=opening,
        closing=closing,
        lines=statement.booked,
        pending=statement.pending,
        record=record,
        others={word: found[-1] for word, found in balances.items()},
        findings=list(_doubts(statement)),
    )


def _account(head: Node, record: str) -> AccountName:
    account = down(head, "Acct")
    iban = at(account, "Id", "IBAN")
    other = at(account, "Id", "Othr", "Id") or at(account, "Id", "PrtryAcct", "Id")
    raw = (iban or other or "").replace(" ", "")
    if not raw:
        raise Unreadable("no_account", "the statement names no account: import it alone", record)
    servicer = down(account, "Svcr", "FinInstnId")
    bic = at(servicer, "BICFI") or at(servicer, "BIC")
    valid = is_iban(raw.upper())
    return AccountName(
        raw=raw.upper() if valid else " ".join(filter(None, (bic, raw))),
        iban=raw.upper() if valid else None,
        bic=bic,
        holder_name=at(account, "Ownr", "Nm") or at(account, "Ownr", "Pty", "Nm"),
        name=at(account, "Nm"),
    )


def _balances(head: Node, record: str) -> dict[str, list[Stated]]:
    """Stated balances by their type, in file order."""
    found: dict[str, list[Stated]] = {}
    for balance in all_of(head, "Bal"):
        kind = at(balance, "Tp", "CdOrPrtry", "Cd") or at(balance, "Tp", "Cd") or ""
        minor, currency = signed(balance, record)
        on, _ = stated_day(down(balance, "Dt"), record)
        found.setdefault(kind, []).append(Stated(minor, on, currency))
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


def _currency(statement: _Statement, balances: dict[str, list[Stated]]) -> str:
    named = at(statement.head, "Acct", "Ccy")
    if named:
        return known_currency(named, statement.record)
    for word in ("OPBD", "PRCD", "CLBD"):
        if word in balances:
            return balances[word][0].currency
    for line in (*statement.booked, *statement.pending):
        return line.currency
    raise Unreadable("no_currency", "the statement names no currency", statement.record)


def _one_currency(statement: _Statement, currency: str) -> None:
    """Every booked line must be in the account's currency; the entry amount is the account's side."""
    for line in statement.booked:
        if line.currency != currency:
            message = f"a booked entry is in {line.currency} on an account in {currency}"
            raise Unreadable("mixed_currencies", message, statement.record)


def _doubts(statement: _Statement) -> Iterator[Finding]:
    copy = at(statement.head, "CpyDplctInd")
    if copy in _COPIES:
        message = (
            f"the bank marks this statement as a copy or duplicate ({copy}): lines that are known"
            " already are not taken twice"
        )
        yield Finding("statement_copy", "info", message, statement.record)
    told = at(statement.head, "TxsSummry", "TtlNtries", "NbOfNtries")
    if told and told.isdigit() and int(told) != statement.entries:
        message = f"the statement announces {told} entries and holds {statement.entries}"
        yield Finding("entry_count", "warning", message, statement.record)
    for note in dict.fromkeys(statement.notes):
        yield Finding("unusual_record", "warning", note, statement.record)
