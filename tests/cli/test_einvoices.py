"""`lettrage import` with e-invoices: recognised by content, previewed by SIREN, stored beside the rest."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.mappings.einvoice.writer import Said, Sale, Trader, cdar, cii, pdf, ubl

SELLER = Trader("Atelier Nordique SAS", "990000002")
SALE = Sale(seller=SELLER)


def _files(folder: Path) -> list[Path]:
    said = Said("212", amounts=(("MEN", "1200.00", 2000),))
    contents = {"a.dat": ubl(SALE), "b.dat": pdf(("factur-x.xml", cii(SALE))), "c.dat": cdar(SALE, said=said)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


def test_a_preview_needs_the_siren_that_tells_the_side(run: Run, tmp_path: Path) -> None:
    files = _files(tmp_path)
    assert "add --company SIREN" in run("import", "--dry-run", files[0]).error
    ended = run("import", "--dry-run", "--jsonl", "--company", "990 000 002", *files)
    assert ended.status == 0
    records = [json.loads(line) for line in ended.out.splitlines()]
    assert [one["entity"] for one in records] == ["invoice", "invoice", "einvoice_status"]
    assert records[0]["direction"] == "receivable"
    assert records[0]["id"] == records[1]["id"] == records[2]["invoice_id"]


def test_every_form_is_one_document_in_the_store_and_proven(run: Run, tmp_path: Path) -> None:
    run("tenant", "create", "acme"), run("company", "create", "Atelier Nordique SAS", "--siren", "990000002")
    files = _files(tmp_path)
    done = run("import", "--json", *files).json["files"]
    assert [(one["format"], one["new"], one["known"]) for one in done] == [
        ("ubl_invoice", 1, 0), ("pdf+cii", 0, 1), ("cdar", 1, 0),
    ]  # fmt: skip
    again = run("import", "--json", *reversed(files)).json["files"]
    assert [(one["new"], one["known"]) for one in again] == [(0, 1)] * 3
    assert run("events", "verify").status == 0


def test_what_is_set_aside_is_told_with_its_place_and_status_3(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_bytes(cii(Sale(seller=SELLER, type_code="325")))
    ended = run("import", "--dry-run", "--company", "990000002", tmp_path / "x.xml")
    assert ended.status == 3
    assert "pro forma" in ended.err
    assert "TypeCode, line 2" in ended.err
