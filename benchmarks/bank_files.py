"""Reading bank files against bare reading of the same bytes, and importing them against bare inserts."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO

from lxml import etree

from benchmarks.ground import Ground, on_postgres, on_sqlite, rate
from benchmarks.table import Line, Table, side_by_side
from core.model import BankTransaction
from core.ports import BankFile
from core.usecases.import_files import import_file
from hub.bank_files import StatementFiles
from mappings.statements import read_statements
from tests.mappings.statements.writers import Move, Period, camt, cfonb

LINES = 10_000
DAYS = 28
SLICES = ((0, 2), (2, 7), (11, 16), (16, 19), (21, 32), (32, 34), (34, 40), (48, 79), (90, 104), (104, 120))
"""The fields of a CFONB movement, by their places in the record."""


def period(lines: int = LINES) -> Period:
    """A month of receipts; every label differs."""
    first = date(2026, 2, 1)
    moves = tuple(
        Move(
            amount=10_000 + n * 7919 % 1_000_003,
            on=first + timedelta(days=n * DAYS // lines),
            label=f"VIR CLIENT {n % 300:03} FA-2026-{n:06}",
            complements=(("NPY", f"CLIENT {n % 300:03} SARL"), ("LCC", f"FACTURE FA-2026-{n:06}")),
            name=f"CLIENT {n % 300:03} SARL",
            end_to_end=f"E2E-{n:08}",
            reference=f"REF{n:010}",
        )
        for n in range(lines)
    )
    return Period(1_000_000, first - timedelta(days=1), first + timedelta(days=DAYS), moves)


def _slice(content: bytes) -> list[list[str]]:
    text = content.decode("latin-1")
    return [[record[a:b].strip() for a, b in SLICES] for record in text.splitlines()]


def _iterparse(content: bytes) -> int:
    count = 0
    for _, element in etree.iterparse(BytesIO(content), events=("end",)):
        if element.tag.endswith("}Ntry"):
            count += 1
            element.clear()
    return count


def _reading(files: dict[str, bytes]) -> list[Line]:
    compared = (
        ("CFONB 120 (3 records a line)", "slicing the records", files["cfonb.txt"], "cfonb.txt", "≥ 0.20"),
        ("camt.053", "bare lxml.iterparse", files["camt.xml"], "camt.xml", "≥ 0.25"),
    )  # fmt: skip
    found = []
    for what, yardstick, content, name, aim in compared:

        def ours(name: str = name, content: bytes = content) -> None:
            file = read_statements(name, content)
            assert (len(file.transactions), len(file.set_aside)) == (LINES, 0)

        bare = _slice if name == "cfonb.txt" else _iterparse
        a, b, ratio = side_by_side(ours, lambda bare=bare, content=content: bare(content), rounds=3)  # type: ignore[misc]  # bound in the loop
        found.append(
            Line(f"{what} against {yardstick}", rate(LINES, a, "lines"), rate(LINES, b, "lines"), ratio, aim)
        )
    return found


class _ReadAlready(StatementFiles):
    """The parsers' work is done: what is left of an import is everything that touches the store."""

    def __init__(self, file: BankFile) -> None:
        self._file = file

    def read(self, name: str, content: bytes, *, account: str | None, company_id: str | None) -> BankFile:
        return self._file


def _import(ground: Ground, statements: StatementFiles, content: bytes, tenant_id: str) -> None:
    done = import_file(
        ground.store, statements, tenant_id, company_id="com_1", name="camt.xml", content=content
    )
    assert done.new == LINES


def _importing(ground: Ground, content: bytes) -> Iterator[Line]:
    files = StatementFiles()
    ready = _ReadAlready(files.read("camt.xml", content, account=None, company_id="com_1"))
    first = ground.tenant()
    _import(ground, ready, content, first)
    rows = ground.rows(first, BankTransaction)
    for what, statements, aim in (
        ("storing a file that is read", ready, "≥ 0.50"),
        ("whole import", files, ""),
    ):
        ours, bare, ratio = side_by_side(
            lambda statements=statements: _import(ground, statements, content, ground.tenant()),  # type: ignore[misc]  # bound in the loop
            lambda: ground.insert(rows, ground.tenant(), LINES),
            rounds=3,
        )
        line = f"{ground.name}: {what} (camt.053) against bare bulk insert"
        yield Line(line, rate(LINES, ours, "lines"), rate(LINES, bare, "lines"), ratio, aim)


def tables() -> list[Table]:
    """Parsing, then the whole import."""
    month = period()
    files = {"cfonb.txt": cfonb(month), "camt.xml": camt(month)}
    found = _reading(files)
    for place in (on_sqlite, on_postgres):
        with place() as ground:
            found += _importing(ground, files["camt.xml"])
    note = (
        f"{LINES:,} movements with name, reference and label. The slicing yardstick cuts ten fields "
        "out of each record and strips them. Ours reads every field, checks the control "
        "totals and gives each line its fingerprint. The import looks for lines known "
        "already, and writes file and lines in one transaction; its yardstick inserts the same finished rows."
    )
    return [Table("Bank files", tuple(found), note)]
