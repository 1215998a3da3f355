"""`lettrage reconcile` over files: no connector, no database, no server."""

from pathlib import Path
from typing import Literal, get_args

import typer

from core.errors import BadInput
from core.model import Money
from hub.cli.frame import emit, progress, say, warn
from hub.interchange import run_files
from hub.interchange.run import Summary

Format = Literal["parquet", "jsonl", "csv"]


def reconcile_files(
    transactions: Path | None,
    open_items: Path | None,
    payer_accounts: Path | None,
    policy: Path | None,
    out: Path | None,
    format: str,
    *,
    as_json: bool,
) -> None:
    """Runs the engine over files and says what came of it; exit status 3 when rows were rejected."""
    if transactions is None or open_items is None or out is None:
        raise BadInput("over files, --transactions, --open-items and --out are all needed")
    if format not in get_args(Format):
        raise BadInput(f"--format {format}: choose parquet, jsonl or csv")
    with progress("reconcile", quiet=as_json) as report:
        done = run_files(transactions, open_items, payer_accounts, policy, out, format, progress=report)
    for file, columns in done.unknown_columns:
        warn(f"{file}: ignored {columns}")
    if as_json:
        emit({name: getattr(done, name) for name in done.__slots__})
    else:
        _say(done, out)
    if done.exit_status:
        raise typer.Exit(done.exit_status)


def _say(done: Summary, out: Path) -> None:
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(done.outcomes.items()))
    say(f"{done.lines} lines against {done.items} items: {outcomes or 'nothing to decide'}")
    for currency, minor in sorted(done.allocated_minor.items()):
        say(f"  allocated    {Money(minor, currency)}")
        say(f"  unallocated  {Money(done.unallocated_minor.get(currency, 0), currency)}")
    if done.rejected:
        warn(f"{done.rejected} rows could not be read: see {out / 'rejected.jsonl'}")
    say(f"written to {out}")
