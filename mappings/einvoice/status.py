"""Reads lifecycle status messages of the French reform (CDAR D22B) into statuses: declarations, not cash."""

from datetime import UTC, date, datetime
from typing import Final

from core.errors import shown
from core.model import EInvoiceStatus, Party, StatusAmount, canonical_json, stable_id
from core.model.identifiers import compact, is_iban
from core.model.invoice import Direction
from mappings.einvoice.codes import SIREN_SCHEME
from mappings.einvoice.identity import external_id, invoice_id
from mappings.einvoice.parties import Owner
from mappings.einvoice.reading import basis_points, currency_of, day, minor, moment
from mappings.einvoice.record import Term
from mappings.einvoice.result import Finding, Unreadable
from mappings.einvoice.terms import term, terms
from mappings.readings import PARIS, names
from mappings.xml import Node

LIFECYCLE: Final = names(
    "200 201 202 203 204 205 206 207 208 209 210 211 212 213 214 220 221 224 225 226 227 228 501"
)
"""The national catalogue; a code outside is kept under its own name."""
ABOUT_OTHERS: Final = names("250 251 300 301 400 401 500 601")
"""Codes of messages that are not about an invoice (tax data, directory, files, the message itself)."""
NEEDS_REASON: Final = names("206 207 208 210 213 501")
REDIRECTS: Final = names("225 226 227")
"""Codes by which another account is to be paid."""
_REFERENCES = "AcknowledgementDocument/ReferenceReferencedDocument"
_DATED = "DateTimeString"


def read_statuses(
    root: Node, owner: Owner, *, company_id: str | None = None, raw_id: str | None = None
) -> tuple[tuple[EInvoiceStatus, ...], tuple[Finding, ...], tuple[Finding, ...]]:
    """Statuses, what was set aside, what is doubtful. A message may speak of several documents,
    whatever its own indicator says; each is taken or set aside alone."""
    found: list[EInvoiceStatus] = []
    set_aside: list[Finding] = []
    doubts: list[Finding] = []
    references = root.all(_REFERENCES)
    if not references:
        set_aside.append(Finding("missing_term", "error", "the message names no document", root.place))
    for one in references:
        try:
            status = _status(root, one, owner, company_id, raw_id)
        except Unreadable as problem:
            set_aside.append(problem.finding)
        else:
            found.append(status)
            doubts += _doubts(status, one.place)
    return tuple({one.id: one for one in found}.values()), tuple(set_aside), tuple(doubts)


def _status(
    root: Node, reference: Node, owner: Owner, company_id: str | None, raw_id: str | None
) -> EInvoiceStatus:
    code = _needed(term(reference, "ProcessConditionCode"), "status code (MDT-105)", reference)
    if code.text in ABOUT_OTHERS:
        message = f"status {code.text} is not about an invoice: nothing to keep"
        raise Unreadable("not_about_an_invoice", message, code.place)
    number = _needed(term(reference, "IssuerAssignedID"), "document number (MDT-87)", reference).text
    seller = _seller(reference)
    issued = _issued(reference)
    said = term(root, f"AcknowledgementDocument/IssueDateTime/{_DATED}", qualifier="format")
    at = _instant(_needed(said, "time of the status (MDT-78)", reference))
    details = [one for one in reference.all("SpecifiedDocumentStatus") if not _is_history(one)]
    amounts = tuple(amount for one in details for amount in _amounts(one))
    reasons = tuple(dict.fromkeys(one.text for detail in details for one in terms(detail, "ReasonCode")))
    payee, iban = _payee(reference, details)
    return EInvoiceStatus(
        id=stable_id(
            "est",
            company_id or "",
            seller,
            number,
            str(issued),
            code.text,
            at.isoformat(),
            canonical_json([one.model_dump(mode="json") for one in amounts]),
            *reasons,
            iban or "",
        ),
        company_id=company_id,
        invoice_id=invoice_id(company_id, external_id(seller, number, issued)) if issued else None,
        direction=_direction(root, reference, seller, owner),
        number=number,
        number_normalized=compact(number),
        issue_date=issued,
        seller_siren=seller,
        code=code.text,
        word=_text(term(reference, "ProcessCondition")),
        at=at,
        by=_text(term(root, "ExchangedDocument/IssuerTradeParty/RoleCode")),
        reasons=reasons,
        reason_text=_joined(details, "Reason"),
        requested_action=_joined(details, "RequestedActionCode"),
        amounts=amounts,
        payee=payee,
        payee_iban=iban,
        message_id=_text(term(root, "ExchangedDocument/ID")),
        raw_id=raw_id,
    )


def _needed(found: Term | None, what: str, reference: Node) -> Term:
    if found is None:
        raise Unreadable("missing_term", f"the message has no {what}", reference.place)
    return found


def _text(found: Term | None) -> str | None:
    return found.text if found else None


def _joined(details: list[Node], path: str) -> str | None:
    return "; ".join(dict.fromkeys(one.text for detail in details for one in terms(detail, path))) or None


def _is_history(detail: Node) -> bool:
    """A detail with a code of its own tells of an earlier status again (MDT-110, MDT-115)."""
    return term(detail, "ProcessConditionCode") is not None


def _seller(reference: Node) -> str:
    ids = terms(reference, "IssuerTradeParty/GlobalID", qualifier="schemeID")
    for one in ids:
        digits = "".join(one.text.split())
        if one.qualifier == SIREN_SCHEME and digits.isascii() and digits.isdigit() and len(digits) in (9, 14):
            return digits[:9]
    raise Unreadable("missing_term", "the message has no SIREN of the seller (MDT-129)", reference.place)


def _issued(reference: Node) -> date | None:
    found = term(reference, f"FormattedIssueDateTime/{_DATED}", qualifier="format")
    return day(found) if found else None


def _instant(said: Term) -> datetime:
    """Local time without a zone; the reform's messages are French."""
    return moment(said).replace(tzinfo=PARIS).astimezone(UTC)


def _direction(root: Node, reference: Node, seller: str, owner: Owner) -> Direction:
    """Receivable when the company is the seller; payable when it is another party of the message."""
    if owner.is_party(Party(siren=seller)):
        return "receivable"
    parties = [
        one for side in ("Issuer", "Recipient") for one in root.all(f"ExchangedDocument/{side}TradeParty")
    ]
    for party in parties:
        ids = [
            one.text
            for one in terms(party, "GlobalID", qualifier="schemeID")
            if one.qualifier == SIREN_SCHEME
        ]
        if any(owner.is_party(Party(siren="".join(one.split())[:9])) for one in ids):
            return "payable"
    message = f"the seller (SIREN {seller}) is not the company, and it is no other party of the message"
    raise Unreadable("not_the_company", message, reference.place)


def _amounts(detail: Node) -> list[StatusAmount]:
    """Amounts by type and VAT rate, as they are signed: a negative one takes a collection back."""
    found = []
    for one in detail.all("SpecifiedDocumentCharacteristic"):
        kind, amount = term(one, "TypeCode"), term(one, "ValueAmount", qualifier="currencyID")
        if kind is None or amount is None:
            continue
        currency = currency_of(Term(amount.qualifier, amount.place), amount.place)
        rate, on = term(one, "ValuePercent"), term(one, f"ValueDateTime/{_DATED}", qualifier="format")
        found.append(
            StatusAmount(
                type=kind.text,
                minor=minor(amount, currency),
                currency=currency,
                rate_bp=basis_points(rate) if rate else None,
                on=day(on) if on else None,
            )
        )
    return found


def _payee(reference: Node, details: list[Node]) -> tuple[Party | None, str | None]:
    """Whom to pay from now on: the party named beside the document, and the account to change to."""
    party = reference.first("RecipientTradeParty")
    banks = {
        kind.text: value.text
        for detail in details
        for one in detail.all("SpecifiedDocumentCharacteristic")
        if (code := term(one, "TypeCode")) and code.text == "CBB"
        and (kind := term(one, "ID")) and (value := term(one, "Value"))
    }  # fmt: skip
    iban = "".join(banks.get("BT-84", "").split()).upper()
    name = _text(term(party, "Name")) or banks.get("BT-85")
    ids = [
        one.text for one in terms(party, "GlobalID", qualifier="schemeID") if one.qualifier == SIREN_SCHEME
    ]
    siren = "".join(ids[0].split())[:9] if ids else None
    known = Party(name=name, siren=siren) if name or siren else None
    return known, iban if is_iban(iban) else None


def _doubts(status: EInvoiceStatus, place: str) -> list[Finding]:
    found = []
    if status.code not in LIFECYCLE:
        message = f"status {shown(status.code, 10)} is not in the national list: kept under its own name"
        found.append(Finding("unknown_status", "info", message, place))
    if status.code in NEEDS_REASON and not status.reasons:
        message = f"status {shown(status.code, 10)} without the reason it must have"
        found.append(Finding("no_reason", "info", message, place))
    if status.code in REDIRECTS and (status.payee is None or status.payee_iban is None):
        message = f"status {status.code} names no new payee or no valid account"
        found.append(Finding("incomplete_assignment", "warning", message, place))
    return found
