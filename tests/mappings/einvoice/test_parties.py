"""Identifiers of seller and buyer: what is taken, what is told, what is never taken."""

import pytest

from core.model import Party
from mappings.einvoice import EInvoiceFile, Owner, read_einvoice
from tests.mappings.einvoice.writer import Part, Sale, Trader, cii, pdf, ubl

OWNER = Owner(siren="732829320", vat_number="FR44732829320")
SIRET = "73282932000074"


def read(content: bytes) -> EInvoiceFile:
    return read_einvoice("sale.xml", content, owner=OWNER)


def seller(content: bytes) -> tuple[Party, set[str]]:
    file = read(content)
    assert file.set_aside == ()
    return file.invoices[0].seller, {one.code for one in file.warnings}


def _with_ids(*ids: tuple[str, str], legal: str = "") -> bytes:
    """A seller with identifiers (scheme, value) and a legal id in place of its SIREN."""
    listed = "".join(
        f'<cac:PartyIdentification><cbc:ID schemeID="{scheme}">{value}</cbc:ID></cac:PartyIdentification>'
        for scheme, value in ids
    )
    content = ubl(Sale()).decode().replace("<cac:Party>", f"<cac:Party>{listed}", 1)
    return content.replace('<cbc:CompanyID schemeID="0002">732829320</cbc:CompanyID>', legal, 1).encode()


def legal(value: str, scheme: str | None = "0002") -> str:
    attribute = f' schemeID="{scheme}"' if scheme else ""
    return f"<cbc:CompanyID{attribute}>{value}</cbc:CompanyID>"


@pytest.mark.parametrize(
    ("ids", "legal_id", "siren", "codes"),
    [
        ((), legal("732 829 320"), "732829320", set()),
        ((("0009", SIRET),), legal("732829320"), "732829320", set()),
        ((("0009", SIRET),), "", "732829320", set()),
        ((("0002", "732829320"),), "", "732829320", set()),
        ((), legal(SIRET), "732829320", {"siret_as_siren"}),
        ((), legal("732829320", None), "732829320", set()),
        ((), legal("RCS Paris", None), None, set()),
        ((), legal("73282932X"), None, {"unproven_identifier"}),
        ((), legal("732829321"), "732829321", {"unproven_identifier"}),
        ((("0009", "73282932000075"),), "", None, {"unproven_identifier"}),
        ((("0009", "35600000000048"),), legal("732829320"), "732829320", {"siret_of_another"}),
        ((("0225", "732829320_SERVICE"), ("0231", "500000005"), ("0088", "5790000436101")), "", None, set()),
    ],
)
def test_which_identifier_is_the_siren(
    ids: tuple[tuple[str, str], ...], legal_id: str, siren: str | None, codes: set[str]
) -> None:
    if siren == "732829321":  # another company by its SIREN: read as one that is not there
        content = _with_ids(*ids, legal=legal_id)
        assert [one.code for one in read(content).set_aside] == ["not_the_company"]
        return
    party, found = seller(_with_ids(*ids, legal=legal_id))
    assert (party.siren, found) == (siren, codes)


def test_an_owner_is_somebody() -> None:
    with pytest.raises(ValueError, match="SIREN or a VAT number"):
        Owner()


def test_a_foreign_seller_is_known_by_its_vat_number_and_a_nameless_one_by_its_name() -> None:
    german = Sale(seller=Trader("Lindauer Holzbau GmbH", None, "DE811907980", "DE"), buyer=Sale().seller)
    plain = Sale(seller=Trader("Zimmerei Lindau", None, None, "DE"), buyer=Sale().seller)
    ids = [read(cii(sale)).invoices[0].source for sale in (german, plain)]
    assert [one and one.external_id for one in ids] == [
        "DE811907980/2026/FA-2026-0412",
        "name:ZIMMEREILINDAU/2026/FA-2026-0412",
    ]


def test_signs_that_contradict_each_other_are_told() -> None:
    content = ubl(Sale(overrides={"net": "-1000.00"}))
    assert "mixed_signs" in {one.code for one in read(content).warnings}


def test_metadata_that_say_another_profile_are_told_and_the_invoice_counts() -> None:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">{}</rdf></x:xmpmeta>'
    )
    as_element = packet.format("<fx:ConformanceLevel>MINIMUM</fx:ConformanceLevel>")
    as_attribute = packet.format('<d fx:ConformanceLevel="EXTENDED"/>')
    same = packet.format("<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>")
    for text, codes in (
        (as_element, {"profile_differs"}),
        (as_attribute, {"profile_differs"}),
        (same, set()),
    ):
        file = read(pdf(("factur-x.xml", cii(Sale())), metadata=text.encode()))
        assert {one.code for one in file.warnings} == codes
    assert read(pdf(("factur-x.xml", cii(Sale())), metadata=b"<cut")).warnings == ()


def test_logistics_charges_are_charges() -> None:
    charge = (
        "<ram:SpecifiedLogisticsServiceCharge><ram:Description>Port</ram:Description>"
        "<ram:AppliedAmount>10.00</ram:AppliedAmount><ram:AppliedTradeTax><ram:TypeCode>VAT</ram:TypeCode>"
        "<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>20.00</ram:RateApplicablePercent>"
        "</ram:AppliedTradeTax></ram:SpecifiedLogisticsServiceCharge>"
    )
    written = cii(Sale(charges=(Part(1_000),))).decode()
    start, end = (
        written.index("<ram:SpecifiedTradeAllowanceCharge>"),
        written.index("<ram:SpecifiedTradePaymentTerms>"),
    )
    file = read((written[:start] + charge + written[end:]).encode())
    assert (file.warnings, file.invoices[0].gross_minor) == ((), 121_200)
