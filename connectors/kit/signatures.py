"""Checks who sent a provider's webhook: the `t=<unix seconds>,v1=<hex>` header several providers use."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

from core.errors import BadInput

TOLERANCE: Final = timedelta(minutes=5)
"""How far the time of a signature may lie from ours."""
LONGEST: Final = 1_000
"""Characters of a header that are looked at."""


def sign(body: bytes, secret: bytes, at: datetime) -> str:
    """The header over a body: HMAC-SHA256 of `t + "." + body`, the secret used as it is.

    >>> sign(b'{"test":"data"}', b"test-secret", datetime(2024, 1, 1, 12, tzinfo=UTC))[:30]
    't=1704110400,v1=56aff06dc227db'
    """
    seconds = str(int(at.timestamp()))
    return f"t={seconds},v1={_digest(seconds, body, secret)}"


def _digest(seconds: str, body: bytes, secret: bytes) -> str:
    return hmac.new(secret, seconds.encode() + b"." + body, hashlib.sha256).hexdigest()


def signed_at(header: str | None, body: bytes, secret: bytes) -> datetime:
    """When the body was signed, as the header says; raises BadInput when the signature does not hold.

    The header may carry several `v1`, so that a secret can be replaced.
    """
    parts = [part.strip().partition("=") for part in (header or "")[:LONGEST].split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1" and value.isascii()]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 11):
        raise BadInput("the signature header has no time")
    expected = _digest(times[0], body, secret)
    if not any(hmac.compare_digest(expected, each) for each in given):
        raise BadInput("the signature does not hold")
    return datetime.fromtimestamp(int(times[0]), UTC)


def is_fresh(at: datetime, now: datetime) -> bool:
    """Whether a signature of that time is recent."""
    return abs(now - at) <= TOLERANCE
