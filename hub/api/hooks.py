"""Inbound webhooks of providers are nudges: their body is never data, it only says: read again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from connectors.kit.contract import HearsWebhooks
from core.errors import LettrageError, NotFound
from core.model import Connection, content_hash
from hub.api.access import Wired
from hub.api.lists import Id
from hub.api.problems import Refused, documented
from hub.api.services import Place, Services

router = APIRouter(prefix="/hooks", tags=["operations"])

PURPOSE = "provider-webhook"
"""The vault purpose of the secret a provider signs its webhooks with; the owner is the connection."""


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
    try:
        connector.verify(request.headers, body, secret, services.clock.now())
    except (LettrageError, ValueError) as error:
        raise Refused(401, "the signature does not hold") from error
    _nudge(services, place, provider, body)
    return Response(status_code=202)


def _nudge(services: Services, place: Place, provider: str, body: bytes) -> None:
    """One read per message: a message that comes twice registers one."""
    with services.store.begin(place.tenant_id) as unit:
        connection = unit.load(Connection, place.id)
        if connection is None or connection.provider != provider:
            raise NotFound("there is nothing at this address")
        unit.enqueue(
            "sync",
            key=connection.id,
            args={"tenant_id": place.tenant_id, "connection_id": connection.id},
            dedupe_id=f"sync:{connection.id}:hook:{content_hash(body.hex())[:32]}",
        )
