"""Column types and the three bases every table is made from."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Index, MetaData, String, Text, TypeDecorator, text
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Word = String().with_variant(String(collation="C"), "postgresql")
"""An id or a word of ours: compared byte by byte, so both databases order alike."""


class UtcInstant(TypeDecorator[datetime]):
    """An instant; SQLite keeps no zone, so it is written as UTC and read back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Stored(SQLModel):
    """Base of every table of the hub."""

    metadata = MetaData(naming_convention=NAMES)


class OwnedByTenant(Stored):
    """A table whose every row belongs to one tenant: row-level security guards it on PostgreSQL."""

    tenant_id: str = Field(primary_key=True, sa_type=Word)


class FactTable(OwnedByTenant):
    """Versions of facts: known from `revision` until `superseded_at` (None: still known).

    No foreign keys: they would cost a look-up for each of millions of rows, and ids are derived.
    """

    id: str = Field(primary_key=True, sa_type=Word)
    revision: int = Field(primary_key=True, sa_type=BigInteger)
    superseded_at: int | None = Field(default=None, sa_type=BigInteger)
    known_from: datetime = Field(sa_type=UtcInstant)
    valid_from: datetime | None = Field(default=None, sa_type=UtcInstant)
    company_id: str | None = Field(default=None, sa_type=Word)
    connection_id: str | None = Field(default=None, sa_type=Word)
    provider: str | None = Field(default=None, sa_type=Word)
    raw_id: str | None = Field(default=None, sa_type=Word)
    content_hash: str = Field(sa_type=Word)
    body: str = Field(sa_type=Text)


class EntryTable(OwnedByTenant):
    """An append-only log in the order (`revision`, `position`)."""

    id: str = Field(primary_key=True, sa_type=Word)
    revision: int = Field(sa_type=BigInteger)
    position: int
    body: str = Field(sa_type=Text)


class RowTable(OwnedByTenant):
    """Operational rows, replaced in place."""

    id: str = Field(primary_key=True, sa_type=Word)
    body: str = Field(sa_type=Text)


# An index by a column begins with that column. Before PostgreSQL has statistics of a table, one that
# began with the tenant would look as good for "this id of this tenant" as the unique index does, and
# would be read from end to end for every id.


def current_index(name: str, *columns: str, unique: bool = False) -> Index:
    """An index of the current versions of a fact table."""
    current = text("superseded_at IS NULL")
    return Index(name, *columns, unique=unique, sqlite_where=current, postgresql_where=current)


def facts_of(table: str, *by: str) -> Sequence[Any]:
    """Indexes of a fact table: one current version per id, and current versions `by` column."""
    unique = current_index(f"uq_{table}_current", "tenant_id", "id", unique=True)
    return (unique, *(current_index(f"ix_{table}_{column}", column, "tenant_id") for column in by))


def entries_of(table: str, *by: str) -> Sequence[Any]:
    """Indexes of a log: its order, and `by` column."""
    order = Index(f"uq_{table}_order", "tenant_id", "revision", "position", unique=True)
    return (order, *(Index(f"ix_{table}_{column}", column, "tenant_id") for column in by))


def rows_of(table: str, *by: str) -> Sequence[Any]:
    """Indexes of operational rows by column."""
    return tuple(Index(f"ix_{table}_{column}", column, "tenant_id") for column in by)
