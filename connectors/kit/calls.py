"""What passes between a simulator's server and its handlers: calls, replies, addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.kit.simulated_oauth import Grant


@dataclass(frozen=True, kw_only=True)
class Call:
    """One API call as a handler sees it. `path` holds the values of the route's {names}."""

    method: str
    route: str
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    grant: Grant
    json: Any = None

    def one(self, name: str, default: str | None = None) -> str | None:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default


@dataclass(frozen=True)
class Reply:
    """What a handler answers; a `str` body goes out as plain text."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Endpoint:
    """One address of the provider. `scopes`: any one of them is enough; empty: any token may call."""

    method: str
    path: str
    scopes: tuple[str, ...]
    handler: Handler
