"""What every connector that hears webhooks must show, against its simulator over real HTTP."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.kit.contract import HearsWebhooks
from connectors.kit.loopback import Loopback
from core.errors import BadInput
from tests.connectors.harness import TENANT, Bench

SECRET = "secret-of-one-connection-only-0123456789"  # made up


@dataclass
class Heard:
    """Where a provider posts to: what came, in order."""

    address: str
    messages: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Heard]:
    heard = Heard("")

    async def take(request: Request) -> Response:
        heard.messages.append((dict(request.headers), await request.body()))
        return Response(status_code=202)

    server = Loopback(Starlette(routes=[Route("/hooks/one", take, methods=["POST"])]))
    server.start()
    heard.address = f"{server.url}/hooks/one"
    try:
        yield heard
    finally:
        server.stop()


def hears_webhooks(announce: Callable[[Bench], list[int]], stream: str) -> Callable[[Bench], None]:
    """The scenario: subscribed once, told of a change, and nobody else is believed."""

    def scenario(made: Bench) -> None:
        assert made.connection is not None
        connector = made.connector
        assert isinstance(connector, HearsWebhooks)
        with listening() as heard:
            for _ in range(2):
                assert made.driver.subscribe(TENANT, made.connection, address=heard.address, secret=SECRET)
            assert announce(made) == [202], "asking again must not double the messages"
            [(headers, body)] = heard.messages
            now, secret = made.world.now(), SECRET.encode()
            assert stream in connector.hear(headers, body, secret, now)
            for forged in (
                ({}, body, secret),
                (headers, body + b" ", secret),
                (headers, body, b"another secret"),
                ({name: value.replace("v1=", "v0=") for name, value in headers.items()}, body, secret),
                (dict.fromkeys(headers, "é,t=,v1="), body, secret),
            ):
                with pytest.raises(BadInput):
                    connector.hear(*forged, now)
            late = now + timedelta(minutes=6)
            assert connector.hear(headers, body, secret, late) == (), "what a late one says is not believed"

    return scenario


__all__ = ["hears_webhooks"]
