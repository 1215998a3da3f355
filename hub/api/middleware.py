"""Around every request: an id, a cap on the body, headers, a count, and a last net for errors."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.requests import Request

from hub.api.problems import problem, request_id

log = structlog.get_logger("lettrage.api")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 1_000_000
LARGEST_UPLOAD = 50_000_000
UPLOADS = ("/v1/imports",)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestId:
    """Takes the caller's X-Request-Id when it is well formed, else makes one; answers with it."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        scope["request_id"] = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", scope["request_id"].encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, send_with_id)


class _TooLargeError(Exception):
    """Internal: the body went over the cap while it was read."""


class BodyCap:
    """Refuses bodies over the cap: at once when the length is announced, else while reading."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cap = LARGEST_UPLOAD if scope["path"] in UPLOADS else LARGEST_BODY
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        refuse = problem(Request(scope), 413, f"a request body here has at most {cap} bytes")
        if not announced.isdigit() or int(announced) > cap:
            await refuse(scope, receive, send)
            return
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > cap:
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            if started or seen <= cap:  # else the reader of forms made another error of ours
                started = True
                await send(message)

        with suppress(_TooLargeError):
            await self._app(scope, counted, noted)
        if seen > cap and not started:
            await refuse(scope, receive, send)


class Caught:
    """Answers an unforeseen error. It goes no further: the server would write down its text and the
    values of its frames; the log has its type and place under the request's id."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # the last net
            request = Request(scope)
            log.error("request_failed", request_id=request_id(request), exc_info=error)
            if not started:
                answer = problem(request, 500, "the error is in the log under this request id")
                await answer(scope, receive, send)


class Measured:
    """Counts requests by method, route and status: routes, never addresses, so that labels stay few."""

    def __init__(self, app: App, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "lettrage_http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "lettrage_http_request_seconds", "Time to answer.", ("method", "route"), registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._requests.labels(method, route, str(status)).inc()
            self._seconds.labels(method, route).observe(time.perf_counter() - began)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
