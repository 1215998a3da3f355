"""A tenant's matching policy, a fact with its versions, guarded like every table of a tenant."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = "matching_policy"
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MINE = "tenant_id = (SELECT current_setting('lettrage.tenant', true))"


def upgrade() -> None:
    op.create_table(
        NAME,
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
        sa.PrimaryKeyConstraint("tenant_id", "id", "revision", name=f"pk_{NAME}"),
    )
    current = sa.text("superseded_at IS NULL")
    op.create_index(
        f"uq_{NAME}_current", NAME, ["tenant_id", "id"], unique=True,
        sqlite_where=current, postgresql_where=current,
    )  # fmt: skip
    if op.get_bind().dialect.name == "postgresql":
        _guard()


def _guard() -> None:
    op.execute(f"ALTER TABLE {NAME} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {NAME} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON {NAME} TO lettrage_app USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {NAME} TO lettrage_app")


def downgrade() -> None:
    op.drop_table(NAME)
