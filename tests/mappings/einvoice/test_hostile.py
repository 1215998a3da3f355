"""Whatever the bytes: an answer, or a refusal with file, place and reason; nothing is opened or expanded."""

import re
import socket
import zlib
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject

from core.errors import BadInput
from mappings.einvoice import EInvoiceFile, Owner, is_einvoice, read_document, read_einvoice
from mappings.einvoice.container import MAX_EMBEDDED
from mappings.einvoice.files import MAX_BYTES
from mappings.xml import MAX_DEPTH, MAX_ELEMENTS
from tests.mappings.einvoice.writer import Said, Sale, Trader, cdar, cii, pdf, ubl, zugferd1

OWNER = Owner(siren="732829320")
SALE = Sale(notes=(("PMT", "40 EUR"),), preceding=(("FA-1", None),), prepaid=100)
WRITTEN = (ubl(SALE), cii(SALE), zugferd1(SALE), cdar(SALE, said=Said("212", amounts=(("MEN", "12", 2000),))))
PLACE = re.compile(r"line \d+|byte \d+|[\d,]+ bytes|embedded files|PDF|nodes")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_more: Any) -> Any:
        raise AssertionError("a parser opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)


def read(content: bytes) -> EInvoiceFile | None:
    """What it reads as; None for a refusal, whose form is checked."""
    try:
        return read_einvoice("hostile.xml", content, owner=OWNER)
    except BadInput as refusal:
        sentence = str(refusal)
        assert sentence.startswith("hostile.xml")
        assert PLACE.search(sentence), sentence
        assert "Traceback" not in sentence
        return None


def refusal(content: bytes) -> str:
    with pytest.raises(BadInput) as refused:
        read_einvoice("hostile.xml", content, owner=OWNER)
    return str(refused.value)


ENTITIES = '<!DOCTYPE a [<!ENTITY x "y">]>'


@pytest.mark.parametrize("encoding", ["ascii", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_doctype_is_refused_before_parsing_in_every_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0"?>{ENTITIES}<Invoice>&x;</Invoice>'
    assert re.search(r"DOCTYPE, byte \d+", refusal(text.encode(encoding)))


@pytest.mark.parametrize("encoding", ["utf-7", "utf-32", "cp037", "shift_jis", "utf-8-sig-x"])
def test_an_encoding_in_which_a_doctype_could_hide_is_refused(encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    try:
        content = (head + "<Invoice/>").encode(encoding)
    except LookupError:
        content = (head + "<Invoice/>").encode()
    assert read(content) is None


def test_a_declaration_cannot_hide_its_encoding() -> None:
    padded = b"<?xml version='1.0'" + b" " * 5_000 + b"encoding='utf-7'?><Invoice/>"
    assert "utf-7, which is not read" in refusal(padded)
    assert "without an end (line 1)" in refusal(b"<?xml version='1.0'" + b" " * 70_000 + b"?><Invoice/>")


def test_an_undeclared_entity_is_refused() -> None:
    assert read(ubl(SALE).replace(b"40 EUR", b"40 &eacute;")) is None


@pytest.mark.parametrize("write", [ubl, cii])
def test_cut_anywhere_it_is_refused_with_its_line(write: Any) -> None:
    content = write(SALE)
    for end in range(0, len(content) - 1, 97):
        assert read(content[:end]) is None


def test_too_deep_too_many_too_large() -> None:
    deep = b"<Invoice>" * (MAX_DEPTH + 1)
    assert f"more than {MAX_DEPTH} levels" in refusal(deep)
    assert f"more than {MAX_ELEMENTS:,} elements" in refusal(b"<Invoice>" + b"<a/>" * (MAX_ELEMENTS + 1))
    assert "the limit is" in refusal(b"<" + b" " * MAX_BYTES)


def test_a_large_attachment_is_read_and_only_its_hash_is_kept() -> None:
    [invoice] = read_einvoice("x", ubl(Sale(attachment=b"\x00" * 9_000_000)), owner=OWNER).invoices
    [digest] = invoice.attachments
    assert re.fullmatch(r"[0-9a-f]{64}", digest)


def test_other_bytes_than_declared_are_refused_with_their_line() -> None:
    latin = ubl(Sale(notes=(("PMT", "é"),))).decode().encode("latin-1")
    assert "line 2" in refusal(latin)


@pytest.mark.parametrize(
    ("root", "words"),
    [
        ('<Invoice xmlns="urn:pagero:x">', "private format"),
        ('<CreditNote xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">', "private format"),
        ('<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">', "an order|a UBL order"),
        ('<SCRDMCCBDACIOMessageStructure xmlns="urn:x">', "Order-X"),
        ('<FatturaElettronica xmlns="urn:x">', "FatturaPA"),
        ('<html xmlns="urn:x">', "no e-invoice"),
    ],
)
def test_other_documents_are_refused_by_name(root: str, words: str) -> None:
    name = re.split(r"[ >]", root[1:])[0]
    assert re.search(words, refusal(f"{root}</{name}>".encode()))


def _mutated() -> st.SearchStrategy[bytes]:
    """A document with one stretch replaced, doubled or left out."""

    @st.composite
    def mutate(draw: st.DrawFn) -> bytes:
        content = draw(st.sampled_from(WRITTEN))
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 60)))
        stretch = content[start:end]
        other = draw(st.one_of(st.binary(max_size=20), st.sampled_from([stretch * 2, b"", b"<a/>", b"&#0;"])))
        return content[:start] + other + content[end:]

    return mutate()


@given(_mutated())
@settings(max_examples=300, deadline=None)
def test_damaged_documents_are_read_set_aside_or_refused(content: bytes) -> None:
    read(content)
    is_einvoice(content)


@given(st.binary(max_size=300))
@example(b"")
@example(b"\xff\xfe")
@example(b"<?xml")
@example(b"<!---->" * 5_000)
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused(content: bytes) -> None:
    assert read(content) is None
    is_einvoice(content)


PDF = pdf(("factur-x.xml", cii(SALE)))


@st.composite
def _broken_pdf(draw: st.DrawFn) -> bytes:
    start = draw(st.integers(0, len(PDF)))
    end = draw(st.integers(start, min(len(PDF), start + 40)))
    return PDF[:start] + draw(st.binary(max_size=30)) + PDF[end:]


@given(_broken_pdf())
@settings(max_examples=120, deadline=None)
def test_damaged_pdfs_are_read_set_aside_or_refused(content: bytes) -> None:
    read(content)


def test_a_filter_that_the_library_no_longer_knows_is_a_refusal() -> None:
    assert "PDF that is damaged" in refusal(PDF.replace(b"/FlateDecode", b"/Fl         "))


@pytest.mark.parametrize("content", [b"%PDF-1.4\n%%EOF\n", b"%PDF-1.7", b"junk %PDF-1.4 startxref 0 %%EOF"])
def test_a_stub_of_a_pdf_is_refused(content: bytes) -> None:
    assert read(content) is None


@pytest.mark.parametrize("how", [(True, False), (False, True), (True, True)])
def test_an_attachment_is_found_by_name_tree_or_relationship(how: tuple[bool, bool]) -> None:
    tree, relation = how
    content = pdf(("Factur-X.XML", cii(SALE)), by_tree=tree, by_relation=relation)
    file = read_einvoice("x.pdf", content, owner=OWNER)
    assert (file.format, len(file.invoices), file.warnings) == ("pdf+cii", 1, ())


@pytest.mark.parametrize(
    "name", ["factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "ZUGFeRD-invoice.xml"]
)
def test_the_names_of_the_standards_are_known(name: str) -> None:
    other = ("bon-de-livraison.xml", b"<Delivery/>"), ("factur-xubl.xml", ubl(Sale(number="FA-9")))
    file = read_einvoice("x.pdf", pdf(*other, (name, cii(SALE))), owner=OWNER)
    assert [one.number for one in file.invoices] == [SALE.number]
    assert file.warnings == ()


def test_another_name_is_found_by_content_and_told() -> None:
    file = read_einvoice("x.pdf", pdf(("facture.xml", ubl(SALE))), owner=OWNER)
    assert (file.format, [one.code for one in file.warnings]) == ("pdf+ubl_invoice", ["attachment_name"])


def test_two_generations_of_one_invoice_are_imported_once_and_different_ones_not_at_all() -> None:
    same = pdf(("ZUGFeRD-invoice.xml", zugferd1(SALE)), ("factur-x.xml", cii(SALE)))
    file = read_einvoice("x.pdf", same, owner=OWNER)
    assert (file.format, len(file.invoices)) == ("pdf+cii", 1)
    other = pdf(("ZUGFeRD-invoice.xml", zugferd1(Sale(number="FA-9"))), ("factur-x.xml", cii(SALE)))
    file = read_einvoice("x.pdf", other, owner=OWNER)
    assert (file.invoices, [one.code for one in file.set_aside]) == ((), ["two_invoices"])


def test_a_pdf_without_an_invoice_is_refused() -> None:
    assert "without an invoice inside (0 embedded files" in refusal(pdf())
    assert "without an invoice inside (2 embedded files" in refusal(pdf(("a.txt", b"x"), ("b.xml", b"<b/>")))


def test_a_named_attachment_that_is_broken_is_refused_with_its_name() -> None:
    assert refusal(pdf(("factur-x.xml", cii(SALE)[:-9]))).startswith("hostile.xml: factur-x.xml")


def test_a_broken_second_form_is_told_and_the_best_one_read() -> None:
    content = pdf(("zugferd-invoice.xml", b"<cut"), ("factur-x.xml", cii(SALE)))
    file = read_einvoice("x.pdf", content, owner=OWNER)
    assert [one.number for one in file.invoices] == [SALE.number]
    assert [one.code for one in file.warnings] == ["attachment_unreadable"]


def test_a_doctype_in_an_attachment_is_refused() -> None:
    assert "DOCTYPE" in refusal(pdf(("factur-x.xml", ENTITIES.encode() + b"<Invoice/>")))


def _encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(PDF)))
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


@pytest.mark.parametrize("password", ["", "secret"])
def test_an_encrypted_pdf_is_refused_by_name(password: str) -> None:
    assert "encrypted PDF" in refusal(_encrypted(password))


def _bomb(size: int) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(PDF)))
    stream = StreamObject()
    stream._data = zlib.compress(b" " * size, 9)
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    files: Any = writer._root_object["/AF"]
    files[0].get_object()["/EF"][NameObject("/F")] = writer._add_object(stream)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def test_an_attachment_that_unpacks_beyond_the_limit_is_refused() -> None:
    assert f"unpacks to more than {MAX_EMBEDDED:,} bytes" in refusal(_bomb(MAX_EMBEDDED + 1))


def test_a_tree_of_names_that_bites_its_tail_ends() -> None:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf())))
    tree = DictionaryObject()
    own = writer._add_object(tree)
    tree[NameObject("/Kids")] = ArrayObject([own, own])
    writer._root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): own})
    written = BytesIO()
    writer.write(written)
    assert "nodes" in refusal(written.getvalue())


def _forms() -> Iterator[tuple[bytes, bool]]:
    yield from ((one, True) for one in WRITTEN)
    yield PDF, True
    yield b"\xef\xbb\xbf<!-- x --><?y?>" + ubl(SALE).partition(b"?>")[2], True
    yield ubl(SALE).decode().replace("UTF-8", "UTF-16").encode("utf-16"), True
    yield f"<?xml version='1.0'?>{ENTITIES}<Invoice/>".encode(), True
    yield (
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt/></Document>',
        False,
    )
    yield b"0430004    00828EUR2 0001020304B", False
    yield b"JournalCode\tJournalLib\n", False
    yield b"", False


@pytest.mark.parametrize(("content", "ours"), list(_forms()))
def test_e_invoices_are_recognised_by_content(content: bytes, ours: bool) -> None:
    assert is_einvoice(content) is ours


def test_a_document_can_be_read_without_saying_whose_it_is() -> None:
    document = read_document("x.pdf", PDF)
    assert document.number is not None
    assert document.number.text == SALE.number
    with pytest.raises(BadInput, match="status message"):
        read_document("x.xml", WRITTEN[3])


@pytest.mark.parametrize("damage", [b"</a" + b"x" * 5_000 + b">", b"\0", b"<" + b"y" * 5_000 + b":z/>"])
def test_a_refusal_is_one_short_line_whatever_names_the_file_has(damage: bytes) -> None:
    told = refusal(ubl(SALE).replace(b"</cbc:ID>", damage + b"</cbc:ID>", 1))
    assert len(told) < 300
    assert told.isprintable()
    assert refusal(b"<?xml version='1.0' encoding='UT\x06F'?><Invoice/>").isprintable()


def test_names_that_a_file_chose_are_short_and_printable_in_findings() -> None:
    file = read_einvoice("x.pdf", pdf((f"a\x0e{'b' * 500}.xml", ubl(SALE))), owner=OWNER)
    [finding] = [one for one in file.warnings if one.code == "attachment_name"]
    assert finding.record == f"a {'b' * 58}…"
    odd = ubl(
        Sale(number="FA\u202e1", seller=Trader("Other", "552100554"), buyer=Trader("More", "443061841"))
    )
    [aside] = read_einvoice("x.xml", odd, owner=OWNER).set_aside
    assert aside.message.isprintable()


@pytest.mark.parametrize("days", ["3000000", "999999999999999999", "-3000000", "10.5"])
def test_a_discount_until_no_day_of_the_calendar_sets_the_document_aside(days: str) -> None:
    file = read(cii(Sale(discount=(days, "2.00"))))
    assert file is not None
    assert [found.code for found in file.set_aside] == ["unreadable_date"]


def test_a_discount_in_prose_until_no_day_of_the_calendar_sets_the_document_aside() -> None:
    last = date(9999, 12, 1)
    file = read(ubl(Sale(issued=last, due=last, terms="#SKONTO#TAGE=60#PROZENT=2.00#")))
    assert file is not None
    assert [found.code for found in file.set_aside] == ["unreadable_date"]


@pytest.mark.parametrize("base", ["999999999999999999", "999999999999999999.999999999999999999"])
def test_the_largest_numbers_are_counted_with(base: str) -> None:
    content = re.sub(r"(RateApplicablePercent>)[^<]*<", r"\g<1>99999999999999.99<", cii(Sale()).decode())
    assert read(re.sub(r"(BasisAmount>)[^<]*<", rf"\g<1>{base}<", content).encode()) is not None
