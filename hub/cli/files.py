"""`lettrage reconcile` over files: no connector, no database, no server."""

from pathlib import Path
from typing import Literal, cast, get_args

import typer

from core.errors import BadInput
from hub.cli.frame import IN_PART, emit, say, warn
from hub.interchange import run_files

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
    done = run_files(
        transactions=transactions,
        open_items=open_items,
        payer_accounts=payer_accounts,
        policy=policy,
        out=out,
        format=cast(Format, format),
    )
    for note in done.notes:
        warn(note)
    if as_json:
        emit(done.counts)
    else:
        say(", ".join(f"{count} {name}" for name, count in done.counts.items()) + f"; written to {out}")
    if done.status:
        raise typer.Exit(IN_PART)
