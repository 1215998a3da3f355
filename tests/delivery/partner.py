"""A partner on loopback: a real HTTP server that verifies with the public library and keeps what came."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class Received:
    """One request: its headers (lower case), the raw body, and what the library read from it."""

    headers: dict[str, str]
    body: bytes
    message: Any


Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Answer:
    """Answers with a status and headers (`Retry_After` becomes Retry-After)."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


@dataclass
class Partner:
    """Answers by `script` in turn, then 204; refuses with 401 what does not verify."""

    secret: str = "whsec_" + "c2VjcmV0" * 4
    script: list[Answer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    refused: int = 0
    url: str = ""

    def hear(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers["content-length"])
        body = request.rfile.read(length)
        if len(body) < length:
            return None  # the sender was killed while it spoke
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            message = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.refused += 1
            return status(401)(request)
        self.received.append(Received(headers, body, message))
        answer = self.script.pop(0) if self.script else status(204)
        return answer(request)


@contextmanager
def serving(partner: Partner, *, tls: ssl.SSLContext | None = None) -> Iterator[Partner]:
    """Runs the partner until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            partner.hear(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    partner.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    try:
        yield partner
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
