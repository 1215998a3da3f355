"""The ports of the core, in memory: faithful enough to run every use case without a database."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from core.errors import NeedsReconnect
from core.model import Connection, Entry, Event, Fact, RawRecord, Record, Row
from core.ports import Granted, Posted, Pulled, Put, RateLimit, Tokens, Version

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FixedClock:
    """Stands still until told to move."""

    def __init__(self, now: datetime = START) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant

    def move(self, **by: float) -> None:
        """Moves on by a timedelta's arguments: `clock.move(days=1)`."""
        self.instant += timedelta(**by)


@dataclass(frozen=True)
class Job:
    """A job as it was registered."""

    kind: str
    key: str
    args: Mapping[str, str | int | bool | None]
    dedupe_id: str
    delay: timedelta | None = None


@dataclass
class _Known:
    """All that is stored for one tenant; values are immutable, so a shallow copy is a snapshot."""

    revision: int = 0
    facts: dict[type[Fact], dict[str, tuple[Version[Any], ...]]] = field(default_factory=dict)
    entries: dict[type[Entry], dict[str, tuple[Any, int]]] = field(default_factory=dict)
    rows: dict[type[Row], dict[str, Row]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)

    def copy(self) -> "_Known":
        return _Known(
            self.revision,
            {kind: dict(by_id) for kind, by_id in self.facts.items()},
            {kind: dict(by_id) for kind, by_id in self.entries.items()},
            {kind: dict(by_id) for kind, by_id in self.rows.items()},
            dict(self.jobs),
        )


def _matches(record: Record, equal: Mapping[str, str | None]) -> bool:
    found = ((getattr(record, name), value) for name, value in equal.items())
    return all(has == value or (value is not None and str(has) == value) for has, value in found)


class InMemoryUnit:
    """One transaction on a snapshot of one tenant."""

    def __init__(self, tenant_id: str, now: datetime, known: _Known, *, write: bool) -> None:
        self.tenant_id = tenant_id
        self.now = now
        self._known = known
        self._base = known.revision
        self._write = write

    @property
    def revision(self) -> int:
        return self._known.revision

    def _may_write(self) -> None:
        if not self._write:
            raise RuntimeError("this unit was opened for reading")

    def _take_revision(self) -> int:
        self._known.revision = self._base + 1
        return self._known.revision

    def put(self, facts: Sequence[Fact], *, connection_id: str | None = None) -> Put:
        self._may_write()
        new: dict[str, None] = {}
        changed: dict[str, None] = {}
        unchanged = 0
        for fact in facts:
            versions = self._known.facts.setdefault(type(fact), {})
            before = versions.get(fact.id, ())
            if before and before[-1].fact.content() == fact.content():
                unchanged += 1
                continue
            versions[fact.id] = self._with(before, fact)
            (changed if before and fact.id not in new else new)[fact.id] = None
        return Put(tuple(new), tuple(changed), unchanged)

    def _with(self, before: tuple[Version[Any], ...], fact: Fact) -> tuple[Version[Any], ...]:
        at = self._take_revision()
        if before and before[-1].revision == at:
            return (*before[:-1], Version(fact, at, self.now, None))
        closed = (*before[:-1], replace(before[-1], superseded_at=at)) if before else ()
        return (*closed, Version(fact, at, self.now, None))

    def get(self, kind: type[Any], ids: Iterable[str]) -> dict[str, Any]:
        versions = self._known.facts.get(kind, {})
        return {id: versions[id][-1].fact for id in ids if id in versions}

    def all(self, kind: type[Any], *, as_of: int | None = None, **equal: str | None) -> list[Any]:
        found = []
        for _, versions in sorted(self._known.facts.get(kind, {}).items()):
            known = [v for v in versions if as_of is None or v.revision <= as_of]
            if known and _matches(known[-1].fact, equal):
                found.append(known[-1].fact)
        return found

    def history(self, kind: type[Any], id: str) -> list[Version[Any]]:
        return list(self._known.facts.get(kind, {}).get(id, ()))

    def revisions(self, kind: type[Any], **equal: str | None) -> list[int]:
        if issubclass(kind, Fact):
            versions = self._known.facts.get(kind, {}).values()
            return sorted({v.revision for each in versions for v in each if _matches(v.fact, equal)})
        log = self._known.entries.get(kind, {}).values()
        return sorted({at for entry, at in log if _matches(entry, equal)})

    def companies_since(self, kinds: Iterable[type[Any]], revision: int) -> set[str | None]:
        facts = (self._known.facts.get(kind, {}).values() for kind in kinds)
        logs = (self._known.entries.get(kind, {}).values() for kind in kinds)
        versions = {v.fact.company_id for each in facts for vs in each for v in vs if v.revision > revision}
        return versions | {entry.company_id for log in logs for entry, at in log if at > revision}

    def append(self, entries: Sequence[Entry]) -> int:
        self._may_write()
        written = 0
        for entry in entries:
            log = self._known.entries.setdefault(type(entry), {})
            if entry.id not in log:
                log[entry.id] = (entry, self._take_revision())
                written += 1
        return written

    def entries(self, kind: type[Any], *, as_of: int | None = None, **equal: str | None) -> list[Any]:
        log = self._known.entries.get(kind, {}).values()
        return [e for e, at in log if (as_of is None or at <= as_of) and _matches(e, equal)]

    def last(self, kind: type[Any]) -> Any:
        log = self._known.entries.get(kind, {})
        return log[next(reversed(log))][0] if log else None

    def save(self, rows: Sequence[Row]) -> None:
        self._may_write()
        for row in rows:
            self._known.rows.setdefault(type(row), {})[row.id] = row

    def load(self, kind: type[Any], id: str) -> Any:
        return self._known.rows.get(kind, {}).get(id)

    def find(self, kind: type[Any], **equal: str | None) -> list[Any]:
        return [r for _, r in sorted(self._known.rows.get(kind, {}).items()) if _matches(r, equal)]

    def page(
        self, kind: type[Any], *, after: str | None, limit: int, **equal: str | None
    ) -> tuple[list[Any], str | None]:
        keyed = sorted(((_place(r), r) for r in self._current(kind, equal)), key=lambda pair: pair[0])
        rest = [(place, r) for place, r in keyed if after is None or place > after]
        shown = rest[:limit]
        return [r for _, r in shown], shown[-1][0] if len(rest) > limit else None

    def _current(self, kind: type[Any], equal: dict[str, Any]) -> list[Any]:
        if issubclass(kind, Fact):
            return self.all(kind, **equal)
        return self.entries(kind, **equal) if issubclass(kind, Entry) else self.find(kind, **equal)

    def enqueue(
        self,
        kind: str,
        *,
        key: str,
        args: Mapping[str, str | int | bool | None],
        dedupe_id: str,
        delay: timedelta | None = None,
    ) -> None:
        self._may_write()
        self._known.jobs.setdefault(dedupe_id, Job(kind, key, dict(args), dedupe_id, delay))


def _place(record: Record) -> str:
    """Where a record stands in a page: events by time, then id; the rest by id."""
    return f"{record.detected_at.isoformat()}|{record.id}" if isinstance(record, Event) else record.id


class InMemoryStore:
    """Tenants in dictionaries. `fail_at(n)` makes the n-th commit from now fail, as a crash would."""

    def __init__(self, clock: FixedClock | None = None) -> None:
        self.clock = clock or FixedClock()
        self.commits = 0
        self._tenants: dict[str, _Known] = {}
        self._lock = RLock()
        self._fail_at: int | None = None

    def fail_at(self, commit: int | None) -> None:
        """The `commit`-th commit from now raises instead of storing anything (None: never)."""
        self._fail_at = None if commit is None else self.commits + commit

    @contextmanager
    def begin(self, tenant_id: str, *, write: bool = True) -> Iterator[InMemoryUnit]:
        with self._lock:
            known = self._tenants.setdefault(tenant_id, _Known()).copy()
            yield InMemoryUnit(tenant_id, self.clock.now(), known, write=write)
            if write:
                self._commit(tenant_id, known)

    def _commit(self, tenant_id: str, known: _Known) -> None:
        self.commits += 1
        if self.commits == self._fail_at:
            self._fail_at = None
            raise CrashError(f"crash at commit {self.commits}")
        self._tenants[tenant_id] = known

    def jobs(self, tenant_id: str, kind: str | None = None) -> list[Job]:
        """The jobs registered so far, in order."""
        jobs = self._tenants.setdefault(tenant_id, _Known()).jobs.values()
        return [job for job in jobs if kind in (None, job.kind)]

    def tamper(self, tenant_id: str, record: Fact | Entry) -> None:
        """Overwrites a stored record in place, as nobody should: what `verify` must find."""
        known = self._tenants[tenant_id]
        if isinstance(record, Fact):
            versions = known.facts[type(record)][record.id]
            known.facts[type(record)][record.id] = (*versions[:-1], replace(versions[-1], fact=record))
            return
        assert isinstance(record, Entry)
        log = known.entries[type(record)]
        log[record.id] = (record, log[record.id][1] if record.id in log else known.revision)

    def erase(self, tenant_id: str, kind: type[Entry], id: str) -> None:
        """Removes an entry, as nobody should."""
        del self._tenants[tenant_id].entries[kind][id]


class CrashError(Exception):
    """The process died before the commit."""


class InMemoryVault:
    """Secrets in dictionaries; generations and leases behave like the real ones."""

    def __init__(self, clock: FixedClock | None = None) -> None:
        self.clock = clock or FixedClock()
        self._tokens: dict[tuple[str, str], Tokens] = {}
        self._leases: dict[tuple[str, str, int], tuple[str, datetime]] = {}
        self._secrets: dict[tuple[str, str, str], bytes] = {}

    def read_tokens(self, tenant_id: str, connection_id: str) -> Tokens | None:
        return self._tokens.get((tenant_id, connection_id))

    def swap_tokens(
        self, tenant_id: str, connection_id: str, *, expected: int | None, tokens: Tokens
    ) -> bool:
        stored = self._tokens.get((tenant_id, connection_id))
        if (stored.generation if stored else None) != expected:
            return False
        generation = 1 if expected is None else expected + 1
        self._tokens[tenant_id, connection_id] = replace(tokens, generation=generation)
        return True

    def lease(self, tenant_id: str, connection_id: str, *, generation: int, owner: str, seconds: int) -> bool:
        place, now = (tenant_id, connection_id, generation), self.clock.now()
        holder = self._leases.get(place)
        if holder and holder[0] != owner and holder[1] > now:
            return False
        self._leases[place] = (owner, now + timedelta(seconds=seconds))
        return True

    def forget_tokens(self, tenant_id: str, connection_id: str) -> None:
        self._tokens.pop((tenant_id, connection_id), None)

    def put_secret(self, tenant_id: str, owner: str, purpose: str, secret: bytes) -> None:
        self._secrets[tenant_id, owner, purpose] = secret

    def read_secret(self, tenant_id: str, owner: str, purpose: str) -> bytes | None:
        return self._secrets.get((tenant_id, owner, purpose))


class FreeLimiter:
    """Never makes anybody wait; remembers what was booked."""

    def __init__(self) -> None:
        self.booked: list[tuple[str, int]] = []
        self.slowed: list[tuple[str, float]] = []

    def reserve(self, limit: RateLimit, permits: int = 1) -> float:
        self.booked.append((limit.key, permits))
        return 0.0

    def slow_down(self, limit: RateLimit, seconds: float) -> None:
        self.slowed.append((limit.key, seconds))


class RecordingSender:
    """Answers every post the same way, or as `answer` says, and keeps what was sent."""

    def __init__(self, answer: Callable[[str], Posted] | None = None) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self._answer = answer or (lambda _url: Posted(status=204, duration_ms=1))

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        self.posts.append((url, dict(headers), body))
        return self._answer(url)


class ScriptedSource:
    """Plays pages per stream: the cursor is {"at": n}; an exception in the script is raised once.

    `script[stream]` may grow between syncs; `remapped` says what a raw record reads as today.
    """

    def __init__(self, script: Mapping[str, Sequence[Pulled | Exception]] | None = None) -> None:
        self.script: dict[str, list[Pulled | Exception]] = {k: list(v) for k, v in (script or {}).items()}
        self.remapped: dict[str, tuple[Fact, ...]] = {}
        self.pulls: list[tuple[str, dict[str, Any]]] = []

    def streams(self, connection: Connection) -> tuple[str, ...]:
        return tuple(self.script)

    def pull(self, tenant_id: str, connection: Connection, stream: str, cursor: dict[str, Any]) -> Pulled:
        self.pulls.append((stream, dict(cursor)))
        at = int(cursor.get("at", 0))
        pages = self.script[stream]
        if at >= len(pages):
            return Pulled((), (), (), dict(cursor), more=False, complete=False)
        page = pages[at]
        if isinstance(page, Exception):
            del pages[at]
            raise page
        self._remember(page)
        return replace(page, cursor={"at": at + 1}, more=at + 1 < len(pages))

    def _remember(self, page: Pulled) -> None:
        for raw in page.raws:
            read = tuple(f for f in page.facts if f.source and f.source.raw_id == raw.id)
            self.remapped[raw.id] = read

    def remap(self, raw: RawRecord) -> tuple[Fact, ...]:
        return self.remapped[raw.id]


class ScriptedConsents:
    """A provider that grants what it is told to; a code is good once, with its own verifier."""

    def __init__(self, granted: Granted) -> None:
        self.granted = granted
        self.revoked: list[str] = []
        self._open: dict[str, str] = {}
        self._issued = 0

    def start(self, provider: str, *, state: str, redirect_uri: str) -> tuple[str, str]:
        verifier = f"verifier-{state}"
        self._open[f"code-{state}"] = verifier
        return f"https://{provider}.example/authorize?state={state}&redirect_uri={redirect_uri}", verifier

    def finish(self, provider: str, *, code: str, verifier: str, redirect_uri: str) -> tuple[Tokens, Granted]:
        if self._open.pop(code, None) != verifier:
            raise NeedsReconnect("the code was refused")
        self._issued += 1
        tokens = Tokens(f"access-{self._issued}", f"refresh-{self._issued}", None, self.granted.scopes)
        return tokens, self.granted

    def revoke(self, provider: str, tokens: Tokens) -> None:
        self.revoked.append(tokens.access_token)
