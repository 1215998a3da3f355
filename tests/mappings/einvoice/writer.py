"""Writes the same sale as UBL, as CII, as ZUGFeRD 1.0 and inside a PDF; and status messages."""

import base64
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from xml.sax.saxutils import escape

from lxml import etree
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, create_string_object

from mappings.einvoice.codes import TYPES

_RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


@dataclass(frozen=True)
class Trader:
    """A seller or buyer."""

    name: str
    siren: str | None = None
    vat: str | None = None
    country: str = "FR"


SELLER = Trader("Ateliers Brunoy SAS", "732829320", "FR44732829320")
BUYER = Trader("Kervadec & Fils SARL", "552100554", "FR96552100554")


@dataclass(frozen=True)
class Part:
    """A line, allowance or charge: net cents, VAT category and rate in basis points."""

    cents: int
    category: str = "S"
    rate_bp: int = 2000


@dataclass(frozen=True)
class Sale:
    """What is invoiced. Amounts in cents as written: a negative invoice has negative ones."""

    number: str = "FA-2026-0412"
    issued: date = date(2026, 9, 3)
    due: date | None = date(2026, 10, 3)
    type_code: str = "380"
    currency: str = "EUR"
    seller: Trader = SELLER
    buyer: Trader = BUYER
    lines: tuple[Part, ...] = (Part(100_000),)
    allowances: tuple[Part, ...] = ()
    charges: tuple[Part, ...] = ()
    prepaid: int | None = None
    rounding: int | None = None
    iban: str | None = "FR7630006000011234567890189"
    reference: str | None = None
    buyer_reference: str | None = None
    order: str | None = None
    contract: str | None = None
    preceding: tuple[tuple[str, date | None], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    terms: str | None = None
    discount: tuple[str, str] | None = None
    """Days after the issue date and per cent, as only CII has them."""
    payee: str | None = None
    on_collection: bool | None = None
    means: str = "58"
    profile: str = "urn:cen.eu:en16931:2017"
    process: str | None = "S1"
    attachment: bytes | None = None
    overrides: dict[str, str] = field(default_factory=dict)
    """Totals written otherwise than they compute: `gross`, `payable` …"""

    @property
    def groups(self) -> dict[tuple[str, int], int]:
        sums: dict[tuple[str, int], int] = defaultdict(int)
        for part in (*self.lines, *self.charges):
            sums[part.category, part.rate_bp] += part.cents
        for part in self.allowances:
            sums[part.category, part.rate_bp] -= part.cents
        return dict(sorted(sums.items()))

    @property
    def taxes(self) -> dict[tuple[str, int], int]:
        return {
            group: int((Decimal(base) * group[1] / 10_000).quantize(Decimal(1), ROUND_HALF_UP))
            for group, base in self.groups.items()
        }

    @property
    def net(self) -> int:
        return sum(self.groups.values())

    @property
    def tax(self) -> int:
        return sum(self.taxes.values())

    @property
    def gross(self) -> int:
        return self.net + self.tax

    @property
    def payable(self) -> int:
        return self.gross - (self.prepaid or 0) + (self.rounding or 0)

    def total(self, name: str) -> str:
        return self.overrides.get(name) or cents(int(getattr(self, name)))

    @property
    def is_credit(self) -> bool:
        return TYPES.get(self.type_code) is not None and TYPES[self.type_code].kind == "credit_note"


def cents(amount: int) -> str:
    return f"{Decimal(amount) / 100:.2f}"


def _rate(rate_bp: int) -> str:
    return f"{Decimal(rate_bp) / 100:.2f}"


def tag(name: str, text: object, **attributes: str) -> str:
    """An element with a text; nothing for None."""
    if text is None:
        return ""
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{escape(str(text))}</{name}>"


def node(name: str, *children: str) -> str:
    """An element with children; nothing without."""
    inner = "".join(children)
    return f"<{name}>{inner}</{name}>" if inner else ""


def ubl(sale: Sale) -> bytes:
    """UBL 2.1: Invoice, or CreditNote for a credit code."""
    root = "CreditNote" if sale.is_credit else "Invoice"
    code = None if sale.on_collection is None else "432" if sale.on_collection else "3"
    body = (
        tag("cbc:CustomizationID", sale.profile),
        tag("cbc:ProfileID", sale.process),
        tag("cbc:ID", sale.number),
        tag("cbc:IssueDate", sale.issued),
        "" if sale.is_credit else tag("cbc:DueDate", sale.due),
        tag(f"cbc:{root}TypeCode", sale.type_code),
        *(tag("cbc:Note", f"#{code}#{text}") for code, text in sale.notes),
        tag("cbc:DocumentCurrencyCode", sale.currency),
        tag("cbc:BuyerReference", sale.buyer_reference),
        node("cac:InvoicePeriod", tag("cbc:DescriptionCode", code)),
        node("cac:OrderReference", tag("cbc:ID", sale.order)),
        *(
            node(
                "cac:BillingReference",
                node("cac:InvoiceDocumentReference", tag("cbc:ID", number), tag("cbc:IssueDate", issued)),
            )
            for number, issued in sale.preceding
        ),
        node("cac:ContractDocumentReference", tag("cbc:ID", sale.contract)),
        _ubl_attachment(sale),
        node("cac:AccountingSupplierParty", _ubl_party(sale.seller)),
        node("cac:AccountingCustomerParty", _ubl_party(sale.buyer)),
        node("cac:PayeeParty", node("cac:PartyName", tag("cbc:Name", sale.payee))),
        _ubl_means(sale),
        node("cac:PaymentTerms", tag("cbc:Note", sale.terms)),
        *(_ubl_extra(sale, part, "false") for part in sale.allowances),
        *(_ubl_extra(sale, part, "true") for part in sale.charges),
        _ubl_taxes(sale),
        _ubl_totals(sale),
        *(_ubl_line(sale, n, part) for n, part in enumerate(sale.lines, 1)),
    )
    namespaces = (
        f'xmlns="{_UBL}{root}-2" xmlns:cac="{_UBL}CommonAggregateComponents-2"'
        f' xmlns:cbc="{_UBL}CommonBasicComponents-2"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {namespaces}>{"".join(body)}</{root}>'.encode()


def _ubl_attachment(sale: Sale) -> str:
    if sale.attachment is None:
        return ""
    text = base64.b64encode(sale.attachment).decode()
    binary = tag("cbc:EmbeddedDocumentBinaryObject", text, mimeCode="application/pdf", filename="a.pdf")
    return node("cac:AdditionalDocumentReference", tag("cbc:ID", "1"), node("cac:Attachment", binary))


def _ubl_party(trader: Trader) -> str:
    scheme = node("cac:TaxScheme", tag("cbc:ID", "VAT"))
    return node(
        "cac:Party",
        node("cac:PostalAddress", node("cac:Country", tag("cbc:IdentificationCode", trader.country))),
        node("cac:PartyTaxScheme", tag("cbc:CompanyID", trader.vat), scheme) if trader.vat else "",
        node(
            "cac:PartyLegalEntity",
            tag("cbc:RegistrationName", trader.name),
            tag("cbc:CompanyID", trader.siren, schemeID="0002"),
        ),
    )


def _ubl_means(sale: Sale) -> str:
    due = tag("cbc:PaymentDueDate", sale.due) if sale.is_credit else ""
    account = node("cac:PayeeFinancialAccount", tag("cbc:ID", sale.iban))
    code = tag("cbc:PaymentMeansCode", sale.means)
    return node("cac:PaymentMeans", code, due, tag("cbc:PaymentID", sale.reference), account)


def _ubl_category(name: str, part: Part) -> str:
    rate = None if part.category == "O" else _rate(part.rate_bp)
    scheme = node("cac:TaxScheme", tag("cbc:ID", "VAT"))
    return node(name, tag("cbc:ID", part.category), tag("cbc:Percent", rate), scheme)


def _ubl_extra(sale: Sale, part: Part, indicator: str) -> str:
    return node(
        "cac:AllowanceCharge",
        tag("cbc:ChargeIndicator", indicator),
        tag("cbc:Amount", cents(part.cents), currencyID=sale.currency),
        _ubl_category("cac:TaxCategory", part),
    )


def _ubl_taxes(sale: Sale) -> str:
    return node(
        "cac:TaxTotal",
        tag("cbc:TaxAmount", sale.total("tax"), currencyID=sale.currency),
        *(
            node(
                "cac:TaxSubtotal",
                tag("cbc:TaxableAmount", cents(base), currencyID=sale.currency),
                tag("cbc:TaxAmount", cents(sale.taxes[category, rate]), currencyID=sale.currency),
                _ubl_category("cac:TaxCategory", Part(0, category, rate)),
            )
            for (category, rate), base in sale.groups.items()
        ),
    )


def _ubl_totals(sale: Sale) -> str:
    def amount(name: str, text: str | None) -> str:
        return tag(f"cbc:{name}", text, currencyID=sale.currency)

    return node(
        "cac:LegalMonetaryTotal",
        amount("LineExtensionAmount", cents(sum(one.cents for one in sale.lines))),
        amount("TaxExclusiveAmount", sale.total("net")),
        amount("TaxInclusiveAmount", sale.total("gross")),
        amount("AllowanceTotalAmount", _sum(sale.allowances)),
        amount("ChargeTotalAmount", _sum(sale.charges)),
        amount("PrepaidAmount", None if sale.prepaid is None else cents(sale.prepaid)),
        amount("PayableRoundingAmount", None if sale.rounding is None else cents(sale.rounding)),
        amount("PayableAmount", sale.total("payable")),
    )


def _sum(parts: tuple[Part, ...]) -> str | None:
    return cents(sum(one.cents for one in parts)) if parts else None


def _ubl_line(sale: Sale, number: int, part: Part) -> str:
    name = "CreditNoteLine" if sale.is_credit else "InvoiceLine"
    amount = tag("cbc:LineExtensionAmount", cents(part.cents), currencyID=sale.currency)
    item = node("cac:Item", tag("cbc:Name", "Menuiserie"), _ubl_category("cac:ClassifiedTaxCategory", part))
    return node(f"cac:{name}", tag("cbc:ID", number), amount, item)


def cii(sale: Sale) -> bytes:
    """CII D16B/D22B."""
    context = node(
        "rsm:ExchangedDocumentContext",
        node("ram:BusinessProcessSpecifiedDocumentContextParameter", tag("ram:ID", sale.process)),
        node("ram:GuidelineSpecifiedDocumentContextParameter", tag("ram:ID", sale.profile)),
    )
    header = node(
        "rsm:ExchangedDocument",
        tag("ram:ID", sale.number),
        tag("ram:TypeCode", sale.type_code),
        _day("ram:IssueDateTime", sale.issued),
        *(
            node("ram:IncludedNote", tag("ram:Content", text), tag("ram:SubjectCode", code))
            for code, text in sale.notes
        ),
    )
    trade = node(
        "rsm:SupplyChainTradeTransaction",
        *(_cii_line(n, part) for n, part in enumerate(sale.lines, 1)),
        _cii_agreement(sale),
        "<ram:ApplicableHeaderTradeDelivery/>",
        _cii_settlement(sale),
    )
    names = f'xmlns:rsm="{_RSM}" xmlns:ram="{_RAM}" xmlns:udt="{_UDT}" xmlns:qdt="{_QDT}"'
    root = "rsm:CrossIndustryInvoice"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {names}>{context}{header}{trade}</{root}>'.encode()
    )


def _day(name: str, day: date | None, inner: str = "udt:DateTimeString") -> str:
    return node(name, tag(inner, day.strftime("%Y%m%d"), format="102")) if day else ""


def _cii_tax(name: str, part: Part, *before: str) -> str:
    rate = None if part.category == "O" else _rate(part.rate_bp)
    kind = tag("ram:TypeCode", "VAT")
    category = tag("ram:CategoryCode", part.category)
    return node(name, *before, kind, category, tag("ram:RateApplicablePercent", rate))


def _cii_line(number: int, part: Part) -> str:
    total = node(
        "ram:SpecifiedTradeSettlementLineMonetarySummation", tag("ram:LineTotalAmount", cents(part.cents))
    )
    price = node("ram:NetPriceProductTradePrice", tag("ram:ChargeAmount", cents(abs(part.cents))))
    quantity = tag("ram:BilledQuantity", -1 if part.cents < 0 else 1, unitCode="C62")
    return node(
        "ram:IncludedSupplyChainTradeLineItem",
        node("ram:AssociatedDocumentLineDocument", tag("ram:LineID", number)),
        node("ram:SpecifiedTradeProduct", tag("ram:Name", "Menuiserie")),
        node("ram:SpecifiedLineTradeAgreement", price),
        node("ram:SpecifiedLineTradeDelivery", quantity),
        node("ram:SpecifiedLineTradeSettlement", _cii_tax("ram:ApplicableTradeTax", part), total),
    )


def _cii_party(name: str, trader: Trader) -> str:
    return node(
        name,
        tag("ram:Name", trader.name),
        node("ram:SpecifiedLegalOrganization", tag("ram:ID", trader.siren, schemeID="0002")),
        node("ram:PostalTradeAddress", tag("ram:CountryID", trader.country)),
        node("ram:SpecifiedTaxRegistration", tag("ram:ID", trader.vat, schemeID="VA")),
    )


def _cii_agreement(sale: Sale) -> str:
    return node(
        "ram:ApplicableHeaderTradeAgreement",
        tag("ram:BuyerReference", sale.buyer_reference),
        _cii_party("ram:SellerTradeParty", sale.seller),
        _cii_party("ram:BuyerTradeParty", sale.buyer),
        node("ram:BuyerOrderReferencedDocument", tag("ram:IssuerAssignedID", sale.order)),
        node("ram:ContractReferencedDocument", tag("ram:IssuerAssignedID", sale.contract)),
        _cii_attachment(sale),
    )


def _cii_attachment(sale: Sale) -> str:
    if sale.attachment is None:
        return ""
    text = base64.b64encode(sale.attachment).decode()
    binary = tag("ram:AttachmentBinaryObject", text, mimeCode="application/pdf", filename="a.pdf")
    return node("ram:AdditionalReferencedDocument", tag("ram:TypeCode", "916"), binary)


def _cii_settlement(sale: Sale) -> str:
    code = None if sale.on_collection is None else "72" if sale.on_collection else "5"
    account = node("ram:PayeePartyCreditorFinancialAccount", tag("ram:IBANID", sale.iban))
    return node(
        "ram:ApplicableHeaderTradeSettlement",
        tag("ram:PaymentReference", sale.reference),
        tag("ram:InvoiceCurrencyCode", sale.currency),
        node("ram:PayeeTradeParty", tag("ram:Name", sale.payee)),
        node("ram:SpecifiedTradeSettlementPaymentMeans", tag("ram:TypeCode", sale.means), account),
        *(
            node(
                "ram:ApplicableTradeTax",
                tag("ram:CalculatedAmount", cents(sale.taxes[category, rate])),
                tag("ram:TypeCode", "VAT"),
                tag("ram:BasisAmount", cents(base)),
                tag("ram:CategoryCode", category),
                tag("ram:DueDateTypeCode", code),
                tag("ram:RateApplicablePercent", None if category == "O" else _rate(rate)),
            )
            for (category, rate), base in sale.groups.items()
        ),
        *(_cii_extra(part, "false") for part in sale.allowances),
        *(_cii_extra(part, "true") for part in sale.charges),
        node(
            "ram:SpecifiedTradePaymentTerms",
            tag("ram:Description", sale.terms),
            _day("ram:DueDateDateTime", sale.due),
            _cii_discount(*sale.discount) if sale.discount else "",
        ),
        _cii_totals(sale),
        *(
            node(
                "ram:InvoiceReferencedDocument",
                tag("ram:IssuerAssignedID", number),
                _day("ram:FormattedIssueDateTime", issued, "qdt:DateTimeString"),
            )
            for number, issued in sale.preceding
        ),
    )


def _cii_discount(days: str, percent: str) -> str:
    return node(
        "ram:ApplicableTradePaymentDiscountTerms",
        tag("ram:BasisPeriodMeasure", days, unitCode="DAY"),
        tag("ram:CalculationPercent", percent),
    )


def _cii_extra(part: Part, indicator: str) -> str:
    return node(
        "ram:SpecifiedTradeAllowanceCharge",
        node("ram:ChargeIndicator", tag("udt:Indicator", indicator)),
        tag("ram:ActualAmount", cents(part.cents)),
        _cii_tax("ram:CategoryTradeTax", part),
    )


def _cii_totals(sale: Sale) -> str:
    return node(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        tag("ram:LineTotalAmount", cents(sum(one.cents for one in sale.lines))),
        tag("ram:ChargeTotalAmount", _sum(sale.charges)),
        tag("ram:AllowanceTotalAmount", _sum(sale.allowances)),
        tag("ram:TaxBasisTotalAmount", sale.total("net")),
        tag("ram:TaxTotalAmount", sale.total("tax"), currencyID=sale.currency),
        tag("ram:RoundingAmount", None if sale.rounding is None else cents(sale.rounding)),
        tag("ram:GrandTotalAmount", sale.total("gross")),
        tag("ram:TotalPrepaidAmount", None if sale.prepaid is None else cents(sale.prepaid)),
        tag("ram:DuePayableAmount", sale.total("payable")),
    )


_ZUGFERD1 = (
    ("rsm:CrossIndustryInvoice", "rsm:CrossIndustryDocument"),
    (_RSM, "urn:ferd:CrossIndustryDocument:invoice:1p0"),
    (_RAM, _RAM.replace(":100", ":12")),
    (_UDT, _UDT.replace(":100", ":15")),
    ("ExchangedDocumentContext>", "SpecifiedExchangedDocumentContext>"),
    ("rsm:ExchangedDocument>", "rsm:HeaderExchangedDocument>"),
    ("rsm:SupplyChainTradeTransaction>", "rsm:SpecifiedSupplyChainTradeTransaction>"),
    ("ApplicableHeaderTradeAgreement>", "ApplicableSupplyChainTradeAgreement>"),
    ("ApplicableHeaderTradeDelivery/>", "ApplicableSupplyChainTradeDelivery/>"),
    ("SpecifiedLineTradeAgreement>", "SpecifiedSupplyChainTradeAgreement>"),
    ("SpecifiedLineTradeDelivery>", "SpecifiedSupplyChainTradeDelivery>"),
    ("ApplicableHeaderTradeSettlement>", "ApplicableSupplyChainTradeSettlement>"),
    ("SpecifiedTradeSettlementHeaderMonetarySummation>", "SpecifiedTradeSettlementMonetarySummation>"),
    ("SpecifiedLineTradeSettlement>", "SpecifiedSupplyChainTradeSettlement>"),
    ("SpecifiedTradeSettlementLineMonetarySummation>", "SpecifiedTradeSettlementMonetarySummation>"),
    ("RateApplicablePercent>", "ApplicablePercent>"),
)


def zugferd1(sale: Sale) -> bytes:
    """ZUGFeRD 1.0: the same meaning in other wrappers and another order (preceding invoices apart, which it
    does not know): lines stand last, and in them what was sold; a party's number stands before its name."""
    text = cii(sale).decode()
    for ours, theirs in _ZUGFERD1:
        text = text.replace(ours, theirs)
    root = etree.fromstring(text.encode())
    ram = f".//{{{_RAM.replace(':100', ':12')}}}"
    for last in ("IncludedSupplyChainTradeLineItem", "SpecifiedTradeProduct"):
        for element in root.findall(ram + last):
            _parent(element).append(element)
    for element in root.findall(f"{ram}SpecifiedLegalOrganization"):
        [number] = element
        number.tag = number.tag.replace("}ID", "}GlobalID")
        _parent(element).insert(0, number)
        _parent(element).remove(element)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def pdf(
    *files: tuple[str, bytes],
    by_tree: bool = True,
    by_relation: bool = True,
    metadata: bytes | None = None,
    kids: int = 2,
) -> bytes:
    """A PDF with embedded files, found by the tree of names (under so many levels of kids; common readers
    look at none), by /AF, or both."""
    writer = PdfWriter()
    writer.add_blank_page(width=72, height=72)
    specs = [writer._add_object(_spec(writer, name, content)) for name, content in files]
    root = writer._root_object
    if by_relation:
        root[NameObject("/AF")] = ArrayObject(specs)
    if by_tree:
        leaves = ArrayObject()
        for (name, _), spec in zip(files, specs, strict=True):
            leaves.extend((create_string_object(name), spec))
        tree = DictionaryObject({NameObject("/Names"): leaves})
        for _ in range(kids):
            tree = DictionaryObject({NameObject("/Kids"): ArrayObject([writer._add_object(tree)])})
        root[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): tree})
    if metadata is not None:
        packet = DecodedStreamObject()
        packet.set_data(metadata)
        root[NameObject("/Metadata")] = writer._add_object(packet)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _spec(writer: PdfWriter, name: str, content: bytes) -> DictionaryObject:
    stream = DecodedStreamObject()
    stream.set_data(content)
    packed = stream.flate_encode()
    packed[NameObject("/Type")] = NameObject("/EmbeddedFile")
    packed[NameObject("/Subtype")] = NameObject("/text#2Fxml")
    files = DictionaryObject({NameObject("/F"): writer._add_object(packed)})
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Filespec"),
            NameObject("/F"): create_string_object(name),
            NameObject("/AFRelationship"): NameObject("/Alternative"),
            NameObject("/EF"): files,
        }
    )


@dataclass(frozen=True)
class Said:
    """A status message about a sale. `amounts`: type, text of the amount, rate in basis points."""

    code: str
    at: datetime = datetime(2026, 10, 5, 10, 0)  # noqa: DTZ001  # local time, as the messages have it
    amounts: tuple[tuple[str, str, int | None], ...] = ()
    reasons: tuple[str, ...] = ()
    bank: tuple[tuple[str, str], ...] = ()
    factor: Trader | None = None
    history: str | None = None
    issuer: str = "SE"


def cdar(*sales: Sale, said: Said) -> bytes:
    """One message with one status about each sale."""
    name = "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"
    names = f'xmlns:rsm="{name}" xmlns:ram="{_RAM}" xmlns:udt="{_UDT}" xmlns:qdt="{_QDT}"'
    first = sales[0]
    document = node(
        "rsm:ExchangedDocument",
        tag("ram:ID", f"{first.number}_{said.code}"),
        _moment(said.at + timedelta(minutes=5)),
        node("ram:IssuerTradeParty", tag("ram:RoleCode", said.issuer)),
        *(
            node(
                "ram:RecipientTradeParty",
                tag("ram:GlobalID", trader.siren, schemeID="0002"),
                tag("ram:RoleCode", role),
            )
            for trader, role in ((first.seller, "SE"), (first.buyer, "BY"))
        ),
    )
    answer = node(
        "rsm:AcknowledgementDocument",
        tag("ram:TypeCode", "23"),
        _moment(said.at),
        *(_referenced(sale, said) for sale in sales),
    )
    root = "rsm:CrossDomainAcknowledgementAndResponse"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {names}>{document}{answer}</{root}>'.encode()


def _moment(at: datetime) -> str:
    text = tag("udt:DateTimeString", at.strftime("%Y%m%d%H%M%S"), format="204")
    return node("ram:IssueDateTime", text)


def _referenced(sale: Sale, said: Said) -> str:
    factor = said.factor
    characteristics = [
        node(
            "ram:SpecifiedDocumentCharacteristic",
            tag("ram:TypeCode", kind),
            tag("ram:ValueAmount", text, currencyID=sale.currency),
            tag("ram:ValuePercent", None if rate is None else _rate(rate)),
        )
        for kind, text, rate in said.amounts
    ]
    characteristics += [
        node(
            "ram:SpecifiedDocumentCharacteristic",
            tag("ram:ID", term),
            tag("ram:TypeCode", "CBB"),
            tag("ram:Value", value),
        )
        for term, value in said.bank
    ]
    return node(
        "ram:ReferenceReferencedDocument",
        tag("ram:IssuerAssignedID", sale.number),
        tag("ram:StatusCode", "45"),
        tag("ram:TypeCode", sale.type_code),
        _day("ram:FormattedIssueDateTime", sale.issued, "qdt:DateTimeString"),
        tag("ram:ProcessConditionCode", said.code),
        node("ram:IssuerTradeParty", tag("ram:GlobalID", sale.seller.siren, schemeID="0002")),
        node(
            "ram:RecipientTradeParty",
            tag("ram:GlobalID", factor.siren, schemeID="0002"),
            tag("ram:Name", factor.name),
            tag("ram:RoleCode", "DL"),
        )
        if factor
        else "",
        *(node("ram:SpecifiedDocumentStatus", tag("ram:ReasonCode", reason)) for reason in said.reasons),
        node("ram:SpecifiedDocumentStatus", *characteristics),
        node(
            "ram:SpecifiedDocumentStatus",
            tag("ram:ProcessConditionCode", said.history),
            node(
                "ram:SpecifiedDocumentCharacteristic",
                tag("ram:TypeCode", "MEN"),
                tag("ram:ValueAmount", "999999.00", currencyID="EUR"),
            ),
        )
        if said.history
        else "",
    )
