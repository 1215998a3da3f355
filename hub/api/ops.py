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
    """The database answers, its schema is current, the clock's heart beats."""
    checks = dict(services.ready())
    well = not any(checks.values())
    ready = Ready(status="ok" if well else "unready", checks=checks)
    return JSONResponse(ready.model_dump(), 200 if well else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Counts in Prometheus' text format; no label names a tenant."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
