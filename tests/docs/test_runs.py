"""What the pages show runs as it stands: shell commands offline, snippets of Python, the demo."""

import json
import os
import subprocess
import sys
import zipfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli import files
from tests.docs.pages import PAGES, ROOT, blocks, name
from tests.mappings.einvoice.writer import Part, Sale, Trader, cii, pdf
from tests.mappings.ledger.writers import fec, sale
from tests.mappings.statements.writers import Move, Period, cfonb

RUN_ELSEWHERE = {"docs/connectors.md", "docs/delivery.md"}
"""Snippets that need a stage and have it: tests/connectors/test_docs.py, tests/delivery/test_guide.py."""
FROM_NOTHING = (
    "tenant create",
    "key create",
    "company create",
    "db upgrade",
    "connect ",
    "report ",
    "events verify",
)


def _shell(script: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LETTRAGE_")}
    environment |= {"LETTRAGE_DATABASE_URL": f"sqlite:///{folder / 'hub.sqlite3'}", **settings}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def _readme(heading: str) -> str:
    (section,) = [
        part for part in (ROOT / "README.md").read_text().split("\n## ") if part.startswith(heading)
    ]
    block = section.split("```sh\n")[1].split("```")[0]
    return block.replace(". .venv/bin/activate\n", "")


def test_the_readme_on_ones_own_data(tmp_path: Path) -> None:
    files.statement(tmp_path / "statement.txt")
    files.payments(tmp_path / "payments.csv"), files.invoices(tmp_path / "invoices.csv")
    done = _shell(_readme("On your own data"), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"entity": "bank_transaction"' in done.stdout
    assert (tmp_path / "results" / "decisions.csv").exists()
    assert not (tmp_path / "hub.sqlite3").exists()


def test_the_page_on_files(tmp_path: Path) -> None:
    (script,) = blocks(ROOT / "docs" / "files.md", "sh")
    done = _shell(script, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "p1,i1,187346" in done.stdout
    assert not (tmp_path / "results" / "rejected.jsonl").exists()


def _october(folder: Path) -> None:
    """What the guide imports: a statement and two Factur-X in a ZIP, and a ledger with a third invoice."""
    seller, on = Trader("Atelier Nordique SAS", "990000002"), date(2026, 10, 12)
    numbers = ("FA-2026-0801", "FA-2026-0802", "FA-2026-0803")
    sales = [Sale(number=number, seller=seller, lines=(Part(100_000),)) for number in numbers]
    moves = [Move(120_000, on, label="VIR SEPA RECU", complements=(("LCC", number),)) for number in numbers]
    with zipfile.ZipFile(folder / "octobre.zip", "w") as archive:
        archive.writestr("releve.txt", cfonb(Period(0, date(2026, 9, 30), on, tuple(moves))))
        for one in sales[:2]:
            archive.writestr(f"factures/{one.number}.pdf", pdf(("factur-x.xml", cii(one)), kids=0))
    (folder / "990000002FEC20261231.txt").write_bytes(fec(sale(numbers[2], date(2026, 10, 1), 120_000)))


@pytest.mark.slow
def test_from_a_download_to_the_report(tmp_path: Path) -> None:
    _october(tmp_path)
    (script,) = blocks(ROOT / "docs" / "bank-files.md", "sh")
    done = _shell(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 new allocations" in done.stdout
    shown = _shell("lettrage report reconciliation --format json --out report.json", tmp_path)
    assert shown.returncode == 0, shown.stderr
    report = (tmp_path / "report.json").read_text()
    assert all(f"FA-2026-080{n}" in report for n in (1, 2, 3))
    again = _shell(next(line for line in script.splitlines() if "import" in line), tmp_path)
    assert "0 new" in again.stdout
    assert not [line for line in again.stdout.splitlines() if ", 0 new" not in line]


@pytest.mark.slow
def test_the_readme_for_real(tmp_path: Path) -> None:
    lines = _readme("For real").splitlines()
    offline = [line for line in lines if line.startswith(tuple(f"lettrage {word}" for word in FROM_NOTHING))]
    assert len(offline) >= 6
    done = _shell("\n".join(offline), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "/connect/" in done.stdout
    assert (tmp_path / "reconciliation.html").exists()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python") and name(page) not in RUN_ELSEWHERE], ids=name
)
def test_snippets_of_python_run(page: Path) -> None:
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)  # our own pages


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_examples_of_json_are_json(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block)


@pytest.mark.slow
def test_the_demo_tells_its_story_and_the_readme_looks_around_in_it(tmp_path: Path) -> None:
    done = _shell("lettrage demo --out demo-output", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    folder = tmp_path / "demo-output"
    assert str(folder / "reconciliation.html") in done.stdout
    _well_formed(folder / "reconciliation.html")
    assert (folder / "reconciliation.csv").read_text("utf-8-sig").startswith("section,")
    assert (folder / "reconciliation.xlsx").read_bytes().startswith(b"PK")
    assert json.loads((folder / "reconciliation.json").read_text())["title"]
    events = json.loads((folder / "events.json").read_text())
    assert {"invoice.paid", "repayment.due"} <= {event["type"] for event in events}
    look = _shell(_look_around(), tmp_path)
    assert look.returncode == 0, look.stderr
    assert "Loan LOAN-1001: " in look.stdout
    assert f"{len(events)} events derived again from the raw records: 0 differences" in look.stdout


def _look_around() -> str:
    (block,) = [block for block in blocks(ROOT / "README.md", "sh") if "demo-output" in block]
    return block.replace(". .venv/bin/activate\n", "")


VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


def _well_formed(page: Path) -> None:
    """Every element that is opened is closed, in order."""

    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in VOID:
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag, self.getpos()

    balance = Balance()
    balance.feed(page.read_text("utf-8"))
    balance.close()
    assert balance.open == []
