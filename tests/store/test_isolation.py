"""Tenants cannot be crossed: not through any call of a unit, and on PostgreSQL not by SQL either."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from core.errors import NotFound
from core.model import (
    ENTRIES,
    FACTS,
    ROWS,
    Allocation,
    AuditEntry,
    BankTransaction,
    Company,
    Connection,
    Event,
    Fact,
    RawRecord,
    Record,
)
from core.ports import Unit
from core.usecases.audit import record
from hub.store.columns import OwnedByTenant, Stored
from hub.store.directory import Directory, Place
from hub.store.engine import directory_scope, tenant_scope
from hub.store.unit import SqlStore
from hub.store.vault import SqlVault
from tests.store.conftest import ON_POSTGRES, A, B, Base
from tests.store.records import allocation, company, connect_session, connection, event, raw, transaction


def _fill(store: SqlStore, tenant: str, mark: str) -> None:
    """The same ids in every tenant, with another content."""
    with store.begin(tenant) as unit:
        unit.put(
            [company("co_1", mark), transaction("t1", remittance=mark), transaction("t2", remittance=mark)]
        )
        unit.put([transaction("t1", 999, remittance=mark)])
        unit.append(
            [raw("r1", mark.encode()), allocation("al_1", reason_code=mark), event("ev_1", cause=mark)]
        )
        unit.save([connection("con_1", error=mark)])
        record(unit, mark, "filled", "co_1")


def _says(record: Record) -> str:
    marks = {
        Company: "legal_name",
        BankTransaction: "remittance",
        Allocation: "reason_code",
        Event: "cause",
        Connection: "error",
        AuditEntry: "actor",
    }
    return record.payload.decode() if isinstance(record, RawRecord) else getattr(record, marks[type(record)])


def _everything(unit: Unit) -> list[Record]:
    found: list[Record] = []
    for kind in FACTS:
        found += [*unit.all(kind), *unit.all(kind, as_of=1), *unit.page(kind, after=None, limit=50)[0]]
        found += unit.get(kind, ["co_1", "t1", "t2"]).values()
        found += [version.fact for version in unit.history(kind, "t1")]
    for kind in ENTRIES:
        found += [*unit.entries(kind), *unit.page(kind, after=None, limit=50)[0]]
    for kind in ROWS:
        found += [*unit.find(kind), *unit.page(kind, after=None, limit=50)[0]]
        found += [row for row in [unit.load(kind, "con_1")] if row is not None]
    return found


def test_a_unit_sees_and_changes_its_own_tenant_only(base: Base, sql_store: SqlStore) -> None:
    for tenant in (A, B):
        _fill(sql_store, tenant, tenant)
    with sql_store.begin(A) as unit:
        seen = _everything(unit)
        assert {_says(record) for record in seen} == {A}
        assert {type(record) for record in seen} == {
            Company, BankTransaction, RawRecord, Allocation, Event, Connection, AuditEntry,
        }  # fmt: skip
        unit.put([company("co_1", "changed"), transaction("t1", 5)])
        unit.save([connection("con_1", error="changed")])
    with sql_store.begin(B, write=False) as unit:
        assert {_says(record) for record in _everything(unit)} == {B}
        assert unit.revision == 1


NAMES = st.text("ab_%'|\\x00* ", min_size=0, max_size=6)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES, id=st.text("abc_%'\\*", max_size=8))
def test_no_tenant_id_or_record_id_opens_another_tenant(
    base: Base, sql_store: SqlStore, name: str, id: str
) -> None:
    with sql_store.begin(A) as unit:
        unit.put([company("co_1", A)])
    with pytest.raises(NotFound), sql_store.begin(name, write=False):
        pass
    with sql_store.begin(B, write=False) as unit:
        assert unit.get(Company, [id, "co_1"]) == {}
        assert unit.all(Company, company_id=id) == []
        assert unit.history(Company, id) == []
        assert unit.load(Connection, id) is None


def _owned() -> list[Any]:
    tables = Stored.metadata.tables.values()
    names = {cls.__tablename__ for cls in _subclasses(OwnedByTenant) if hasattr(cls, "__table__")}
    return [table for table in tables if table.name in names]


def _subclasses(cls: type) -> list[Any]:
    return [sub for direct in cls.__subclasses__() for sub in (direct, *_subclasses(direct))]


@ON_POSTGRES
def test_sql_without_criteria_sees_one_tenant_only(base: Base, sql_store: SqlStore) -> None:
    """The second barrier: row-level security also holds where a statement forgot its tenant."""
    vault = SqlVault(base.engine, base.keyring)
    for tenant in (A, B):
        _fill(sql_store, tenant, tenant)
        base.keys.create_key(tenant, "k", ("read",))
        vault.put_secret(tenant, "con_1", "webhook", b"s")
    filled = set()
    with tenant_scope(base.engine, A) as scope:
        for table in _owned():
            seen = set(scope.connection.execute(select(table.c.tenant_id)).scalars())
            assert seen <= {A}
            filled |= {table.name} if seen else set()
            scope.connection.execute(table.delete())
        assert scope.connection.execute(text("SELECT id FROM tenant")).scalars().all() == [A]
    assert {"company", "raw_record", "event", "api_key", "secret", "tenant_key", "audit_head"} <= filled
    with sql_store.begin(B, write=False) as unit:
        assert len(unit.find(Connection)) == len(unit.entries(Event)) == 1
    assert vault.read_secret(B, "con_1", "webhook") == b"s"


@ON_POSTGRES
def test_rows_cannot_be_given_to_another_tenant(base: Base) -> None:
    for statement in (
        "UPDATE tenant_key SET tenant_id = 'ten_x'",
        "INSERT INTO audit_head (tenant_id, hash, length) VALUES ('ten_b', 'h', 1)",
    ):
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            tenant_scope(base.engine, A) as scope,
        ):
            scope.connection.execute(text(statement))


@ON_POSTGRES
def test_every_table_of_a_tenant_is_guarded(base: Base) -> None:
    query = text(
        "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid "
        "WHERE relrowsecurity AND relforcerowsecurity"
    )
    with base.engine.connect() as connection:
        guarded = set(connection.execute(query).scalars())
    assert {table.name for table in _owned()} | {"tenant"} == guarded


@ON_POSTGRES
def test_the_roles_own_nothing_and_the_directory_only_reads(base: Base) -> None:
    owned = text(
        "SELECT relname FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE rolname ~ '^lettrage_'"
    )
    with base.engine.connect() as connection:
        assert connection.execute(owned).all() == []
    for statement in ("DELETE FROM tenant", "SELECT * FROM raw_record", "SELECT * FROM secret"):
        with (
            pytest.raises(DBAPIError, match=r"permission denied|read-only"),
            directory_scope(base.engine) as connection,
        ):
            connection.execute(text(statement))


def test_the_directory_finds_whose_a_link_is(base: Base, sql_store: SqlStore) -> None:
    directory = Directory(base.engine)
    with sql_store.begin(B) as unit:
        unit.save([connection("con_9"), connect_session("ses_1", token_hash="th", state_hash="sh")])
    assert [tenant.id for tenant in directory.tenants()] == [A, B]
    assert directory.tenant("nobody") is None
    assert directory.connection("con_9") == Place(B, "con_9")
    assert directory.connect_session_by_token("th") == Place(B, "ses_1")
    assert directory.connect_session_by_state("sh") == Place(B, "ses_1")
    assert directory.connect_session_by_token("other") is None


def test_every_class_has_a_table() -> None:
    assert all(kind.entity in Stored.metadata.tables for kind in (*FACTS, *ENTRIES, *ROWS))
    assert all(issubclass(kind, Fact) for kind in FACTS)
