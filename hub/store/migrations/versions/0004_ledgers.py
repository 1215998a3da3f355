"""Ledger payments and what lettering ties together, guarded like every table of a tenant."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MINE = "tenant_id = (SELECT current_setting('lettrage.tenant', true))"
NAMES = ("ledger_payment", "ledger_allocation")


def upgrade() -> None:
    _fact_table(
        "ledger_payment",
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("reverses", WORD, nullable=True),
        by=("company_id", "reverses"),
    )
    _fact_table(
        "ledger_allocation",
        sa.Column("invoice_id", WORD, nullable=False),
        sa.Column("settled_by", WORD, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        by=("company_id", "invoice_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for name in NAMES:
            _guard(name)


def _fact_table(name: str, *columns: sa.Column[Any], by: tuple[str, ...]) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", WORD, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=True),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", WORD, nullable=True),
        sa.Column("connection_id", WORD, nullable=True),
        sa.Column("provider", WORD, nullable=True),
        sa.Column("raw_id", WORD, nullable=True),
        sa.Column("content_hash", WORD, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("tenant_id", "id", "revision", name=f"pk_{name}"),
    )
    _current(f"uq_{name}_current", name, ["tenant_id", "id"], unique=True)
    for column in by:
        _current(f"ix_{name}_{column}", name, [column, "tenant_id"], unique=False)


def _current(index: str, name: str, columns: list[str], *, unique: bool) -> None:
    current = sa.text("superseded_at IS NULL")
    op.create_index(index, name, columns, unique=unique, sqlite_where=current, postgresql_where=current)


def _guard(name: str) -> None:
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON {name} TO lettrage_app USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO lettrage_app")


def downgrade() -> None:
    for name in NAMES:
        op.drop_table(name)
