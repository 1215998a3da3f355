"""Values -> file in any dialect -> the same values; letters attribute no more than there is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from mappings.ledger import (
    Finding,
    LedgerEntry,
    LedgerFile,
    LedgerLine,
    read_entries,
    read_ledger,
    read_lines,
)
from mappings.ledger.columns import CASH_BASIS
from tests.mappings.ledger.writers import PLAIN, XML, Dialect, Row, fec, marked_up, receipt, sale
from tests.mappings.statements.properties import quick

DAYS = st.dates(date(2020, 1, 1), date(2029, 12, 31))
CENTS = st.integers(1, 10**13 // 4)
LATIN = "ABCZabz 019.,:'\"/-_()éèçàÉÇœŠ€&"
WORDS = st.text(LATIN, max_size=40).map(str.strip)
ACCOUNTS = st.sampled_from(("411000", "706000", "401VENDEUR", "512100"))
CODES = st.text("ABCXYZ0189-", min_size=1, max_size=12)


@st.composite
def entries(draw: st.DrawFn, number: int) -> list[Row]:
    """Lines that balance under one number."""
    on, journal, amounts = draw(DAYS), draw(CODES), draw(st.lists(CENTS, min_size=1, max_size=4))
    sides = [draw(st.sampled_from((1, -1))) * cents for cents in amounts]
    total = sum(sides)
    return [
        Row(
            journal, f"E{number}", on, draw(ACCOUNTS), minor, journal_label="Journée",
            piece=draw(CODES), label=draw(WORDS), auxiliary=draw(st.sampled_from(("", "C001"))),
            name=draw(WORDS), letter=draw(st.sampled_from(("", "AA", "b"))),
            lettered_on=draw(st.none() | DAYS), validated_on=draw(st.none() | DAYS),
            piece_date=draw(DAYS), foreign=draw(st.sampled_from((("", ""), ("12,50", "GBP")))),
            negative=draw(st.booleans()),
        )
        for minor in [*sides, *([-total] if total else [])]
    ]  # fmt: skip


@st.composite
def books(draw: st.DrawFn) -> list[Row]:
    return [row for number in range(1, draw(st.integers(1, 6)) + 1) for row in draw(entries(number))]


DIALECTS = st.builds(
    Dialect,
    separator=st.sampled_from(("\t", "|", ";")),
    encoding=st.sampled_from(("utf-8", "iso8859-15")),
    end=st.sampled_from(("\n", "\r\n", "\r", "\r\r\n")),
    trailing=st.booleans(),
    width=st.sampled_from((0, 15)),
    decimal=st.sampled_from((",", ".")),
    signed=st.sampled_from((None, ("D", "C"), ("+1", "-1"), ("d", "c"))),
    sign_last=st.booleans(),
    zeros=st.booleans(),
    extra=st.sampled_from(((), CASH_BASIS[:3], CASH_BASIS)),
    header=st.sampled_from(("law", "upper", "spaced")),
    day=st.sampled_from(("%Y%m%d", "%Y-%m-%d", "%d/%m/%Y")),
    blank_lines=st.booleans(),
    mark=st.booleans(),
).map(lambda one: one if one.encoding == "utf-8" else Dialect(**{**vars(one), "mark": False}))  # fmt: skip


def line_of(row: Row) -> LedgerLine:
    """What the reader must say of a row, its number aside."""
    debit = (row.minor > 0) != row.negative
    amount = -abs(row.minor) if row.negative else abs(row.minor)
    return LedgerLine(
        0, row.journal, row.journal_label, row.entry, row.on, row.account, row.account_label, row.auxiliary,
        row.name, row.piece, row.piece_date, row.label, amount if debit else 0, 0 if debit else amount,
        row.letter, row.lettered_on, row.validated_on, *row.foreign,
    )  # fmt: skip


@given(rows=books(), dialect=DIALECTS)
@quick
def test_any_dialect_gives_the_same_lines(rows: list[Row], dialect: Dialect) -> None:
    content = fec(rows, dialect)
    read = [part for part in read_lines("x.txt", BytesIO(content)) if isinstance(part, LedgerLine)]
    found = [line._replace(number=0) for line in read]
    assert found == [line_of(row) for row in rows]


@given(rows=books(), dialect=DIALECTS)
@quick
def test_entries_balance_and_keep_their_lines_together(rows: list[Row], dialect: Dialect) -> None:
    content = fec(rows, dialect)
    read = list(read_entries("x.txt", BytesIO(content)))
    assert not [part for part in read if isinstance(part, Finding) and part.severity == "error"]
    found = [part for part in read if isinstance(part, LedgerEntry)]
    assert all(sum(line.minor for line in entry.lines) == 0 for entry in found)
    assert [entry.number for entry in found] == list(dict.fromkeys(row.entry for row in rows))
    assert sum(len(entry.lines) for entry in found) == len(rows)


@given(rows=books(), order=st.randoms(use_true_random=False))
@quick
def test_entries_whose_lines_stand_apart_are_put_together(rows: list[Row], order: st.DataObject) -> None:
    shuffled = list(rows)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    read = list(read_entries("x.txt", BytesIO(fec(shuffled))))
    found = [part for part in read if isinstance(part, LedgerEntry)]
    assert not [part for part in read if isinstance(part, Finding)]
    assert sum(len(entry.lines) for entry in found) == len(rows)


@given(rows=books(), signed=st.sampled_from((None, ("D", "C"), ("+1", "-1"))))
@quick
def test_xml_gives_the_same_lines(rows: list[Row], signed: tuple[str, str] | None) -> None:
    """In XML date, piece, label and letter are the entry's, not the line's."""
    first = {row.entry: row for row in reversed(rows)}
    shared = ("piece", "piece_date", "label", "letter", "lettered_on", "validated_on")
    rows = [replace(row, **{name: getattr(first[row.entry], name) for name in shared}) for row in rows]
    content = marked_up(rows, replace(XML, signed=signed))
    read = [part for part in read_lines("x.xml", BytesIO(content)) if isinstance(part, LedgerLine)]
    assert [line._replace(number=0) for line in read] == [line_of(row) for row in rows]
    numbers = [line.number for line in read]
    assert numbers == sorted(numbers)


@st.composite
def lettered_trade(draw: st.DrawFn) -> list[Row]:
    """Sales and receipts of two customers under a few letters, in any proportion."""
    rows: list[Row] = []
    for number in range(draw(st.integers(1, 8))):
        on = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 40)))
        who = draw(st.sampled_from((("K", "Kervadec SARL"), ("L", "Lartigue"))))
        letter = draw(st.sampled_from(("", "A", "B")))
        minor = draw(st.sampled_from((600, 1200, 2400, -600)))
        if draw(st.booleans()):
            one = sale(f"F-{number:03}", on, minor, customer=who[0], name=who[1], letter=letter)
        else:
            kept = draw(st.sampled_from((0, 30))) if minor > 30 else 0
            one = receipt(f"VIR {number}", on, minor, customer=who[0], name=who[1], letter=letter, kept=kept)
        rows += one
    return rows


def read(rows: Sequence[Row], dialect: Dialect = PLAIN) -> LedgerFile:
    return read_ledger("732829320FEC20261231.txt", BytesIO(fec(rows, dialect)))


@given(rows=lettered_trade())
@quick
def test_letters_attribute_no_more_than_was_paid_nor_than_was_owed(rows: list[Row]) -> None:
    file = read(rows)
    paid: dict[str, int] = defaultdict(int)
    settled: dict[str, int] = defaultdict(int)
    for one in file.allocations:
        assert one.amount_minor > 0
        paid[one.settled_by] += one.amount_minor
        settled[one.invoice_id] += one.amount_minor
    amounts = {p.id: p.amount_minor for p in file.payments} | {i.id: i.gross_minor for i in file.invoices}
    assert all(amount <= amounts[id] for id, amount in paid.items())
    assert all(amount <= amounts[id] for id, amount in settled.items())


@given(rows=lettered_trade(), dialect=DIALECTS)
@quick
def test_facts_do_not_depend_on_the_dialect(rows: list[Row], dialect: Dialect) -> None:
    file, other = read(rows), read(rows, dialect)
    assert [fact.content() for fact in file.facts] == [fact.content() for fact in other.facts]
    assert (file.debit_minor, file.credit_minor) == (other.debit_minor, other.credit_minor)
    assert file.debit_minor == file.credit_minor
    assert len({fact.id for fact in file.facts}) == len(file.facts)
