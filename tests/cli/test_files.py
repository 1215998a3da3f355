"""Commands over files that need no database: import --dry-run, map, reconcile over files."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli import files
from tests.cli.conftest import Run
from tests.core.usecases.made import day
from tests.mappings.ledger.writers import fec, receipt
from tests.mappings.ledger.writers import sale as sale_of
from tests.samples import shared

SAMPLES = Path(__file__).parents[2] / "connectors"


def test_a_statement_as_canonical_lines(run: Run, tmp_path: Path) -> None:
    ended = run("import", "--dry-run", "--jsonl", files.statement(tmp_path / "june.txt"))
    assert (ended.status, ended.err) == (0, "")
    records = [json.loads(line) for line in ended.out.splitlines()]
    assert [one["entity"] for one in records] == ["bank_account", "statement", "bank_transaction"]
    assert records[-1]["amount_minor"] == 25_000
    assert not (tmp_path / "hub.sqlite3").exists()


def test_a_ledger_as_canonical_lines(run: Run, tmp_path: Path) -> None:
    sale, paid = day(2, 1), day(4, 7)
    rows = [*sale_of("FA-1", sale, 120_000, letter="A"), *receipt("VIR", paid, 120_000, letter="A")]
    (tmp_path / "any.name").write_bytes(fec(rows))
    ended = run("import", "--dry-run", "--jsonl", tmp_path / "any.name")
    assert ended.status == 0
    records = [json.loads(line) for line in ended.out.splitlines()]
    kinds = ["counterparty", "invoice", "ledger_payment", "ledger_allocation"]
    assert [one["entity"] for one in records] == kinds
    assert (records[-1]["grade"], records[-1]["amount_minor"]) == ("E1", 120_000)
    counted = run("import", "--dry-run", "--json", tmp_path / "any.name")
    assert json.loads(counted.out)["files"][0]["records"] == 4


@pytest.mark.parametrize("form", [[], ["--json"], ["--jsonl"]])
def test_what_is_set_aside_is_on_stderr_and_status_3(form: list[str], run: Run, tmp_path: Path) -> None:
    wrong = files.statement(tmp_path / "wrong.txt", closing="0000000012600{")
    ended = run("import", "--dry-run", *form, files.statement(tmp_path / "june.txt"), wrong)
    assert ended.status == 3
    (line,) = ended.err.splitlines()
    assert line.startswith(f"{wrong}: set aside: ")
    assert "difference" in line


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.txt", b"", "is empty"),
        ("scan.pdf", b"%PDF-1.7\n", "is a PDF"),
        ("page.html", b"<!DOCTYPE html><html></html>", "page.html"),
        ("noise.txt", bytes(range(256)), "noise.txt"),
    ],
)
def test_unreadable_files_are_status_2(
    name: str, content: bytes, says: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    ended = run("import", "--dry-run", tmp_path / name)
    assert (ended.status, ended.out) == (2, "")
    assert says in ended.error
    assert ended.error.count(name) == 1
    assert run("import", "--dry-run", tmp_path).error.endswith("is a folder: name the files in it")


def test_one_unreadable_file_among_others_is_done_in_part(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    ended = run(
        "import", "--dry-run", "--json", tmp_path / "empty.txt", files.statement(tmp_path / "june.txt")
    )
    assert ended.status == 3
    assert [one["lines"] for one in ended.json["files"]] == [1]
    assert len(ended.json["refused"]) == 1
    assert "empty.txt" in ended.error


def test_the_sample_statements_of_other_projects(run: Run) -> None:
    folder = shared("samples/bank/cfonb")
    if folder is None:
        pytest.skip("needs the sample statements")
    ended = run("import", "--dry-run", "--json", *sorted(folder.iterdir()))
    assert ended.status == 3
    assert sum(one["lines"] for one in ended.json["files"]) > 30
    assert all("Traceback" not in line for line in ended.err.splitlines())


RESPONSES = sorted(
    path for path in SAMPLES.glob("*/samples/*.json") if not path.name.endswith(".expected.json")
)


@pytest.mark.parametrize("path", RESPONSES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_every_recorded_response_maps(path: Path, run: Run) -> None:
    ended = run("map", path.parents[1].name, path.name.split(".")[0], path)
    aside = [line for line in ended.err.splitlines() if " set aside: " in line]
    assert ended.status == (3 if aside else 0)
    for line in ended.out.splitlines():
        assert json.loads(line)["entity"]
    assert ended.out or aside


def test_unknown_words_and_fields_are_told(run: Run) -> None:
    ended = run("map", "qonto", "transactions", SAMPLES / "qonto/samples/transactions.set-aside.json")
    assert ended.status == 3
    assert "unknown word 'teleportation'" in ended.err
    assert "unknown field carbon_grams" in ended.err
    assert ended.out


@pytest.mark.parametrize(
    ("body", "status"), [("not json", 2), ("3", 2), ("[3]", 3), ("[]", 0), ('{"transactions": []}', 0)]
)
def test_odd_responses(body: str, status: int, run: Run, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text(body)
    assert run("map", "qonto", "transactions", tmp_path / "body.json").status == status


def _reconcile(run: Run, folder: Path, *more: str) -> object:
    words = ["--transactions", "t.csv", "--open-items", "i.csv", "--out", "results", "--format", "csv"]
    return run("reconcile", *words, *more)


def test_files_are_reconciled(run: Run, tmp_path: Path) -> None:
    files.payments(tmp_path / "t.csv"), files.invoices(tmp_path / "i.csv")
    ended = _reconcile(run, tmp_path)
    assert (ended.status, ended.err) == (0, "")
    assert "1 auto" in ended.out
    assert "1 873.46 EUR" in ended.out.replace("\u202f", " ").replace("\xa0", " ")
    with (tmp_path / "results/allocations.csv").open() as file:
        assert [(row["item_id"], row["amount_minor"]) for row in csv.DictReader(file)] == [("i1", "187346")]
    assert _reconcile(run, tmp_path, "--json").json["outcomes"]["auto"] == 1


def test_rows_that_cannot_be_read_are_status_3(run: Run, tmp_path: Path) -> None:
    files.payments(tmp_path / "t.csv", files.PAYMENTS + "p3,acme,a1,soon,1,EUR,x\n")
    files.invoices(
        tmp_path / "i.csv", files.INVOICES.replace("currency", "currency,colour").replace("EUR", "EUR,red")
    )
    ended = _reconcile(run, tmp_path)
    assert ended.status == 3
    assert "column colour is not known" in ended.err
    assert "rejected.jsonl" in ended.err
    assert "booking_date" in (tmp_path / "results/rejected.jsonl").read_text()


def test_what_a_file_says_is_shown_as_it_is(run: Run, tmp_path: Path) -> None:
    files.payments(tmp_path / "t.csv", files.PAYMENTS.replace(",remittance", ",:100:"))
    files.invoices(tmp_path / "i.csv")
    assert "column :100: is not known" in _reconcile(run, tmp_path).err


def test_a_missing_column_is_status_2_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    files.payments(tmp_path / "t.csv", files.PAYMENTS.replace("booking_date", "day"))
    files.invoices(tmp_path / "i.csv")
    ended = _reconcile(run, tmp_path)
    assert ended.status == 2
    assert "booking_date" in ended.error
    assert not (tmp_path / "results").exists()
