"""The webhook side of a simulated provider: subscriptions, and signed messages over real HTTP."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from connectors.kit.signatures import sign
from connectors.kit.world import World

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_reachable(address: str) -> bool:
    """What a provider accepts as a callback: https, and for a simulator loopback as well."""
    parts = urlsplit(address)
    return len(address) <= 512 and (parts.scheme == "https" or parts.hostname in LOOPBACK)


@dataclass(frozen=True)
class Subscription:
    """Who wants to hear of which kinds of event of a company."""

    id: str
    company_id: str
    address: str
    kinds: tuple[str, ...]
    secret: str
    created_at: str


class Subscriptions:
    """A simulated provider's subscriptions, and the posts that follow from them."""

    def __init__(self, world: World, *, header: str) -> None:
        self._world, self._header = world, header
        self._all: dict[str, Subscription] = {}

    def of(self, company_id: str) -> list[Subscription]:
        """A company's subscriptions, the oldest first."""
        return [each for each in self._all.values() if each.company_id == company_id]

    def add(self, company_id: str, address: str, kinds: Sequence[str], secret: str) -> Subscription:
        """Registers one; ids follow from their number."""
        id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{company_id}:{len(self._all)}"))
        made = Subscription(id, company_id, address, tuple(kinds), secret, self._world.now().isoformat())
        self._all[id] = made
        return made

    def post(self, company_id: str, kind: str, message: Mapping[str, Any]) -> list[int]:
        """Posts a message to everyone who wants its kind, signed at the world's time; the answers."""
        body = json.dumps(message).encode()
        answers = []
        with httpx.Client(trust_env=False, timeout=5.0) as client:
            for each in self.of(company_id):
                if kind in each.kinds:
                    signature = sign(body, each.secret.encode(), self._world.now())
                    headers = {self._header: signature, "content-type": "application/json"}
                    answers.append(client.post(each.address, content=body, headers=headers).status_code)
        return answers
