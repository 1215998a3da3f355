"""The first schema: tenants, facts, entries, rows, secrets; row-level security on PostgreSQL."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORD = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MINE = "tenant_id = (SELECT current_setting('lettrage.tenant', true))"
FOUND_WITHOUT_TENANT = ("tenant", "tenant_key", "api_key", "connection", "connect_session")
Column = sa.Column[Any]
TABLES = (
    "company", "company_profile", "counterparty", "bank_account", "bank_transaction", "statement",
    "provider_match",
    "invoice", "financed_invoice", "decision", "raw_record", "allocation", "event", "delivery_attempt",
    "audit_entry", "api_key", "connection", "connect_session", "stream_state", "sync_run",
    "quality_issue", "webhook_endpoint", "delivery", "tenant", "tenant_key", "secret",
    "idempotent_answer", "audit_head", "rate_slot",
)  # fmt: skip
WITHOUT_TENANT = ("rate_slot",)


def word(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, WORD, nullable=null)


def label(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.String(), nullable=null)


def text(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.Text(), nullable=null)


def big(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def count(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.Integer(), nullable=null)


def flag(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.Boolean(), nullable=null)


def day(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.Date(), nullable=null)


def instant(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def blob(name: str, *, null: bool = False) -> Column:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def table(name: str, key: Sequence[str], *columns: Column) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"))


def current_index(name: str, table_name: str, columns: list[str], *, unique: bool) -> None:
    current = sa.text("superseded_at IS NULL")
    op.create_index(name, table_name, columns, unique=unique, sqlite_where=current, postgresql_where=current)


def fact_table(name: str, *columns: Column, by: Sequence[str] = ()) -> None:
    versions = (
        word("tenant_id"), word("id"), big("revision"), big("superseded_at", null=True),
        instant("known_from"), instant("valid_from", null=True), word("company_id", null=True),
        word("connection_id", null=True), word("provider", null=True), word("raw_id", null=True),
        word("content_hash"), text("body"),
    )  # fmt: skip
    table(name, ("tenant_id", "id", "revision"), *versions, *columns)
    current_index(f"uq_{name}_current", name, ["tenant_id", "id"], unique=True)
    for column in by:
        current_index(f"ix_{name}_{column}", name, [column, "tenant_id"], unique=False)


def entry_table(name: str, *columns: Column, by: Sequence[str] = ()) -> None:
    line = (word("tenant_id"), word("id"), big("revision"), count("position"), text("body"))
    table(name, ("tenant_id", "id"), *line, *columns)
    op.create_index(f"uq_{name}_order", name, ["tenant_id", "revision", "position"], unique=True)
    for column in by:
        op.create_index(f"ix_{name}_{column}", name, [column, "tenant_id"])


def row_table(name: str, *columns: Column, by: Sequence[str] = ()) -> None:
    table(name, ("tenant_id", "id"), word("tenant_id"), word("id"), text("body"), *columns)
    for column in by:
        op.create_index(f"ix_{name}_{column}", name, [column, "tenant_id"])


def _owned_by_tenants() -> list[str]:
    """The tables whose rows belong to a tenant."""
    return [name for name in TABLES if name not in ("tenant", *WITHOUT_TENANT)]


MAKE_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS;
  END IF;
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT {role} TO %I', current_user);
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$
"""
LET_IN = "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {role}', current_schema()); END $$"


def _make_roles() -> None:
    """Roles belong to the server, not the database: they may be there, and are never dropped.

    Where the migrating user may not create roles, an administrator creates both beforehand and
    grants them to that user.
    """
    for role in ("lettrage_app", "lettrage_directory"):
        op.execute(MAKE_ROLE.format(role=role))
        op.execute(LET_IN.format(role=role))


def _guard(name: str, mine: str) -> None:
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON {name} TO lettrage_app USING ({mine}) WITH CHECK ({mine})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO lettrage_app")


def _secure() -> None:
    """The roles own nothing: one sees a tenant at a time, the other finds a tenant by a token or key."""
    _make_roles()
    for name in _owned_by_tenants():
        _guard(name, MINE)
    _guard("tenant", MINE.replace("tenant_id", "id", 1))
    for name in FOUND_WITHOUT_TENANT:
        op.execute(f"CREATE POLICY directory ON {name} FOR SELECT TO lettrage_directory USING (true)")
        op.execute(f"GRANT SELECT ON {name} TO lettrage_directory")
    for name in WITHOUT_TENANT:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO lettrage_app")


def _facts() -> None:
    fact_table("company", label("siren", null=True), label("legal_name"))
    fact_table("company_profile", label("siren", null=True), by=("company_id",))
    fact_table("counterparty", label("role"), by=("company_id",))
    fact_table(
        "bank_account", label("iban", null=True), label("kind"), label("currency"), by=("company_id",),
    )  # fmt: skip
    fact_table(
        "bank_transaction", word("account_id"), big("amount_minor"), label("currency"),
        day("booking_date", null=True), day("value_date", null=True), label("status"), label("operation"),
        word("fingerprint"), by=("account_id", "company_id"),
    )  # fmt: skip
    fact_table("statement", word("account_id"), day("closing_on", null=True), by=("account_id",))
    fact_table(
        "provider_match", word("invoice_id"), word("transaction_id"), flag("withdrawn"),
        by=("company_id",),
    )  # fmt: skip
    fact_table(
        "invoice", label("direction"), label("kind"), word("number_normalized", null=True),
        day("issue_date", null=True),
        day("due_date", null=True), label("currency"), big("gross_minor"), big("payable_minor"),
        word("counterparty_id", null=True), label("document_status"), label("dispute_status"),
        by=("company_id", "number_normalized"),
    )  # fmt: skip
    fact_table(
        "financed_invoice", word("loan_reference"), word("invoice_id"), label("direction"),
        big("advance_minor"), label("currency"), day("disbursed_on"), day("due_date", null=True),
        label("state"),
        by=("invoice_id", "loan_reference"),
    )  # fmt: skip
    fact_table(
        "decision", word("transaction_id"), label("outcome"), label("tier"), label("currency"),
        big("allocated_minor"), big("unallocated_minor"), label("decided_by"),
        by=("company_id", "outcome", "transaction_id"),
    )  # fmt: skip


def _entries() -> None:
    entry_table(
        "raw_record", label("provider"), word("account"), label("object"), word("external_id"),
        word("content_hash"), instant("received_at"), label("mapping_version"),
        word("company_id", null=True),
        word("connection_id", null=True), blob("payload"), by=("connection_id",),
    )  # fmt: skip
    entry_table(
        "allocation", word("company_id", null=True), word("decision_id"), word("transaction_id"),
        word("invoice_id"), big("amount_minor"), label("currency"), label("kind"), label("source"),
        label("grade"), day("occurred_on"), word("reverses", null=True),
        by=("invoice_id", "transaction_id"),
    )  # fmt: skip
    entry_table(
        "event", label("type"), word("company_id", null=True), word("subject"), word("loan_reference"),
        count("sequence"), label("cause"), day("occurred_on"), instant("detected_at"),
        by=("company_id", "loan_reference"),
    )  # fmt: skip
    op.create_index("uq_event_sequence", "event", ["tenant_id", "subject", "sequence"], unique=True)
    entry_table(
        "delivery_attempt", word("delivery_id"), count("number"), instant("at"), count("status", null=True),
        by=("delivery_id",),
    )  # fmt: skip
    entry_table(
        "audit_entry", instant("at"), label("actor"), label("action"), word("subject"), label("hash"),
    )  # fmt: skip


def _rows() -> None:
    row_table(
        "api_key", label("name"), word("prefix"), instant("created_at"), instant("revoked_at", null=True),
    )  # fmt: skip
    op.create_index("ix_api_key_prefix", "api_key", ["prefix"])
    row_table(
        "connection", word("company_id"), label("provider"), label("state"), label("health"),
        word("provider_account_id", null=True), instant("last_success_at", null=True),
        instant("next_due_at", null=True),
        by=("company_id",),
    )  # fmt: skip
    op.create_index("ix_connection_id", "connection", ["id"])
    row_table(
        "connect_session", word("connection_id"), label("provider"), word("token_hash"),
        word("state_hash", null=True), instant("expires_at"), instant("used_at", null=True),
        by=("connection_id",),
    )  # fmt: skip
    op.create_index("ix_connect_session_state_hash", "connect_session", ["state_hash"])
    op.create_index("ix_connect_session_token_hash", "connect_session", ["token_hash"])
    row_table(
        "stream_state", word("connection_id"), label("stream"), instant("updated_at"),
        by=("connection_id",),
    )  # fmt: skip
    row_table(
        "sync_run", word("connection_id"), label("stream"), label("mode"), instant("started_at"),
        instant("finished_at", null=True), label("result"), by=("connection_id",),
    )  # fmt: skip
    row_table(
        "quality_issue", label("code"), label("severity"), word("record"), word("company_id", null=True),
        word("connection_id", null=True), instant("last_seen_at"), instant("resolved_at", null=True),
        by=("company_id",),
    )  # fmt: skip
    row_table("webhook_endpoint", label("url"), flag("enabled"), instant("created_at"))
    row_table(
        "delivery", word("endpoint_id"), word("event_id"), label("state"), instant("next_at", null=True),
        instant("created_at"), instant("delivered_at", null=True), by=("endpoint_id", "event_id", "state"),
    )  # fmt: skip


def _own() -> None:
    table("tenant", ("id",), word("id"), label("name"), instant("created_at"), big("revision"))
    table("tenant_key", ("tenant_id",), word("tenant_id"), label("key_id"), blob("wrapped"))
    table(
        "secret", ("tenant_id", "owner", "purpose"), word("tenant_id"), word("owner"), word("purpose"),
        label("key_id"), blob("wrapped"), blob("sealed", null=True), big("generation"),
        label("lease_owner", null=True),
        big("lease_until", null=True),
    )  # fmt: skip
    table(
        "idempotent_answer", ("tenant_id", "key"), word("tenant_id"), word("key"),
        label("request_hash"), instant("claimed_at"), count("status", null=True), text("body", null=True),
    )  # fmt: skip
    op.create_index("ix_idempotent_answer_claimed_at", "idempotent_answer", ["claimed_at", "tenant_id"])
    table("audit_head", ("tenant_id",), word("tenant_id"), label("hash"), big("length"))
    table("rate_slot", ("key",), word("key"), big("tat"))


def upgrade() -> None:
    _own()
    _facts()
    _entries()
    _rows()
    if op.get_bind().dialect.name == "postgresql":
        _secure()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
