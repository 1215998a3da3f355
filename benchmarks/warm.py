"""A warm engine: its index, many new lines and one line, against the run over everything."""

import statistics
import time
from collections.abc import Callable
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import polars as pl

from benchmarks.reconciliation.files import World, made
from benchmarks.table import Line as Row
from benchmarks.table import Table
from core.model import Decision
from core.reconciliation import Item, Line, PayerAccount, Prior
from core.reconciliation.fold import reconcile
from core.reconciliation.warm import WarmEngine

KNOWN: Final = 10_000
NEW: Final = 10_000
SINGLE: Final = 1_000
SEED: Final = 101
T = TypeVar("T")


class Facts(NamedTuple):
    """One big account: its items and the last of its lines, in the order of their days."""

    lines: list[Line]
    items: list[Item]
    accounts: list[PayerAccount]


def _values(path: Path, kind: type[T]) -> list[T]:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # every kind is a dataclass
    frame = pl.read_parquet(path)
    rows = frame.select(n for n in names if n in frame.columns).iter_rows(named=True)
    return [kind(**{name: value for name, value in row.items() if value is not None}) for row in rows]


def facts(items: int) -> Facts:
    """The world of that many items; of its lines, enough for what is measured."""
    files = made(World("account", 4 * items, "held_out", SEED))
    lines = _values(files.transactions, Line)
    dated = sorted(
        (x for x in lines if x.booking_date), key=lambda x: (str(x.booking_date), x.transaction_id)
    )
    last = dated[-KNOWN - NEW - 4 * SINGLE :]
    return Facts(last, _values(files.items, Item), _values(files.accounts, PayerAccount))


def _processor(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of this process's processor time, and what came out."""
    start = time.process_time()
    done = work()
    return time.process_time() - start, done


def _ms(taken: float) -> str:
    return f"{taken * 1000:,.1f} ms"


def _singly(warm: WarmEngine, lines: list[Line]) -> list[float]:
    """Seconds for each line when lines come one by one, within the days on which they were booked."""
    return [_processor(lambda line=line: warm.advance(lines=[line]))[0] for line in lines]  # type: ignore[misc]


def _whole_days(lines: list[Line], count: int) -> int:
    """How many lines there are in whole days, `count` of them at least."""
    at = 0
    for _, day in groupby(lines, key=lambda x: x.booking_date):
        at += len(list(day))
        if at >= count:
            break
    return at


def _measured(items: int) -> list[Row]:
    known = facts(items)
    first = _whole_days(known.lines, KNOWN)
    second = first + _whole_days(known.lines[first:], NEW)
    last = second + SINGLE
    earlier, new, single = known.lines[:first], known.lines[first:second], known.lines[second:last]
    warm = WarmEngine()
    index, _ = _processor(lambda: warm.advance(items=known.items, payer_accounts=known.accounts))
    began, _ = _processor(lambda: warm.advance(lines=earlier))
    before = Prior(decisions=tuple(warm.decided.values()))
    many, advance = _processor(lambda: warm.advance(lines=new))
    cold, whole = _processor(lambda: reconcile(known.lines[:second], known.items, known.accounts, before))
    assert advance.again == {}
    assert {d.transaction_id: d for d in whole} == dict(warm.decided)
    each = _singly(warm, single[:-1])
    before = Prior(decisions=tuple(warm.decided.values()))
    each = sorted([*each, *_singly(warm, single[-1:])])
    assert _same(warm, reconcile(known.lines[:last], known.items, known.accounts, before))
    middle, slow = statistics.median(each), each[len(each) * 99 // 100]
    size = f"{items:,} items"
    return [
        Row(f"{size}: the index, once", f"{index:.2f} s"),
        Row(f"{size}: {len(earlier):,} lines at once, on the index alone", f"{began:.2f} s"),
        Row(f"{size}: {len(new):,} new lines", f"{many:.2f} s", f"{cold:.2f} s", cold / many, "0.5 s"),
        Row(f"{size}: one line, median", _ms(middle), f"{cold:.2f} s", cold / middle, "5 ms"),
        Row(f"{size}: one line, 99 of 100", _ms(slow), f"{cold:.2f} s", cold / slow),
    ]


def _same(warm: WarmEngine, whole: tuple[Decision, ...]) -> bool:
    return {d.transaction_id: d for d in whole} == dict(warm.decided)


def tables() -> list[Table]:
    """One account of 25,000 items and one of 250,000."""
    rows = [row for items in (25_000, 250_000) for row in _measured(items)]
    note = (
        "One receiving account of the benchmark's held-out worlds; processor time of one process. The "
        "yardstick is the run over everything, with what was "
        "decided before as prior: what a process without a warm engine does each time. Single lines come in "
        "no order within their booking days, so most of them have a day folded again that was decided "
        "already. Every decision after the many lines, and after the last of the single ones, is compared "
        "with the whole run's."
    )
    return [Table("Warm engine", tuple(rows), note)]
