"""What stands beside the job engine's tables: heartbeats, take-overs, quarantine, schedules.

These rows belong to the program, not to a tenant: they have no row-level security, and the role of
the tenants' units is given nothing on them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "worker_heartbeat",
        sa.Column("executor_id", WORD, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("reaper", WORD, nullable=True),
        sa.Column("reaped_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("executor_id", name="pk_worker_heartbeat"),
    )
    op.create_table(
        "job_resumption",
        sa.Column("job_id", WORD, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_resumption"),
    )
    _quarantine()
    _schedule()


def _quarantine() -> None:
    op.create_table(
        "quarantined_job",
        sa.Column("job_id", WORD, nullable=False),
        sa.Column("tenant_id", WORD, nullable=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("key", WORD, nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("resumptions", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_quarantined_job"),
    )


def _schedule() -> None:
    op.create_table(
        "schedule",
        sa.Column("tenant_id", WORD, nullable=False),
        sa.Column("connection_id", WORD, nullable=False),
        sa.Column("next_run_at", sa.BigInteger(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("jitter", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "connection_id", name="pk_schedule"),
    )
    op.create_index("ix_schedule_due", "schedule", ["enabled", "next_run_at"])


def downgrade() -> None:
    for name in ("schedule", "quarantined_job", "job_resumption", "worker_heartbeat"):
        op.drop_table(name)
