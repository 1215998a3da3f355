"""The kit of provider simulators: a real HTTP server on loopback with OAuth, limits and scripted faults."""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import parse_qs, parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors.kit.calls import Call, Endpoint, Handler, Reply
from connectors.kit.faults import HTML_PAGE, Fault, Script, spoilt
from connectors.kit.loopback import Loopback
from connectors.kit.openapi import Specification
from connectors.kit.simulated_oauth import Answer, AuthorizationServer, OAuthRules, Registered
from connectors.kit.world import World

SESSION = "simulator_session"
CHALLENGE: Mapping[str, str] = {"www-authenticate": "Bearer"}


@dataclass(frozen=True)
class Seen:
    """One call as the simulator answered it; tests assert on the list of these."""

    method: str
    path: str
    query: str
    status: int


class Simulator:
    """Base of the providers' simulators. A provider gives `oauth_rules()`, `endpoints()`, and may
    change `gate`, `refusal`, `dressed`. Use as a context manager: `with QontoSimulator(world) as sim`."""

    slug: ClassVar[str]
    spec_file: ClassVar[str | None] = None
    newer_parameters: ClassVar[frozenset[str]] = frozenset()
    """Query parameters documented after `spec_file` was published."""
    deviations: ClassVar[frozenset[str]] = frozenset()
    """Fields in which real answers were seen to differ from `spec_file`."""
    calls_per_window: ClassVar[tuple[int, float]] = (1_000, 10.0)
    """How many calls one token (or address) may make in so many seconds of the world's clock."""

    def __init__(
        self,
        world: World,
        *,
        client: Registered | None = None,
        rules: OAuthRules | None = None,
        calls_per_window: tuple[int, float] | None = None,
    ) -> None:
        self.world = world
        self.client = client or Registered()
        self.oauth = AuthorizationServer(world, rules or self.oauth_rules(), self.client)
        self.seen: list[Seen] = []
        self.violations: list[str] = []
        self._script = Script()
        self._recent: deque[float] = deque()
        self._window = calls_per_window or self.calls_per_window
        self._spec = Specification.find(self.spec_file) if self.spec_file else None
        self._server = Loopback(self._app())
        self.before_call: Callable[[Call], None] | None = None
        """A test hook: called with the world locked before each handler (records that move)."""

    # --- what a provider gives

    def oauth_rules(self) -> OAuthRules:
        """How the provider's authorization server behaves."""
        raise NotImplementedError

    def endpoints(self) -> Sequence[Endpoint]:
        """The addresses the provider has; fixed paths before paths with {names}."""
        raise NotImplementedError

    def gate(self, headers: Mapping[str, str]) -> Response | None:
        """Answers before anything else happens (a staging token that is missing), or None."""
        return None

    def refusal(self, status: int, reason: str) -> Reply:
        """The provider's body for 401, 403, 404 and 429."""
        return Reply(status, {"error": reason, "status": status})

    def dressed(self, reply: Reply, call: Call | None) -> Reply:
        """A place to add headers that every answer of the provider carries."""
        return reply

    # --- running

    @property
    def url(self) -> str:
        """Where the simulator listens: both API and authorization server."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Listens on a free loopback port; returns once it answers."""
        return self.__enter__()

    def stop(self) -> None:
        """Ends the server and its thread."""
        self._server.stop()

    def fault(self, *faults: Fault) -> None:
        """Adds faults to the script; each is used up by the calls it matches, in this order."""
        self._script.add(*faults)

    def clear_faults(self) -> None:
        """Forgets what is left of the script."""
        self._script.clear()

    # --- serving

    def _app(self) -> Starlette:
        rules = self.oauth.rules
        return Starlette(
            routes=[
                Route(rules.authorize_path, self._authorize, methods=["GET", "POST"]),
                Route(rules.token_path, self._token, methods=["POST"]),
                Route(rules.revoke_path, self._revoke, methods=["POST"]),
                *(self._route(endpoint) for endpoint in self.endpoints()),
                Route("/{anything:path}", self._nowhere),
            ]
        )

    def _route(self, endpoint: Endpoint) -> Route:
        async def serve(http: HttpRequest) -> Response:
            return await self._serve(endpoint, http)

        return Route(endpoint.path, serve, methods=[endpoint.method])

    async def _nowhere(self, http: HttpRequest) -> Response:
        self._see(http, 404)
        return Response("", 404, media_type="text/plain")

    async def _authorize(self, http: HttpRequest) -> Response:
        session = http.cookies.get(SESSION)
        if http.method == "GET":
            return _rendered(self.oauth.authorize(dict(http.query_params), session))
        form = dict(parse_qsl((await http.body()).decode("utf-8", "replace")))
        with self.world.lock:
            return _rendered(self.oauth.submit(form, session))

    async def _token(self, http: HttpRequest) -> Response:
        body = await http.body()
        if gated := self.gate(http.headers):
            return gated
        fault = self._script.next(http.url.path)
        with self.world.lock:
            answer = _rendered(self.oauth.token(body, http.headers.get("content-type", "")))
        self._see(http, answer.status_code)
        return answer if fault is None else await spoilt(fault, answer)

    async def _revoke(self, http: HttpRequest) -> Response:
        body = await http.body()
        self._see(http, 200)
        with self.world.lock:
            return self.gate(http.headers) or _rendered(self.oauth.revoke(body))

    async def _serve(self, endpoint: Endpoint, http: HttpRequest) -> Response:
        body = await http.body()
        fault = self._script.next(http.url.path)
        with self.world.lock:
            response = self.gate(http.headers) or self._answer(endpoint, http, body, fault)
        self._see(http, response.status_code if fault is None else fault.status or response.status_code)
        return response if fault is None else await spoilt(fault, response)

    def _answer(self, endpoint: Endpoint, http: HttpRequest, body: bytes, fault: Fault | None) -> Response:
        call, reply = self._admitted(endpoint, http, body)
        if call is not None:
            problems = (
                self._spec.request_problems(endpoint, call, self.newer_parameters) if self._spec else []
            )
            if self.before_call:
                self.before_call(call)
            reply = endpoint.handler(call)
            problems += self._spec.reply_problems(endpoint, reply, self.deviations) if self._spec else []
            if problems:
                self.violations += problems
                return _plain(599, "; ".join(problems))
        if fault is not None and fault.edit is not None:
            reply = Reply(reply.status, fault.edit(reply.body), reply.headers)
        response = _http(self.dressed(reply, call))
        response.headers.setdefault("date", format_datetime(self.world.now(), usegmt=True))
        return response

    def _admitted(self, endpoint: Endpoint, http: HttpRequest, body: bytes) -> tuple[Call | None, Reply]:
        scheme, _, token = http.headers.get("authorization", "").partition(" ")
        grant = self.oauth.grant_of(token) if scheme.lower() == "bearer" else None
        if self._too_fast():
            return None, self.refusal(429, "too_many_requests")
        if grant is None:
            return None, self.refusal(401, "unauthorized")
        if endpoint.scopes and not set(endpoint.scopes) & set(grant.scopes):
            return None, self.refusal(403, f"missing scope {endpoint.scopes[0]}")
        call = Call(
            method=endpoint.method,
            route=endpoint.path,
            path={name: str(value) for name, value in http.path_params.items()},
            query=parse_qs(http.url.query, keep_blank_values=True),
            headers=http.headers,
            grant=grant,
            json=json.loads(body) if body else None,
        )
        return call, Reply()

    def _too_fast(self) -> bool:
        permits, seconds = self._window
        now = self.world.now().timestamp()
        while self._recent and self._recent[0] <= now - seconds:
            self._recent.popleft()
        if len(self._recent) >= permits:
            return True
        self._recent.append(now)
        return False

    def _see(self, http: HttpRequest, status: int) -> None:
        self.seen.append(Seen(http.method, http.url.path, http.url.query, status))


def _rendered(answer: Answer) -> Response:
    response: Response
    if answer.page is not None:
        response = HTMLResponse(answer.page, answer.status)
    elif answer.location is not None:
        response = RedirectResponse(answer.location, answer.status)
    else:
        response = JSONResponse(answer.body, answer.status, headers={"cache-control": "no-store"})
    if answer.cookie:
        response.set_cookie(SESSION, answer.cookie, httponly=True, samesite="lax")
    return response


def _http(reply: Reply) -> Response:
    headers = dict(reply.headers)
    if reply.status == 204:
        return Response(status_code=204, headers=headers)
    if isinstance(reply.body, str):
        return Response(reply.body, reply.status, headers, media_type="text/plain")
    return JSONResponse(reply.body, reply.status, headers)


def _plain(status: int, text: str) -> Response:
    return Response(text, status, media_type="text/plain")


__all__ = ["HTML_PAGE", "Call", "Endpoint", "Fault", "Handler", "Reply", "Seen", "Simulator"]
