"""The formats, their files, who reads them, and how many entries stand in a file whoever reads it."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.apart import PYTHON
from tests.samples import shared

GOLDEN = Path(__file__).parents[2] / "tests" / "mappings"
_READERS = "benchmarks.parsers.readers"


class Marks(NamedTuple):
    """How many entries and statements (or invoices) a file holds, by the marks that open them."""

    entries: int
    statements: int


@dataclass(frozen=True, slots=True)
class Parser:
    """A library, and the program that asks it."""

    name: str
    licence: str
    reader: str
    python: Path = PYTHON
    options: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        return (str(self.python), "-m", f"{_READERS}.{self.reader}", *self.options)


OURS = Parser("Lettrage", "this project's", "lettrage", Path(sys.executable))


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its golden samples, and its samples outside the repository where there are any."""

    name: str
    note: str
    others: tuple[Parser, ...]
    marks: Callable[[bytes], Marks]
    golden: tuple[str, ...]
    outside: tuple[str, ...] = ()

    @property
    def parsers(self) -> tuple[Parser, ...]:
        return (OURS, *self.others)

    def files(self) -> tuple[Path, ...]:
        """Golden samples first."""
        return (*_found(GOLDEN, self.golden), *_found(shared("samples"), self.outside))


def _found(root: Path | None, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns if root else ():
        yield from sorted(path for path in root.glob(pattern) if not path.name.endswith(".jsonl"))


def _marks(entry: bytes, statement: bytes) -> Callable[[bytes], Marks]:
    def count(content: bytes) -> Marks:
        return Marks(len(re.findall(entry, content)), len(re.findall(statement, content)))

    return count


def _cfonb(content: bytes) -> Marks:
    """Records have 120 characters, with or without line ends between them."""
    records = content.splitlines() if b"\n" in content else re.findall(rb"(?s).{1,120}", content)
    records = [part for record in records for part in re.findall(rb".{1,120}", record)]
    return Marks(*(sum(record.startswith(code) for record in records) for code in (b"04", b"01")))


def _one(_: bytes) -> Marks:
    return Marks(1, 1)


FORMATS = (
    Format(
        "camt.052, 053 and 054",
        "Ours gives a line for each payment of a batch, so more lines than entries; reports and notifications"
        " (camt.052, 054) it announces without proving them. pyiso20022 gives documents as dataclasses; signs"
        " and the kinds of balance are said by our reader.",
        (Parser("pyiso20022", "MIT", "iso20022"),),
        _marks(rb"<(?:\w+:)?Ntry>", rb"<(?:\w+:)?(?:Stmt|Rpt|Ntfctn)>"),
        ("statements/samples/camt*.xml",),
        ("bank/camt/*.xml",),
    ),
    Format(
        "CFONB 120",
        "python-cfonb joins the statements of one account into one: one balance. It wants a line end after"
        " each record of 120 characters, and no empty line.",
        (Parser("python-cfonb", "LGPL", "cfonb"),),
        _cfonb,
        ("statements/samples/cfonb120*.txt",),
        ("bank/cfonb/*[!0].txt", "bank/cfonb/*.cfo"),
    ),
    Format(
        "MT940 and MT942",
        "mt-940 does not claim MT942. Ours uses its patterns of tags and splits files itself.",
        (Parser("mt-940", "BSD-3-Clause", "mt940"),),
        _marks(rb"(?m)^:61:", rb"(?m)^:20:"),
        ("statements/samples/mt94*.sta",),
        ("bank/mt940/*",),
    ),
    Format(
        "OFX",
        "OFX states no opening balance: nothing can be proven, by anybody.",
        (Parser("ofxparse", "MIT", "ofx"),),
        _marks(rb"<STMTTRN>", rb"<(?:CC)?STMTRS>"),
        ("statements/samples/*.ofx",),
        ("bank/ofx/*",),
    ),
    Format(
        "E-invoices: Factur-X, ZUGFeRD, CII, UBL",
        "Proven: gross is net and tax; what is due is gross less what was prepaid, and rounding. The profile"
        " MINIMUM cannot say what was prepaid. factur-x checks the schema first unless told not to, and says"
        " that it does not parse ZUGFeRD 1. Some files are wrong on purpose.",
        (
            Parser("factur-x", "BSD", "facturx"),
            Parser("factur-x, schema unchecked", "BSD", "facturx", options=("unchecked",)),
        ),
        _one,
        ("einvoice/samples/[!s]*.*",),
        ("einvoice/pdf/*", "einvoice/cii/*", "einvoice/ubl/*", "einvoice/wrong/*"),
    ),
)
