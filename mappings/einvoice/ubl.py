"""Reads UBL 2.1 Invoice and CreditNote into the record of business terms."""

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
from mappings.einvoice.terms import coded_notes, digests, own, term, terms
from mappings.xml import Node

_NOT_ATTACHED = frozenset({"130", "50"})
"""DocumentTypeCode of references to an object or a tender: no attachment (BT-18, BT-17)."""


def read_ubl(file: str, root: Node) -> Document:
    """The invoice or credit note at `root`."""
    is_credit = root.name == "CreditNote"
    currency = term(root, "DocumentCurrencyCode")
    return Document(
        file=file,
        syntax=Syntax.UBL_CREDIT_NOTE if is_credit else Syntax.UBL_INVOICE,
        place=root.place,
        profile=term(root, "CustomizationID"),
        process=term(root, "ProfileID"),
        number=term(root, "ID"),
        issued=term(root, "IssueDate"),
        type_code=term(root, "CreditNoteTypeCode" if is_credit else "InvoiceTypeCode"),
        currency=currency,
        tax_currency=term(root, "TaxCurrencyCode"),
        tax_point_code=term(root, "InvoicePeriod/DescriptionCode"),
        delivered=term(root, "Delivery/ActualDeliveryDate"),
        buyer_reference=term(root, "BuyerReference"),
        order=term(root, "OrderReference/ID"),
        contract=term(root, "ContractDocumentReference/ID"),
        notes=coded_notes(terms(root, "Note")),
        preceding=tuple(_preceding(root)),
        seller=_party(root.first("AccountingSupplierParty/Party")),
        buyer=_party(root.first("AccountingCustomerParty/Party")),
        payee=_party(root.first("PayeeParty")),
        means=terms(root, "PaymentMeans/PaymentMeansCode"),
        remittances=terms(root, "PaymentMeans/PaymentID"),
        accounts=terms(root, "PaymentMeans/PayeeFinancialAccount/ID"),
        mandate=term(root, "PaymentMeans/PaymentMandate/ID"),
        extras=tuple(_extra(one) for one in root.all("AllowanceCharge") if one.first("Amount")),
        totals=_totals(root),
        taxes=_taxes(root, currency),
        terms=tuple(_conditions(root)),
        lines=tuple(_line(one) for one in root.all("CreditNoteLine" if is_credit else "InvoiceLine")),
        attachments=_attachments(root),
    )


def _preceding(root: Node) -> list[PrecedingRecord]:
    """Only those of the document: a line's reference repeats the document's own number (section 3)."""
    references = root.all("BillingReference/InvoiceDocumentReference")
    references += root.all("BillingReference/CreditNoteDocumentReference")
    return [
        PrecedingRecord(number, term(one, "IssueDate"))
        for one in references
        if (number := term(one, "ID")) is not None
    ]


def _party(party: Node | None) -> PartyRecord | None:
    if party is None:
        return None
    vat = [
        one
        for one in party.all("PartyTaxScheme")
        if (scheme := term(one, "TaxScheme/ID")) is None or scheme.text.upper() == "VAT"
    ]
    return PartyRecord(
        name=term(party, "PartyLegalEntity/RegistrationName", "PartyName/Name"),
        trading_name=term(party, "PartyName/Name"),
        ids=terms(party, "PartyIdentification/ID", qualifier="schemeID"),
        legal_id=term(party, "PartyLegalEntity/CompanyID", qualifier="schemeID"),
        vat=next((found for one in vat if (found := term(one, "CompanyID"))), None),
        country=term(party, "PostalAddress/Country/IdentificationCode"),
    )


def _extra(one: Node) -> ExtraRecord:
    indicator, amount = term(one, "ChargeIndicator"), one.first("Amount")
    assert amount is not None  # the caller looked
    return ExtraRecord(
        is_charge=indicator is not None and indicator.text in ("true", "1"),
        amount=own(amount, "currencyID"),
        category=term(one, "TaxCategory/ID"),
        rate=term(one, "TaxCategory/Percent"),
    )


def _totals(root: Node) -> TotalsRecord:
    total = root.first("LegalMonetaryTotal")

    def amount(name: str) -> Term | None:
        return term(total, name, qualifier="currencyID")

    return TotalsRecord(
        lines=amount("LineExtensionAmount"),
        allowances=amount("AllowanceTotalAmount"),
        charges=amount("ChargeTotalAmount"),
        net=amount("TaxExclusiveAmount"),
        taxes=terms(root, "TaxTotal/TaxAmount", qualifier="currencyID"),
        gross=amount("TaxInclusiveAmount"),
        prepaid=amount("PrepaidAmount"),
        rounding=amount("PayableRoundingAmount"),
        payable=amount("PayableAmount"),
    )


def _taxes(root: Node, currency: Term | None) -> tuple[TaxRecord, ...]:
    """The breakdown in the document's currency; the total in the tax currency has none."""
    groups = []
    for total in root.all("TaxTotal"):
        stated = term(total, "TaxAmount", qualifier="currencyID")
        if stated is None or currency is None or stated.qualifier in ("", currency.text):
            groups += total.all("TaxSubtotal")
    return tuple(
        TaxRecord(
            base=term(one, "TaxableAmount", qualifier="currencyID"),
            tax=term(one, "TaxAmount", qualifier="currencyID"),
            category=term(one, "TaxCategory/ID"),
            rate=term(one, "TaxCategory/Percent"),
        )
        for one in groups
    )


def _conditions(root: Node) -> list[TermsRecord]:
    """The due date goes with the first text; a credit note has it among the means of payment."""
    due = term(root, "DueDate", "PaymentMeans/PaymentDueDate")
    texts = terms(root, "PaymentTerms/Note")
    if due is None and not texts:
        return []
    first = TermsRecord(text=texts[0] if texts else None, due=due)
    return [first, *(TermsRecord(text=text) for text in texts[1:])]


def _line(line: Node) -> LineRecord:
    return LineRecord(
        net=term(line, "LineExtensionAmount", qualifier="currencyID"),
        category=term(line, "Item/ClassifiedTaxCategory/ID"),
        rate=term(line, "Item/ClassifiedTaxCategory/Percent"),
        status=term(line, "BillingReference/InvoiceDocumentReference/DocumentStatusCode"),
        place=line.place,
    )


def _attachments(root: Node) -> tuple[Term, ...]:
    documents = [
        one
        for one in root.all("AdditionalDocumentReference")
        if (code := term(one, "DocumentTypeCode")) is None or code.text not in _NOT_ATTACHED
    ]
    return digests(found for one in documents for found in one.all("Attachment/EmbeddedDocumentBinaryObject"))
