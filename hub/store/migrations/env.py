"""Alembic's environment: the engine is handed in; only the hub's own tables are compared."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import func, select

from hub.jobs import tables as job_tables
from hub.store import tables
from hub.store.columns import Stored, UtcInstant
from hub.store.engine import transaction

MIGRATING = 7302026
METADATA = Stored.metadata
assert tables.TenantTable.metadata is job_tables.Schedule.metadata is METADATA  # importing fills it


def _is_ours(name: str | None, type_: str, _parents: object) -> bool:
    """The job engine keeps its tables in the same database: those are not ours to compare."""
    return type_ != "table" or name in METADATA.tables


def _render(type_: str, item: Any, _autogen: object) -> str | Literal[False]:
    return "sa.DateTime(timezone=True)" if type_ == "type" and isinstance(item, UtcInstant) else False


with transaction(context.config.attributes["engine"], write=True) as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        include_name=_is_ours,
        render_item=_render,
        user_module_prefix="sqlmodel.",
    )
    if connection.dialect.name == "postgresql":  # several processes may start at once
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
    context.run_migrations()
