"""Every version of camt.052, .053 and .054: the schema accepts what we write, and we read it alike."""

import pytest
from lxml import etree

from core.model import BankTransaction
from mappings.statements import StatementFile, read_statements
from tests.mappings.statements.camt_full import (
    IBAN,
    OTHER_IBAN,
    ROOTS,
    UETR,
    VERSIONS,
    document,
    first_version,
)
from tests.samples import shared

SCHEMAS = shared("reference/specs/bank/iso20022")
EVERY = [(kind, version) for kind in ROOTS for version in VERSIONS]


def read(kind: int, version: int) -> StatementFile:
    return read_statements("april.xml", document(kind, version).encode())


@pytest.mark.skipif(SCHEMAS is None, reason="the schemas are not here")
@pytest.mark.parametrize(("kind", "version"), EVERY)
def test_our_documents_are_valid(kind: int, version: int) -> None:
    assert SCHEMAS is not None
    schema = etree.XMLSchema(etree.parse(SCHEMAS / f"camt.0{kind}.001.{version:02d}.xsd"))
    schema.assertValid(etree.fromstring(document(kind, version).encode()))


@pytest.mark.skipif(SCHEMAS is None, reason="the schemas are not here")
def test_our_first_version_is_valid() -> None:
    assert SCHEMAS is not None
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "camt.053.001.01.xsd"))
    schema.assertValid(etree.fromstring(first_version().encode()))


def test_the_first_version_says_the_same_under_its_own_names() -> None:
    file = read_statements("april.xml", first_version().encode())
    assert [finding.code for finding in file.warnings] == ["statement_copy"]
    for old, new in zip(file.transactions, booked(2), strict=True):
        names = {"entry_reference", "batch"}
        words = ({k: w for k, w in line.provider_words.items() if k not in names} for line in (old, new))
        assert next(words) == next(words)
        assert (old.id, old.text_lines, old.return_reason) == (new.id, new.text_lines, new.return_reason)


def booked(version: int) -> tuple[BankTransaction, ...]:
    file = read(53, version)
    assert not file.set_aside
    [one] = file.statements
    assert one.statement.format == f"camt.053.001.{version:02d}"
    assert (one.statement.opening_minor, one.statement.closing_minor) == (100_000, 255_000)
    account = (one.account.iban, one.account.bic, one.account.holder_name)
    assert account == (IBAN, "PSSTFRPPXXX", "ATELIER DUPONT SARL")
    return one.transactions


@pytest.mark.parametrize("version", VERSIONS)
def test_a_statement_of_every_version_says_the_same(version: int) -> None:
    transfer, returned, *batch = booked(version)
    assert (transfer.amount_minor, transfer.operation) == (125_000, "transfer")
    assert (transfer.counterparty_name, transfer.counterparty_iban) == ("KERVADEC SAS", OTHER_IBAN)
    assert (transfer.original_amount_minor, transfer.original_currency) == (135_000, "USD")
    assert (transfer.end_to_end_id, transfer.creditor_reference) == ("E2E-1", "RF18539007547034")
    said = ("SOLDE AVRIL", "FA-2026-0012", "RF18539007547034", "MERCI", "KERVADEC EXPORT")
    assert transfer.text_lines == said
    words = transfer.provider_words
    assert (words["ultimate_debtor"], words["purpose"], words.get("uetr")) == (
        "KERVADEC EXPORT",
        "GDDS",
        UETR if version > 7 else None,
    )
    assert (returned.amount_minor, returned.operation) == (-30_000, "direct_debit_return")
    assert (returned.return_reason, returned.counterparty_name) == ("AC04", "LEROY SARL")
    assert returned.provider_words["returned_transaction_code"] == "PMNT-IDDT-ESDD"
    assert returned.provider_words["returned_by"] == "BANQUE LEROY"
    assert [(line.amount_minor, line.end_to_end_id) for line in batch] == [
        (10_000, "E2E-3A"),
        (20_000, "E2E-3B"),
        (30_000, "E2E-3C"),
    ]
    assert {line.provider_words["batch_payment_information_id"] for line in batch} == {"PMT-9"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pending_entry_of_every_version_is_announced(version: int) -> None:
    file = read(53, version)
    [notice] = file.notices
    assert (notice.kind, [line.amount_minor for line in notice.transactions]) == ("pending_entries", [-2_000])
    codes = [finding.code for finding in file.warnings]
    assert codes == ["statement_copy", "announced_only"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", [52, 54])
def test_reports_and_notifications_of_every_version_are_announced(kind: int, version: int) -> None:
    file = read(kind, version)
    assert (file.statements, file.set_aside) == ((), ())
    [notice] = file.notices
    amounts = [line.amount_minor for line in notice.transactions]
    assert amounts == [125_000, -30_000, 10_000, 20_000, 30_000, -2_000]
    assert {line.status for line in notice.transactions} == {"pending"}


def test_one_entry_has_one_fingerprint_in_every_version() -> None:
    lines = {version: [line.fingerprint for line in booked(version)] for version in VERSIONS}
    assert len(set(map(tuple, lines.values()))) == 1
