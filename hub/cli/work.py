"""What the platform does: read providers and files, register advances, reconcile."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import BadInput, RetryLater
from core.model import Connection
from core.usecases.finance import finance as register_financed
from core.usecases.reconcile import reconcile as reconcile_tenant
from core.usecases.sync import Synced, sync_connection
from hub.cli.context import opened, tenant_of
from hub.cli.files import reconcile_files
from hub.cli.frame import FAILED, IN_PART, UNREADABLE, emit, progress, say, warn
from hub.cli.importing import import_, read_file
from hub.cli.recorded import map_response
from hub.cli.setup import AsJson, Tenant
from hub.wiring import Hub


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command("sync")(sync)
    app.command("import")(import_)
    app.command("map")(map_response)
    app.command("finance")(finance)
    app.command("reconcile")(reconcile)


def sync(
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only this stream.")] = None,
    full: Annotated[bool, typer.Option("--full", help="From the beginning, not from the cursor.")] = False,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Reads the providers of every active connection. Example: `lettrage sync --stream transactions`"""
    with opened() as hub:
        owner = tenant_of(hub, tenant).id
        results = [
            (one, _sync_one(hub, owner, one, stream, full, quiet=as_json))
            for one in _connections(hub, owner, connection)
        ]
    if as_json:
        emit([_synced_json(one, done) for one, done in results])
    else:
        for one, done in results:
            _say_synced(one, done)
    errors = sum(len(done.errors) for _, done in results)
    if errors:
        raise typer.Exit(FAILED if all(not done.runs for _, done in results) else IN_PART)
    if any(run.set_aside for _, done in results for run in done.runs):
        raise typer.Exit(IN_PART)


def _connections(hub: Hub, tenant_id: str, wanted: str | None) -> list[Connection]:
    with hub.store.begin(tenant_id, write=False) as unit:
        found = [one for one in unit.find(Connection) if wanted in (None, one.id)]
    if wanted is not None and not found:
        raise BadInput(f"there is no connection {wanted}")
    active = [one for one in found if one.state == "active" or wanted is not None]
    if not active:
        raise BadInput("there is no active connection: run `lettrage connect PROVIDER` first")
    return active


def _sync_one(
    hub: Hub, tenant_id: str, connection: Connection, stream: str | None, full: bool, *, quiet: bool
) -> Synced:
    with progress(f"{connection.provider} {connection.id}", quiet=quiet) as report:
        return sync_connection(
            hub.store,
            hub.driver,
            hub.clock,
            tenant_id,
            connection.id,
            streams=[stream] if stream else None,
            full=full,
            progress=report,
        )


def _say_synced(connection: Connection, done: Synced) -> None:
    say(f"[bold]{connection.provider}[/] {connection.id}")
    for run in done.runs:
        aside = f", {run.set_aside} set aside" if run.set_aside else ""
        say(f"  {run.stream:20} {run.records:6} read, {run.new} new, {run.changed} changed{aside}")
    for error in done.errors:
        later = f" (again in {error.seconds:.0f} s)" if isinstance(error, RetryLater) else ""
        warn(f"  {error}{later}")
    if any(run.set_aside for run in done.runs):
        say("  what was set aside and why: `lettrage report reconciliation`")


def _synced_json(connection: Connection, done: Synced) -> dict[str, Any]:
    return {
        "connection_id": connection.id,
        "provider": connection.provider,
        "runs": [run.model_dump(mode="json") for run in done.runs],
        "errors": [str(error) for error in done.errors],
    }


def finance(file: Path, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Registers financed invoices from JSON lines. Example: `lettrage finance advances.jsonl`"""
    with opened() as hub:
        owner = tenant_of(hub, tenant)
        done = register_financed(hub.store, owner.id, list(_rows(file)))
    if as_json:
        emit(
            {
                "registered": [one.model_dump(mode="json", exclude={"snapshot"}) for one in done.registered],
                "known": [one.id for one in done.known],
                "refused": [{"row": one.row, "reason": one.error.sentence} for one in done.refused],
            }
        )
    else:
        say(
            f"{len(done.registered)} registered, {len(done.known)} known already, {len(done.refused)} refused"
        )
    for one in done.refused:
        warn(f"{file}: {one.error.sentence}")
    if done.refused:
        raise typer.Exit(IN_PART if done.registered or done.known else UNREADABLE)


def _rows(file: Path) -> Iterator[Any]:
    for number, line in enumerate(read_file(file).decode("utf-8", "replace").splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                yield f"line {number} is not JSON"


def reconcile(
    transactions: Annotated[
        Path | None, typer.Option(help="Over files: transactions (.parquet, .jsonl, .csv).")
    ] = None,
    open_items: Annotated[Path | None, typer.Option(help="Over files: open items.")] = None,
    payer_accounts: Annotated[Path | None, typer.Option(help="Over files: payer account history.")] = None,
    policy: Annotated[Path | None, typer.Option(help="Over files: policy (TOML).")] = None,
    out: Annotated[Path | None, typer.Option(help="Over files: folder for the results.")] = None,
    format: Annotated[str, typer.Option(help="parquet, jsonl or csv.")] = "parquet",
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Decides which payment pays which invoice, over the store or over files.

    Example: `lettrage reconcile --transactions t.csv --open-items i.csv --out results --format csv`
    """
    if transactions or open_items or out or payer_accounts or policy:
        reconcile_files(transactions, open_items, payer_accounts, policy, out, format, as_json=as_json)
        return
    with opened() as hub, progress("reconcile", quiet=as_json) as report:
        done = reconcile_tenant(hub.store, tenant_of(hub, tenant).id, progress=report)
    counts = {name: getattr(done, name) for name in ("decisions", "allocations", "events", "deliveries")}
    emit(counts) if as_json else say(", ".join(f"{count} {name}" for name, count in counts.items()))
