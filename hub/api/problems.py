"""Every error as a problem document (RFC 9457), by one table."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolIsExhausted
from starlette.exceptions import HTTPException

from core import errors

log = structlog.get_logger("lettrage.api")

MEDIA_TYPE = "application/problem+json"

TABLE: tuple[tuple[type[errors.LettrageError], int, str, str], ...] = (
    (errors.BadInput, 400, "bad-input", "The request cannot be read"),
    (errors.NotFound, 404, "not-found", "There is no such thing"),
    (errors.Conflict, 409, "conflict", "The request contradicts what is stored"),
    (errors.NeedsReconnect, 409, "needs-reconnect", "The consent is over"),
    (errors.NeedsPermission, 403, "needs-permission", "A permission is missing"),
    (errors.BadRecord, 422, "bad-record", "A record is unreadable"),
    (errors.RetryLater, 503, "retry-later", "Try again later"),
    (errors.ProviderChanged, 502, "provider-changed", "The provider answered something unexpected"),
    (errors.Misconfigured, 500, "misconfigured", "A setting is wrong"),
)
"""Error class, status, slug of the type, title; the first line that fits counts."""

TITLES: dict[int, tuple[str, str]] = {
    400: ("bad-input", "The request cannot be read"),
    401: ("unauthenticated", "The API key is missing or not valid"),
    403: ("forbidden", "The API key may not do this"),
    404: ("not-found", "There is no such thing"),
    405: ("method-not-allowed", "This address does not take that method"),
    415: ("unsupported-media-type", "The body is of another kind than this address takes"),
    413: ("too-large", "The request body is too large"),
    422: ("invalid", "The request does not fit the schema"),
    500: ("internal", "Something went wrong on our side"),
}


class Fault(BaseModel):
    """One thing that is wrong in the request: where (a JSON pointer or parameter), and what."""

    pointer: str = Field(examples=["/body/advance_minor"])
    detail: str = Field(examples=["Input should be a valid integer"])


class Problem(BaseModel):
    """A problem document. `request_id` is what to quote to an operator."""

    type: str = Field(examples=["urn:lettrage:problem:not-found"])
    title: str = Field(examples=["There is no such thing"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no invoice has the id inv_x"])
    instance: str = Field(examples=["/v1/invoices/inv_x"])
    request_id: str = Field(examples=["4b1f0c9e2d7a4f5c8f6a0b1c2d3e4f50"])
    errors: list[Fault] = []


class Refused(Exception):
    """The API's own refusals: who may call, and how much."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    slug: str | None = None,
    title: str | None = None,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer; slug and title default to those of the status."""
    default_slug, default_title = TITLES.get(status, ("error", "The request failed"))
    body = Problem(
        type=f"urn:lettrage:problem:{slug or default_slug}",
        title=title or default_title,
        status=status,
        detail=detail,
        instance=request.url.path,
        request_id=request_id(request),
        errors=list(faults),
    )
    return JSONResponse(body.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def request_id(request: Request) -> str:
    """The id the middleware gave this request."""
    return str(request.scope.get("request_id", "unknown"))


def install(app: FastAPI) -> None:
    """Every error of the app answers with a problem document."""
    app.add_exception_handler(errors.LettrageError, _on_lettrage)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Refused, _on_refused)
    for kind in (OperationalError, InterfaceError, PoolIsExhausted):
        app.add_exception_handler(kind, _on_database_away)


def _on_lettrage(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.LettrageError)
    status, slug, title = next(
        ((status, slug, title) for kind, status, slug, title in TABLE if isinstance(error, kind)),
        (500, "internal", "Something went wrong on our side"),
    )
    seconds = error.seconds if isinstance(error, errors.RetryLater) else None
    wait = None if seconds is None else {"Retry-After": str(max(1, round(seconds)))}
    return problem(request, status, str(error), slug=slug, title=title, headers=wait)


def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    faults = [Fault(pointer=_pointer(each["loc"]), detail=str(each["msg"])) for each in found[:20]]
    if any(each["type"] == "json_invalid" for each in found):
        return problem(request, 400, "the body is not JSON", faults=faults)
    where = ", ".join(dict.fromkeys(fault.pointer for fault in faults))
    return problem(request, 422, f"the request does not fit the schema at {where}", faults=faults)


def _pointer(place: Sequence[Any]) -> str:
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1")[:80] for part in place)


def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = {404: "there is nothing at this address", 405: "use another method"}.get(error.status_code)
    allowed = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else error.headers
    return problem(request, error.status_code, detail or str(error.detail), headers=allowed)


def _methods(request: Request) -> list[str]:
    """The methods this address takes, over all its routes."""
    paths = request.app.openapi()["paths"]
    fitting = (p for p in paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), request.url.path))
    return sorted({method.upper() for path in fitting for method in paths[path]}) or ["GET"]


def _on_refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return problem(request, error.status, error.detail, headers=error.headers)


def _on_database_away(request: Request, error: Exception) -> JSONResponse:
    """Locked, full or not reachable: nothing was stored, and asking again may help."""
    log.error("database_away", request_id=request_id(request), exc_info=error)
    again = errors.RetryLater("the database cannot be reached now: nothing was stored", seconds=5)
    return _on_lettrage(request, again)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: each status with the problem schema; 401, 403, 422 and 500 always."""
    every = sorted({400, 401, 403, 422, 500, *statuses})
    return {
        status: {
            "description": TITLES.get(status, ("", "See `detail`"))[1],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in every
    }
