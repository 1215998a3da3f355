"""`lettrage reconcile` over files: read, decide, write, and say what happened."""

import gc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import BadInput
from core.model.decision import Decision
from core.ports import Progress
from core.reconciliation import Item, Line, PayerAccount, Policy, reconcile
from hub.interchange.columns import OPEN_ITEMS, PAYER_ACCOUNTS, TRANSACTIONS, Table
from hub.interchange.outputs import WRITERS, frames, write
from hub.interchange.parse import Check, Row, parse, signed_item
from hub.interchange.policy_file import read_policy
from hub.interchange.rows import Rejected, read_cells

FORMATS: Final = tuple(WRITERS)


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
    without_effect: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """0 when every row was read, 3 when some were set aside."""
        return 3 if self.rejected else 0


def _quiet(what: str, counts: Mapping[str, int]) -> None:
    return None


def run_files(
    transactions: Path,
    open_items: Path,
    payer_accounts: Path | None,
    policy: Path | None,
    out: Path,
    format: str = "parquet",
    *,
    progress: Progress = _quiet,
) -> Summary:
    """Reconciles files. Raises BadInput (exit status 2) before anything is written when a file, a
    required column or the policy cannot be read."""
    if format not in FORMATS:
        raise BadInput(f"unknown output format {format[:40]!r}: expected one of {', '.join(FORMATS)}")
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out}: the output must be a directory")
    rules = read_policy(policy) if policy else Policy()
    reading = _Reading()
    with _all_alive():
        lines = [Line(**row) for row in reading.rows(transactions, TRANSACTIONS)]
        items = [Item(**row) for row in reading.rows(open_items, OPEN_ITEMS, signed_item)]
        known = reading.rows(payer_accounts, PAYER_ACCOUNTS) if payer_accounts else []
        accounts = [PayerAccount(**row) for row in known]
        progress("read", {"lines": len(lines), "items": len(items), "rejected": len(reading.rejected)})
        decisions = reconcile(lines, items, accounts, policy=rules)
        progress("decided", Counter(d.outcome for d in decisions))
        outputs = frames(decisions, {x.transaction_id: x.tenant_id for x in lines})
    try:
        write(out, outputs, reading.rejected, format=format)
    except OSError as error:
        raise BadInput(f"{out}: the output cannot be written: {error.strerror or error}") from None
    return _summary(decisions, len(items), reading, rules)


@contextmanager
def _all_alive() -> Iterator[None]:
    """Pauses the cyclic collector: the run holds millions of values, all alive and free of cycles, and
    walking them again and again costs more than a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Reading:
    """Collects what was set aside and ignored while the files are read."""

    def __init__(self) -> None:
        self.rejected: list[Rejected] = []
        self.unknown: list[tuple[str, str]] = []

    def rows(self, path: Path, table: Table, check: Check | None = None) -> list[Row]:
        cells = read_cells(path, table)
        rows, rejected = parse(cells, table, check)
        self.rejected += rejected
        self.unknown += [(cells.file, name) for name in cells.unknown]
        return rows


def _summary(decisions: Iterable[Decision], items: int, reading: _Reading, policy: Policy) -> Summary:
    outcomes: Counter[str] = Counter()
    tiers: Counter[str] = Counter()
    allocated: dict[str, int] = defaultdict(int)
    unallocated: dict[str, int] = defaultdict(int)
    for d in decisions:
        outcomes[d.outcome] += 1
        tiers[d.tier] += 1
        allocated[d.currency] += d.allocated_minor
        unallocated[d.currency] += d.unallocated_minor
    rejected_rows = len({(r.file, r.row) for r in reading.rejected})
    return Summary(
        lines=sum(outcomes.values()),
        items=items,
        rejected=rejected_rows,
        outcomes=dict(sorted(outcomes.items())),
        tiers=dict(sorted(tiers.items(), key=lambda p: int(p[0][1:]))),
        allocated_minor=dict(sorted(allocated.items())),
        unallocated_minor=dict(sorted(unallocated.items())),
        unknown_columns=tuple(reading.unknown),
        policy=policy.version,
        without_effect=policy.without_effect,
    )
