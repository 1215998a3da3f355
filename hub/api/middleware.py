"""Around every request: an id, a cap on the body, headers, a count, and a last net for errors."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Final

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

LARGEST_BODY: Final = 1_000_000
UPLOADS: Final = ("/v1/imports",)
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
    """Refuses bodies over the cap: at once when the length is announced, else while reading.

    A file may have `largest_upload` bytes: it is written to disk as it comes. Any other body is held.
    """

    def __init__(self, app: App, *, largest_upload: int) -> None:
        self._app = app
        self._largest_upload = largest_upload

    def _cap(self, scope: Scope, headers: Mapping[bytes, bytes]) -> tuple[int, str]:
        """How many bytes are taken, and what to say of more."""
        kind = headers.get(b"content-type", b"").strip().lower()
        if scope["path"] in UPLOADS and kind.startswith(b"multipart/form-data"):
            megabytes = self._largest_upload // 1024**2
            return self._largest_upload, (
                f"a file handed in here has at most {megabytes:,} MB (the hub's setting LETTRAGE_UPLOAD_MB):"
                " export a shorter period, or import it on the hub's machine with `lettrage import`"
            )
        return LARGEST_BODY, f"a request body here has at most {LARGEST_BODY:,} bytes"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        cap, sentence = self._cap(scope, headers)
        announced = headers.get(b"content-length", b"0")
        refuse = problem(Request(scope), 413, sentence)
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
