"""A partner for the demo: receives webhooks on loopback and verifies them with the public library."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standardwebhooks import Webhook


@dataclass
class Received:
    """What arrived: verified bodies by webhook id, repeats, and posts whose signature did not hold."""

    verified: dict[str, dict[str, Any]] = field(default_factory=dict)
    repeats: int = 0
    refused: int = 0


class Partner:
    """A webhook receiver. Give it the endpoint's secret, then read `received`."""

    def __init__(self) -> None:
        self.received = Received()
        self.secret: str | None = None
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        """host:port, as the allow-list wants it."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    @property
    def url(self) -> str:
        """Where webhooks are to be posted."""
        return f"http://{self.address}/lettrage"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Verifies one post and keeps it; returns the HTTP status to answer."""
        with self._lock:
            try:
                Webhook(self.secret or "").verify(body, headers)
            except Exception:  # noqa: BLE001  # the library raises several kinds: all mean "not verified"
                self.received.refused += 1
                return 401
            seen = headers["webhook-id"] in self.received.verified
            self.received.repeats += seen
            self.received.verified[headers["webhook-id"]] = json.loads(body)
            return 204

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        partner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(partner.take(headers, body))
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Silent: the demo prints its own summary."""

        return Handler
