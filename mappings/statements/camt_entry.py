"""What one camt entry says: its status, and the line or the children it becomes."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from core.model.bank import Operation
from core.model.identifiers import is_iban
from mappings.grammar import fingerprint
from mappings.statements.camt_layout import ENTRY, Found, read
from mappings.statements.camt_values import amount, sign, stated_day
from mappings.statements.draft import AccountName, Line, LineStatus, Unreadable, distinct, seamless, told
from mappings.statements.identity import plain
from mappings.statements.operations import CFONB, iso_operation

_STATUSES: dict[str, LineStatus] = {
    "BOOK": "booked", "PDNG": "pending", "FUTR": "planned", "INFO": "information",
}  # fmt: skip
_REMITTANCE = 140
_NO_DETAIL: Found = {}


class _Entry(NamedTuple):
    """An entry with what its details share."""

    found: Found
    own: AccountName
    record: str
    status: LineStatus
    minor: int
    currency: str
    booked_on: date | None
    booked_at: datetime | None
    value_on: date | None
    undone: bool


def entry_lines(element: etree._Element, *, own: AccountName, notes: dict[str, None]) -> list[Line]:
    """The lines of one entry; raises Unreadable.

    A batch becomes one line per child only when the children have amounts that add up to the
    entry; otherwise the entry is the line and the children's words are kept with it.
    """
    entry = _entry(read(element, ENTRY), own, f"line {element.sourceline}")
    details: list[Found] = entry.found.get("details", [])
    if len(details) > 1:
        shares = _shares(entry, details)
        if shares is not None:
            return _children(entry, details, shares, notes)
        notes["a batch whose details do not add up to its total was kept as one line"] = None
    return [_line(entry, details, entry.minor, notes)]


def _entry(found: Found, own: AccountName, record: str) -> _Entry:
    word = found.get("status", "missing")
    status = _STATUSES.get(word)
    if status is None:
        raise Unreadable("unknown_status", f"an entry has the unknown status {word[:20]!r}", record)
    minor, currency = amount(found.get("amount"), record)
    minor *= sign(found.get("side"), record)
    booked_on, booked_at = stated_day(found.get("booked"), record)
    value_on, _ = stated_day(found.get("value"), record)
    if booked_on is None and status == "booked":
        raise Unreadable("unreadable_date", "a booked entry has no booking date", record)
    undone = found.get("reversal") in ("true", "1")
    return _Entry(found, own, record, status, minor, currency, booked_on, booked_at, value_on, undone)


def _shares(entry: _Entry, details: list[Found]) -> list[int] | None:
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


def _child_amount(entry: _Entry, child: Found) -> int:
    minor, currency = amount(child.get("amount") or child.get("share"), entry.record)
    if currency != entry.currency:
        raise Unreadable("mixed_currencies", "a child is in another currency", entry.record)
    return sign(child.get("side") or entry.found.get("side"), entry.record) * minor


def _charges(entry: _Entry, child: Found) -> int:
    """What the bank kept of a child, positive when it was charged."""
    total = 0
    stated: list[Found] = child.get("charges", [])
    for charge in [one for group in stated for one in group.get("records", ())] or stated:
        minor, currency = amount(charge.get("amount"), entry.record)
        if currency != entry.currency:
            raise Unreadable("mixed_currencies", "a charge is in another currency", entry.record)
        total += minor if charge.get("side") != "CRDT" else -minor
    return total


def _children(entry: _Entry, details: list[Found], shares: list[int], notes: dict[str, None]) -> list[Line]:
    children = [
        _line(entry, [child], share, notes, child=True) for child, share in zip(details, shares, strict=True)
    ]
    batch = _batch_name(entry, children)
    for line in children:
        line.words.update(batch=batch, batch_count=str(len(children)))
    return children


def _batch_name(entry: _Entry, children: list[Line]) -> str:
    """Ties the children of one entry together, equal whenever the entry is read again."""
    named = entry.found.get("bank_reference") or entry.found.get("batch_payment_information_id")
    words = sorted(f"{line.amount_minor} {plain(line.key_text)}" for line in children)
    return fingerprint(str(entry.booked_on), named, entry.minor, *words)


def _line(
    entry: _Entry, details: list[Found], minor: int, notes: dict[str, None], *, child: bool = False
) -> Line:
    found = entry.found
    detail = details[0] if len(details) == 1 else _NO_DETAIL
    reason: str | None = detail.get("reason")
    undone = entry.undone or reason is not None
    party = _party(entry, detail, credit=minor > 0, undone=undone)
    parts = _texts(found, details, child=child)
    spoken = [text for part in parts for text in part] + _ultimates(details)
    fields: dict[str, object] = {
        "value_date": entry.value_on,
        "transaction_time": entry.booked_at,
        "counterparty_name": party.name,
        "counterparty_iban": party.iban,
        "remittance": " ".join(distinct([seamless(part, _REMITTANCE) for part in parts])) or None,
        "text_lines": tuple(spoken),
        "creditor_reference": next(
            (text for one in detail.get("structured", ()) for text in one.get("references", ())), None
        ),
        "end_to_end_id": told(detail.get("end_to_end_id")),
        "bank_reference": (child and detail.get("bank_reference")) or found.get("bank_reference"),
        "mandate_id": told(detail.get("mandate_id")),
        "creditor_id": _creditor_id(detail),
        "return_reason": reason,
    }
    if "instructed" in found or "instructed" in detail or "countervalue" in detail:
        fields |= _original(entry, detail, negative=minor < 0, notes=notes)
    return Line(
        amount_minor=minor,
        currency=entry.currency,
        booking_date=entry.booked_on,
        operation=_operation(found, undone=undone),
        key_text=" ".join([*spoken, party.name or ""]),
        more=fields,
        words=_words(entry, detail, party),
        status=entry.status,
    )


def _texts(found: Found, details: list[Found], *, child: bool) -> list[list[str]]:
    """The bank's and the payer's words in order, as sent, each in the lines it was cut into.
    A child has only its own words, where it has any."""
    own = [part for detail in details for part in _detail_texts(detail)]
    if "texts" in found and not (child and own):
        own.append(found["texts"])
    return own


def _detail_texts(detail: Found) -> Iterator[list[str]]:
    if "free" in detail:
        yield detail["free"]
    for structured in detail.get("structured", ()):
        for name in ("documents", "references", "texts"):
            yield from ([text] for text in structured.get(name, ()))
    for name in ("reason_texts", "texts"):
        if name in detail:
            yield detail[name]


def _ultimates(details: list[Found]) -> list[str]:
    """Names of those on whose behalf somebody paid or was paid."""
    sides = ("ultimate_debtor", "ultimate_creditor")
    return [detail[side] for detail in details for side in sides if side in detail]


class _Party(NamedTuple):
    name: str | None
    account: str | None
    bic: str | None

    @property
    def iban(self) -> str | None:
        return self.account if self.account and _is_iban(self.account) else None


_is_iban = lru_cache(maxsize=4096)(is_iban)


def _party(entry: _Entry, detail: Found, *, credit: bool, undone: bool) -> _Party:
    """The other side: the debtor of a credit, the creditor of a debit. A return often keeps the
    sides of the payment it undoes, so there the side that is not the holder is taken."""
    sides = ("debtor", "creditor") if credit else ("creditor", "debtor")
    party = _side(detail, sides[0])
    if undone and (party.name is None or _is_own(entry, party)):
        other = _side(detail, sides[1])
        return other if other.name and not _is_own(entry, other) else party
    return party


def _is_own(entry: _Entry, party: _Party) -> bool:
    holder = entry.own.holder_name
    same_name = bool(party.name and holder and plain(party.name) == plain(holder))
    return same_name or (party.account is not None and party.account == entry.own.iban)


def _side(detail: Found, side: str) -> _Party:
    account: str | None = detail.get(f"{side}_account")
    number = account and account.replace(" ", "").upper()
    return _Party(detail.get(side), number, detail.get(f"{side}_bic"))


def _creditor_id(detail: Found) -> str | None:
    for one in detail.get("creditor_ids", ()):
        if one.get("scheme") == "SEPA":
            found: str | None = one.get("id")
            return found
    return None


def _original(entry: _Entry, detail: Found, *, negative: bool, notes: dict[str, None]) -> dict[str, object]:
    """The instructed amount, signed like the line. An unreadable one is noted: it is no money here."""
    stated = detail.get("instructed") or entry.found.get("instructed") or detail.get("countervalue")
    try:
        minor, currency = amount(stated, entry.record)
    except Unreadable:
        notes["an original amount is unreadable and was left out"] = None
        return {}
    return {"original_amount_minor": -minor if negative else minor, "original_currency": currency}


def _operation(found: Found, *, undone: bool) -> Operation:
    get = found.get
    if "domain" in found or "family" in found:
        return iso_operation(
            domain=get("domain", ""), family=get("family", ""), subfamily=get("subfamily", ""), undone=undone
        )
    if "CFONB" in get("issuer", ""):
        return CFONB.get(get("proprietary", "").partition("/")[0], "other")
    return "other"


_ENTRY_WORDS = (
    ("proprietary_code", "proprietary"), ("entry_reference", "reference"),
    ("batch_message_id", "batch_message_id"),
    ("batch_payment_information_id", "batch_payment_information_id"),
)  # fmt: skip
_DETAIL_WORDS = (
    "purpose", "ultimate_debtor", "ultimate_creditor", "message_id", "payment_information_id",
    "instruction_id", "transaction_id", "uetr", "cheque_number", "returned_by", "exchange_rate",
)  # fmt: skip


def _words(entry: _Entry, detail: Found, party: _Party) -> dict[str, str]:
    """The bank's own words beside ours."""
    found = entry.found
    words = {"status": found["status"]}
    if code := _code(found, ""):
        words["bank_transaction_code"] = code
    words.update((word, found[name]) for word, name in _ENTRY_WORDS if name in found)
    words.update((name, detail[name]) for name in _DETAIL_WORDS if name in detail)
    if entry.undone:
        words["reversal"] = found["reversal"]
    if code := _code(detail, ""):
        words["detail_transaction_code"] = code
    if code := _code(detail, "returned_"):
        words["returned_transaction_code"] = code
    if party.account and party.iban is None:
        words["counterparty_account"] = party.account
    if party.bic:
        words["counterparty_bic"] = party.bic
    return words


def _code(found: Found, what: str) -> str:
    """Domain, family and sub-family of a bank transaction code, joined."""
    names = (f"{what}domain", f"{what}family", f"{what}subfamily")
    return "-".join([found[name] for name in names if name in found])
