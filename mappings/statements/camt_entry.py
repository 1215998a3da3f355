"""What one camt entry says: its status, and the line or the children it becomes (banks.md 8.2-8.4)."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from core.model.bank import Operation
from core.model.identifiers import is_iban
from mappings.grammar import fingerprint
from mappings.statements.camt_tree import (
    Node,
    all_of,
    amount,
    at,
    down,
    sign,
    signed,
    stated_day,
    texts,
)  # fmt: skip
from mappings.statements.draft import AccountName, Line, Unreadable, distinct, seamless, told
from mappings.statements.identity import plain
from mappings.statements.operations import CFONB, iso_operation

BOOKED = "BOOK"
_STATUSES = frozenset({BOOKED, "PDNG", "FUTR", "INFO"})
_REMITTANCE = 140


class _Entry(NamedTuple):
    """An entry with what its details share."""

    node: Node
    own: AccountName
    record: str
    status: str
    minor: int
    currency: str
    booked_on: date | None
    booked_at: datetime | None
    value_on: date | None


def entry_lines(node: Node, *, record: str, own: AccountName, notes: list[str]) -> tuple[str, list[Line]]:
    """The status word and the lines of one entry; raises Unreadable.

    A batch becomes one line per child only when the children have amounts that add up to the
    entry; otherwise the entry is the line and the children's words are kept with it.
    """
    entry = _entry(node, own, record)
    details = all_of(node, "NtryDtls", "TxDtls") or all_of(node, "TxDtls")
    if len(details) > 1:
        shares = _shares(entry, details)
        if shares is not None:
            return entry.status, _children(entry, details, shares, notes)
        notes.append("a batch whose details do not add up to its total was kept as one line")
    return entry.status, [_line(entry, details, entry.minor, notes)]


def _entry(node: Node, own: AccountName, record: str) -> _Entry:
    status = at(node, "Sts") or at(node, "Sts", "Cd") or at(node, "Sts", "Prtry") or "missing"
    if status not in _STATUSES:
        raise Unreadable("unknown_status", f"an entry has the unknown status {status[:20]!r}", record)
    minor, currency = signed(node, record)
    booked_on, booked_at = stated_day(down(node, "BookgDt"), record)
    value_on, _ = stated_day(down(node, "ValDt"), record)
    if status == BOOKED and booked_on is None:
        raise Unreadable("unreadable_date", "a booked entry has no booking date", record)
    return _Entry(node, own, record, status, minor, currency, booked_on, booked_at, value_on)


def _shares(entry: _Entry, details: list[Node]) -> list[int] | None:
    """The children's signed amounts if they add up to the entry, as stated or net of charges."""
    try:
        stated = [_child_amount(entry, child) for child in details]
        if sum(stated) == entry.minor:
            return stated
        charges = [_charges(entry, child) for child in details]
    except Unreadable:
        return None
    net = [minor - charge for minor, charge in zip(stated, charges, strict=True)]
    return net if sum(net) == entry.minor else None


def _child_amount(entry: _Entry, child: Node) -> int:
    stated = down(child, "Amt") or down(child, "AmtDtls", "TxAmt", "Amt")
    minor, currency = amount(stated, entry.record)
    if currency != entry.currency:
        raise Unreadable("mixed_currencies", "a child is in another currency", entry.record)
    holder = child if at(child, "CdtDbtInd") else entry.node
    return sign(holder, entry.record) * minor


def _charges(entry: _Entry, child: Node) -> int:
    """What the bank kept of a child, positive when it was charged."""
    total = 0
    for charge in all_of(child, "Chrgs", "Rcrd") or all_of(child, "Chrgs"):
        stated = down(charge, "Amt") or down(charge, "TtlChrgsAndTaxAmt")
        minor, currency = amount(stated, entry.record)
        if currency != entry.currency:
            raise Unreadable("mixed_currencies", "a charge is in another currency", entry.record)
        total += minor if at(charge, "CdtDbtInd") != "CRDT" else -minor
    return total


def _children(entry: _Entry, details: list[Node], shares: list[int], notes: list[str]) -> list[Line]:
    children = [
        _line(entry, [child], share, notes, child=True) for child, share in zip(details, shares, strict=True)
    ]
    batch = _batch_name(entry, children)
    for line in children:
        line.words.update(batch=batch, batch_count=str(len(children)))
    return children


def _batch_name(entry: _Entry, children: list[Line]) -> str:
    """Ties the children of one entry together, equal whenever the entry is read again."""
    node = entry.node
    named = at(node, "AcctSvcrRef") or at(node, "NtryDtls", "Btch", "PmtInfId")
    words = sorted(f"{line.amount_minor} {plain(line.key_text)}" for line in children)
    return fingerprint(str(entry.booked_on), named, entry.minor, *words)


def _line(entry: _Entry, details: list[Node], minor: int, notes: list[str], *, child: bool = False) -> Line:
    detail = details[0] if len(details) == 1 else None
    undone = at(entry.node, "RvslInd") == "true" or at(entry.node, "RvslInd") == "1"
    reason = _reason(detail)
    party = _party(entry, detail, credit=minor > 0, undone=undone or reason is not None)
    parts = list(_texts(entry, details, child=child))
    spoken = [text for part in parts for text in part] + _ultimates(details)
    end_to_end = told(at(detail, "Refs", "EndToEndId"))
    fields: dict[str, object] = {
        "value_date": entry.value_on,
        "transaction_time": entry.booked_at,
        "counterparty_name": party.name,
        "counterparty_iban": party.iban,
        "remittance": " ".join(distinct([seamless(part, _REMITTANCE) for part in parts])) or None,
        "text_lines": tuple(spoken),
        "creditor_reference": _first(texts(detail, "RmtInf", "Strd", "CdtrRefInf", "Ref")),
        "end_to_end_id": end_to_end,
        "bank_reference": (child and at(detail, "Refs", "AcctSvcrRef")) or at(entry.node, "AcctSvcrRef"),
        "mandate_id": told(at(detail, "Refs", "MndtId")),
        "creditor_id": _creditor_id(detail),
        "return_reason": reason,
        **_original(entry, detail, negative=minor < 0, notes=notes),
    }
    return Line(
        amount_minor=minor,
        currency=entry.currency,
        booking_date=entry.booked_on,
        operation=_operation(entry, detail, undone=undone or reason is not None),
        key_text=" ".join([*spoken, party.name or ""]),
        more=fields,
        words=dict(_words(entry, detail, party)),
    )


def _first(words: list[str]) -> str | None:
    return words[0] if words else None


def _texts(entry: _Entry, details: list[Node], *, child: bool) -> Iterator[list[str]]:
    """The bank's and the payer's words in order, as sent, each in the lines it was cut into.
    A child has only its own words, where it has any."""
    own = [text for detail in details for text in _detail_texts(detail)]
    yield from own
    if not child or not own:
        yield texts(entry.node, "AddtlNtryInf")


def _detail_texts(detail: Node) -> Iterator[list[str]]:
    if free := texts(detail, "RmtInf", "Ustrd"):
        yield free
    for structured in all_of(detail, "RmtInf", "Strd"):
        yield from ([text] for text in texts(structured, "RfrdDocInf", "Nb"))
        yield from ([text] for text in texts(structured, "CdtrRefInf", "Ref"))
        yield from ([text] for text in texts(structured, "AddtlRmtInf"))
    yield texts(detail, "RtrInf", "AddtlInf")
    yield texts(detail, "AddtlTxInf")


def _ultimates(details: list[Node]) -> list[str]:
    """Names of those on whose behalf somebody paid or was paid."""
    found = [
        _name(down(detail, "RltdPties", side)) for detail in details for side in ("UltmtDbtr", "UltmtCdtr")
    ]
    return [name for name in found if name]


class _Party(NamedTuple):
    name: str | None
    account: str | None
    bic: str | None

    @property
    def iban(self) -> str | None:
        return self.account if self.account and is_iban(self.account) else None


def _party(entry: _Entry, detail: Node | None, *, credit: bool, undone: bool) -> _Party:
    """The other side: the debtor of a credit, the creditor of a debit. A return often keeps the
    sides of the payment it undoes, so there the side that is not the holder is taken."""
    sides = ("Dbtr", "Cdtr") if credit else ("Cdtr", "Dbtr")
    party = _side(detail, sides[0])
    if undone and (party.name is None or _is_own(entry, party)):
        other = _side(detail, sides[1])
        return other if other.name and not _is_own(entry, other) else party
    return party


def _is_own(entry: _Entry, party: _Party) -> bool:
    holder = entry.own.holder_name
    same_name = bool(party.name and holder and plain(party.name) == plain(holder))
    return same_name or (party.account is not None and party.account == entry.own.iban)


def _side(detail: Node | None, side: str) -> _Party:
    parties = down(detail, "RltdPties")
    number = down(parties, f"{side}Acct", "Id")
    account = at(number, "IBAN") or at(number, "Othr", "Id")
    agent = down(detail, "RltdAgts", f"{side}Agt", "FinInstnId")
    bic = at(agent, "BICFI") or at(agent, "BIC")
    return _Party(_name(down(parties, side)), account and account.replace(" ", "").upper(), bic)


def _name(party: Node | None) -> str | None:
    return at(party, "Nm") or at(party, "Pty", "Nm") or at(party, "Agt", "FinInstnId", "Nm")


def _creditor_id(detail: Node | None) -> str | None:
    creditor = down(detail, "RltdPties", "Cdtr")
    person = down(creditor, "Id", "PrvtId") or down(creditor, "Pty", "Id", "PrvtId")
    for other in all_of(person, "Othr"):
        if at(other, "SchmeNm", "Prtry") == "SEPA":
            return at(other, "Id")
    return None


def _reason(detail: Node | None) -> str | None:
    reason = down(detail, "RtrInf", "Rsn")
    old = down(detail, "RtrInf", "RtrRsn")
    return at(reason, "Cd") or at(reason, "Prtry") or at(old, "Cd") or at(old, "Prtry")


def _original(entry: _Entry, detail: Node | None, *, negative: bool, notes: list[str]) -> dict[str, object]:
    """The instructed amount, signed like the line. An unreadable one is noted: it is no money here."""
    stated = (
        down(detail, "AmtDtls", "InstdAmt", "Amt")
        or down(entry.node, "AmtDtls", "InstdAmt", "Amt")
        or down(detail, "AmtDtls", "CntrValAmt", "Amt")
    )
    if stated is None:
        return {}
    try:
        minor, currency = amount(stated, entry.record)
    except Unreadable:
        notes.append("an original amount is unreadable and was left out")
        return {}
    return {"original_amount_minor": -minor if negative else minor, "original_currency": currency}


def _operation(entry: _Entry, detail: Node | None, *, undone: bool) -> Operation:
    code = down(entry.node, "BkTxCd")
    domain = down(code, "Domn")
    family = down(domain, "Fmly")
    if domain is not None:
        return iso_operation(
            domain=at(domain, "Cd") or "",
            family=at(family, "Cd") or "",
            subfamily=at(family, "SubFmlyCd") or "",
            undone=undone,
        )
    if "CFONB" in (at(code, "Prtry", "Issr") or ""):
        return CFONB.get((at(code, "Prtry", "Cd") or "").partition("/")[0], "other")
    return "other"


_DETAIL_WORDS = {
    "message_id": "MsgId", "payment_information_id": "PmtInfId", "instruction_id": "InstrId",
    "transaction_id": "TxId", "uetr": "UETR", "cheque_number": "ChqNb",
}  # fmt: skip


def _words(entry: _Entry, detail: Node | None, party: _Party) -> Iterator[tuple[str, str]]:
    """The bank's own words beside ours."""
    code, batch = down(entry.node, "BkTxCd"), down(entry.node, "NtryDtls", "Btch")
    references, parties = down(detail, "Refs"), down(detail, "RltdPties")
    family = down(code, "Domn", "Fmly")
    domain = (at(code, "Domn", "Cd"), at(family, "Cd"), at(family, "SubFmlyCd"))
    words = {
        "status": entry.status,
        "bank_transaction_code": "-".join(filter(None, domain)),
        "proprietary_code": at(code, "Prtry", "Cd"),
        "entry_reference": at(entry.node, "NtryRef"),
        "reversal": at(entry.node, "RvslInd"),
        "batch_message_id": at(batch, "MsgId"),
        "batch_payment_information_id": at(batch, "PmtInfId"),
        "purpose": at(detail, "Purp", "Cd") or at(detail, "Purp", "Prtry"),
        "ultimate_debtor": _name(down(parties, "UltmtDbtr")),
        "ultimate_creditor": _name(down(parties, "UltmtCdtr")),
        "counterparty_account": None if party.iban else party.account,
        "counterparty_bic": party.bic,
        **{word: at(references, name) for word, name in _DETAIL_WORDS.items()},
    }
    return ((name, word) for name, word in words.items() if word and word != "false")
