"""What each kind of job does; every handler is idempotent and starts from committed state."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from core.errors import Conflict, LettrageError, NeedsReconnect, NotFound, RetryLater
from core.model import Connection
from core.usecases.listen import listen as subscribe
from core.usecases.reconcile import reconcile as reconcile_tenant
from core.usecases.reconcile import reconcile_company
from core.usecases.sync import Synced, sync_connection
from hub.delivery import deliver_owed
from hub.jobs import Handler
from hub.wiring import Hub

LOG = structlog.get_logger("lettrage")
LONGEST_WAIT: Final = timedelta(minutes=10)
"""A sync registered longer ago is not waited for."""
SHORT_WAITS: Final = 30
MOST_WAITS: Final = 80
"""Turns of a reconciliation: thirty of a second, the others of ten, some nine minutes together."""


def handlers(hub: Hub) -> Mapping[str, Handler]:
    """The handlers by kind of job."""
    work = {"sync": sync, "listen": listen, "reconcile": reconcile, "deliver": deliver}
    return {kind: partial(handle, hub) for kind, handle in work.items()}


def sync(hub: Hub, args: Mapping[str, Any]) -> None:
    """Reads a connection. One whose consent is over, or that was ended, has nothing to be tried again."""
    try:
        _count(hub, args, _read(hub, args))
    except (NeedsReconnect, Conflict, NotFound) as over:
        hub.meters.stream_stopped(over)
        LOG.warning("connection_not_read", connection=args["connection_id"], reason=str(over))
    except LettrageError as error:
        hub.meters.stream_stopped(error)
        raise


def _read(hub: Hub, args: Mapping[str, Any]) -> Synced:
    named = args.get("streams")
    return sync_connection(
        hub.store,
        hub.driver,
        hub.clock,
        args["tenant_id"],
        args["connection_id"],
        streams=named.split(",") if named else None,
        full=bool(args.get("full")),
    )


def listen(hub: Hub, args: Mapping[str, Any]) -> None:
    """Asks the provider to tell us of changes. One that cannot, or will not, is polled all the same."""
    tenant_id, connection_id = args["tenant_id"], args["connection_id"]
    address = f"{hub.settings.public_url.rstrip('/')}/hooks/{args['provider']}/{connection_id}"
    try:
        subscribe(hub.store, hub.vault, hub.driver, tenant_id, connection_id, address=address)
    except RetryLater:
        raise
    except LettrageError as refused:
        LOG.warning("provider_tells_nothing", connection=connection_id, reason=str(refused))


def _count(hub: Hub, args: Mapping[str, Any], done: Synced) -> None:
    with hub.store.begin(args["tenant_id"], write=False) as unit:
        connection = unit.load(Connection, args["connection_id"])
    for run in done.runs:
        hub.meters.stream_read(connection.provider if connection else "unknown", run)
    for error in done.errors:
        hub.meters.stream_stopped(error)
        LOG.warning("stream_stopped", connection=args["connection_id"], reason=str(error))


def reconcile(hub: Hub, args: Mapping[str, Any]) -> None:
    """Brings decisions and events up to date, once the providers being read have been: of one company
    (a person decided), of those that changed, or of all (a new day: from the beginning, as a proof)."""
    tenant_id = args["tenant_id"]
    wait_for_syncs(hub, tenant_id, turn=args.get("turn", 0))
    if "company_id" in args:
        done = reconcile_company(hub.store, tenant_id, args["company_id"], rules=hub.rules)
    elif args.get("whole"):
        done = reconcile_tenant(hub.store, tenant_id)
    else:
        done = reconcile_tenant(hub.store, tenant_id, only_changed=True, rules=hub.rules)
    hub.meters.reconciled(done)


def wait_for_syncs(hub: Hub, tenant_id: str, *, turn: int) -> None:
    """Puts a reconciliation off while the tenant's providers are being read, some minutes at most.

    The same money often shows in two tools; decided once both were read, it is told from the bank's own
    line, whichever tool was read first. A tenant with many connections is always reading one of them.
    """
    if turn >= MOST_WAITS:
        return
    with hub.store.begin(tenant_id, write=False) as unit:
        connections = [connection.id for connection in unit.find(Connection)]
    since = datetime.now(UTC) - LONGEST_WAIT
    if hub.jobs.under_way("sync", connections, since=since):
        raise RetryLater("providers are being read", seconds=1 if turn < SHORT_WAITS else 10)


def deliver(hub: Hub, args: Mapping[str, Any]) -> None:
    """Posts an event to a partner, and what else that partner is owed."""
    deliver_owed(
        hub.store,
        hub.vault,
        hub.sender,
        hub.clock,
        tenant_id=args["tenant_id"],
        delivery_id=args["delivery_id"],
        attempt=args["attempt"],
        attempted=hub.meters.attempted,
    )
