"""What waits for the end of a ledger: on disk where it is long, and said the same; nothing is left there."""

import gc
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, Misconfigured
from core.model.identifiers import compact
from mappings.ledger import LedgerFile, daybook, lettering, read_ledger
from mappings.ledger.booked import Item
from tests.mappings.ledger.golden import records, samples
from tests.mappings.ledger.test_round_trip import books
from tests.mappings.ledger.writers import PLAIN, XML, Row, fec, marked_up, receipt, sale
from tests.mappings.statements.properties import quick

NAME = "732829320FEC20261231.txt"
DAY = date(2026, 2, 1)
ON_DISK = 1
"""Bytes held in memory: nearly nothing."""
descriptors = Path("/proc/self/fd")
on_linux = pytest.mark.skipif(not descriptors.exists(), reason="open files are told by /proc")


def ledger(count: int, customers: int = 20) -> bytes:
    """Sales and their receipts, lettered; some are repeated, taken back, or share a piece."""
    rows: list[Row] = []
    for n in range(count):
        on, letter, who = DAY + timedelta(days=n % 28), f"L{n}", {"customer": f"C{n % customers}"}
        number = f"FA-{n - n % 7 % 2:05}"
        rows += sale(number, on, 1_200, letter=letter, lettered_on=on, name=f"Client {n % 3}", **who)
        rows += receipt(f"VIR {n % 50}", on, 1_200, letter=letter, lettered_on=on, **who)
        if n % 10 == 0:
            rows += receipt(f"REJET VIR {n % 50}", on, -1_200, **who)
    return fec(rows)


def long_ledger(count: int) -> bytes:
    """Sales and their receipts, quickly written."""
    pair = [*sale("FA-@", DAY, 1_200, letter="L@"), *receipt("VIR @", DAY, 1_200, letter="L@")]
    header, _, body = fec(pair).partition(b"\n")
    return header + b"\n" + b"".join(body.replace(b"@", b"%06d" % n) for n in range(count))


def read(content: bytes, *, held: int = daybook.HELD) -> LedgerFile:
    return read_ledger(NAME, BytesIO(content), held=held)


def temporary_files() -> int:
    """How many of SQLite's temporary files are open; none of them has a name any more."""
    gc.collect()
    found = [os.readlink(one.path) for one in os.scandir(descriptors) if os.path.islink(one.path)]
    files = [path for path in found if "etilqs_" in path]
    assert all(path.endswith("(deleted)") for path in files)
    return len(files)


@pytest.mark.parametrize("content", [*(p.read_bytes() for p in samples()), ledger(300)])
def test_a_ledger_on_disk_says_the_same_in_the_same_order(content: bytes) -> None:
    assert list(records(read(content, held=ON_DISK))) == list(records(read(content)))


@given(rows=books(), marked=st.booleans())
@quick
def test_any_ledger_on_disk_says_the_same(rows: list[Row], marked: bool) -> None:
    content = marked_up(rows, XML) if marked else fec(rows, PLAIN)
    assert list(records(read(content, held=ON_DISK))) == list(records(read(content)))


@on_linux
def test_a_short_ledger_never_touches_the_disk_and_a_long_one_leaves_nothing_there() -> None:
    before = temporary_files()
    short = read(ledger(50))
    assert (temporary_files(), len(short.invoices)) == (before, 50)
    long = read(ledger(300), held=ON_DISK)
    assert temporary_files() > before
    assert len(long.facts) == len(long.facts) > 600, "it can be read again"
    del short, long
    assert temporary_files() == before


@on_linux
def test_nothing_is_left_of_a_reading_that_was_given_up_or_failed() -> None:
    before = temporary_files()
    portions = read(long_ledger(1_500), held=ON_DISK).portions()
    next(portions)
    assert temporary_files() > before
    del portions
    damaged = marked_up([row for n in range(300) for row in sale(f"FA-{n:03}", DAY, 1_200)])[:-40]
    with pytest.raises(BadInput, match="cut or damaged"):
        read(damaged, held=ON_DISK)
    assert temporary_files() == before


PEAK = """
import sys
from pathlib import Path
from mappings.ledger import read_ledger
with open(sys.argv[1], "rb") as file:
    assert sum(map(len, read_ledger("x.txt", file, held=1).portions())) > int(sys.argv[2])
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@on_linux
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(sales: int) -> int:
        """In kB, of a process that reads a ledger of so many sales."""
        path = tmp_path / f"{sales}.txt"
        path.write_bytes(long_ledger(sales))
        command = [sys.executable, "-c", PEAK, str(path), str(2 * sales)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert peak(8_000) < peak(2_000) + 7_000


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may be written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_told_with_the_way_out() -> None:
    with pytest.raises(Misconfigured, match=r"no room for it .*let TMPDIR name a folder"):
        read(ledger(300), held=ON_DISK)


def test_a_letter_on_too_many_lines_ties_nothing_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(daybook, "LONGEST_LETTER", 4)
    monkeypatch.setattr(lettering, "LONGEST_LETTER", 4)
    rows = [row for n in range(3) for row in sale(f"FA-{n}", DAY, 600, letter="A")]
    rows += [row for n in range(2) for row in receipt(f"VIR {n}", DAY, 900, letter="A")]
    rows += [*sale("FA-9", DAY, 1_200, letter="B"), *receipt("VIR 9", DAY, 1_200, letter="B")]
    file = read(fec(rows))
    assert [(one.matching_code, one.amount_minor) for one in file.allocations] == [("B", 1_200)]
    [told] = [one for one in file.warnings if one.code == "lettering_too_long"]
    assert (told.severity, told.line) == ("warning", 2)
    assert told.message == "letter A of account 411000 stands on more than 4 lines: none were tied by it"


Open = tuple[str, int]
"""The number of an invoice or the label of a payment, and its amount."""
AMOUNTS = st.integers(1, 6)
INVOICES = st.lists(
    st.tuples(st.sampled_from(("F1", "FA-1", "FA-12", "FA-123", "A-12")), AMOUNTS), max_size=6
)
SOURCES = st.lists(
    st.tuples(st.sampled_from(("VIR", "FA-12", "FA-123 FA-1", "fa 12 / a-12", "XFA-1X")), AMOUNTS), max_size=6
)


def by_every_pair(invoices: Sequence[Open], sources: Sequence[Open]) -> list[tuple[int, int, int]]:
    """The rule as one would write it down: every payment against every invoice, three times over."""
    owed, paid = [amount for _, amount in invoices], [amount for _, amount in sources]
    found = []
    for rule, s, i in product(range(3), range(len(sources)), range(len(invoices))):
        number = compact(invoices[i][0])
        cited = len(number) >= 3 and number in compact(sources[s][0])
        amount = min(owed[i], paid[s])
        if amount and (owed[i] == paid[s], cited, True)[rule]:
            owed[i] -= amount
            paid[s] -= amount
            found.append((i, s, amount))
    return found


@given(invoices=INVOICES, sources=SOURCES)
@quick
def test_several_against_several_are_attributed_as_by_trying_every_pair(
    invoices: list[Open], sources: list[Open]
) -> None:
    base = Item(0, "", "invoice", False, "", "", DAY, 0, None)
    owed = [base._replace(number=n, piece=piece, line=n) for n, (piece, _) in enumerate(invoices)]
    paid = [base._replace(number=n, label=label, is_payment=True) for n, (label, _) in enumerate(sources)]
    found = lettering.attributed(
        [lettering.Open(what, amount) for what, (_, amount) in zip(owed, invoices, strict=True)],
        [lettering.Open(what, amount) for what, (_, amount) in zip(paid, sources, strict=True)],
    )
    assert [(i.number, s.number, amount) for i, s, amount in found] == by_every_pair(invoices, sources)


def test_equal_names_are_told_apart_by_their_order() -> None:
    one = sale("FA-1", DAY, 1_200, entry="1")
    file = read(fec([*one, *(replace(row, entry="2") for row in one)]))
    first, second = file.invoices
    assert first.source is not None
    assert second.source is not None
    assert second.source.external_id == f"{first.source.external_id}:2"
    assert file.stated([first.id, second.id, "inv_other"]) == {first.id, second.id}
