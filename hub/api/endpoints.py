"""Webhook endpoints of partners, their secrets (shown once), and what was delivered."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from core.errors import NotFound
from core.model import Attempt, Delivery, Endpoint
from core.model.event import DeliveryState
from core.ports import Unit
from hub.api.access import Publisher, Reader, Wired
from hub.api.bodies import EndpointChange, EndpointRequest, json_of, sends
from hub.api.lists import NOT_MODIFIED, Id, Page, Paging, Word, page_of, row, single
from hub.api.once import WriteOnce, seal_answer
from hub.api.problems import documented
from hub.delivery import create_endpoint, rotate_secret

router = APIRouter(prefix="/v1", tags=["webhooks"], route_class=WriteOnce)

DELETED: Final = "deleted"
"""The `disabled_reason` of an endpoint that its owner deleted: its deliveries stay readable."""


class EndpointCreated(BaseModel):
    """A new endpoint and its signing secret: keep it, it is not shown again."""

    endpoint: Endpoint
    secret: str


class SecretRotated(BaseModel):
    """The new signing secret: keep it. The old one signs beside it for a day."""

    endpoint_id: str
    secret: str


class DeliveryView(BaseModel):
    """A delivery with every attempt made for it."""

    delivery: Delivery
    attempts: list[Attempt]


@router.post(
    "/webhook-endpoints",
    status_code=201,
    response_model=EndpointCreated,
    responses=documented(409, 413, 415),
    openapi_extra=sends(EndpointRequest),
)
def create_webhook_endpoint(
    services: Wired,
    caller: Publisher,
    request: Request,
    asked: Annotated[EndpointRequest, Depends(json_of(EndpointRequest))],
) -> EndpointCreated:
    """Registers an address. It must be public https; its secret verifies Standard Webhooks signatures."""
    created = create_endpoint(
        services.store, services.vault, services.guard,
        tenant_id=caller.tenant_id, url=asked.url, types=asked.types,
    )  # fmt: skip
    seal_answer(request)
    return EndpointCreated(endpoint=created.endpoint, secret=created.secret.value)


@router.get("/webhook-endpoints", responses=documented())
def list_webhook_endpoints(
    services: Wired, caller: Reader, paging: Annotated[Paging, Depends()]
) -> Page[Endpoint]:
    """Endpoints, by id, without those deleted; a page may therefore be short."""
    found = page_of(services, caller, Endpoint, paging)
    kept = [e for e in found.data if e.disabled_reason != DELETED]
    return Page(data=kept, next_cursor=found.next_cursor)


@router.get("/webhook-endpoints/{id}", response_model=Endpoint, responses=documented(404) | NOT_MODIFIED)
def get_webhook_endpoint(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One endpoint, without its secret."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        return single(request, _endpoint(unit, id))


@router.patch(
    "/webhook-endpoints/{id}",
    responses=documented(404, 409, 413, 415),
    openapi_extra=sends(EndpointChange),
)
def change_webhook_endpoint(
    services: Wired,
    caller: Publisher,
    id: Id,
    asked: Annotated[EndpointChange, Depends(json_of(EndpointChange))],
) -> Endpoint:
    """Changes address, types, or whether it is enabled."""
    if asked.url is not None:
        services.guard.check(asked.url)
    changes = asked.model_dump(exclude_none=True)
    if asked.enabled is not None:
        changes["disabled_reason"] = None if asked.enabled else "disabled by its owner"
    with services.store.begin(caller.tenant_id) as unit:
        changed = _endpoint(unit, id).but(**changes)
        unit.save([changed])
    return changed


@router.delete("/webhook-endpoints/{id}", status_code=204, responses=documented(404, 409))
def delete_webhook_endpoint(services: Wired, caller: Publisher, id: Id) -> Response:
    """Ends deliveries to an endpoint for good; what was delivered stays readable."""
    with services.store.begin(caller.tenant_id) as unit:
        unit.save([_endpoint(unit, id).but(enabled=False, disabled_reason=DELETED)])
    return Response(status_code=204)


@router.post("/webhook-endpoints/{id}/rotate", response_model=SecretRotated, responses=documented(404, 409))
def rotate_webhook_secret(services: Wired, caller: Publisher, request: Request, id: Id) -> SecretRotated:
    """A new secret, shown once; for a day messages carry signatures of both."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        _endpoint(unit, id)
    fresh = rotate_secret(services.vault, services.clock, tenant_id=caller.tenant_id, endpoint_id=id)
    seal_answer(request)
    return SecretRotated(endpoint_id=id, secret=fresh.value)


@router.get("/deliveries", responses=documented())
def list_deliveries(
    services: Wired,
    caller: Reader,
    paging: Annotated[Paging, Depends()],
    endpoint_id: Word = None,
    event_id: Word = None,
    state: DeliveryState | None = None,
) -> Page[Delivery]:
    """Deliveries, by id."""
    return page_of(
        services, caller, Delivery, paging, endpoint_id=endpoint_id, event_id=event_id, state=state
    )


@router.get("/deliveries/{id}", response_model=DeliveryView, responses=documented(404) | NOT_MODIFIED)
def get_delivery(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One delivery with every attempt: when, the answer's status, how long it took."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        view = DeliveryView(delivery=row(unit, Delivery, id), attempts=unit.entries(Attempt, delivery_id=id))
    return single(request, view)


def _endpoint(unit: Unit, id: str) -> Endpoint:
    found = row(unit, Endpoint, id)
    if found.disabled_reason == DELETED:
        raise NotFound(f"no webhook endpoint has the id {id}")
    return found
