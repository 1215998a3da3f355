"""Reads UN/CEFACT CII (D16B and D22B alike) and ZUGFeRD 1.0 into the record of business terms."""

from dataclasses import dataclass

from mappings.einvoice.record import (
    Document,
    ExtraRecord,
    LineRecord,
    PartyRecord,
    PrecedingRecord,
    Syntax,
    TaxRecord,
    Term,
    TermsRecord,
    TotalsRecord,
)
from mappings.einvoice.terms import digests, own, term, terms
from mappings.xml import Node


@dataclass(frozen=True, slots=True)
class _Words:
    """The names that ZUGFeRD 1.0 writes otherwise (it follows an earlier CII)."""

    context: str
    header: str
    trade: str
    agreement: str
    delivery: str
    settlement: str
    totals: str
    line_settlement: str
    line_totals: str
    rate: str


_CII = _Words(
    context="ExchangedDocumentContext",
    header="ExchangedDocument",
    trade="SupplyChainTradeTransaction",
    agreement="ApplicableHeaderTradeAgreement",
    delivery="ApplicableHeaderTradeDelivery",
    settlement="ApplicableHeaderTradeSettlement",
    totals="SpecifiedTradeSettlementHeaderMonetarySummation",
    line_settlement="SpecifiedLineTradeSettlement",
    line_totals="SpecifiedTradeSettlementLineMonetarySummation",
    rate="RateApplicablePercent",
)
_ZUGFERD1 = _Words(
    context="SpecifiedExchangedDocumentContext",
    header="HeaderExchangedDocument",
    trade="SpecifiedSupplyChainTradeTransaction",
    agreement="ApplicableSupplyChainTradeAgreement",
    delivery="ApplicableSupplyChainTradeDelivery",
    settlement="ApplicableSupplyChainTradeSettlement",
    totals="SpecifiedTradeSettlementMonetarySummation",
    line_settlement="SpecifiedSupplyChainTradeSettlement",
    line_totals="SpecifiedTradeSettlementMonetarySummation",
    rate="ApplicablePercent",
)
_DATE = "DateTimeString"


def read_cii(file: str, root: Node) -> Document:
    """The invoice or credit note at `root`."""
    syntax = Syntax.ZUGFERD1 if root.name == "CrossIndustryDocument" else Syntax.CII
    words = _ZUGFERD1 if syntax is Syntax.ZUGFERD1 else _CII
    context, header, trade = root.first(words.context), root.first(words.header), root.first(words.trade)
    agreement = trade.first(words.agreement) if trade else None
    delivery = trade.first(words.delivery) if trade else None
    settlement = trade.first(words.settlement) if trade else None
    conditions = tuple(_conditions(one) for one in _all(settlement, "SpecifiedTradePaymentTerms"))
    account = "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount"
    return Document(
        file=file,
        syntax=syntax,
        place=root.place,
        profile=term(context, "GuidelineSpecifiedDocumentContextParameter/ID"),
        process=term(context, "BusinessProcessSpecifiedDocumentContextParameter/ID"),
        number=term(header, "ID"),
        issued=_date(header, "IssueDateTime"),
        type_code=term(header, "TypeCode"),
        currency=term(settlement, "InvoiceCurrencyCode"),
        tax_currency=term(settlement, "TaxCurrencyCode"),
        tax_point_code=term(settlement, "ApplicableTradeTax/DueDateTypeCode"),
        delivered=_date(delivery, "ActualDeliverySupplyChainEvent/OccurrenceDateTime"),
        buyer_reference=term(agreement, "BuyerReference"),
        order=term(
            agreement, "BuyerOrderReferencedDocument/IssuerAssignedID", "BuyerOrderReferencedDocument/ID"
        ),
        contract=term(
            agreement, "ContractReferencedDocument/IssuerAssignedID", "ContractReferencedDocument/ID"
        ),
        notes=tuple(_note(one) for one in _all(header, "IncludedNote") if one.first("Content")),
        preceding=tuple(_preceding(settlement)),
        seller=_party(agreement.first("SellerTradeParty") if agreement else None),
        buyer=_party(agreement.first("BuyerTradeParty") if agreement else None),
        payee=_party(settlement.first("PayeeTradeParty") if settlement else None),
        means=terms(settlement, "SpecifiedTradeSettlementPaymentMeans/TypeCode"),
        remittances=terms(settlement, "PaymentReference"),
        accounts=(*terms(settlement, f"{account}/IBANID"), *terms(settlement, f"{account}/ProprietaryID")),
        mandate=term(settlement, "SpecifiedTradePaymentTerms/DirectDebitMandateID"),
        extras=tuple(_extras(settlement, words)),
        totals=_totals(settlement.first(words.totals) if settlement else None),
        taxes=tuple(_tax(one, words) for one in _all(settlement, "ApplicableTradeTax")),
        terms=conditions,
        lines=tuple(_line(one, words) for one in _all(trade, "IncludedSupplyChainTradeLineItem")),
        attachments=digests(_all(agreement, "AdditionalReferencedDocument/AttachmentBinaryObject")),
    )


def _all(node: Node | None, path: str) -> list[Node]:
    return node.all(path) if node else []


def _date(node: Node | None, path: str) -> Term | None:
    return term(node, f"{path}/{_DATE}", f"{path}/DateString", qualifier="format")


def _note(note: Node) -> Term:
    code, content = term(note, "SubjectCode"), note.first("Content")
    assert content is not None  # the caller looked
    return Term(content.text, content.place, code.text if code else "")


def _preceding(settlement: Node | None) -> list[PrecedingRecord]:
    return [
        PrecedingRecord(number, _date(one, "FormattedIssueDateTime") or _date(one, "IssueDateTime"))
        for one in _all(settlement, "InvoiceReferencedDocument")
        if (number := term(one, "IssuerAssignedID", "ID")) is not None
    ]


def _party(party: Node | None) -> PartyRecord | None:
    if party is None:
        return None
    registrations = terms(party, "SpecifiedTaxRegistration/ID", qualifier="schemeID")
    return PartyRecord(
        name=term(party, "Name"),
        trading_name=term(party, "SpecifiedLegalOrganization/TradingBusinessName"),
        ids=(*terms(party, "GlobalID", qualifier="schemeID"), *terms(party, "ID", qualifier="schemeID")),
        legal_id=term(party, "SpecifiedLegalOrganization/ID", qualifier="schemeID"),
        vat=next((one for one in registrations if one.qualifier == "VA"), None),
        country=term(party, "PostalTradeAddress/CountryID"),
    )


def _extras(settlement: Node | None, words: _Words) -> list[ExtraRecord]:
    found = []
    for one in _all(settlement, "SpecifiedTradeAllowanceCharge"):
        indicator, amount = term(one, "ChargeIndicator/Indicator"), one.first("ActualAmount")
        if amount is not None:
            is_charge = indicator is not None and indicator.text in ("true", "1")
            found.append(_extra(amount, is_charge, one.first("CategoryTradeTax"), words))
    for one in _all(settlement, "SpecifiedLogisticsServiceCharge"):
        if (amount := one.first("AppliedAmount")) is not None:
            found.append(_extra(amount, True, one.first("AppliedTradeTax"), words))
    return found


def _extra(amount: Node, is_charge: bool, tax: Node | None, words: _Words) -> ExtraRecord:
    return ExtraRecord(is_charge, own(amount, "currencyID"), term(tax, "CategoryCode"), term(tax, words.rate))


def _totals(total: Node | None) -> TotalsRecord:
    def amount(name: str) -> Term | None:
        return term(total, name, qualifier="currencyID")

    return TotalsRecord(
        lines=amount("LineTotalAmount"),
        allowances=amount("AllowanceTotalAmount"),
        charges=amount("ChargeTotalAmount"),
        net=amount("TaxBasisTotalAmount"),
        taxes=terms(total, "TaxTotalAmount", qualifier="currencyID"),
        gross=amount("GrandTotalAmount"),
        prepaid=amount("TotalPrepaidAmount"),
        rounding=amount("RoundingAmount"),
        payable=amount("DuePayableAmount"),
    )


def _tax(tax: Node, words: _Words) -> TaxRecord:
    return TaxRecord(
        base=term(tax, "BasisAmount", qualifier="currencyID"),
        tax=term(tax, "CalculatedAmount", qualifier="currencyID"),
        category=term(tax, "CategoryCode"),
        rate=term(tax, words.rate),
    )


def _conditions(one: Node) -> TermsRecord:
    discount = one.first("ApplicableTradePaymentDiscountTerms")
    return TermsRecord(
        text=term(one, "Description"),
        due=_date(one, "DueDateDateTime"),
        part=term(one, "PartialPaymentAmount", qualifier="currencyID"),
        discount_percent=term(discount, "CalculationPercent"),
        discount_days=term(discount, "BasisPeriodMeasure", qualifier="unitCode"),
    )


def _line(line: Node, words: _Words) -> LineRecord:
    settlement = line.first(words.line_settlement)
    return LineRecord(
        net=term(settlement, f"{words.line_totals}/LineTotalAmount", qualifier="currencyID"),
        category=term(settlement, "ApplicableTradeTax/CategoryCode"),
        rate=term(settlement, f"ApplicableTradeTax/{words.rate}"),
        status=term(line, "AssociatedDocumentLineDocument/LineStatusReasonCode"),
        place=line.place,
    )
