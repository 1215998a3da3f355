"""Status messages: what each says, what it does not, and what sets it aside."""

from datetime import UTC, datetime

import pytest

from core.model import EInvoiceStatus
from mappings.einvoice import EInvoiceFile, Owner, read_einvoice
from tests.mappings.einvoice.writer import BUYER, SELLER, Said, Sale, Trader, cdar, cii

SALE = Sale()
OWNER = Owner(siren=SELLER.siren)
FACTOR = Trader("Affacturage du Midi", "812345676")
BANK = (
    ("BT-84", "FR76 3000 6000 0112 3456 7890 189"),
    ("BT-85", "Affacturage du Midi"),
    ("BT-86", "AGRIFRPP"),
)


def read(said: Said, *sales: Sale, owner: Owner = OWNER) -> EInvoiceFile:
    return read_einvoice("status.xml", cdar(*(sales or (SALE,)), said=said), owner=owner, company_id="com_1")


def one(said: Said) -> EInvoiceStatus:
    [status] = read(said).statuses
    return status


def codes(file: EInvoiceFile) -> list[str]:
    return [finding.code for finding in (*file.set_aside, *file.warnings)]


def test_it_bears_the_id_of_the_invoice_it_is_about_known_or_not() -> None:
    invoice = read_einvoice("sale.xml", cii(SALE), owner=OWNER, company_id="com_1").invoices[0]
    status = one(Said("205"))
    assert status.invoice_id == invoice.id
    assert (status.direction, status.seller_siren) == ("receivable", SELLER.siren)


def test_local_time_of_paris_becomes_an_instant() -> None:
    assert one(Said("205", at=datetime(2026, 7, 1, 10))).at == datetime(2026, 7, 1, 8, tzinfo=UTC)  # noqa: DTZ001
    assert one(Said("205", at=datetime(2026, 12, 1, 10))).at == datetime(2026, 12, 1, 9, tzinfo=UTC)  # noqa: DTZ001


def test_amounts_by_vat_rate_keep_sign_and_type() -> None:
    amounts = (("MEN", "720", 2000), ("MEN", "-440.50", 1000), ("RAP", "12", None))
    found = one(Said("212", amounts=amounts)).amounts
    assert [(a.type, a.minor, a.rate_bp) for a in found] == [
        ("MEN", 72_000, 2000), ("MEN", -44_050, 1000), ("RAP", 1_200, None),
    ]  # fmt: skip


def test_what_a_message_tells_of_the_past_is_no_new_amount() -> None:
    assert one(Said("205", history="212")).amounts == ()


def test_a_factor_is_the_new_payee() -> None:
    status = one(Said("225", bank=BANK, factor=FACTOR))
    assert status.payee is not None
    assert (status.payee.name, status.payee.siren) == (FACTOR.name, FACTOR.siren)
    assert status.payee_iban == "FR7630006000011234567890189"


@pytest.mark.parametrize("code", ["225", "226", "227"])
def test_an_assignment_without_its_account_is_kept_and_told(code: str) -> None:
    file = read(Said(code, bank=(("BT-84", "FR00123"),)))
    assert len(file.statuses) == 1
    assert codes(file) == ["incomplete_assignment"]


def test_the_buyer_reads_the_same_status_as_of_a_payable() -> None:
    [status] = read(Said("207", reasons=("TX_TVA_ERR",)), owner=Owner(siren=BUYER.siren)).statuses
    assert (status.direction, status.reasons) == ("payable", ("TX_TVA_ERR",))


def test_a_status_of_others_is_set_aside() -> None:
    assert codes(read(Said("205"), owner=Owner(siren="356000000"))) == ["not_the_company"]


@pytest.mark.parametrize("code", ["300", "400", "601", "250"])
def test_a_status_about_no_invoice_is_set_aside(code: str) -> None:
    assert codes(read(Said(code))) == ["not_about_an_invoice"]


def test_an_unknown_code_is_kept_under_its_own_name() -> None:
    file = read(Said("229"))
    assert [s.code for s in file.statuses] == ["229"]
    assert codes(file) == ["unknown_status"]


@pytest.mark.parametrize("code", ["206", "207", "208", "210", "213", "501"])
def test_a_missing_reason_is_told(code: str) -> None:
    assert codes(read(Said(code))) == ["no_reason"]
    assert codes(read(Said(code, reasons=("AUTRE",)))) == []


def test_several_documents_in_one_message_are_several_statuses() -> None:
    file = read(Said("205"), SALE, Sale(number="FA-2"), SALE)
    assert [s.number for s in file.statuses] == ["FA-2026-0412", "FA-2"]


def test_the_same_event_in_another_message_is_the_same_status() -> None:
    """The portal gets a copy with another id, creation time and sender."""
    content = cdar(SALE, said=Said("212", amounts=(("MEN", "1200.00", 2000),)))
    copy = content.replace(b"FA-2026-0412_212", b"flow-7").replace(b"20261005100500", b"20261005110000")
    copy = copy.replace(b"<ram:RoleCode>SE</ram:RoleCode>", b"<ram:RoleCode>WK</ram:RoleCode>", 1)
    first, second = (read_einvoice("s.xml", one, owner=OWNER).statuses[0].id for one in (content, copy))
    assert first == second


def test_two_partial_collections_are_two_statuses() -> None:
    first = one(Said("212", amounts=(("MEN", "500.00", 2000),)))
    second = one(Said("212", amounts=(("MEN", "700.00", 2000),)))
    assert first.id != second.id


_SELLER_ID = b'<ram:IssuerTradeParty><ram:GlobalID schemeID="0002">732829320'


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"<ram:ProcessConditionCode>212</ram:ProcessConditionCode>", b"", "missing_term"),
        (b"<ram:IssuerAssignedID>FA-2026-0412</ram:IssuerAssignedID>", b"", "missing_term"),
        (_SELLER_ID, _SELLER_ID.replace(b"0002", b"0088"), "missing_term"),
        (b">20261005100000<", b">20261305100000<", "unreadable_date"),
        (b'format="204">20261005100000<', b'format="102">20261005<', None),
        (b'currencyID="EUR">1200.00', b">1200.00", "unknown_currency"),
        (b">1200.00<", b">1 200,00<", "unreadable_amount"),
        (b">20260903<", b">20260931<", "unreadable_date"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_sets_the_status_aside(before: bytes, after: bytes, code: str | None) -> None:
    content = cdar(SALE, said=Said("212", amounts=(("MEN", "1200.00", 2000),)))
    assert before in content
    file = read_einvoice("s.xml", content.replace(before, after), owner=OWNER)
    assert [one.code for one in file.set_aside] == ([code] if code else [])
    assert all(", line 2" in one.record for one in file.set_aside)


def test_a_message_about_nothing_is_set_aside() -> None:
    content = cdar(SALE, said=Said("205")).replace(b"ReferenceReferencedDocument>", b"Nothing>")
    assert codes(read_einvoice("s.xml", content, owner=OWNER)) == ["missing_term"]
