"""For whoever runs the hub: is it alive, is it ready, what does it count."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from hub.api.access import Wired

router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """What was checked; null is well, a sentence says what is wrong."""

    status: Literal["ok", "unready"]
    checks: dict[str, str | None]


@router.get("/healthz")
def healthz() -> Alive:
    """The process answers; nothing else is checked."""
    return Alive()


@router.get("/readyz", response_model=Ready, responses={503: {"model": Ready, "description": "Not ready"}})
def readyz(services: Wired) -> JSONResponse:
    """The database answers, its schema is current, a worker's heart beats, no job waits for long."""
    checks = dict(services.ready())
    well = not any(checks.values())
    ready = Ready(status="ok" if well else "unready", checks=checks)
    return JSONResponse(ready.model_dump(), 200 if well else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(services: Wired, request: Request) -> Response:
    """Counts in Prometheus' text format; no label names a tenant."""
    registries = (request.app.state.registry, services.registry)
    counts = b"".join(generate_latest(each) for each in registries if each is not None)
    return Response(counts, media_type=CONTENT_TYPE_LATEST)
