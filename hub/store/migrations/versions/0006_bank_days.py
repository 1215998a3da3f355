"""Current bank lines of one day of an account are found without reading the account's other lines."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_bank_transaction_account_id", "bank_transaction"


def upgrade() -> None:
    _again(["account_id", "booking_date", "tenant_id"])


def downgrade() -> None:
    _again(["account_id", "tenant_id"])


def _again(columns: list[str]) -> None:
    current = sa.text("superseded_at IS NULL")
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, columns, sqlite_where=current, postgresql_where=current)
