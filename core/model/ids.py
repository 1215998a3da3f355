"""Deterministic identifiers: the same facts always get the same id, so a repeat is silent."""

import base64
import hashlib
import json


def canonical_json(value: object) -> str:
    """One text per value: sorted keys, no blanks, UTF-8 letters kept."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def content_hash(value: object) -> str:
    """SHA-256 (hex) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()


def stable_id(prefix: str, *parts: str) -> str:
    """`prefix` + `_` + 26 lower-case characters (128 bits) derived from `parts`, in order.

    >>> stable_id("inv", "pennylane", "42") == stable_id("inv", "pennylane", "42")
    True
    """
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    digest = hashlib.sha256(framed.encode("utf-8", "surrogatepass")).digest()
    return f"{prefix}_{base64.b32encode(digest[:16]).decode().rstrip('=').lower()}"
