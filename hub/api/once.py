"""Idempotency-Key on writes: a repeat gets the first answer, and nothing is done twice."""

import hashlib
import re
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from core.errors import BadInput, Conflict, RetryLater
from hub.api.access import Needs, identify, services_of
from hub.api.services import Answer, Caller, Services
from hub.store.idempotency import SEALED, sealed_under

HEADER = "idempotency-key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_SEALED = "sealed"
FIELDS: Final = 20
"""Fields that a form may have beside its one file, which is written to disk as it comes."""
A_FILE: Final = "a part with a file name (curl: `-F file=@FILE`)"

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class WriteOnce(APIRoute):
    """A route whose writes may be repeated under one key. An error releases the key: nothing was done.
    Only a caller who may make the request is told its first answer.

    It also refuses parameters it does not know: a misspelt filter must not answer with everything.
    """

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        known = frozenset(_parameters(self.dependant))
        takes_form = self.body_field is not None and isinstance(self.body_field.field_info, Form)
        needed = [each.call for each in self.dependant.dependencies if isinstance(each.call, Needs)]

        async def checked(request: Request) -> Response:
            _refuse_unknown(request, known)
            if request.method in ("GET", "HEAD"):
                return await handle(request)
            await run_in_threadpool(_check, request, needed)  # before a byte of the body is taken
            if not takes_form:
                return await once(request)
            form = await _form(request)
            try:
                return await once(request, form)  # the handler gets the same form
            finally:
                await form.close()

        async def once(request: Request, form: FormData | None = None) -> Response:
            key = request.headers.get(HEADER)
            if key is None:
                return await handle(request)
            if not _KEY.fullmatch(key):
                raise BadInput("Idempotency-Key must be 1 to 255 visible ASCII characters")
            caller = await run_in_threadpool(identify, request)
            attempt = _Attempt(services_of(request), caller, key, await fingerprint(request, form))
            return await attempt.run(request, handle)

        return checked


async def _form(request: Request) -> FormData:
    try:
        return await request.form(max_files=1, max_fields=FIELDS)
    except HTTPException as error:
        raise BadInput(
            f"the form cannot be read ({error.detail.rstrip('.')}): send one file, as {A_FILE}, and beside it"
            " short fields"
        ) from None


def _check(request: Request, needed: Iterable[Needs]) -> None:
    for need in needed:
        need.checked(identify(request))


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


async def fingerprint(request: Request, form: FormData | None) -> str:
    """What makes two requests the same: method, address and body, or the fields and file of its form."""
    essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    parts = (request.method, request.url.path, request.url.query, essence)
    hashed = hashlib.sha256("\n".join(parts).encode() + b"\n")
    if form is None:
        hashed.update(await request.body())
    else:
        await run_in_threadpool(_add_form, hashed, form)
    return hashed.hexdigest()


def _add_form(hashed: "hashlib._Hash", form: FormData) -> None:
    """A file goes by in blocks: it may be larger than the memory."""
    for name, value in form.multi_items():
        text = value if isinstance(value, str) else value.filename or ""
        hashed.update(f"{len(name)}:{name}{len(text)}:{text}".encode("utf-8", "surrogatepass"))
        if not isinstance(value, str):
            value.file.seek(0)
            hashed.update(hashlib.file_digest(value.file, "sha256").digest())  # type: ignore[arg-type]  # a file
            value.file.seek(0)
