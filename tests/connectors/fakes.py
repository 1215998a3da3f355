"""In-memory limiter and vault for the kit's tests; the real ones pass the same calls in tests/store."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

from core.ports import RateLimit, Tokens


class CountingLimiter:
    """Lets everything through and remembers what was asked; `slowed` holds the 429s."""

    def __init__(self) -> None:
        self.reserved: list[str] = []
        self.slowed: list[tuple[str, float]] = []
        self.wait = 0.0

    def reserve(self, limit: RateLimit, permits: int = 1) -> float:
        self.reserved.append(limit.key)
        return self.wait

    def slow_down(self, limit: RateLimit, seconds: float) -> None:
        self.slowed.append((limit.key, seconds))


class MemoryVault:
    """Tokens and leases under a lock; a lease is judged by the given clock."""

    def __init__(self, clock: object) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str], Tokens] = {}
        self._leases: dict[tuple[str, str], tuple[int, str, datetime]] = {}
        self._secrets: dict[tuple[str, str, str], bytes] = {}
        self.swaps = 0

    def read_tokens(self, tenant_id: str, connection_id: str) -> Tokens | None:
        with self._lock:
            return self._tokens.get((tenant_id, connection_id))

    def swap_tokens(
        self, tenant_id: str, connection_id: str, *, expected: int | None, tokens: Tokens
    ) -> bool:
        with self._lock:
            stored = self._tokens.get((tenant_id, connection_id))
            if (stored.generation if stored else None) != expected:
                return False
            generation = 0 if expected is None else expected + 1
            self._tokens[tenant_id, connection_id] = replace(tokens, generation=generation)
            self._leases.pop((tenant_id, connection_id), None)
            self.swaps += 1
            return True

    def lease(self, tenant_id: str, connection_id: str, *, generation: int, owner: str, seconds: int) -> bool:
        with self._lock:
            place = (tenant_id, connection_id)
            stored, held = self._tokens.get(place), self._leases.get(place)
            now = self._clock.now()
            if stored is None or stored.generation != generation:
                return False
            if held and held[0] == generation and held[2] > now and held[1] != owner:
                return False
            self._leases[place] = (generation, owner, now + timedelta(seconds=seconds))
            return True

    def forget_tokens(self, tenant_id: str, connection_id: str) -> None:
        with self._lock:
            self._tokens.pop((tenant_id, connection_id), None)

    def put_secret(self, tenant_id: str, owner: str, purpose: str, secret: bytes) -> None:
        self._secrets[tenant_id, owner, purpose] = secret

    def read_secret(self, tenant_id: str, owner: str, purpose: str) -> bytes | None:
        return self._secrets.get((tenant_id, owner, purpose))
