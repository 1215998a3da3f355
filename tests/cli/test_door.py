"""`lettrage import` as one door: every kind of file, loose or packed, in any order, again and again."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli import files
from tests.cli.conftest import Run
from tests.mappings.einvoice.writer import Sale, Trader, ubl

SELLER = Trader("Atelier Nordique SAS", "990000002")
FEC = Path(__file__).parents[1] / "mappings" / "ledger" / "samples"


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """An archive with a statement, an e-invoice, a ledger, a stray text and an archive."""
    inner = io.BytesIO()
    zipfile.ZipFile(inner, "w").close()
    ledger = sorted(FEC.glob("*.txt"))[0]
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(files.statement(tmp_path / "june.txt"), "bank/june.txt")
        archive.writestr("invoice.xml", ubl(Sale(seller=SELLER)))
        archive.write(ledger, f"ledger/{ledger.name}")
        archive.writestr("readme.md", "hello")
        archive.writestr("more.zip", inner.getvalue())
    return path


@pytest.fixture
def company(run: Run) -> None:
    run("tenant", "create", "acme"), run("company", "create", "Atelier Nordique SAS", "--siren", "990000002")


def _formats(answer: Any) -> list[str]:
    return [one["format"] for one in answer["files"]]


def test_an_archive_is_read_file_by_file(run: Run, packed: Path) -> None:
    ended = run("import", "--dry-run", "--json", "--company", "990000002", packed)
    assert ended.status == 3
    assert _formats(ended.json) == ["cfonb120", "ubl_invoice", "fec"]
    assert ended.json["files"][0]["path"] == f"{packed}/bank/june.txt"
    readme, more = ended.json["refused"]
    assert readme.startswith(f"{packed}/readme.md")
    assert "archive in an archive" in more
    lines = run("import", "--dry-run", "--jsonl", "--company", "990000002", packed)
    entities = {json.loads(line)["entity"] for line in lines.out.splitlines()}
    assert {"bank_transaction", "statement", "invoice", "ledger_payment"} <= entities


@pytest.mark.usefixtures("company")
def test_packed_or_loose_again_and_in_any_order_is_the_same(run: Run, packed: Path, tmp_path: Path) -> None:
    first = run("import", "--json", packed)
    assert first.status == 3
    assert all(one["new"] for one in first.json["files"])
    assert [one["name"] for one in first.json["files"]][:2] == ["june.txt", "invoice.xml"]
    assert first.json["files"][0]["path"] == f"{packed}/bank/june.txt"
    loose = [tmp_path / "invoice.xml", tmp_path / "june.txt"]
    loose[0].write_bytes(ubl(Sale(seller=SELLER)))
    for order in (loose, loose[::-1]):
        again = run("import", "--json", *order)
        assert again.status == 0
        assert [one["new"] for one in again.json["files"]] == [0, 0]
    again = run("import", "--json", packed)
    assert [one["new"] for one in again.json["files"]] == [0, 0, 0]


def test_the_name_says_nothing(run: Run, tmp_path: Path) -> None:
    path = files.statement(tmp_path / "june.pdf")
    assert _formats(run("import", "--dry-run", "--json", path).json) == ["cfonb120"]


def test_an_empty_archive_is_said_to_be_empty(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "none.zip"
    zipfile.ZipFile(path, "w").close()
    ended = run("import", "--dry-run", path)
    assert (ended.status, ended.error) == (2, f"{path} is an archive without files")
