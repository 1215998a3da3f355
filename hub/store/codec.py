"""Records to rows and back: columns copied by name, the whole record as JSON text in `body`."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any, TypeVar, cast, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError
from sqlalchemy import Column, ColumnElement, Table, and_

from core.errors import BadInput
from core.model import Entry, Fact, Record, canonical_json
from hub.store import tables
from hub.store.columns import EntryTable, FactTable, RowTable, Stored
from hub.store.engine import storable

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Shape:
    """How one class is stored: its table, and the columns copied from fields of the same name."""

    kind: type[Record]
    table: Table
    copied: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]


@cache
def shape(kind: type[Record]) -> Shape:
    """The shape of a class; raises TypeError for a class that has no table."""
    table = Stored.metadata.tables.get(kind.entity)
    if table is None or not hasattr(tables, f"{kind.__name__}Table"):
        raise TypeError(f"{kind.__name__} has no table")
    base = FactTable if issubclass(kind, Fact) else EntryTable if issubclass(kind, Entry) else RowTable
    copied = tuple(c.name for c in table.columns if c.name not in base.model_fields)
    return Shape(kind, table, copied, _getter(copied))


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return cast(Callable[[Any], tuple[Any, ...]], attrgetter(*names))
    return lambda record: tuple(getattr(record, name) for name in names)


NO_VERSION: Any = {"valid_from": True, "source": {"raw_id": True, "external_version": True}}
"""What `Fact.content` leaves out."""


def digest(fact: Fact) -> str:
    """SHA-256 (hex) that is equal for two facts of one kind exactly when their `content()` is.

    Fields come in the order of the class, so only those that may hold a mapping need their keys
    sorted; that takes half the time of hashing `content()`.
    """
    return written(fact)[0]


def written(fact: Fact) -> tuple[str, str]:
    """The digest of a fact and its body. One JSON serves both where that is possible: it takes a third
    of the time of writing a bank line."""
    open_fields, left_out = _open_fields(type(fact))
    plain = fact.__pydantic_serializer__.to_json(fact, exclude=left_out)
    hashed = hashlib.sha256(plain)
    words = "{}"
    for name in open_fields:
        if getattr(fact, name):
            words = _json_of(fact, name)
            hashed.update(f"{name}:{words}".encode())
    if open_fields != ("provider_words",) or fact.valid_from is not None:
        return hashed.hexdigest(), fact.__pydantic_serializer__.to_json(fact).decode()
    return hashed.hexdigest(), _completed(plain.decode(), fact, words)


_SOURCE = '"source":{'
"""Stands for itself in JSON: within a text its quotes are escaped."""


def _completed(plain: str, fact: Fact, words: str) -> str:
    """The hashed JSON with what the digest leaves out."""
    if fact.source is not None:
        version, raw_id = fact.source.external_version, fact.source.raw_id
        left_out = f'{_SOURCE}"external_version":{_text(version)},"raw_id":{_text(raw_id)},'
        plain = plain.replace(_SOURCE, left_out, 1)
    return f'{plain[:-1]},"valid_from":null,"provider_words":{words}}}'


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


def _json_of(fact: Fact, name: str) -> str:
    """The canonical JSON of a field that may hold a mapping; of plain words it is put together here, in
    half the time."""
    if name != "provider_words":
        return canonical_json(fact.model_dump(mode="json", include={name}))
    words = fact.provider_words
    return f"{{{','.join([f'{_text(word)}:{_text(words[word])}' for word in sorted(words)])}}}"


@cache
def _open_fields(kind: type[Fact]) -> tuple[tuple[str, ...], Any]:
    """The fields that may hold a mapping somewhere, and all that is not hashed as it comes."""
    names = tuple(n for n, field in kind.model_fields.items() if _may_hold_mapping(field.annotation))
    return names, NO_VERSION | dict.fromkeys(names, True)


def _may_hold_mapping(annotation: Any) -> bool:
    if annotation is Any or dict in (annotation, get_origin(annotation)):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(_may_hold_mapping(field.annotation) for field in annotation.model_fields.values())
    return any(_may_hold_mapping(part) for part in get_args(annotation))


def storable_row(row: dict[str, Any]) -> dict[str, Any]:
    """The row with NULs replaced in its columns; the body keeps them, as JSON escapes."""
    if r"\u0000" not in row["body"]:
        return row
    return {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}


def records(kind: type[R], bodies: Iterable[str]) -> list[R]:
    """The records back from their bodies."""
    read = kind.model_validate_json
    return [read(body) for body in bodies]


def matching(kind: type[Record], equal: dict[str, str | None]) -> ColumnElement[bool]:
    """Equality on columns; None means "has none". Raises BadInput for a name that is no column."""
    known = filters(kind)
    for name in equal:
        if name not in known:
            listed = ", ".join(sorted(known))
            raise BadInput(f"{kind.entity} cannot be filtered by `{name}`; it can by: {listed}")
    return and_(True, *(known[name] == _typed(known[name], value) for name, value in equal.items()))


@cache
def filters(kind: type[Record]) -> dict[str, Column[Any]]:
    """The columns a class can be filtered by: those that bear the name of one of its fields."""
    columns = shape(kind).table.c
    extra = {"connection_id"} if issubclass(kind, Fact) else set()
    names = (set(kind.model_fields) | extra) - {"payload"}
    return {column.name: column for column in columns if column.name in names}


def _typed(column: Column[Any], value: object) -> Any:
    """A filter value in the column's type: dates and instants are given as ISO 8601 text."""
    wanted: Any = column.type.python_type
    if not isinstance(value, str):
        return value
    if wanted in (str, object):  # object: what SQLModel's own text type says
        return storable(value)
    try:
        return _adapter(AwareDatetime if wanted is datetime else wanted).validate_python(value)
    except ValidationError:
        raise BadInput(f"`{column.name}` is compared with a {wanted.__name__}, not with that") from None


@cache
def _adapter(wanted: Any) -> TypeAdapter[Any]:
    return TypeAdapter(wanted)
