"""Deterministic identifiers: the same facts always get the same id, so a repeat is silent."""

import hashlib
import json
from typing import Final

_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
_DIGITS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = tuple(high + low for high in _DIGITS for low in _DIGITS)
_SHIFTS: Final = tuple(range(120, -1, -10))


def canonical_json(value: object) -> str:
    """One text per value: sorted keys, no blanks, UTF-8 letters kept."""
    return _CANONICAL.encode(value)


def content_hash(value: object) -> str:
    """SHA-256 (hex) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()


def stable_id(prefix: str, *parts: str) -> str:
    """`prefix` + `_` + 26 lower-case characters (128 bits) derived from `parts`, in order.

    >>> stable_id("inv", "pennylane", "42") == stable_id("inv", "pennylane", "42")
    True
    """
    framed = "".join([f"{len(part)}:{part}" for part in parts])
    digest = hashlib.sha256(framed.encode("utf-8", "surrogatepass")).digest()
    return f"{prefix}_{_base32(digest[:16])}"


def _base32(bits: bytes) -> str:
    """RFC 4648 base 32 of 16 bytes, lower case, unpadded; the standard library's takes twice as long."""
    number = int.from_bytes(bits) << 2
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
