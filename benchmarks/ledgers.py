"""Reading a FEC against `csv.reader` over the same bytes."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from io import BytesIO, TextIOWrapper
from itertools import chain

from benchmarks.ground import rate
from benchmarks.table import Line, Table, side_by_side
from core.model import Fact
from mappings.ledger import read_entries, read_ledger, read_lines
from tests.mappings.ledger.writers import Row, fec, receipt, sale

LINES = 50_000
PART = 1_000


def ledger(lines: int = LINES) -> Iterator[bytes]:
    """Sales and receipts of 300 customers, each pair lettered; some thousand lines at a time."""
    for start in range(0, lines // 5, PART):
        content = fec(list(chain.from_iterable(_pairs(range(start, min(start + PART, lines // 5)), lines))))
        yield content if not start else content.partition(b"\n")[2]


def _pairs(numbers: range, lines: int) -> Iterator[list[Row]]:
    for n in numbers:
        on = date(2026, 1, 1) + timedelta(days=n * 330 // (lines // 5))
        who, name, letter = f"C{n % 300:04}", f"Client {n % 300:03} SARL", f"L{n:06}"
        paid, minor = on + timedelta(days=30), 12_000 + n * 7919 % 1_000_003 // 600 * 600
        yield sale(f"FA-2026-{n:06}", on, minor, customer=who, name=name, letter=letter, lettered_on=paid)
        yield receipt(f"VIR {n:06}", paid, minor, customer=who, name=name, letter=letter, lettered_on=paid)


def _csv(content: bytes) -> None:
    text = TextIOWrapper(BytesIO(content), "utf-8", newline="")
    deque(csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE), maxlen=0)


def facts(content: bytes) -> Iterable[Fact]:
    """All facts of a ledger, one after the other."""
    return chain.from_iterable(read_ledger("x.txt", BytesIO(content)).portions())


def tables() -> list[Table]:
    """Lines alone, entries, and all facts with their ids and lettering."""
    content = b"".join(ledger())
    compared = (
        ("typed lines", lambda: deque(read_lines("x.txt", BytesIO(content)), maxlen=0), "≥ 0.20"),
        ("balanced entries", lambda: deque(read_entries("x.txt", BytesIO(content)), maxlen=0), ""),
        ("invoices, payments, lettering", lambda: deque(facts(content), maxlen=0), ""),
    )
    found = []
    for what, ours, aim in compared:
        a, b, ratio = side_by_side(ours, lambda: _csv(content), rounds=3)
        found.append(
            Line(f"{what} against csv.reader", rate(LINES, a, "lines"), rate(LINES, b, "lines"), ratio, aim)
        )
    note = (
        f"{LINES:,} lines of 18 columns, UTF-8, tab. The yardstick splits each line into texts and looks"
        " at none of them. Ours trims every field and reads dates and amounts; entries are balanced; the"
        " last row makes facts with their ids of every document, payment and letter."
    )
    return [Table("Ledgers", tuple(found), note)]
