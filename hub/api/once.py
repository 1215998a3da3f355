"""Idempotency-Key on writes: a repeat gets the first answer, and nothing is done twice."""

import hashlib
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from core.errors import BadInput, Conflict, RetryLater
from hub.api.access import Needs, identify, services_of
from hub.api.services import Answer, Caller, Services
from hub.store.idempotency import SEALED, sealed_under

HEADER = "idempotency-key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_SEALED = "sealed"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class WriteOnce(APIRoute):
    """A route whose writes may be repeated under one key. An error releases the key: nothing was done.
    Only a caller who may make the request is told its first answer.

    It also refuses parameters it does not know: a misspelt filter must not answer with everything.
    """

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        known = frozenset(_parameters(self.dependant))
        needed = [each.call for each in self.dependant.dependencies if isinstance(each.call, Needs)]

        async def once(request: Request) -> Response:
            _refuse_unknown(request, known)
            key = request.headers.get(HEADER)
            if key is None or request.method in ("GET", "HEAD"):
                return await handle(request)
            if not _KEY.fullmatch(key):
                raise BadInput("Idempotency-Key must be 1 to 255 visible ASCII characters")
            caller = await run_in_threadpool(identify, request)
            for need in needed:
                need.checked(caller)
            attempt = _Attempt(services_of(request), caller, key, fingerprint(request, await request.body()))
            return await attempt.run(request, handle)

        return once


def _parameters(dependant: Dependant) -> set[str]:
    """The query parameters a route takes, those of its dependencies included."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_parameters(each) for each in dependant.dependencies))


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        here = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
        found = {"msg": f"unknown parameter: {here}", "type": "extra"}
        raise RequestValidationError([{"loc": ("query", name), **found} for name in unknown])


class _Attempt:
    """One request with a key: recalls, works, remembers."""

    def __init__(self, services: Services, caller: Caller, key: str, request_hash: str) -> None:
        self.services, self.caller, self.key, self.request_hash = services, caller, key, request_hash

    async def run(self, request: Request, handle: Handler) -> Response:
        answer = await run_in_threadpool(self._recall)
        if answer is not None:
            return await run_in_threadpool(self._again, answer)
        try:
            response = await handle(request)
        except BaseException:
            await run_in_threadpool(self.services.idempotency.release, self.caller.tenant_id, self.key)
            raise
        await run_in_threadpool(self._remember, response, sealed=bool(getattr(request.state, _SEALED, False)))
        return response

    def _recall(self) -> Answer | None:
        try:
            return self.services.idempotency.recall(self.caller.tenant_id, self.key, self.request_hash)
        except RetryLater as busy:
            raise Conflict(busy.sentence) from None

    def _again(self, answer: Answer) -> Response:
        body = answer.body.encode()
        if answer.body == _SEALED:
            owner = sealed_under(self.key)
            body = self.services.vault.read_secret(self.caller.tenant_id, owner, SEALED) or b""
        headers = {"Idempotency-Replayed": "true"}
        return Response(body, answer.status, headers=headers, media_type="application/json")

    def _remember(self, response: Response, *, sealed: bool) -> None:
        text = bytes(response.body).decode()
        tenant_id = self.caller.tenant_id
        if sealed:
            self.services.vault.put_secret(tenant_id, sealed_under(self.key), SEALED, text.encode())
            text = _SEALED
        self.services.idempotency.remember(
            tenant_id, self.key, self.request_hash, status=response.status_code, body=text
        )


def seal_answer(request: Request) -> None:
    """Marks an answer that shows a secret: its copy for repeats is kept in the vault only."""
    setattr(request.state, _SEALED, True)


def fingerprint(request: Request, body: bytes) -> str:
    """What makes two requests the same: method, address and body, a multipart boundary aside."""
    essence, _, parameters = request.headers.get("content-type", "").partition(";")
    found = re.search(r'boundary="?([^";]+)', parameters)
    content = body.replace(found[1].encode(), b"") if found else body
    parts = (request.method, request.url.path, request.url.query, essence.strip().lower())
    head = "\n".join(parts).encode()
    return hashlib.sha256(head + b"\n" + content).hexdigest()
