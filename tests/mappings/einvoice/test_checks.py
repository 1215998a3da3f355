"""The arithmetic of the norm: exact, told with rule and figures, never repaired."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.einvoice import EInvoiceFile, Owner, read_einvoice
from tests.mappings.einvoice.writer import Part, Sale, cents, cii, ubl

OWNER = Owner(siren="732829320")
EXTENDED = "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"
MINIMUM = "urn:factur-x.eu:1p0:minimum"


def read(content: bytes) -> EInvoiceFile:
    return read_einvoice("sale.xml", content, owner=OWNER)


def broken(content: bytes, *, severity: str = "error") -> set[str]:
    return {one.code for one in read(content).warnings if one.severity == severity}


SALE = Sale(lines=(Part(100_000), Part(5_000, "S", 1000)), allowances=(Part(1_000),), charges=(Part(300),))


@pytest.mark.parametrize("write", [ubl, cii])
@pytest.mark.parametrize(
    ("total", "rules"),
    [
        ({"net": "1.00"}, {"BR-CO-13", "BR-CO-15", "VAT-BASES"}),
        ({"tax": "1.00"}, {"BR-CO-14", "BR-CO-15"}),
        ({"gross": "1.00"}, {"BR-CO-15", "BR-CO-16"}),
        ({"payable": "1.00"}, {"BR-CO-16"}),
    ],
)
def test_a_wrong_total_breaks_exactly_its_rules_and_stays(
    write: Any, total: dict[str, str], rules: set[str]
) -> None:
    content = write(Sale(lines=SALE.lines, allowances=SALE.allowances, charges=SALE.charges, overrides=total))
    assert broken(content) == rules
    [invoice] = read(content).invoices
    [name] = total
    assert getattr(invoice, f"{name}_minor") == 100


@given(st.integers(-5, 5), st.sampled_from([ubl, cii]))
@settings(deadline=None)
def test_a_gross_total_that_is_a_cent_off_is_off(cent: int, write: Any) -> None:
    content = write(Sale(overrides={"gross": cents(120_000 + cent), "payable": cents(120_000 + cent)}))
    found = [one for one in read(content).warnings if one.code == "BR-CO-15"]
    assert len(found) == (cent != 0)
    for one in found:
        assert f"difference {Decimal(cent) / 100:.2f}" in one.message
        assert one.severity == "error"
        assert "line 2" in one.record


@pytest.mark.parametrize(
    ("name", "right", "wrong", "rule"),
    [
        ("LineExtensionAmount", "1050.00", "1049.00", "BR-CO-10"),
        ("AllowanceTotalAmount", "10.00", "11.00", "BR-CO-11"),
        ("ChargeTotalAmount", "3.00", "4.00", "BR-CO-12"),
    ],
)
def test_sums_of_lines_allowances_and_charges(name: str, right: str, wrong: str, rule: str) -> None:
    content = ubl(SALE).decode()
    before, after = (f'{name} currencyID="EUR">{text}' for text in (right, wrong))
    assert before in content
    assert rule in broken(content.replace(before, after).encode())


def test_a_tax_off_by_less_than_a_unit_is_tolerated_and_told() -> None:
    content = cii(Sale()).replace(b">200.00<", b">200.40<").replace(b">1200.00<", b">1200.40<")
    assert broken(content) == set()
    assert "BR-CO-17" in broken(content, severity="info")
    assert "BR-CO-17" in broken(cii(Sale()).replace(b">200.00<", b">202.00<"))


def test_a_category_without_tax_has_none() -> None:
    content = ubl(Sale(lines=(Part(100_000, "E", 0),)))
    assert "BR-E-09" in broken(
        content.replace(b'TaxAmount currencyID="EUR">0.00', b'TaxAmount currencyID="EUR">5.00')
    )


def test_a_base_that_is_not_what_the_lines_add_up_to() -> None:
    content = cii(Sale()).replace(b"<ram:BasisAmount>1000.00", b"<ram:BasisAmount>900.00")
    assert {"BR-S-08", "VAT-BASES", "BR-CO-17"} <= broken(content)


def test_one_rate_written_in_two_ways_is_one_rate() -> None:
    content = ubl(Sale()).replace(b"<cbc:Percent>20.00", b"<cbc:Percent>20", 1)
    assert broken(content) == broken(content, severity="info") == set()


def test_extended_lets_sums_deviate_by_a_cent_for_each_amount() -> None:
    off = {"gross": "1200.01", "payable": "1200.01"}
    assert "BR-CO-15" in broken(cii(Sale(profile=EXTENDED, overrides=off)), severity="info")
    assert "BR-CO-15" in broken(cii(Sale(overrides=off)))
    assert "BR-CO-15" in broken(cii(Sale(profile=EXTENDED, overrides={"gross": "1200.02"})))


def test_minimum_may_not_explain_what_is_payable() -> None:
    assert broken(cii(Sale(profile=MINIMUM, overrides={"payable": "1000.00"}))) == set()


def test_payments_of_third_parties_may_explain_what_is_payable() -> None:
    profile = "urn:cen.eu:en16931:2017#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0"
    content = ubl(Sale(profile=profile, overrides={"payable": "1300.00"}))
    assert broken(content) == set()
    assert broken(content, severity="info") == {"BR-CO-16"}


def test_only_lines_of_detail_count() -> None:
    content = ubl(Sale(lines=(Part(60_000), Part(60_000), Part(40_000))))
    status = (
        b"<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>FA-2026-0412</cbc:ID>"
        b"<cbc:DocumentStatusCode>%s</cbc:DocumentStatusCode></cac:InvoiceDocumentReference></cac:BillingReference>"
    )
    for word in (b"GROUP", b"DETAIL", b"DETAIL"):
        content = content.replace(
            b"00</cbc:LineExtensionAmount><cac:Item>",
            b"00</cbc:LineExtensionAmount>" + status % word + b"<cac:Item>",
            1,
        )
    totals = {b"1600.00": b"1000.00", b"320.00": b"200.00", b"1920.00": b"1200.00"}
    for before, after in totals.items():
        content = content.replace(b">" + before, b">" + after)
    assert broken(content) == set()


def test_four_decimals_in_lines_pass_the_sum_and_are_told() -> None:
    content = ubl(Sale(lines=(Part(50_000), Part(50_000)))).replace(
        b'LineExtensionAmount currencyID="EUR">500.00', b'LineExtensionAmount currencyID="EUR">500.0010'
    )
    assert broken(content) == set()
    assert "BR-DEC" in broken(content, severity="info")
