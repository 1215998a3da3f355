"""One invoice in any form is one canonical invoice: by property over UBL, CII, ZUGFeRD 1.0 and PDF."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model import Invoice
from mappings.einvoice import Owner, read_einvoice
from tests.mappings.einvoice.writer import BUYER, SELLER, Part, Sale, Trader, cii, pdf, ubl, zugferd1

OWNER = Owner(siren=SELLER.siren)
_RATES = (("S", 2000), ("S", 1000), ("S", 550), ("Z", 0), ("E", 0), ("AE", 0), ("G", 0))
_TEXT = st.text("ABCabc0129-+_/ éü&<>'", min_size=1, max_size=20).filter(lambda t: t == t.strip())


@st.composite
def _parts(draw: st.DrawFn, *, least: int, most: int, low: int) -> tuple[Part, ...]:
    def part() -> Part:
        category, rate = draw(st.sampled_from(_RATES))
        return Part(draw(st.integers(low, 10_000_000)), category, rate)

    return tuple(part() for _ in range(draw(st.integers(least, most))))


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    """Sales whose gross total is not below zero; every optional part is there or not."""
    issued = draw(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
    maybe = st.one_of(st.none(), _TEXT.filter(lambda t: t.upper() not in ("NA", "N/A", "-")))
    return Sale(
        number=draw(_TEXT),
        issued=issued,
        due=draw(st.one_of(st.none(), st.just(issued + timedelta(days=30)))),
        type_code=draw(
            st.sampled_from(["380", "381", "384", "386", "389", "393", "261", "396", "471", "502"])
        ),
        currency=draw(st.sampled_from(["EUR", "USD", "CHF"])),
        lines=draw(_parts(least=1, most=5, low=1_000_000)),
        allowances=draw(_parts(least=0, most=2, low=0)),
        charges=draw(_parts(least=0, most=2, low=0)),
        prepaid=draw(st.one_of(st.none(), st.integers(0, 100_000))),
        rounding=draw(st.one_of(st.none(), st.integers(-50, 50))),
        iban=draw(
            st.sampled_from([None, "FR7630006000011234567890189", "FR76 3000 6000 0112 3456 7890 189"])
        ),
        reference=draw(maybe),
        buyer_reference=draw(maybe),
        order=draw(maybe),
        contract=draw(maybe),
        preceding=draw(
            st.sampled_from([(), (("FA-1", date(2024, 1, 2)),), (("FA-1", None), ("FA-2", None))])
        ),
        terms=draw(st.sampled_from([None, "30 jours net", "#SKONTO#TAGE=7#PROZENT=2.00#"])),
        payee=draw(st.sampled_from([None, "Affacturage du Midi"])),
        on_collection=draw(st.sampled_from([None, True, False])),
        attachment=draw(st.sampled_from([None, b"%PDF-1.4"])),
    )


def read(content: bytes, *, owner: Owner = OWNER) -> Invoice:
    file = read_einvoice("sale", content, owner=owner, company_id="com_1")
    assert file.set_aside == ()
    assert [one for one in file.warnings if one.severity == "error"] == []
    [invoice] = file.invoices
    return invoice


@given(sales())
@settings(max_examples=120, deadline=None)
def test_both_syntaxes_of_a_sale_are_one_invoice_with_its_values(sale: Sale) -> None:
    if sale.gross <= 0 or sale.payable < 0:
        return
    one = read(ubl(sale))
    assert one == read(cii(sale)) == read(zugferd1(sale))
    assert (one.number, one.issue_date, one.due_date) == (sale.number, sale.issued, sale.due)
    assert (one.net_minor, one.tax_minor, one.gross_minor) == (sale.net, sale.tax, sale.gross)
    assert (one.payable_minor, one.prepaid_minor) == (sale.payable, sale.prepaid)
    assert {(t.category, t.rate_bp): (t.base_minor, t.tax_minor) for t in one.tax_breakdown} == {
        group: (base, sale.taxes[group]) for group, base in sale.groups.items()
    }
    assert one.payee_iban == (sale.iban.replace(" ", "") if sale.iban else None)
    assert (one.payment_reference, one.buyer_reference, one.order_reference) == (
        sale.reference,
        sale.buyer_reference,
        sale.order,
    )
    assert [(r.number, r.issue_date) for r in one.references] == list(sale.preceding)
    assert one.vat_on_collection == sale.on_collection


@given(sales())
@settings(max_examples=20, deadline=None)
def test_inside_a_pdf_it_is_the_same_invoice(sale: Sale) -> None:
    if sale.gross > 0 and sale.payable >= 0:
        assert read(pdf(("factur-x.xml", cii(sale)))) == read(ubl(sale))


SALE = Sale(reference="RF18539007547034", order="PO-7", prepaid=5_000, notes=(("PMT", "40 EUR"),))


@pytest.mark.parametrize("write", [ubl, cii])
def test_prefixes_comments_and_blanks_change_nothing(write: Any) -> None:
    plain = read(write(SALE))
    text = write(SALE).decode()
    commented = re.sub(r"(</[a-z]+:)", "<!-- a comment --><?step on?>\\1", text)
    spaced = text.replace("><", ">\n\t <")
    renamed = (
        re.sub(r"\b(cbc|ram):", "q7:", text).replace("xmlns:cbc", "xmlns:q7").replace("xmlns:ram", "xmlns:q7")
    )
    byte_order_mark = b"\xef\xbb\xbf" + text.encode()
    utf16 = text.replace("UTF-8", "UTF-16").encode("utf-16")
    latin = text.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    for other in (commented.encode(), spaced.encode(), renamed.encode(), byte_order_mark, utf16, latin):
        assert read(other) == plain


def test_the_buyer_reads_the_same_document_as_a_payable() -> None:
    sold, bought = read(ubl(SALE)), read(cii(SALE), owner=Owner(siren=BUYER.siren))
    assert (sold.direction, bought.direction) == ("receivable", "payable")
    assert bought == sold.model_copy(update={"direction": "payable"})
    assert bought.other_party.siren == SELLER.siren


@pytest.mark.parametrize(
    ("owner", "seller", "direction"),
    [
        (Owner(vat_number="FR44 732829320"), SELLER, "receivable"),
        (Owner(siren="732829320"), Trader("Ateliers", None, "FR44732829320"), "receivable"),
        (Owner(siren="732829320"), Trader("Ateliers", "732829320", None), "receivable"),
        (Owner(siren="732829320"), Trader("Ateliers", None, "FR00732829320"), None),
        (Owner(siren="356000000"), SELLER, None),
    ],
)
def test_the_direction_comes_from_siren_or_vat_number(
    owner: Owner, seller: Trader, direction: str | None
) -> None:
    file = read_einvoice("sale.xml", ubl(Sale(seller=seller)), owner=owner)
    assert [one.direction for one in file.invoices] == ([direction] if direction else [])
    assert [one.code for one in file.set_aside] == ([] if direction else ["not_the_company"])


def test_a_document_between_the_company_and_itself_is_set_aside() -> None:
    file = read_einvoice("sale.xml", ubl(Sale(buyer=SELLER)), owner=OWNER)
    assert [one.code for one in file.set_aside] == ["own_document"]


def test_an_envelope_is_stripped() -> None:
    inner = ubl(SALE).partition(b"?>")[2]
    header = (
        b"<StandardBusinessDocumentHeader><HeaderVersion>1.0</HeaderVersion></StandardBusinessDocumentHeader>"
    )
    wrapped = b"<StandardBusinessDocument>" + header + inner + b"</StandardBusinessDocument>"
    assert read(wrapped) == read(ubl(SALE))
