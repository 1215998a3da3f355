"""The reconciliation report: the same value in four forms, nothing hostile, nothing invented."""

import csv
import io
import os
import zipfile
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.ids import stable_id
from core.model import Allocation, Decision, SourceRef
from core.reconciliation.explain import GATES
from hub.reports import FORMATS, ReconciliationReport, reconciliation, render
from hub.reports.lines import segments
from hub.reports.table import harmless
from hub.reports.words import chance, plain
from tests.fakes import FixedClock, InMemoryStore
from tests.hub.world import COMPANY, INVOICES, LINES, NOW, decision, filled_store, line

GOLDEN = Path(__file__).parent / "golden"
REWRITE = "LETTRAGE_REWRITE_GOLDEN"


def report(store: InMemoryStore, **scope: object) -> ReconciliationReport:
    with store.begin("ten_a", write=False) as unit:
        return reconciliation(unit, **scope)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def full() -> ReconciliationReport:
    return report(filled_store())


@pytest.mark.parametrize("format", ["html", "json", "csv"])
def test_golden(full: ReconciliationReport, format: str) -> None:
    """Set the variable LETTRAGE_REWRITE_GOLDEN to write the files again, then read the diff."""
    path = GOLDEN / f"reconciliation.{format}"
    made = render(full, format)
    if os.environ.get(REWRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(made)
    assert made == path.read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_same_report_same_bytes(full: ReconciliationReport, format: str) -> None:
    assert render(full, format) == render(full, format)


def test_unknown_format_is_refused(full: ReconciliationReport) -> None:
    with pytest.raises(BadInput, match="html, csv, xlsx, json"):
        render(full, "pdf")


def test_money_is_conserved_and_each_figure_has_its_own_source(full: ReconciliationReport) -> None:
    euro, franc = full.flows
    assert (euro.currency, franc.currency) == ("EUR", "CHF")
    assert euro.received_minor == sum(
        t.amount_minor for t in LINES.values() if t.amount_minor > 0 and t.currency == "EUR"
    )
    assert euro.returned_minor == 64000
    assert euro.undecided_minor == LINES["late"].amount_minor
    assert euro.conserved
    assert franc.conserved


def test_a_lost_cent_is_shown(full: ReconciliationReport) -> None:
    store = filled_store()
    with store.begin("ten_a") as unit:
        entry = unit.entries(Allocation)[0]
    store.tamper("ten_a", entry.model_copy(update={"amount_minor": entry.amount_minor - 1}))
    broken = report(store)
    assert broken.flows[0].difference_minor == 1
    assert b"0.01\xc2\xa0EUR is not accounted for" in render(broken, "html")


def test_period_and_company_narrow_the_report() -> None:
    store = filled_store()
    november = report(store, since=date(2026, 11, 6), until=date(2026, 11, 6))
    assert [m.line.transaction_id for m in november.matched] == [LINES["list"].id]
    assert november.flows[0].received_minor == 142550
    assert report(store, company_id=COMPANY).flows == report(store).flows
    assert report(store, company_id="com_other").flows == ()


def test_nothing_known_is_said_not_invented() -> None:
    empty = report(InMemoryStore(FixedClock(NOW)))
    page = render(empty, "html").decode()
    assert "nothing to reconcile" in page
    assert "0.00" not in page
    assert "%" not in page.split("</style>")[1]


def test_waiting_shows_the_arithmetic_and_what_is_left(full: ReconciliationReport) -> None:
    over = next(w for w in full.waiting if w.line.transaction_id == LINES["over"].id)
    assert over.candidates[0].arithmetic == "2 012.00 = 1 972.00 + 40.00 left over"
    assert over.candidates[0].left_minor == 4000
    assert [w.line.amount_minor for w in full.waiting] == sorted(
        (w.line.amount_minor for w in full.waiting), reverse=True
    )


def test_ageing_sums_to_what_is_open(full: ReconciliationReport) -> None:
    for currency in {a.currency for a in full.ageing}:
        rows = [i.open_minor for i in full.open_invoices if i.currency == currency]
        assert sum(a.open_minor for a in full.ageing if a.currency == currency) == sum(rows)
    assert [i.number for i in full.declared_paid] == ["F-OLD-7"]
    assert full.open_invoices[0].number == "FAC-2026-000131", "financed ones come first"


def test_the_same_document_and_money_in_two_tools_count_once(full: ReconciliationReport) -> None:
    store = filled_store()
    mine = INVOICES["FA-802"].model_copy(update={"number_normalized": "FA802"})
    other = SourceRef(provider="pennylane", account="1", object="customer_invoice", external_id="9")
    twin = mine.model_copy(update={"id": "inv_twin", "source": other})
    again = line("again", 250000, date(2026, 11, 19), "ALPINA GMBH", "CHF-12", currency="CHF")
    seen = decision(again, "none", "T0", "copy")
    with store.begin("ten_a") as unit:
        unit.put([mine, twin, again, seen])
    both = report(store)
    assert both.flows == full.flows
    assert both.ageing == full.ageing


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_page_is_self_contained_and_hostile_words_stay_words(full: ReconciliationReport) -> None:
    page = _Page()
    text = render(full, "html").decode()
    page.feed(text)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "style")]
    assert all((value or "").startswith("#") for name, value in page.attributes if name == "href")
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text
    assert "url(" not in text


def test_every_table_cell_has_its_role_and_label(full: ReconciliationReport) -> None:
    text = render(full, "html").decode()
    for cell in ("<td", "<tr", "<table"):
        assert text.count(cell) == text.count(cell + ' role="'), cell


def test_csv_runs_nothing(full: ReconciliationReport) -> None:
    rows = list(csv.reader(io.StringIO(render(full, "csv").decode("utf-8-sig"))))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        is_number = cell.lstrip("-").replace(".", "").isdigit()
        assert is_number or not cell.startswith(("=", "+", "-", "@", "\t")), cell


def test_workbook_holds_dates_and_numbers_and_no_formula(full: ReconciliationReport) -> None:
    with zipfile.ZipFile(io.BytesIO(render(full, "xlsx"))) as book:
        pages = [book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
    cells = [c for page in pages for c in ElementTree.fromstring(page).iter() if c.tag.endswith("}c")]
    assert len(pages) == 12
    assert not [c for c in cells if any(child.tag.endswith("}f") for child in c)]
    assert any(c.get("t") is None and c.findtext("{*}v") == "1873.46" for c in cells)


@given(st.text(), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=5))
def test_segments_never_change_the_words(text: str, spans: list[tuple[int, int]]) -> None:
    inside = sorted((a, b) for a, b in spans if a < b <= len(text))
    assert "".join(run.text for run in segments(text, inside)) == text


@given(st.text(alphabet=st.characters(codec=None)))
def test_plain_keeps_length_and_can_always_be_written(text: str) -> None:
    assert len(plain(text)) == len(text)
    plain(text).encode("utf-8")


@given(st.text())
def test_harmless_never_starts_a_formula(text: str) -> None:
    assert not harmless(text).lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(("expected", "words"), [(0.0, "0"), (0.00002, "0.00002"), (3.0, "3")])
def test_chance(expected: float, words: str) -> None:
    assert chance(expected) == words


def test_a_line_says_what_kept_payer_and_amount_from_being_enough() -> None:
    store = filled_store()
    with store.begin("ten_a") as unit:
        (waiting,) = unit.get(Decision, [stable_id("dec", LINES["twins"].id)]).values()
    gated = waiting.model_copy(update={"explanation": {**waiting.explanation, "gate": "payer_not_sure"}})
    store.tamper("ten_a", gated)
    page = render(report(store), "html").decode()
    assert f"Not enough: {GATES['payer_not_sure']}." in unescape(page)
