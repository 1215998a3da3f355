"""Every public sample file gives what the list beside it says: values, statuses, or a refusal."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import BadInput
from core.model import Invoice, to_major
from core.model.identifiers import compact
from mappings.einvoice import EInvoiceFile, Owner, read_document, read_einvoice
from mappings.einvoice.parties import party_of
from mappings.einvoice.result import Finding
from mappings.readings import PARIS
from tests.samples import shared

SAMPLES = shared("samples/einvoice")
pytestmark = pytest.mark.skipif(SAMPLES is None, reason="the sample files are not here")
_ROW = re.compile(r"\| `([a-z]+/[^`]+)` \|(.+)\|")
_GROUP = re.compile(r"([A-Z]{1,2}?)([\d.]*):(-?[\d.]+)/(-?[\d.]+)")
REFUSED = {
    "wrong/synthetic_doctype_xxe.xml": "DOCTYPE",
    "wrong/xml003_lying_encoding.xml": "line 18",
}
SET_ASIDE = {
    "wrong/data002_30_february.xml": "unreadable_date",
    "wrong/data005_decimal_comma.xml": "unreadable_amount",
    "pdf/zf20_minimum.pdf": "not_an_invoice",
}


def _rows(heading: str) -> dict[str, list[str]]:
    if SAMPLES is None:
        return {}
    text = (SAMPLES / "SOURCES.md").read_text("utf-8").partition(heading)[2].partition("\n## ")[0]
    return {m[1]: [cell.strip() for cell in m[2].split("|")] for m in _ROW.finditer(text)}


INVOICES = _rows("## Expected values (as written")
STATUSES = _rows("## Expected values of the status messages")
FILES = sorted(f"{p.parent.name}/{p.name}" for p in SAMPLES.glob("*/*")) if SAMPLES else []


def _content(name: str) -> bytes:
    assert SAMPLES is not None
    return (SAMPLES / name).read_bytes()


def _read_as_seller(name: str) -> EInvoiceFile:
    """The file as its seller would import it; a seller without identifiers has the file changed to
    bear a VAT number, so that somebody owns it."""
    content = _content(name)
    seller = party_of(read_document(name, content).seller, "seller", "", list[Finding]())
    if not seller.siren and not seller.vat_number:
        number = (
            b"<cbc:CompanyID>SE8765456787</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
        )
        party = b"<cac:PartyLegalEntity>"
        content = content.replace(
            party, b"<cac:PartyTaxScheme>" + number + b"</cac:PartyTaxScheme>" + party, 1
        )
        seller = seller.model_copy(update={"vat_number": "SE8765456787"})
    return read_einvoice(name, content, owner=Owner(siren=seller.siren, vat_number=seller.vat_number))


def _minor(text: str, invoice: Invoice, sign: int) -> Decimal | None:
    return None if text == "–" else sign * Decimal(text)


def test_every_file_is_in_the_list_or_gives_nothing() -> None:
    assert set(FILES) - set(INVOICES) - set(STATUSES) == set(REFUSED)


@pytest.mark.parametrize("name", sorted(set(INVOICES) - set(SET_ASIDE)))
def test_an_invoice_has_the_values_it_is_said_to_have(name: str) -> None:
    type_code, number, issued, due, currency, net, tax, gross, prepaid, payable, groups = INVOICES[name]
    file = _read_as_seller(name)
    [invoice] = file.invoices
    sign = -1 if gross.startswith("-") else 1

    def major(minor: int | None) -> Decimal | None:
        return None if minor is None else to_major(minor, currency)

    assert (invoice.provider_words["type_code"], invoice.number) == (type_code, number)
    assert invoice.number_normalized == compact(number)
    assert invoice.issue_date == date.fromisoformat(issued)
    assert invoice.due_date == (None if due == "–" else date.fromisoformat(due))
    assert invoice.currency == currency
    stated = {"net": net, "tax": tax, "gross": gross, "prepaid": prepaid, "payable": payable}
    assert {key: major(getattr(invoice, f"{key}_minor")) for key in stated} == {
        key: _minor(text, invoice, sign) for key, text in stated.items()
    }
    assert invoice.kind == ("credit_note" if sign < 0 or type_code == "381" else invoice.kind)
    assert [
        (one.category, one.rate_bp, major(one.base_minor), major(one.tax_minor))
        for one in invoice.tax_breakdown
    ] == [
        (code, int(Decimal(rate) * 100) if rate else None, sign * Decimal(base), sign * Decimal(vat))
        for code, rate, base, vat in _GROUP.findall(groups)
    ]


@pytest.mark.parametrize(
    "name", sorted(set(INVOICES) - set(SET_ASIDE) - {"wrong/calc001_gross_not_net_plus_tax.xml"})
)
def test_no_sample_is_called_wrong_whose_arithmetic_holds(name: str) -> None:
    assert [f for f in _read_as_seller(name).warnings if f.severity == "error"] == []


def test_wrong_totals_are_told_and_kept() -> None:
    file = _read_as_seller("wrong/calc001_gross_not_net_plus_tax.xml")
    assert [f.code for f in file.warnings if f.severity == "error"] == ["BR-CO-15", "BR-CO-16"]


@pytest.mark.parametrize("name", sorted(SET_ASIDE))
def test_a_document_that_cannot_be_taken_is_set_aside_with_its_number_and_place(name: str) -> None:
    file = _read_as_seller(name)
    [finding] = file.set_aside
    assert file.invoices == ()
    assert finding.code == SET_ASIDE[name]
    assert INVOICES[name][1] in finding.message
    assert ", line " in finding.record


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_that_lies_or_attacks_is_refused_with_place_and_reason(name: str) -> None:
    with pytest.raises(BadInput, match=REFUSED[name]) as refusal:
        read_einvoice(Path(name).name, _content(name), owner=Owner(siren="732829320"))
    assert str(refusal.value).startswith(Path(name).name)


@pytest.mark.parametrize("name", sorted(STATUSES))
def test_a_status_says_what_it_is_said_to_say(name: str) -> None:
    number, issued, code, at, extra = STATUSES[name]
    file = read_einvoice(name, _content(name), owner=Owner(siren="100000009"))
    [status] = file.statuses
    local = status.at.astimezone(PARIS)
    assert (status.number, status.code, status.issue_date) == (number, code, date.fromisoformat(issued))
    assert local.strftime("%Y%m%d%H%M%S") == at
    stated = re.findall(r"(MEN|MPA|RAP) (-?[\d.]+) ([A-Z]{3})(?: at ([\d.]+) %)?", extra)
    assert [
        (one.type, to_major(one.minor, one.currency), one.currency, one.rate_bp) for one in status.amounts
    ] == [(t, Decimal(a), c, int(Decimal(r) * 100) if r else None) for t, a, c, r in stated]
    if reason := re.search(r"reason (\w+)", extra):
        assert status.reasons == (reason[1],)
    if iban := re.search(r"BT-84 = (\w+)", extra):
        assert status.payee_iban == iban[1]
        assert status.payee is not None
        assert status.payee.name == "AFFACTUREUR FICTIF"
