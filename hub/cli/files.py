"""`lettrage reconcile` over files: no connector, no database, no server."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.collector import all_alive
from core.errors import BadInput
from core.money import Money
from hub.cli.frame import emit, progress, say, warn
from hub.cli.plain import OverFiles

if TYPE_CHECKING:
    from hub.interchange.run import Summary

NOTICED = 20_000
"""Lines from which on it is felt that the kernel was not there."""


def reconcile_files(asked: OverFiles) -> int:
    """Runs the engine over files and says what came of it. Returns the exit status: 3 when rows were
    rejected."""
    transactions, open_items, payer_accounts, policy, out, format, as_json = asked
    if transactions is None or open_items is None or out is None:
        raise BadInput("over files, --transactions, --open-items and --out are all needed")
    with all_alive(), progress("reconcile", quiet=as_json) as report:
        from hub.interchange import run_files

        done = run_files(transactions, open_items, payer_accounts, policy, out, format, progress=report)
    for file, column in done.unknown_columns:
        warn(f"{file}: column {column} is not known and was ignored")
    if as_json:
        emit({**{name: getattr(done, name) for name in done.__slots__}, "out": str(out)})
    else:
        _say(done, out)
    if done.rejected:
        warn(f"rows that could not be read: {done.rejected}; {out / 'rejected.jsonl'} says which and why")
    if done.declined and done.lines >= NOTICED:
        warn(f"the compiled engine did not decide: {done.declined}; the Python decided the same, more slowly")
    return done.exit_status


def _say(done: "Summary", out: Path) -> None:
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(done.outcomes.items()))
    say(f"lines: {done.lines}, items: {done.items}; {outcomes or 'nothing to decide'}")
    for currency, minor in sorted(done.allocated_minor.items()):
        say(f"  allocated    {Money(minor, currency)}")
        say(f"  unallocated  {Money(done.unallocated_minor.get(currency, 0), currency)}")
    say(f"written to {out}")
