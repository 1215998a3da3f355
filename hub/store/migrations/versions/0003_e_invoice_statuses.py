"""The log of e-invoice lifecycle statuses, guarded like every table of a tenant."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME = "einvoice_status"
WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MINE = "tenant_id = (SELECT current_setting('lettrage.tenant', true))"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("tenant_id", WORD, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("company_id", WORD, nullable=True),
        sa.Column("invoice_id", WORD, nullable=True),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("number_normalized", WORD, nullable=False),
        sa.Column("code", WORD, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{NAME}"),
    )
    op.create_index(f"uq_{NAME}_order", NAME, ["tenant_id", "revision", "position"], unique=True)
    for column in ("company_id", "invoice_id"):
        op.create_index(f"ix_{NAME}_{column}", NAME, [column, "tenant_id"])
    if op.get_bind().dialect.name == "postgresql":
        _guard()


def _guard() -> None:
    op.execute(f"ALTER TABLE {NAME} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {NAME} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON {NAME} TO lettrage_app USING ({MINE}) WITH CHECK ({MINE})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {NAME} TO lettrage_app")


def downgrade() -> None:
    op.drop_table(NAME)
