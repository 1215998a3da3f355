"""Reading bank files against bare reading of the same bytes, and importing them against bare inserts."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from benchmarks.ground import Ground, on_postgres, on_sqlite, rate
from benchmarks.table import Line, Table, side_by_side
from core.model import BankTransaction
from core.ports import BankFile
from core.usecases.import_files import import_file
from hub.bank_files import StatementFiles
from mappings.statements import open_statements
from tests.mappings.statements.writers import Move, Period, camt, cfonb

LINES = 10_000
LARGE = 1_000_000
DAYS = 28
DAY = timedelta(days=1)
FIRST = date(2026, 2, 1)
OPENING = 1_000_000
SLICES = ((0, 2), (2, 7), (11, 16), (16, 19), (21, 32), (32, 34), (34, 40), (48, 79), (90, 104), (104, 120))
"""The fields of a CFONB movement, by their places in the record."""


def period(lines: int = LINES) -> Period:
    """A month of receipts; every label differs."""
    moves = tuple(_move(n, lines) for n in range(lines))
    return Period(OPENING, FIRST - DAY, FIRST + DAYS * DAY, moves)


def _amount(n: int) -> int:
    return 10_000 + n * 7919 % 1_000_003


def _move(n: int, lines: int) -> Move:
    return Move(
        amount=_amount(n),
        on=FIRST + n * DAYS // lines * DAY,
        label=f"VIR CLIENT {n % 300:03} FA-2026-{n:06}",
        complements=(("NPY", f"CLIENT {n % 300:03} SARL"), ("LCC", f"FACTURE FA-2026-{n:06}")),
        name=f"CLIENT {n % 300:03} SARL",
        end_to_end=f"E2E-{n:08}",
        reference=f"REF{n:010}",
    )


def _slice(content: bytes) -> list[list[str]]:
    text = content.decode("latin-1")
    return [[record[a:b].strip() for a, b in SLICES] for record in text.splitlines()]


def _iterparse(source: BinaryIO) -> int:
    count = 0
    for _, element in etree.iterparse(source, events=("end",)):
        if element.tag.endswith("}Ntry"):
            count += 1
            element.clear()
    return count


def write_large(path: Path, entries: int) -> None:
    """A camt.053 of a month with so many entries, written a thousand at a time."""
    closing = OPENING + sum(_amount(n) for n in range(entries))
    with path.open("wb") as file:
        for start in range(0, entries, 1000):
            moves = tuple(_move(n, entries) for n in range(start, min(start + 1000, entries)))
            written = camt(Period(OPENING, FIRST - DAY, FIRST + DAYS * DAY, moves, closing))
            body = written.index(b"<Ntry>"), written.index(b"</Stmt>")
            file.write(written[body[0] if start else 0 : body[1]])
        file.write(written[body[1] :])


def _read(name: str, content: BinaryIO, lines: int) -> None:
    file = open_statements(name, content)
    assert (sum(map(len, file.portions(100))), len(file.set_aside)) == (lines, 0)


def _reading(files: dict[str, bytes]) -> Iterator[Line]:
    compared: tuple[tuple[str, str, str, Callable[[bytes], object], str], ...] = (
        ("cfonb.txt", "CFONB 120 (3 records a line)", "slicing the records", _slice, "≥ 0.20"),
        ("camt.xml", "camt.053", "bare lxml.iterparse", lambda xml: _iterparse(BytesIO(xml)), "≥ 0.25"),
    )
    for name, what, yardstick, bare, aim in compared:
        content = files[name]
        a, b, ratio = side_by_side(
            lambda name=name, content=content: _read(name, BytesIO(content), LINES),  # type: ignore[misc]  # bound in the loop
            lambda bare=bare, content=content: bare(content),  # type: ignore[misc]
            rounds=15,
        )
        yield Line(
            f"{what} against {yardstick}", rate(LINES, a, "lines"), rate(LINES, b, "lines"), ratio, aim
        )


def _large() -> Line:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "camt.xml"
        write_large(path, LARGE)

        def opened(work: Callable[[BinaryIO], object]) -> Callable[[], object]:
            def run() -> None:
                with path.open("rb") as file:
                    work(file)

            return run

        ours, bare, ratio = side_by_side(
            opened(lambda file: _read("camt.xml", file, LARGE)), opened(_iterparse), rounds=1
        )
    what = f"camt.053 of {LARGE:,} entries against bare lxml.iterparse"
    return Line(what, rate(LARGE, ours, "lines"), rate(LARGE, bare, "lines"), ratio, "≥ 0.25")


class _ReadAlready:
    """The parsers' work is done: what is left of an import is everything that touches the store."""

    def __init__(self, file: BankFile) -> None:
        self._file = file
        self._portions = [list(portion) for portion in file.portions()]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def fitted(self, *, seen: Any, homes: Any) -> "_ReadAlready":
        assert not seen
        return self

    def portions(self) -> Iterator[Sequence[BankTransaction]]:
        return iter(self._portions)


class _Ready(StatementFiles):
    """Gives the same file whatever is opened."""

    def __init__(self, file: _ReadAlready) -> None:
        super().__init__()
        object.__setattr__(self, "file", file)

    def open(self, name: str, file: BinaryIO, **_about: Any) -> BankFile:
        found: BankFile = self.file  # type: ignore[attr-defined]
        return found


def _import(ground: Ground, statements: StatementFiles, content: bytes, tenant_id: str) -> None:
    done = import_file(
        ground.store, statements, tenant_id, company_id="com_1", name="camt.xml", file=BytesIO(content)
    )
    assert done.new == LINES


def _importing(ground: Ground, content: bytes) -> Iterator[Line]:
    files = StatementFiles()
    ready = _Ready(_ReadAlready(files.open("camt.xml", BytesIO(content), account=None, company_id="com_1")))
    first = ground.tenant()
    _import(ground, ready, content, first)
    rows = ground.rows(first, BankTransaction)

    def upsert() -> None:
        ground.upsert(rows, ground.tenant(), LINES)

    def walk_and_upsert() -> None:
        _iterparse(BytesIO(content))
        upsert()

    for what, statements, bare, yardstick, aim in (
        ("storing a file that is read", ready, upsert, "bare bulk upsert", "≥ 0.50"),
        ("whole import, parsing included,", files, upsert, "bare bulk upsert", ""),
        ("whole import", files, walk_and_upsert, "bare lxml.iterparse, then bare bulk upsert", ""),
    ):
        a, b, ratio = side_by_side(
            lambda statements=statements: _import(ground, statements, content, ground.tenant()),  # type: ignore[misc]  # bound in the loop
            bare,
            rounds=5,
        )
        line = f"{ground.name}: {what} (camt.053) against {yardstick}"
        yield Line(line, rate(LINES, a, "lines"), rate(LINES, b, "lines"), ratio, aim)


def tables() -> list[Table]:
    """Parsing, then the whole import."""
    month = period()
    files = {"cfonb.txt": cfonb(month), "camt.xml": camt(month)}
    found = [*_reading(files), _large()]
    for place in (on_sqlite, on_postgres):
        with place() as ground:
            found += _importing(ground, files["camt.xml"])
    note = (
        f"{LINES:,} movements with name, reference and label. The slicing yardstick cuts ten fields "
        "out of each record and strips them. Ours reads every field, checks the control "
        "totals and gives each line its fingerprint. The import looks for lines known "
        "already, and writes file and lines in one transaction; its yardstick upserts the same rows in one. "
        "The aim of 0.50 is that of storing: parsing has its own aims above, and a parser of camt.053 at "
        "exactly 0.25 of its yardstick would alone take several times as long as the bare upsert."
    )
    return [Table("Bank files", tuple(found), note)]
