"""What must be found before the tenant is known: the tenants, and whose a link or connection is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, select

from core.model import Tenant
from hub.store.columns import Stored
from hub.store.engine import directory_scope
from hub.store.tables import ConnectionTable, ConnectSessionTable, TenantTable

TENANT = Stored.metadata.tables[str(TenantTable.__tablename__)]
CONNECTION = Stored.metadata.tables[str(ConnectionTable.__tablename__)]
CONNECT_SESSION = Stored.metadata.tables[str(ConnectSessionTable.__tablename__)]


@dataclass(frozen=True, slots=True)
class Place:
    """A record and its tenant."""

    tenant_id: str
    id: str


class Directory:
    """Reads across tenants, and only what opening a unit needs: ids, never contents."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def tenants(self) -> list[Tenant]:
        """Every tenant, ordered by id."""
        return [Tenant(**row) for row in self._rows(select(TENANT).order_by(TENANT.c.id))]

    def tenant_ids(self) -> list[str]:
        """The id of every tenant, in order."""
        return [tenant.id for tenant in self.tenants()]

    def tenant(self, id: str) -> Tenant | None:
        found = [Tenant(**row) for row in self._rows(select(TENANT).where(TENANT.c.id == id))]
        return found[0] if found else None

    def connect_session_by_token(self, token_hash: str) -> Place | None:
        """Whose one-time link this is."""
        return self._place(CONNECT_SESSION, "token_hash", token_hash)

    def connect_session_by_state(self, state_hash: str) -> Place | None:
        """Whose OAuth round trip comes back with this state."""
        return self._place(CONNECT_SESSION, "state_hash", state_hash)

    def connection(self, id: str) -> Place | None:
        """Whose connection this is (the path of inbound webhooks names no tenant)."""
        return self._place(CONNECTION, "id", id)

    def _place(self, table: Any, column: str, value: str) -> Place | None:
        query = select(table.c.tenant_id, table.c.id).where(table.c[column] == value)
        found = [Place(row["tenant_id"], row["id"]) for row in self._rows(query)]
        return found[0] if len(found) == 1 else None

    def _rows(self, query: Select[Any]) -> Iterator[Mapping[str, Any]]:
        with directory_scope(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return iter([dict(row) for row in rows])
