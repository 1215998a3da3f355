"""A small grammar to write mapping tables: one table per provider list, checked when imported.

A table is total on our side (each canonical field is read or `absent`), accounted for on theirs
(each provider field is read, ignored by name, or reported as new), and closed on words: one that
is not in the list sets that record aside, it is never guessed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from core.errors import BadRecord
from core.model import Fact, MoneyError, SourceRef, content_hash, stable_id, to_minor

Payload = Mapping[str, Any]

ID_PREFIX = {
    "company_profile": "cpr",
    "counterparty": "cpy",
    "bank_account": "acc",
    "bank_transaction": "txn",
    "statement": "stm",
    "provider_match": "mat",
    "invoice": "inv",
    "ledger_payment": "lpm",
    "ledger_allocation": "lal",
}


_NUMBERS = (str, int, Decimal)
_minor = lru_cache(maxsize=1024)(to_minor)  # a record's total is read by several of its fields


class UnreadableError(ValueError):
    """A value the table cannot read; the message names the field and the reason."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record came from: what a table needs beyond the payload."""

    provider: str
    account: str
    object: str
    company_id: str | None = None
    raw_id: str | None = None
    external_version: str | None = None
    worked_out: dict[Any, tuple[Payload, Any]] = field(default_factory=dict, compare=False, repr=False)
    """What `once` readers found, with the record they found it in."""

    def id_of(self, entity: str, object: str, external_id: str) -> str:
        """The canonical id of a record of this provider account."""
        return stable_id(ID_PREFIX[entity], self.provider, self.account, object, external_id)


Step = Callable[[Any, Payload, Origin], Any]


@dataclass(frozen=True)
class Read:
    """A reader: which provider fields it consumes, and how. `>>` adds a step; None passes through."""

    paths: frozenset[str]
    of: Callable[[Payload, Origin], Any]

    def __rshift__(self, step: "Word") -> "Read":
        def of(payload: Payload, origin: Origin) -> Any:
            value = self.of(payload, origin)
            return None if value is None else step.apply(value, payload, origin, self)

        return Read(self.paths | step.paths, of)

    def name(self) -> str:
        """The fields read, for error messages."""
        return "+".join(sorted(self.paths)) or "value"


@dataclass(frozen=True)
class Word:
    """A step of the grammar."""

    apply: Callable[[Any, Payload, Origin, Read], Any]
    paths: frozenset[str] = frozenset()


def _lookup(payload: Any, parts: tuple[str, ...], path: str) -> Any:
    for part in parts:
        if payload is None:
            return None
        if type(payload) is not dict and not isinstance(payload, Mapping):  # asking the ABC is slow
            raise UnreadableError(f"{path}: expected an object, found {type(payload).__name__}")
        payload = payload.get(part)
    return None if payload == "" else payload


def at(path: str) -> Read:
    """The value at a dotted path; missing, null and "" are None."""
    parts = tuple(path.split("."))

    def of(payload: Payload, _origin: Origin) -> Any:
        return _lookup(payload, parts, path)

    def member(payload: Payload, _origin: Origin) -> Any:
        if type(payload) is not dict:
            return _lookup(payload, parts, path)
        value = payload.get(path)
        return None if value == "" else value

    return Read(frozenset({path}), of if len(parts) > 1 else member)


def first(*reads: Read) -> Read:
    """The first reader that gives something."""

    def of(payload: Payload, origin: Origin) -> Any:
        for read in reads:
            if (value := read.of(payload, origin)) is not None:
                return value
        return None

    return Read(frozenset().union(*(r.paths for r in reads)), of)


def once(read: Read) -> Read:
    """The same reader for several fields of a record: it is worked out once."""
    key = object()

    def of(payload: Payload, origin: Origin) -> Any:
        known = origin.worked_out.get(key)
        if known is None or known[0] is not payload:
            known = origin.worked_out[key] = payload, read.of(payload, origin)
        return known[1]

    return Read(read.paths, of)


def always(value: Any) -> Read:
    """A constant that is a property of the list, not a default for something missing."""
    return Read(frozenset(), lambda _payload, _origin: value)


def absent(why: str) -> Read:
    """The provider does not give this field, and why we know. Leaves the model's own empty value."""
    if not why:
        raise ValueError("absent() needs a reason")
    return _Absent(frozenset(), lambda _payload, _origin: None)


class _Absent(Read):
    """Marks a field left to the model."""


def by(function: Callable[..., Any], *reads: Read) -> Read:
    """A named function of several readers: called with their values (None included)."""

    def of(payload: Payload, origin: Origin) -> Any:
        return function(*[r.of(payload, origin) for r in reads])

    return Read(frozenset().union(*(r.paths for r in reads)), of)


def one_of(words: Mapping[Any, Any]) -> Word:
    """A closed list of words; another word sets the record aside."""

    def apply(value: Any, _payload: Payload, _origin: Origin, read: Read) -> Any:
        try:
            return words[value]
        except (KeyError, TypeError):
            raise UnreadableError(f"{read.name()}: unknown word {str(value)[:60]!r}") from None

    return Word(apply)


def money(currency: Read) -> Word:
    """Major units (decimal text or Decimal) to minor units of `currency`."""

    def apply(value: Any, payload: Payload, origin: Origin, read: Read) -> int:
        code = currency.of(payload, origin)
        if not isinstance(code, str):
            raise UnreadableError(f"{read.name()}: amount without a currency")
        if not isinstance(value, _NUMBERS) or isinstance(value, bool):
            raise UnreadableError(f"{read.name()}: expected a decimal, found {type(value).__name__}")
        try:
            return _minor(value, code)
        except MoneyError as error:
            raise UnreadableError(f"{read.name()}: {error}") from None

    return Word(apply, currency.paths)


def ref(entity: str, object: str) -> Word:
    """The provider's id of another record to our id of it."""
    return Word(lambda value, _p, origin, _r: origin.id_of(entity, object, str(value)))


def _text(value: Any, _payload: Payload, _origin: Origin, read: Read) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        return str(value)
    raise UnreadableError(f"{read.name()}: expected text, found {type(value).__name__}")


def _instant(value: Any, _payload: Payload, _origin: Origin, read: Read) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnreadableError(f"{read.name()}: unreadable instant {str(value)[:40]!r}") from None
    if moment.tzinfo is None:
        raise UnreadableError(f"{read.name()}: instant without a zone {str(value)[:40]!r}")
    return moment.astimezone(UTC)


def _day(value: Any, _payload: Payload, _origin: Origin, read: Read) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnreadableError(f"{read.name()}: unreadable date {str(value)[:40]!r}") from None


text = Word(_text)
"""Text; a number becomes its digits."""
instant = Word(_instant)
"""An RFC 3339 moment with a zone, as UTC."""
day = Word(_day)
"""An ISO calendar date."""

LEAF: dict[str, Any] = {}


def _tree(paths: frozenset[str]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path in sorted(paths, key=lambda p: p.count("."), reverse=True):
        node = root
        *parents, last = path.split(".")
        for part in parents:
            node = node.setdefault(part, {})
        node[last] = LEAF
    return root


def _unaccounted(payload: Payload, tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in payload.items():
        known = tree.get(key)
        if known is None:
            yield prefix + str(key)
        elif known and isinstance(value, Mapping):
            yield from _unaccounted(value, known, f"{prefix}{key}.")


_KIT_FIELDS = {"id", "source", "company_id", "provider_words"}
Further = Callable[[Payload, Origin, Fact], tuple[Fact, ...]]


@dataclass(frozen=True)
class Table:
    """How records of one provider list become canonical facts.

    `words` names the provider fields whose own word is kept beside ours; `further` yields more
    facts carried by the same record (its reads are listed in `further_reads`).
    """

    to: type[Fact]
    version: str
    key: Read
    fields: Mapping[str, Read]
    ignored: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    further: Further | None = None
    further_reads: frozenset[str] = frozenset()
    _known: Mapping[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        wanted = set(self.to.model_fields) - _KIT_FIELDS
        if missing := wanted - set(self.fields):
            raise TypeError(f"{self.to.__name__} table leaves out {sorted(missing)}")
        if unknown := set(self.fields) - wanted:
            raise TypeError(f"{self.to.__name__} has no field {sorted(unknown)}")
        read = frozenset().union(self.key.paths, *(r.paths for r in self.fields.values()))
        object.__setattr__(
            self, "_known", _tree(read | self.ignored | frozenset(self.words) | self.further_reads)
        )

    def unaccounted(self, payload: Payload) -> tuple[str, ...]:
        """Provider fields this table neither reads nor ignores."""
        return tuple(_unaccounted(payload, self._known))

    def external_id(self, payload: Payload, origin: Origin) -> str:
        """The provider's id of a record; raises BadRecord when it has none."""
        value = self.key.of(payload, origin)
        if value is None:
            raise BadRecord(f"record of {origin.object} without {self.key.name()}")
        return str(value)

    def read(self, payload: Payload, origin: Origin) -> tuple[Fact, ...]:
        """The facts one record holds; raises BadRecord naming the field and the reason."""
        external_id = self.external_id(payload, origin)
        label = f"{origin.provider} {origin.object} {external_id}"
        try:
            fact = self.to.model_validate(self._values(payload, origin, external_id))
            more = self.further(payload, origin, fact) if self.further else ()
        except UnreadableError as error:
            raise BadRecord(f"{label}: {error}") from None
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, problem["loc"]))
            raise BadRecord(f"{label}: {place}: {problem['msg']}") from None
        return (fact, *more)

    def _values(self, payload: Payload, origin: Origin, external_id: str) -> dict[str, Any]:
        values = {
            name: value
            for name, read in self.fields.items()
            if (value := read.of(payload, origin)) is not None
        }
        values["id"] = origin.id_of(self.to.entity, origin.object, external_id)
        values["company_id"] = origin.company_id
        values["source"] = SourceRef(
            provider=origin.provider,
            account=origin.account,
            object=origin.object,
            external_id=external_id,
            external_version=origin.external_version,
            raw_id=origin.raw_id,
        )
        values["provider_words"] = {
            name: str(word)
            for name in self.words
            if (word := _lookup(payload, tuple(name.split(".")), name)) is not None
        }
        return values


def fingerprint(*parts: str | int | None) -> str:
    """The content key of a bank line: equal lines have equal fingerprints."""
    return content_hash(list(parts))[:32]
