"""Kinds, signs, dates, discounts, retention, references: what the terms of an e-invoice mean."""

from datetime import date
from typing import Any

import pytest

from core.model import Invoice
from core.model.invoice import EarlyDiscount, Retention
from mappings.einvoice import EInvoiceFile, Owner, read_einvoice
from mappings.einvoice.codes import NO_CLAIM, TYPES
from tests.mappings.einvoice.writer import Part, Sale, cii, node, tag, ubl, zugferd1

OWNER = Owner(siren="732829320")


def read(content: bytes) -> EInvoiceFile:
    return read_einvoice("sale.xml", content, owner=OWNER)


def one(content: bytes) -> Invoice:
    [invoice] = read(content).invoices
    return invoice


def aside(content: bytes) -> str:
    file = read(content)
    assert file.invoices == ()
    [finding] = file.set_aside
    assert ", line " in finding.record
    return finding.code


def codes(content: bytes) -> set[str]:
    return {finding.code for finding in read(content).warnings}


FRENCH = {
    "380": ("invoice", False, False), "389": ("invoice", True, False), "393": ("invoice", False, True),
    "501": ("invoice", True, True), "386": ("prepayment", False, False), "500": ("prepayment", True, False),
    "384": ("corrective", False, False), "471": ("corrective", True, False),
    "472": ("corrective", False, True), "473": ("corrective", True, True),
    "261": ("credit_note", True, False), "262": ("credit_note", False, False),
    "381": ("credit_note", False, False), "396": ("credit_note", False, True),
    "502": ("credit_note", True, True), "503": ("credit_note", False, False),
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(FRENCH))
def test_every_french_type_has_its_kind(code: str) -> None:
    kind, self_billed, assigned = FRENCH[code]
    found = one(cii(Sale(type_code=code, payee="Affacturage du Midi" if assigned else None)))
    assert (found.kind, found.self_billed) == (kind, self_billed)
    assert found.assigned_to == ("Affacturage du Midi" if assigned else None)
    assert found.provider_words["type_code"] == code
    assert (found.gross_minor, found.payable_minor) == (120_000, 120_000)


@pytest.mark.parametrize("code", sorted(NO_CLAIM))
def test_what_is_no_claim_is_set_aside_by_name(code: str) -> None:
    assert aside(cii(Sale(type_code=code))) == "not_an_invoice"


@pytest.mark.parametrize("code", ["999", "38O", "0380"])
def test_an_unknown_type_is_set_aside(code: str) -> None:
    assert aside(ubl(Sale(type_code=code))) == "unknown_type"


def test_no_code_is_in_both_lists() -> None:
    assert set(TYPES) & set(NO_CLAIM) == set()


@pytest.mark.parametrize("write", [ubl, cii])
@pytest.mark.parametrize("code", ["380", "384"])
def test_a_negative_invoice_is_a_credit_with_positive_amounts(write: Any, code: str) -> None:
    sale = Sale(
        type_code=code, lines=(Part(-100_000), Part(20_000)), prepaid=-1_000, preceding=(("FA-1", None),)
    )
    found = one(write(sale))
    assert found.kind == "credit_note"
    assert (found.net_minor, found.tax_minor, found.gross_minor) == (80_000, 16_000, 96_000)
    assert (found.prepaid_minor, found.payable_minor) == (1_000, 95_000)
    assert [r.type for r in found.references] == ["corrects" if code == "384" else "credits"]
    assert [r.invoice_id for r in found.references] == [None]


@pytest.mark.parametrize("write", [ubl, cii])
def test_a_credit_note_with_negative_amounts_is_set_aside(write: Any) -> None:
    assert aside(write(Sale(type_code="381", lines=(Part(-100_000),)))) == "ambiguous_sign"


def test_a_ubl_invoice_with_a_credit_code_is_set_aside() -> None:
    content = ubl(Sale()).replace(b">380<", b">381<")
    assert aside(content) == "ambiguous_sign"


def test_negative_lines_inside_an_invoice_are_its_own() -> None:
    found = one(ubl(Sale(lines=(Part(100_000), Part(-30_000, "S", 1000)))))
    assert found.kind == "invoice"
    assert [(t.rate_bp, t.base_minor, t.tax_minor) for t in found.tax_breakdown] == [
        (1000, -30_000, -3_000),
        (2000, 100_000, 20_000),
    ]


def test_deposits_beyond_the_invoice_leave_nothing_payable_and_are_told() -> None:
    content = cii(Sale(prepaid=150_000))
    assert one(content).payable_minor == 0
    assert "payable_below_zero" in codes(content)


def test_an_invoice_paid_already_says_so_itself() -> None:
    found = one(ubl(Sale(prepaid=120_000, process="B2")))
    assert (found.payable_minor, found.declared.paid, found.declared.open_minor) == (0, True, 0)


@pytest.mark.parametrize(
    ("process", "prepaid", "code", "type"),
    [
        ("S4", None, "380", "prepaid_by"),
        ("S1", 1_000, "380", "prepaid_by"),
        ("S1", None, "380", "follows"),
        ("S1", None, "384", "replaces"),
        ("S1", None, "381", "credits"),
    ],
)
def test_how_a_document_is_related_to_the_one_it_names(
    process: str, prepaid: int | None, code: str, type: str
) -> None:
    issued = date(2026, 1, 2)
    first = one(cii(Sale(number="FA-1", issued=issued)))
    sale = Sale(process=process, prepaid=prepaid, type_code=code, preceding=(("FA-1", issued),))
    [reference] = one(cii(sale)).references
    assert (reference.type, reference.invoice_id) == (type, first.id)


def test_a_reference_of_a_line_is_not_one_of_the_document() -> None:
    named = tag("cbc:ID", "FA-2026-0412")
    own = node("cac:BillingReference", node("cac:InvoiceDocumentReference", named)).encode()
    content = ubl(Sale()).replace(b"<cac:Item>", own + b"<cac:Item>")
    assert one(content).references == ()


@pytest.mark.parametrize("frame", ["B8", "S8", "M8", "B9", "S9", "M9"])
def test_frames_that_are_no_single_claim_are_set_aside(frame: str) -> None:
    assert aside(ubl(Sale(process=frame))) in ("several_sellers", "both_ways")


TWO_TERMS = (
    "<ram:SpecifiedTradePaymentTerms><ram:Description>{first}</ram:Description>{more}<ram:DueDateDateTime>"
    '<udt:DateTimeString format="102">20260913</udt:DateTimeString></ram:DueDateDateTime>'
    "</ram:SpecifiedTradePaymentTerms>"
)


def _with_terms(first: str, more: str = "") -> bytes:
    other = TWO_TERMS.format(first=first, more=more)
    mark = "<ram:SpecifiedTradePaymentTerms>"
    return cii(Sale(terms="Net")).decode().replace(mark, other + mark, 1).encode()


def test_the_due_date_is_the_one_without_a_discount() -> None:
    content = _with_terms("2 % d'escompte sous 10 jours")
    assert one(content).due_date == date(2026, 10, 3)
    assert "several_due_dates" not in codes(content)


def test_of_several_due_dates_the_latest_is_taken_and_told() -> None:
    content = _with_terms("Première échéance")
    assert one(content).due_date == date(2026, 10, 3)
    assert "several_due_dates" in codes(content)


def test_a_structured_discount_of_cii_is_read() -> None:
    more = (
        "<ram:ApplicableTradePaymentDiscountTerms>"
        "<ram:BasisPeriodMeasure unitCode='DAY'>10</ram:BasisPeriodMeasure>"
        "<ram:CalculationPercent>2.5</ram:CalculationPercent></ram:ApplicableTradePaymentDiscountTerms>"
    )
    found = one(_with_terms("rapide", more))
    assert found.early_discount == EarlyDiscount(rate_bp=250, until=date(2026, 9, 13))
    assert found.due_date == date(2026, 10, 3)


@pytest.mark.parametrize(
    ("terms", "discount"),
    [
        ("#SKONTO#TAGE=7#PROZENT=2.00#\n#SKONTO#TAGE=14#PROZENT=1.00#", (200, date(2026, 9, 10))),
        ("#SKONTO#TAGE=30#PROZENT=0.00#", None),
        ("2 % d'escompte sous 8 jours", None),
        ("Pas d'escompte", None),
    ],
)
def test_only_discounts_in_figures_are_read(terms: str, discount: tuple[int, date] | None) -> None:
    found = one(ubl(Sale(terms=terms))).early_discount
    assert (found and (found.rate_bp, found.until)) == discount


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Retenue de garantie de 5 % : 60,00 EUR", Retention(amount_minor=6_000)),
        (
            "Retenue de garantie (5%) soit 1 060,50 € libérée le 03/09/2027",
            Retention(amount_minor=106_050, release_date=date(2027, 9, 3)),
        ),
        ("Retenue de garantie de 5 % du montant TTC", None),
        ("Retenue de garantie 60,00 EUR, dont retenue de garantie 12,00 EUR", None),
    ],
)
def test_a_retention_is_read_only_where_one_amount_is_stated(text: str, kept: Retention | None) -> None:
    found = one(ubl(Sale(lines=(Part(1_000_000),), notes=(("ABU", text), ("PMT", "40,00 EUR")))))
    assert found.retention == kept
    assert found.payable_minor == found.gross_minor - (kept.amount_minor if kept else 0)


def test_chained_notes_of_ubl_are_told_apart() -> None:
    note = tag("cbc:Note", "#PMT#40 EUR#ACC#Créance cédée#ABU#Retenue de garantie 10,00 EUR").encode()
    content = ubl(Sale()).replace(b"<cbc:DocumentCurrencyCode>", note + b"<cbc:DocumentCurrencyCode>")
    found = one(content)
    assert found.assigned_to == "not named"
    assert found.retention == Retention(amount_minor=1_000)


def test_a_payee_who_is_not_the_seller_is_told() -> None:
    assert "payee_not_seller" in codes(cii(Sale(payee="Somebody Else")))
    assert "payee_not_seller" not in codes(cii(Sale(payee="Ateliers Brunoy SAS")))


def test_netting_is_told() -> None:
    assert "netting" in codes(ubl(Sale(means="97")))


@pytest.mark.parametrize("iban", ["FR7630006000011234567890188", "DE79000000001234567891"])
def test_an_iban_whose_digits_do_not_hold_is_not_used(iban: str) -> None:
    content = ubl(Sale(iban=iban))
    assert one(content).payee_iban is None
    assert "invalid_iban" in codes(content)


def test_a_national_account_is_no_iban() -> None:
    content = ubl(Sale(iban="5487-1425"))
    assert one(content).payee_iban is None
    assert "invalid_iban" not in codes(content)


def test_a_place_holder_is_no_reference() -> None:
    assert one(ubl(Sale(order="NA"))).order_reference is None


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b">2026-09-03<", b">2026-02-30<", "unreadable_date"),
        (b">2026-09-03<", b">03/09/2026<", "unreadable_date"),
        (b">EUR<", b">EUX<", "unknown_currency"),
        (b">1200.00<", b">1200,00<", "unreadable_amount"),
        (b">1200.00<", b">1.2e3<", "unreadable_amount"),
        (b">1200.00<", b">1200.001<", "unreadable_amount"),
        (b'">1200.00<', '">١٢٠٠<'.encode(), "unreadable_amount"),
        (b'currencyID="EUR">1200.00', b'currencyID="USD">1200.00', "mixed_currencies"),
        (b"<cbc:ID>FA-2026-0412</cbc:ID>", b"", "missing_term"),
        (b"<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", b"", "missing_term"),
        (b"<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>", b"", "missing_term"),
        (b"<cbc:ID>S</cbc:ID>", b"<cbc:ID>X</cbc:ID>", "unknown_category"),
        (b"<cbc:Percent>20.00", b"<cbc:Percent>20.005", "unreadable_rate"),
    ],
)
def test_a_term_that_cannot_be_read_sets_the_document_aside(before: bytes, after: bytes, code: str) -> None:
    content = ubl(Sale())
    assert before in content
    assert aside(content.replace(before, after)) == code


def test_an_iso_date_under_a_numeric_format_is_not_read_silently() -> None:
    assert aside(cii(Sale()).replace(b">20260903<", b">2026-09-03<")) == "unreadable_date"


def test_a_zone_does_not_shift_the_day() -> None:
    content = ubl(Sale()).replace(b">2026-09-03<", b">2026-09-03+01:00<")
    assert one(content).issue_date == date(2026, 9, 3)


def test_zugferd_basic_cannot_say_what_is_payable() -> None:
    content = zugferd1(Sale())
    stripped = content.replace(b"<ram:DuePayableAmount>1200.00</ram:DuePayableAmount>", b"")
    assert one(stripped).payable_minor == 120_000
    assert "payable_not_stated" in codes(stripped)
    assert (
        aside(cii(Sale()).replace(b"<ram:DuePayableAmount>1200.00</ram:DuePayableAmount>", b""))
        == "missing_term"
    )


def test_reverse_charge_and_no_tax_scope() -> None:
    assert one(ubl(Sale(lines=(Part(100, "AE", 0),)))).reverse_charge is True
    outside = one(cii(Sale(lines=(Part(100, "O", 0),))))
    assert outside.reverse_charge is False
    assert [(t.category, t.rate_bp) for t in outside.tax_breakdown] == [("O", None)]


def test_yen_have_no_decimals_but_zeros() -> None:
    content = ubl(Sale(currency="JPY", lines=(Part(120_000, "Z", 0),)))
    assert one(content).gross_minor == 1_200
