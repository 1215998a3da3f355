"""What the platform does: read providers and files, register advances, reconcile."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BadInput, LettrageError, NotFound, RetryLater
from hub.cli.context import AsJson, ForTenant, opened, tenant_of
from hub.cli.files import reconcile_files
from hub.cli.financing import finance
from hub.cli.frame import FAILED, IN_PART, add, complain, emit, progress, say, warn
from hub.cli.importing import import_
from hub.cli.plain import OverFiles
from hub.cli.recorded import map_response

if TYPE_CHECKING:
    from core.model import Connection
    from core.usecases.sync import Synced
    from hub.wiring import Hub


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    add(app, "sync", sync, "lettrage sync", "lettrage sync --stream transactions --full")
    add(
        app,
        "import",
        import_,
        "lettrage import statement.txt",
        "lettrage import --dry-run --jsonl statement.txt",
    )
    add(app, "map", map_response, "lettrage map qonto transactions response.json")
    add(app, "finance", finance, "lettrage finance advances.jsonl")
    add(
        app,
        "reconcile",
        reconcile,
        "lettrage reconcile",
        "lettrage reconcile --transactions t.csv --open-items i.csv --out results --format csv",
    )


def sync(
    connection: Annotated[str | None, typer.Option(metavar="ID", help="Only this connection.")] = None,
    stream: Annotated[str | None, typer.Option(metavar="NAME", help="Only this stream.")] = None,
    full: Annotated[bool, typer.Option("--full", help="From the beginning, not from the cursor.")] = False,
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Reads the providers of every active connection, now."""
    with opened() as hub:
        owner = tenant_of(hub, tenant).id
        chosen = _connections(hub, owner, connection, stream)
        results = [(one, _sync_one(hub, owner, one, stream, full, quiet=as_json)) for one in chosen]
    if as_json:
        emit([_synced_json(one, done) for one, done in results])
    for one, done in results:
        _say_synced(one, done, quiet=as_json)
    if any(done.errors for _, done in results):
        raise typer.Exit(FAILED if all(not done.runs for _, done in results) else IN_PART)
    if any(not done.runs or any(run.set_aside for run in done.runs) for _, done in results):
        raise typer.Exit(IN_PART)


def _connections(hub: "Hub", tenant_id: str, wanted: str | None, stream: str | None) -> "list[Connection]":
    """The connections to read; raises NotFound or BadInput with what to do instead."""
    from connectors.kit.registry import connectors
    from core.model import Connection

    with hub.store.begin(tenant_id, write=False) as unit:
        found = [one for one in unit.find(Connection) if wanted in (None, one.id)]
    if wanted is not None and not found:
        raise NotFound(f"there is no connection {wanted}")
    active = [one for one in found if one.state == "active"]
    if not active:
        state = f"connection {wanted} is {found[0].state}" if wanted else "there is no active connection"
        raise BadInput(f"{state}: run `lettrage connect PROVIDER` and let the company consent")
    streams = {one.provider: [s.name for s in connectors()[one.provider].streams] for one in active}
    having = [one for one in active if stream is None or stream in streams[one.provider]]
    if not having:
        offers = "; ".join(f"{provider}: {', '.join(names)}" for provider, names in streams.items())
        raise BadInput(f"no connection has a stream {stream!r}: choose from {offers}")
    return having


def _sync_one(
    hub: "Hub", tenant_id: str, connection: "Connection", stream: str | None, full: bool, *, quiet: bool
) -> "Synced":
    """Reads one connection; what stops it is told, and does not keep the next one from being read."""
    from core.usecases.sync import Synced, sync_connection

    with progress(f"{connection.provider} {connection.id}", quiet=quiet) as report:
        try:
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
        except LettrageError as error:
            return Synced(runs=(), errors=(error,))


def _say_synced(connection: "Connection", done: "Synced", *, quiet: bool) -> None:
    if not quiet:
        say(f"{connection.provider} {connection.id}", style="bold")
        for run in done.runs:
            aside = f", {run.set_aside} set aside" if run.set_aside else ""
            say(f"  {run.stream:20} {run.records:6} read, {run.new} new, {run.changed} changed{aside}")
    for error in done.errors:
        later = f"; try again in {error.seconds:.0f} s" if isinstance(error, RetryLater) else ""
        complain(f"{error}{later}")
    if not done.runs and not done.errors:
        warn(
            f"{connection.provider} {connection.id}: nothing was read: the consent covers none of these streams"
        )
    if any(run.set_aside for run in done.runs):
        warn("some records were set aside: `lettrage report reconciliation` says which and why")


def _synced_json(connection: "Connection", done: "Synced") -> dict[str, Any]:
    return {
        "connection_id": connection.id,
        "provider": connection.provider,
        "runs": [run.model_dump(mode="json") for run in done.runs],
        "errors": [str(error) for error in done.errors],
    }


def reconcile(
    transactions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Over files: transactions (.parquet, .jsonl, .csv).")
    ] = None,
    open_items: Annotated[Path | None, typer.Option(metavar="FILE", help="Over files: open items.")] = None,
    payer_accounts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Over files: payer account history.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="Over files: policy (TOML).")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Over files: folder for the results.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="Over files: parquet (default), jsonl or csv.")] = None,
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Decides which payment pays which invoice, over the store or over files."""
    if transactions or open_items or out or payer_accounts or policy or format:
        chosen = format or "parquet"
        asked = OverFiles(transactions, open_items, payer_accounts, policy, out, chosen, as_json)
        raise typer.Exit(reconcile_files(asked))
    from core.usecases.reconcile import reconcile as reconcile_tenant

    with opened() as hub, progress("reconcile", quiet=as_json) as report:
        done = reconcile_tenant(hub.store, tenant_of(hub, tenant).id, progress=report)
    counts = {name: getattr(done, name) for name in ("decisions", "allocations", "events", "deliveries")}
    emit(counts) if as_json else say(", ".join(f"{count} new {name}" for name, count in counts.items()))
