"""From the record of business terms to the canonical invoice: kind, signs, money, references."""

from dataclasses import dataclass
from datetime import date

from core.model import Declared, Invoice, InvoiceReference, Party
from core.model.identifiers import compact, is_iban
from core.model.invoice import TaxLine
from mappings.einvoice.checks import money_findings, tax_total
from mappings.einvoice.codes import (
    AFTER_DEPOSIT,
    BOTH_WAYS,
    CATEGORIES,
    NO_CLAIM,
    SEVERAL_SELLERS,
    TYPES,
    UNTAXED,
    VAT_ON_COLLECTION,
    TypeCode,
)
from mappings.einvoice.conditions import due_date, early_discount, retention
from mappings.einvoice.identity import external_id, invoice_id, source_of
from mappings.einvoice.parties import Owner, direction_of, key_of, party_of
from mappings.einvoice.reading import basis_points, currency_of, day, minor
from mappings.einvoice.record import Document, PrecedingRecord, Syntax, Term
from mappings.einvoice.result import Finding, Unreadable

_SAYS_NOTHING = frozenset({"NA", "N/A", "-"})
_NETTING = "97"


@dataclass(frozen=True, slots=True)
class _Money:
    """The totals in minor units as the model has them: positive, a credit told by the kind."""

    net: int | None
    tax: int | None
    gross: int
    prepaid: int | None
    payable: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the parts of the invoice are read with."""

    document: Document
    code: TypeCode
    currency: str
    issued: date
    sign: int
    findings: list[Finding]

    @property
    def is_credit(self) -> bool:
        return self.code.kind == "credit_note" or self.sign < 0


def invoice_of(
    document: Document, owner: Owner, *, company_id: str | None = None, raw_id: str | None = None
) -> tuple[Invoice, tuple[Finding, ...]]:
    """The canonical invoice and what is doubtful about it; raises Unreadable when it cannot be taken.

    A negative invoice is a credit note with positive amounts. A credit note with negative amounts
    could mean either and is set aside.
    """
    findings: list[Finding] = []
    place = document.place
    code = _type(document)
    _check_frame(document)
    number, issued = _named(document.number, "number (BT-1)", place), _issued(document)
    currency = currency_of(document.currency, place)
    seller = party_of(document.seller, "seller", place, findings)
    buyer = party_of(document.buyer, "buyer", place, findings)
    sign = _sign(document, code, currency)
    reading = _Reading(document, code, currency, issued, sign, findings)
    money = _money(reading)
    findings += money_findings(document)
    external = external_id(key_of(seller), number, issued)
    kept = retention(document, currency, findings)
    invoice = Invoice(
        id=invoice_id(company_id, external),
        company_id=company_id,
        source=source_of(company_id, external, raw_id),
        provider_words=_words(reading),
        direction=direction_of(document, seller, buyer, owner),
        kind="credit_note" if reading.is_credit else code.kind,
        self_billed=code.self_billed,
        number=number,
        number_normalized=compact(number),
        issue_date=issued,
        due_date=due_date(document, findings),
        delivery_date=day(document.delivered) if document.delivered else None,
        currency=currency,
        net_minor=money.net,
        tax_minor=money.tax,
        gross_minor=money.gross,
        payable_minor=money.payable - (kept.amount_minor if kept else 0),
        prepaid_minor=money.prepaid,
        tax_breakdown=_breakdown(reading),
        retention=kept,
        early_discount=early_discount(document, issued, findings),
        payee_iban=_iban(reading),
        payment_reference=document.remittances[0].text if document.remittances else None,
        buyer_reference=_told(document.buyer_reference),
        order_reference=_told(document.order),
        seller=seller,
        buyer=buyer,
        references=tuple(_reference(reading, one, key_of(seller), company_id) for one in document.preceding),
        attachments=tuple(one.text for one in document.attachments),
        vat_on_collection=_on_collection(document),
        reverse_charge=_reverse_charge(document),
        assigned_to=_assigned(reading, seller),
        document_status="issued",
        declared=_declared(money),
    )
    return invoice, tuple(findings)


def _named(term: Term | None, what: str, place: str) -> str:
    if term is None:
        raise Unreadable("missing_term", f"the document has no {what}", place)
    return term.text


def _issued(document: Document) -> date:
    if document.issued is None:
        raise Unreadable("missing_term", "the document has no issue date (BT-2)", document.place)
    return day(document.issued)


def _type(document: Document) -> TypeCode:
    term = document.type_code
    if term is None:
        raise Unreadable("missing_term", "the document has no type code (BT-3)", document.place)
    found = TYPES.get(term.text)
    if found is None:
        what = NO_CLAIM.get(term.text)
        message = f"type {term.text[:10]!r} is {what}" if what else f"unknown type code {term.text[:10]!r}"
        raise Unreadable("not_an_invoice" if what else "unknown_type", message, term.place)
    if document.syntax is Syntax.UBL_INVOICE and found.kind == "credit_note":
        message = (
            f"a UBL Invoice with the credit note code {term.text}: which of the two holds is not certain"
        )
        raise Unreadable("ambiguous_sign", message, term.place)
    return found


def _check_frame(document: Document) -> None:
    frame = document.process
    if frame is None:
        return
    if frame.text in SEVERAL_SELLERS:
        message = f"frame {frame.text}: an invoice of several sellers is nobody's single claim"
        raise Unreadable("several_sellers", message, frame.place)
    if frame.text in BOTH_WAYS:
        message = f"frame {frame.text}: mutual sales in one document, what is payable is a balance"
        raise Unreadable("both_ways", message, frame.place)


def _sign(document: Document, code: TypeCode, currency: str) -> int:
    """-1 when an invoice is written with a negative gross amount: it is a credit."""
    gross = document.totals.gross
    if gross is None:
        raise Unreadable("missing_term", "the document has no gross total (BT-112)", document.place)
    sign = -1 if minor(gross, currency) < 0 else 1
    if sign < 0 and code.kind == "credit_note":
        message = "a credit note with a negative total: whether it credits or charges is not certain"
        raise Unreadable("ambiguous_sign", message, gross.place)
    return sign


def _money(reading: _Reading) -> _Money:
    totals, findings = reading.document.totals, reading.findings
    gross = _minor(reading, totals.gross)
    net, tax = _minor(reading, totals.net), _minor(reading, tax_total(reading.document))
    assert gross is not None  # `_sign` looked
    if totals.gross and any(one < 0 for one in (net, tax) if one is not None):
        message = "net, VAT and gross do not have the same sign"
        findings.append(Finding("mixed_signs", "warning", message, totals.gross.place))
    payable = _payable(reading, gross)
    return _Money(net, tax, gross, _minor(reading, totals.prepaid), payable)


def _minor(reading: _Reading, term: Term | None) -> int | None:
    return None if term is None else reading.sign * minor(term, reading.currency)


def _payable(reading: _Reading, gross: int) -> int:
    """BT-115; nothing is payable when deposits exceed the invoice. ZUGFeRD 1.0 BASIC cannot say it."""
    document = reading.document
    stated = document.totals.payable
    if stated is None:
        if document.syntax is Syntax.ZUGFERD1:
            message = "no payable amount is stated, which this profile cannot: the gross total is payable"
            reading.findings.append(Finding("payable_not_stated", "info", message, document.place))
            return gross
        raise Unreadable("missing_term", "the document has no payable amount (BT-115)", document.place)
    payable = reading.sign * minor(stated, reading.currency)
    if payable < 0:
        message = "the payable amount is below zero: deposits exceed the invoice, nothing is payable"
        reading.findings.append(Finding("payable_below_zero", "warning", message, stated.place))
    return max(payable, 0)


def _breakdown(reading: _Reading) -> tuple[TaxLine, ...]:
    """Groups of one category and rate are added up: a profile may split them by exemption reason."""
    found: dict[tuple[str | None, int | None], tuple[int, int]] = {}
    for one in reading.document.taxes:
        category = one.category.text if one.category else None
        if one.category is not None and category not in CATEGORIES:
            message = f"unknown VAT category {one.category.text[:10]!r}"
            raise Unreadable("unknown_category", message, one.category.place)
        rate = 0 if category in UNTAXED - {"O"} else basis_points(one.rate) if one.rate else None
        key = (category, None if category == "O" else rate)
        base, tax = found.get(key, (0, 0))
        found[key] = (
            base + (_minor(reading, one.base) or 0),
            tax + (_minor(reading, one.tax) or 0),
        )
    return tuple(
        TaxLine(rate_bp=rate, category=category, base_minor=base, tax_minor=tax)
        for (category, rate), (base, tax) in found.items()
    )


def _iban(reading: _Reading) -> str | None:
    """The first account that is an IBAN; national numbers stand in the same element."""
    ibans = []
    for one in reading.document.accounts:
        dense = "".join(one.text.split()).upper()
        if is_iban(dense):
            ibans.append(dense)
        elif dense[:2].isalpha() and dense[2:4].isdigit():
            message = "the check digits of an IBAN do not hold: not used"
            reading.findings.append(Finding("invalid_iban", "info", message, one.place))
    return ibans[0] if ibans else None


def _told(term: Term | None) -> str | None:
    return None if term is None or term.text.upper() in _SAYS_NOTHING else term.text


def _reference(
    reading: _Reading, preceding: PrecedingRecord, seller: str, company_id: str | None
) -> InvoiceReference:
    """Its id only where its date is given: a number is unique within a year."""
    issued = day(preceding.issued) if preceding.issued else None
    number = preceding.number.text
    known = invoice_id(company_id, external_id(seller, number, issued)) if issued else None
    return InvoiceReference(
        type=_relation(reading),  # type: ignore[arg-type]  # one of its words
        invoice_id=known,
        number=number,
        issue_date=issued,
    )


def _relation(reading: _Reading) -> str:
    document = reading.document
    if reading.is_credit:
        return "corrects" if reading.code.kind == "corrective" else "credits"
    if reading.code.kind == "corrective":
        return "replaces"
    prepaid = _minor(reading, document.totals.prepaid) or 0
    if prepaid > 0 or (document.process is not None and document.process.text in AFTER_DEPOSIT):
        return "prepaid_by"
    return "follows"


def _on_collection(document: Document) -> bool | None:
    return VAT_ON_COLLECTION.get(document.tax_point_code.text) if document.tax_point_code else None


def _reverse_charge(document: Document) -> bool | None:
    categories = {one.category.text for one in document.taxes if one.category}
    return "AE" in categories if categories else None


def _assigned(reading: _Reading, seller: Party) -> str | None:
    """The factor: the payee of a factored type, or of a document with an assignment clause (ACC)."""
    document = reading.document
    payee = document.payee
    clause = next((note for note in document.notes if note.qualifier == "ACC"), None)
    name = payee.name.text if payee and payee.name else None
    if reading.code.assigned or clause is not None:
        return name or "not named"
    if payee is not None and payee.name is not None and name != seller.name:
        message = "the payee is not the seller: find out why before financing"
        reading.findings.append(Finding("payee_not_seller", "warning", message, payee.name.place))
    return None


def _declared(money: _Money) -> Declared:
    """Paid already, says the document: prepaid amounts cover all of it."""
    paid = money.payable == 0 and bool(money.gross) and money.prepaid == money.gross
    return Declared(paid=True, open_minor=0) if paid else Declared()


def _words(reading: _Reading) -> dict[str, str]:
    """The document's own words where ours say less."""
    document = reading.document
    second = [one for one in document.totals.taxes if one.qualifier not in ("", reading.currency)]
    accounts = ["".join(one.text.split()) for one in document.accounts]
    found = {
        "type_code": document.type_code.text if document.type_code else "",
        "process": document.process.text if document.process else "",
        "profile": document.profile.text if document.profile else "",
        "payment_means": " ".join(dict.fromkeys(one.text for one in document.means)),
        "contract": _told(document.contract) or "",
        "mandate": document.mandate.text if document.mandate else "",
        "payee": document.payee.name.text if document.payee and document.payee.name else "",
        "accounts": " ".join(accounts) if len(accounts) > 1 else "",
        "tax_in_tax_currency": f"{second[0].text} {second[0].qualifier}" if second else "",
    }
    if _NETTING in found["payment_means"].split():
        message = "means of payment 97: the parties net it, expect less cash or none"
        reading.findings.append(Finding("netting", "warning", message, document.means[0].place))
    return {name: text for name, text in found.items() if text}
