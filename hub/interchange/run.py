"""`lettrage reconcile` over files: read, decide, write, and say what happened."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import polars as pl

from core.errors import BadInput
from core.reconciliation import Policy, kernel
from core.reconciliation.precision import opened
from hub.interchange.columns import OPEN_ITEMS, PAYER_ACCOUNTS, TRANSACTIONS, Table
from hub.interchange.deciding import Engine, cores
from hub.interchange.outputs import WRITERS, Frames, write
from hub.interchange.pieces import decide_all
from hub.interchange.policy_file import read_policy
from hub.interchange.rows import Rejected
from hub.interchange.sheet import TYPES, Sheet, read_sheet
from hub.interchange.signs import SIGNED_ITEM, Check

if TYPE_CHECKING:
    from core.ports import Progress

FORMATS: Final = tuple(WRITERS)


def quiet(what: str, counts: Mapping[str, int]) -> None:
    """Reports to nobody."""


_TABLES: Final[Mapping[str, tuple[Table, Check | None]]] = {
    "lines": (TRANSACTIONS, None),
    "items": (OPEN_ITEMS, SIGNED_ITEM),
    "accounts": (PAYER_ACCOUNTS, None),
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. Amounts are minor units by currency, credits and debits summed with their sign."""

    lines: int
    items: int
    rejected: int
    outcomes: Mapping[str, int]
    tiers: Mapping[str, int]
    allocated_minor: Mapping[str, int]
    unallocated_minor: Mapping[str, int]
    unknown_columns: tuple[tuple[str, str], ...]
    policy: str
    declined: str | None
    """Why the kernel did not decide, and the Python did."""

    @property
    def exit_status(self) -> int:
        """0 when every row was read, 3 when some were set aside."""
        return 3 if self.rejected else 0


def run_files(
    transactions: Path,
    open_items: Path,
    payer_accounts: Path | None,
    policy: Path | None,
    out: Path,
    format: str = "parquet",
    *,
    progress: "Progress" = quiet,
    threads: int | None = None,
    engine: Engine = "kernel",
) -> Summary:
    """Reconciles files. Raises BadInput (exit status 2) before anything is written when a file, a
    required column or the policy cannot be read. Any number of `threads` (default: one for each core) and
    both engines give the same bytes; the reference takes the place of a kernel that was not built."""
    if format not in FORMATS:
        raise BadInput(f"unknown output format {format[:40]!r}: expected one of {', '.join(FORMATS)}")
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out}: the output must be a directory")
    rules = opened(read_policy(policy), {}) if policy else Policy()
    reading = _Reading()
    frames = reading.frames(
        {"lines": transactions, "items": open_items, "accounts": payer_accounts}, progress
    )
    items, threads = frames["items"].height, threads or cores()
    progress("deciding", {"lines": frames["lines"].height, "threads": threads})
    with TemporaryDirectory(prefix="lettrage-") as folder:
        outputs, declined = decide_all(frames, rules, Path(folder), engine=engine, threads=threads)
    with ThreadPoolExecutor(1) as meanwhile:
        written = meanwhile.submit(write, out, outputs, reading.rejected, format=format)
        done = _summary(outputs["decisions"], items, reading, rules, declined)
        progress("decided", done.outcomes)
        try:
            written.result()
        except OSError as error:
            raise BadInput(f"{out}: the output cannot be written: {error.strerror or error}") from None
    return done


class _Reading:
    """Collects what was set aside and ignored while the files are read."""

    def __init__(self) -> None:
        self.rejected: list[Rejected] = []
        self.unknown: list[tuple[str, str]] = []

    def frames(self, paths: Mapping[str, Path | None], progress: "Progress") -> Frames:
        """The good rows of each file. Of several that cannot be read the first is told."""
        given = {name: path for name, path in paths.items() if path}
        with ThreadPoolExecutor(_readers(given.values())) as pool:
            sheets = {name: pool.submit(read_sheet, path, *_TABLES[name]) for name, path in given.items()}
            kernel.is_available()  # it is loaded meanwhile
            frames = {name: self._frame(_TABLES[name][0], sheets.get(name)) for name in paths}
        counts = {"lines": frames["lines"].height, "items": frames["items"].height}
        progress("read", {**counts, "rejected": len(self.rejected)})
        return frames

    def _frame(self, table: Table, sheet: Future[Sheet] | None) -> pl.DataFrame:
        if sheet is None:
            return pl.DataFrame(schema={column.name: TYPES[column.kind] for column in table.columns})
        read = sheet.result()
        self.rejected += read.rejected
        self.unknown += read.unknown
        return read.frame


def _readers(paths: Collection[Path]) -> int:
    """How many files are read at once. All, if they are read whole column by column; cells that Python reads
    one by one take its only lock, and much memory until they have their types."""
    return len(paths) if all(path.suffix.lower() == ".parquet" for path in paths) else 1


def _counted(frame: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(frame.group_by(column).len().sort(column).rows())


def _totals(decisions: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(decisions.group_by("currency").agg(pl.col(column).sum()).sort("currency").rows())


def _summary(
    decisions: pl.DataFrame, items: int, reading: _Reading, policy: Policy, declined: str | None
) -> Summary:
    rejected_rows = len({(r.file, r.row) for r in reading.rejected})
    tiers = _counted(decisions, "tier")
    return Summary(
        lines=decisions.height,
        items=items,
        rejected=rejected_rows,
        outcomes=_counted(decisions, "outcome"),
        tiers=dict(sorted(tiers.items(), key=lambda p: int(p[0][1:]))),
        allocated_minor=_totals(decisions, "allocated_minor"),
        unallocated_minor=_totals(decisions, "unallocated_minor"),
        unknown_columns=tuple(reading.unknown),
        policy=policy.version,
        declined=declined,
    )
