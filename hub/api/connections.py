"""Connections: asking a company for its consent, how reading goes, and reading now."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from core.errors import Conflict, NotFound
from core.model import Company, Connection, StreamState, SyncRun
from core.model.base import Instant
from core.usecases.connect import disconnect, start_connection
from hub.api.access import Reader, Wired, Writer
from hub.api.bodies import ConnectRequest, json_of, sends
from hub.api.lists import NOT_MODIFIED, Id, Page, Paging, Word, fact, page_of, row, single
from hub.api.once import HEADER, WriteOnce, seal_answer
from hub.api.problems import documented

router = APIRouter(prefix="/v1", tags=["connections"], route_class=WriteOnce)


class ConnectLink(BaseModel):
    """A one-time link for the company. Who holds it can consent: show it to nobody else."""

    connection_id: str
    url: str
    expires_at: Instant


class StreamView(BaseModel):
    """How reading one stream goes: its last run and when its cursor last moved."""

    stream: str
    updated_at: Instant
    last_run: SyncRun | None


class ConnectionView(BaseModel):
    """A connection with its streams."""

    connection: Connection
    streams: list[StreamView]


class Enqueued(BaseModel):
    """What was registered; it runs as soon as a worker is free."""

    job: str


@router.post(
    "/connect-sessions",
    status_code=201,
    responses=documented(404, 409, 413, 415),
    openapi_extra=sends(ConnectRequest),
)
def create_connect_session(
    services: Wired,
    caller: Writer,
    request: Request,
    asked: Annotated[ConnectRequest, Depends(json_of(ConnectRequest))],
) -> ConnectLink:
    """A link at which the company reads what is asked of it and consents at the provider."""
    if asked.provider not in services.connectors:
        raise NotFound(
            f"no connector is named {asked.provider!r}: use one of {', '.join(services.connectors)}"
        )
    with services.store.begin(caller.tenant_id, write=False) as unit:
        fact(unit, Company, asked.company_id)
    link = start_connection(
        services.store,
        tenant_id=caller.tenant_id,
        company_id=asked.company_id,
        provider=asked.provider,
        return_url=asked.return_url,
    )
    seal_answer(request)
    return ConnectLink(
        connection_id=link.connection_id,
        url=f"{services.public_url}/connect/{link.token}",
        expires_at=link.expires_at,
    )


@router.get("/connections", responses=documented())
def list_connections(
    services: Wired, caller: Reader, paging: Annotated[Paging, Depends()], company_id: Word = None
) -> Page[Connection]:
    """Connections, by id. `state` is about consent, `health` about data."""
    return page_of(services, caller, Connection, paging, company_id=company_id)


@router.get("/connections/{id}", response_model=ConnectionView, responses=documented(404) | NOT_MODIFIED)
def get_connection(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One connection, its streams and how their last reads went."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        connection = row(unit, Connection, id)
        states = unit.find(StreamState, connection_id=id)
        runs = unit.find(SyncRun, connection_id=id)
    last = {run.stream: run for run in sorted(runs, key=lambda run: run.started_at)}
    streams = [
        StreamView(stream=s.stream, updated_at=s.updated_at, last_run=last.get(s.stream)) for s in states
    ]
    return single(request, ConnectionView(connection=connection, streams=streams))


@router.delete("/connections/{id}", response_model=Connection, responses=documented(404, 409))
def end_connection(services: Wired, caller: Writer, id: Id) -> Connection:
    """Ends the consent at the provider, forgets its tokens and stops reading; what was read stays."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        row(unit, Connection, id)
    return disconnect(
        services.store,
        services.vault,
        services.consents,
        tenant_id=caller.tenant_id,
        connection_id=id,
        actor="api",
    )


@router.post("/connections/{id}/sync", status_code=202, responses=documented(404, 409))
def sync_now(services: Wired, caller: Writer, request: Request, id: Id, full: bool = False) -> Enqueued:
    """Registers a read of every stream (`full`: from the beginning); repeated within a minute it is one."""
    with services.store.begin(caller.tenant_id) as unit:
        connection = row(unit, Connection, id)
        if connection.state != "active":
            raise Conflict(f"the connection is {connection.state}: nothing can be read")
        asked = request.headers.get(HEADER) or unit.now.strftime("%Y-%m-%dT%H:%M")
        job = f"sync:{id}:api:{'full' if full else 'new'}:{asked}"
        unit.enqueue(
            "sync",
            key=id,
            args={"tenant_id": caller.tenant_id, "connection_id": id, "full": full},
            dedupe_id=job,
        )
    return Enqueued(job=job)
