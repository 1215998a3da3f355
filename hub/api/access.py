"""Who calls: bearer keys, their scopes, and the tenant that follows from the key."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, get_args

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub.api.problems import Refused
from hub.api.services import Caller, Services

Scope = Literal["read", "write", "decide", "webhooks"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""read: every GET. write: every change. A key for less than every change takes decide (resolve what
waits) or webhooks (endpoints, replays) instead of write."""

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="apiKey",
    description="An API key of the tenant, with scopes: read, write, decide, webhooks.",
)


def services_of(request: Request) -> Services:
    """The wired services of the app."""
    wired: Services = request.app.state.services
    return wired


Wired = Annotated[Services, Depends(services_of)]


def identify(request: Request) -> Caller:
    """The caller, asked once per request; raises Refused (401) without saying what was wrong."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is None:
        word, _, key = request.headers.get("authorization", "").partition(" ")
        known = services_of(request).authenticate(key.strip()) if word.lower() == "bearer" else None
        if known is None:
            raise Refused(401, "send a valid API key as a bearer token", {"WWW-Authenticate": "Bearer"})
        request.state.caller = known
    return known


@dataclass(frozen=True, slots=True)
class Needs:
    """A dependency: the caller, whose key must have `scope`."""

    scope: Scope

    def __call__(
        self, request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> Caller:
        return self.checked(identify(request))

    def checked(self, caller: Caller) -> Caller:
        """The caller; raises Refused (403) without the scope."""
        if self.scope not in caller.scopes and (self.scope == "read" or "write" not in caller.scopes):
            raise Refused(403, f"this API key lacks the scope {self.scope!r}")
        return caller


Reader = Annotated[Caller, Depends(Needs("read"))]
Writer = Annotated[Caller, Depends(Needs("write"))]
Decider = Annotated[Caller, Depends(Needs("decide"))]
Publisher = Annotated[Caller, Depends(Needs("webhooks"))]
