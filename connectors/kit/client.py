"""Speaks HTTP with one provider: one long-lived client, retries, limits, and only checked JSON."""

import json
import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import tenacity

from connectors.kit.contract import Manifest, Request, Response
from connectors.kit.errors import Sign, error_for, line_of
from core.errors import LettrageError, Misconfigured, NeedsReconnect, RetryLater, Where
from core.ports import Clock, RateLimit, RateLimiter

LONGEST_WAIT = 30.0
"""Seconds a call waits inside itself; a longer wait goes back to the scheduler."""
LONGEST_ASKED = 86_400.0
"""Seconds a provider may ask one connection to stay away; more is a mistake of theirs."""
LONGEST_SLOWDOWN = 3_600.0
"""Seconds a provider may ask of all connections that share a limit."""
LARGEST_BODY = 32 * 1024 * 1024
BODY_TIMEOUTS = 4
"""A whole body takes as many timeouts at most: bytes that drip in time would hold a thread for ever."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What an operator configures for one provider. Empty addresses mean those of the manifest."""

    client_id: str
    client_secret: str = field(repr=False)
    base_url: str = ""
    auth_url: str = ""
    extra_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    redirect_uri: str = ""
    pkce: bool | None = None


@dataclass(frozen=True)
class Pace:
    """How time passes for the kit; tests pass their own `sleep` and `chance`."""

    sleep: Callable[[float], None]
    chance: Callable[[], float] = random.random
    attempts: int = 5
    timeout: float = 30.0


Heard = Callable[[str, str], None]
"""Told the provider and what happened there, for whoever counts: `rate_limited`, `refreshed`."""


def unheard(provider: str, what: str) -> None:
    """Nobody counts."""


class _AgainError(Exception):
    """Internal: this attempt failed in a way worth another one."""

    def __init__(self, sign: Sign, where: Where, wait: float | None) -> None:
        super().__init__(str(sign))
        self.sign, self.where, self.wait = sign, where, wait


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def parse_json(body: bytes) -> Any:
    """JSON with exact decimals; raises ValueError for anything else (NaN, half a body, too deep)."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (RecursionError, ArithmeticError):
        raise ValueError("not readable as JSON") from None


def wait_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a Retry-After header (seconds or HTTP date), a day at most; None when absent or
    unreadable."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(float(text), LONGEST_ASKED)
    moment = http_date(text)
    return None if moment is None else min(max(0.0, (moment - now).total_seconds()), LONGEST_ASKED)


def http_date(text: str) -> datetime | None:
    """An HTTP date with its zone, or None."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    return moment if moment.tzinfo else None


@cache
def tls() -> ssl.SSLContext:
    """The one context of the process: building it reads every certificate authority."""
    return httpx.create_ssl_context(trust_env=False)


def build_http(timeout: float) -> httpx.Client:
    """The client every provider call goes through: no proxies, no redirects, explicit limits."""
    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=30),
        verify=tls(),
        trust_env=False,
        follow_redirects=False,
    )


class ProviderClient:
    """Sends a connector's requests: books the rate limit, retries, checks, and raises `core.errors`."""

    def __init__(
        self,
        manifest: Manifest,
        settings: ProviderSettings,
        *,
        clock: Clock,
        limiter: RateLimiter,
        pace: Pace,
        largest_body: int = LARGEST_BODY,
        heard: Heard = unheard,
    ) -> None:
        self.manifest = manifest
        self._base = (settings.base_url or manifest.base_url).rstrip("/")
        self._headers = {"accept": "application/json", "user-agent": "lettrage", **manifest.headers}
        self._headers |= settings.extra_headers
        self._clock, self._limiter, self._pace = clock, limiter, pace
        self._largest_body = largest_body
        self._heard = heard
        self._http = build_http(pace.timeout)

    def close(self) -> None:
        """Ends the kept connections."""
        self._http.close()

    def send(self, request: Request, *, access_token: str, where: Where) -> Response:
        """The answer to a request, or an error of `core.errors`; a 401 is NeedsReconnect."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._pace.attempts if request.method == "GET" else 1),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(_AgainError),
            sleep=self._pace.sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, request, access_token, where)
        except _AgainError as again:
            raise self._error(again.sign, again.where, again.wait) from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, _AgainError) and failure.wait is not None:
            return failure.wait
        return float(min(LONGEST_WAIT, 2.0 ** (state.attempt_number - 1)) * (0.5 + self._pace.chance() / 2))

    def _error(self, sign: Sign, where: Where, wait: float | None = None) -> LettrageError:
        return error_for(sign, where, overrides=self.manifest.errors, seconds=wait)

    def limits_for(self, connection: str) -> tuple[RateLimit, ...]:
        """The limits a call over this connection counts against."""
        return tuple(
            replace(limit, key=limit.key.replace("{connection}", connection))
            for limit in self.manifest.limits
        )

    def _book(self, where: Where) -> None:
        wait = max((self._limiter.reserve(x) for x in self.limits_for(where.connection)), default=0.0)
        if wait > LONGEST_WAIT:
            raise RetryLater("our own rate limit for this provider is used up", where, seconds=wait)
        if wait > 0:
            self._pace.sleep(wait)

    def _once(self, request: Request, access_token: str, where: Where) -> Response:
        self._book(where)
        http_request = self._http.build_request(
            request.method,
            self._url(request, where),
            params=list(request.params) or None,
            json=request.json,
            headers={**self._headers, "authorization": f"Bearer {access_token}"},
        )
        try:
            answer = self._http.send(http_request, stream=True)
            try:
                return self._checked(answer, request, self._named(where, answer))
            finally:
                answer.close()
        except (httpx.TransportError, httpx.DecodingError):
            raise _AgainError("transport", where, None) from None

    def _url(self, request: Request, where: Where) -> str:
        url = self._base + request.path
        ours, theirs = urlsplit(self._base), urlsplit(url)
        if not request.path.startswith("/") or (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise Misconfigured("a connector asked for an address outside its manifest", where)
        return url

    def _named(self, where: Where, answer: httpx.Response) -> Where:
        headers = self.manifest.request_id_headers
        found = next((answer.headers[name] for name in headers if name in answer.headers), "")
        return replace(where, request_id="".join(c for c in found[:80] if c.isprintable()))

    def _checked(self, answer: httpx.Response, request: Request, where: Where) -> Response:
        now = self._clock.now()
        log.debug("%s %s %s", request.method, request.path, answer.status_code)
        if answer.status_code not in request.accept:
            self._refuse(answer, where, now)
        body = None if answer.status_code == 204 else self._json(answer, where)
        return Response(
            status=answer.status_code,
            body=body,
            headers={name.lower(): value for name, value in answer.headers.items()},
            received_at=now,
            date=http_date(answer.headers.get("date", "")),
        )

    def _refuse(self, answer: httpx.Response, where: Where, now: datetime) -> None:
        wait = wait_asked(answer.headers, now)
        if answer.status_code == 429:
            self._heard(self.manifest.slug, "rate_limited")
            for limit in self.limits_for(where.connection):
                pause = min(limit.seconds, 5.0) if wait is None else min(wait, LONGEST_SLOWDOWN)
                self._limiter.slow_down(limit, pause)
        self._fail(answer.status_code, where, wait)

    def _fail(self, sign: Sign, where: Where, wait: float | None = None) -> None:
        too_long = wait is not None and wait > LONGEST_WAIT
        if line_of(sign, self.manifest.errors).again and not too_long:
            raise _AgainError(sign, where, wait)
        raise self._error(sign, where, wait)

    def _json(self, answer: httpx.Response, where: Where) -> Any:
        if "json" not in answer.headers.get("content-type", "").lower():
            if answer.status_code >= 400:
                return None  # an accepted refusal says enough by its status
            self._fail("not_json", where)
        body, end = bytearray(), time.monotonic() + BODY_TIMEOUTS * self._pace.timeout
        for chunk in answer.iter_bytes():
            body += chunk
            if time.monotonic() > end:
                self._fail("transport", where)
            if len(body) > self._largest_body:
                self._fail("oversized", where)
        try:
            return parse_json(bytes(body))
        except ValueError:
            self._fail("unreadable", where)
        raise AssertionError("unreachable")


__all__ = ["NeedsReconnect", "Pace", "ProviderClient", "ProviderSettings", "build_http", "parse_json", "tls"]
