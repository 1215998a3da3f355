"""Qonto's webhooks: one subscription per kind of event, each message signed and only a nudge."""

import json
from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, Final

from connectors.kit.contract import Request, Response
from connectors.kit.signatures import is_fresh, signed_at
from connectors.kit.walks import listed

SIGNATURE: Final = "x-qonto-signature"
_PATH: Final = "/v2/webhook_subscriptions"
_LISTED: Final = 100
STREAMS: Final[Mapping[str, tuple[str, ...]]] = {
    "v1/transactions": ("bank_accounts", "transactions"),
    "v1/accounts": ("bank_accounts",),
    "v1/organizations": ("organization",),
    "v1/clients": ("clients",),
    "v1/client-invoices": ("client_invoices",),
    "v1/consent-revocations": (),
}
"""The kinds that are subscribed to, and the streams each says to read; none means all of them.
Nothing tells of supplier invoices and credit notes: those are polled."""


def subscribe(address: str, secret: str) -> Generator[Request, Response, None]:
    """One subscription for each kind that has none to this address yet.

    Known ones keep the secret they were made with, which is why a connection's secret never changes.
    """
    page, known = 1, set[str]()
    while page:
        asked = (("page", str(page)), ("per_page", str(_LISTED)))
        response = yield Request(_PATH, params=asked)
        rows = listed(response, "subscriptions")
        known |= {kind for row in rows if row.get("callback_url") == address for kind in row["types"]}
        page = page + 1 if len(rows) >= _LISTED else 0
    for kind in STREAMS:
        if kind not in known:
            wanted = {"callback_url": address, "types": [kind], "secret": secret, "description": "Lettrage"}
            yield Request(_PATH, method="POST", json=wanted, accept=(200, 201))


def hear(headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> tuple[str, ...]:
    """The streams a message says to read (none: all); raises BadInput when it is forged.

    A late message with a valid signature may be a retry that kept its first time: it still says
    "read", but what it says beyond that is not looked at.
    """
    at = signed_at(headers.get(SIGNATURE), body, secret)
    return STREAMS.get(_kind(body), ()) if is_fresh(at, now) else ()


def _kind(body: bytes) -> str:
    try:
        message: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    kind = message.get("type") if isinstance(message, dict) else None
    return kind if isinstance(kind, str) else ""
