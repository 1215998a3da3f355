"""Inbound webhooks of providers are nudges: their body is never data, it only says: read again."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from connectors.kit.contract import HearsWebhooks
from core.errors import BadInput, NotFound
from core.model import Connection
from core.usecases.listen import PURPOSE
from hub.api.access import Wired
from hub.api.lists import Id
from hub.api.problems import Refused, documented
from hub.api.services import Place, Services

router = APIRouter(prefix="/hooks", tags=["operations"])

SLOT: Final = timedelta(seconds=5)
"""Messages of so long lead to one read at its end: a customer's busy minute is not a hundred reads."""


async def _raw(request: Request) -> bytes:
    return await request.body()


@router.post("/{provider}/{connection_id}", status_code=202, responses=documented(404, 413))
def hear_provider(
    services: Wired, request: Request, provider: Id, connection_id: Id, body: Annotated[bytes, Depends(_raw)]
) -> Response:
    """Verifies a provider's webhook and registers a read of the connection; 202 once that is stored."""
    place = services.directory.connection(connection_id)
    connector: object = services.connectors.get(provider)
    if place is None or not isinstance(connector, HearsWebhooks):
        raise NotFound("there is nothing at this address")
    secret = services.vault.read_secret(place.tenant_id, connection_id, PURPOSE)
    if secret is None:
        raise NotFound("there is nothing at this address")
    now = services.clock.now()
    try:
        streams = connector.hear(request.headers, body, secret, now)
    except BadInput as error:
        raise Refused(401, "the signature does not hold") from error
    _nudge(services, place, provider, streams, now)
    return Response(status_code=202)


def _nudge(services: Services, place: Place, provider: str, streams: tuple[str, ...], now: datetime) -> None:
    """One read for all messages of a slot that ask for the same streams, repeated ones included. It
    begins when the slot ends, so it sees whatever they told of."""
    number, gone = divmod(now.timestamp(), SLOT.total_seconds())
    named = ",".join(sorted(streams))
    with services.store.begin(place.tenant_id) as unit:
        connection = unit.load(Connection, place.id)
        if connection is None or connection.provider != provider:
            raise NotFound("there is nothing at this address")
        if connection.state != "active":
            return
        unit.enqueue(
            "sync",
            key=connection.id,
            args={"tenant_id": place.tenant_id, "connection_id": connection.id, "streams": named or None},
            dedupe_id=f"sync:{connection.id}:hook:{int(number)}:{named}",
            delay=SLOT - timedelta(seconds=gone),
        )
