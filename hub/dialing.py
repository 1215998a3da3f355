"""Posts to addresses partners gave us, and dials nothing but public ones.

A name is resolved once, every address it has is judged, and one of those judged is dialled: a name
that changes between the check and the call gains nothing. No redirects, no proxies, one connection
per post, and a deadline for the whole of it.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import httpcore

from core.errors import BadInput, LettrageError
from core.ports import Clock, Posted
from core.webhooks import retry_after_seconds

Resolve = Callable[[str, int], Sequence[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

TIMEOUT_SECONDS: Final = 15.0
LARGEST_ANSWER: Final = 64 * 1024
KEPT_CHARACTERS: Final = 500
LONGEST_URL: Final = 2048
NAT64: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
V4_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Every address of `host`, as the system resolves it (which reads `127.1` or `0x7f000001` too)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


class Refused(BadInput):
    """An address we do not dial; the sentence never tells what a name resolved to."""


def judged(address: Address) -> Address:
    """The address that would really be reached: the IPv4 one inside a mapped, NAT64, 6to4 or
    compatible IPv6 address, else itself."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if any(address in network for network in (*NAT64, V4_COMPATIBLE)):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(text: str) -> bool:
    """Whether anybody on the Internet could be dialled there.

    >>> is_public("93.184.215.14"), is_public("100.64.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    address = judged(ipaddress.ip_address(text.partition("%")[0]))
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may be dialled: public addresses over https on `ports`.

    `allowed` names hosts or addresses, alone or as `host:port`, that are exempt from every rule: a
    partner on loopback in the demo and the tests, or in a private network the operator vouches for.
    """

    ports: frozenset[int] = frozenset({443, 8443})
    allowed: frozenset[str] = frozenset()
    resolve: Resolve = resolve

    def check(self, url: str) -> None:
        """Raises Refused unless `url` may be registered: its form, and where it leads today."""
        parts = self.parsed(url)
        self.addresses(str(parts.hostname), _port(parts))

    def parsed(self, url: str) -> SplitResult:
        """The address in parts, or Refused when its form alone rules it out."""
        parts = _split(url)
        host, port = str(parts.hostname), _port(parts)
        if self._is_exempt(host, port):
            return parts
        if parts.scheme != "https":
            raise Refused("a webhook address begins with https://")
        if port not in self.ports:
            ports = ", ".join(map(str, sorted(self.ports)))
            raise Refused(f"port {port} is not allowed for webhooks: use one of {ports}")
        return parts

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """What `host` resolves to now; Refused if any of it is not public, or nothing is found."""
        try:
            found = tuple(self.resolve(host, port))
        except (OSError, UnicodeError):
            found = ()
        if not found:
            raise Refused(f"the host {host} cannot be resolved: check the name")
        if not self._is_exempt(host, port) and not all(self._may_dial(each, port) for each in found):
            raise Refused(f"the host {host} does not lead to a public address: webhooks are sent to no other")
        return found

    def _may_dial(self, address: str, port: int) -> bool:
        return self._is_exempt(address, port) or is_public(address)

    def _is_exempt(self, host: str, port: int) -> bool:
        return not self.allowed.isdisjoint((host, f"{host}:{port}", f"[{host}]:{port}"))


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL or not re.fullmatch(r"[!-~]+", url):
        raise Refused(
            "a webhook address is at most 2048 visible ASCII characters: write others percent-encoded"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("the webhook address is not a URL: expected https://host/path") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise Refused("the webhook address is not a URL: expected https://host/path")
    if parts.username is not None or parts.password is not None or "\\" in url:
        raise Refused("a webhook address carries no user name, password or backslash")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


@dataclass(frozen=True, slots=True)
class _Deadline:
    """What is left of the time for one post, on the machine's monotonic clock."""

    at: float

    def left(self, error: type[httpcore.TimeoutException]) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise error("deadline")
        return left


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step counts against one deadline, so that slow drops end too."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _GuardedBackend(httpcore.NetworkBackend):
    """Dials an address that was judged, never the name again."""

    def __init__(self, guard: Guard, deadline: _Deadline) -> None:
        self._guard = guard
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._guard.addresses(host, port):
            try:
                left = self._deadline.left(httpcore.ConnectTimeout)
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """The Sender of the hub. An answer's body is read up to a limit and kept in part."""

    guard: Guard
    clock: Clock
    timeout: float = TIMEOUT_SECONDS
    tls: ssl.SSLContext = field(default_factory=httpcore.default_ssl_context)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """One post; whatever goes wrong comes back as `Posted.error`, nothing is raised."""
        began = time.monotonic()
        try:
            status, answered, text = self._exchange(url, headers, body, _Deadline(began + self.timeout))
        except (
            LettrageError,
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
        ) as error:
            return Posted(status=None, duration_ms=_since(began), error=self._sentence(error))
        asked = retry_after_seconds(answered.get("retry-after"), self.clock.now())
        return Posted(status=status, duration_ms=_since(began), response=text, retry_after=asked)

    def _exchange(
        self, url: str, headers: Mapping[str, str], body: bytes, deadline: _Deadline
    ) -> tuple[int, dict[str, str], str]:
        target = _target(self.guard.parsed(url))
        backend = _GuardedBackend(self.guard, deadline)
        with (
            httpcore.ConnectionPool(ssl_context=self.tls, network_backend=backend) as pool,
            pool.stream("POST", target, headers=list(headers.items()), content=body) as answer,
        ):
            answered = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers
            }
            return answer.status, answered, _kept(answer.iter_stream())

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, LettrageError):
            return str(error)
        if isinstance(error, httpcore.TimeoutException):
            return f"no complete answer within {self.timeout:g} seconds"
        detail = re.sub(r"\s+", " ", str(error))[:200]
        return f"the connection failed: {detail or type(error).__name__}"


def _target(parts: SplitResult) -> httpcore.URL:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return httpcore.URL(scheme=parts.scheme, host=str(parts.hostname), port=parts.port, target=path)


def _kept(chunks: Iterable[bytes]) -> str:
    """The beginning of an answer; reading stops at the limit, however much is still to come."""
    read = b""
    for chunk in chunks:
        read += chunk
        if len(read) >= LARGEST_ANSWER:
            break
    return read.decode("utf-8", "replace").replace("\x00", "�")[:KEPT_CHARACTERS]


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
