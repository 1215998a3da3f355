"""The event log, and sending parts of it once more."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from core.errors import BadInput, NotFound
from core.model import Event, content_hash
from core.model.event import EventType
from hub.api.access import Publisher, Reader, Wired
from hub.api.bodies import ReplayRequest, is_ordered, json_of, sends
from hub.api.lists import NOT_MODIFIED, Id, Page, Paging, Word, page_of, single
from hub.api.once import HEADER, WriteOnce
from hub.api.problems import documented
from hub.delivery import Range, replay

router = APIRouter(prefix="/v1/events", tags=["events"], route_class=WriteOnce)


class Replayed(BaseModel):
    """The deliveries a replay made; asking again with the same Idempotency-Key makes no others."""

    delivery_ids: list[str]


@router.get("", responses=documented())
def list_events(
    services: Wired,
    caller: Reader,
    paging: Annotated[Paging, Depends()],
    type: EventType | None = None,
    subject: Word = None,
    loan_reference: Word = None,
    company_id: Word = None,
) -> Page[Event]:
    """Events in the order in which they were said: a reader that keeps the cursor misses none."""
    return page_of(
        services, caller, Event, paging,
        type=type, subject=subject, loan_reference=loan_reference, company_id=company_id,
    )  # fmt: skip


@router.get("/{id}", response_model=Event, responses=documented(404) | NOT_MODIFIED)
def get_event(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One event."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        found = unit.entries(Event, id=id)
    if not found:
        raise NotFound(f"no event has the id {id}")
    return single(request, found[0])


@router.post(
    "/replay",
    status_code=202,
    responses=documented(404, 409, 413, 415),
    openapi_extra=sends(ReplayRequest),
)
def replay_events(
    services: Wired,
    caller: Publisher,
    request: Request,
    asked: Annotated[ReplayRequest, Depends(json_of(ReplayRequest))],
) -> Replayed:
    """Sends events once more to one endpoint, with the same ids as the first time."""
    if asked.event_ids and (asked.since or asked.until or asked.subject):
        raise BadInput("name events by `event_ids` or by a range, not both")
    if not is_ordered(asked.since, asked.until):
        raise BadInput("`since` must be before `until`")
    chosen = asked.event_ids or Range(since=asked.since, until=asked.until, subject=asked.subject)
    key = request.headers.get(HEADER) or content_hash([asked.canonical(), services.clock.now()])
    made = replay(
        services.store, tenant_id=caller.tenant_id, endpoint_id=asked.endpoint_id, request=key, events=chosen
    )
    return Replayed(delivery_ids=made)
