"""One table per class of the canonical schema: what is filtered or reported on is a column, all is in `body`.

A column bears the name of the model's field it copies; `codec.py` relies on that.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field

from hub.store.columns import (
    EntryTable,
    FactTable,
    OwnedByTenant,
    RowTable,
    Stored,
    UtcInstant,
    Word,
    current_index,
    entries_of,
    facts_of,
    rows_of,
)


class TenantTable(Stored, table=True):
    """Tenants; `revision` is the last one taken and the lock that serialises a tenant's writers."""

    __tablename__ = "tenant"
    id: str = Field(primary_key=True, sa_type=Word)
    name: str
    created_at: datetime = Field(sa_type=UtcInstant)
    revision: int = Field(default=0, sa_type=BigInteger)


class CompanyTable(FactTable, table=True):
    __tablename__ = "company"
    __table_args__ = facts_of("company")
    siren: str | None = None
    legal_name: str


class CompanyProfileTable(FactTable, table=True):
    __tablename__ = "company_profile"
    __table_args__ = facts_of("company_profile", "company_id")
    siren: str | None = None


class CounterpartyTable(FactTable, table=True):
    __tablename__ = "counterparty"
    __table_args__ = facts_of("counterparty", "company_id")
    role: str


class BankAccountTable(FactTable, table=True):
    __tablename__ = "bank_account"
    __table_args__ = facts_of("bank_account", "company_id")
    iban: str | None = None
    kind: str
    currency: str


class BankTransactionTable(FactTable, table=True):
    __tablename__ = "bank_transaction"
    __table_args__ = (
        *facts_of("bank_transaction", "company_id"),
        current_index("ix_bank_transaction_account_id", "account_id", "booking_date", "tenant_id"),
    )
    account_id: str = Field(sa_type=Word)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    booking_date: date | None = None
    value_date: date | None = None
    status: str
    operation: str
    fingerprint: str = Field(sa_type=Word)


class StatementTable(FactTable, table=True):
    __tablename__ = "statement"
    __table_args__ = facts_of("statement", "account_id")
    account_id: str = Field(sa_type=Word)
    closing_on: date | None = None


class ProviderMatchTable(FactTable, table=True):
    __tablename__ = "provider_match"
    __table_args__ = facts_of("provider_match", "company_id")
    invoice_id: str = Field(sa_type=Word)
    transaction_id: str = Field(sa_type=Word)
    withdrawn: bool


class LedgerPaymentTable(FactTable, table=True):
    __tablename__ = "ledger_payment"
    __table_args__ = facts_of("ledger_payment", "company_id", "reverses")
    direction: str
    kind: str
    flow: str
    paid_on: date
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    reverses: str | None = Field(default=None, sa_type=Word)


class LedgerAllocationTable(FactTable, table=True):
    __tablename__ = "ledger_allocation"
    __table_args__ = facts_of("ledger_allocation", "company_id", "invoice_id")
    invoice_id: str = Field(sa_type=Word)
    settled_by: str = Field(sa_type=Word)
    amount_minor: int = Field(sa_type=BigInteger)
    kind: str
    withdrawn: bool


class InvoiceTable(FactTable, table=True):
    __tablename__ = "invoice"
    __table_args__ = facts_of("invoice", "company_id", "number_normalized")
    direction: str
    kind: str
    number_normalized: str | None = Field(default=None, sa_type=Word)
    issue_date: date | None = None
    due_date: date | None = None
    currency: str
    gross_minor: int = Field(sa_type=BigInteger)
    payable_minor: int = Field(sa_type=BigInteger)
    counterparty_id: str | None = Field(default=None, sa_type=Word)
    document_status: str
    dispute_status: str


class FinancedInvoiceTable(FactTable, table=True):
    __tablename__ = "financed_invoice"
    __table_args__ = facts_of("financed_invoice", "invoice_id", "loan_reference")
    loan_reference: str = Field(sa_type=Word)
    invoice_id: str = Field(sa_type=Word)
    direction: str
    advance_minor: int = Field(sa_type=BigInteger)
    currency: str
    disbursed_on: date
    due_date: date | None = None
    state: str


class MatchingPolicyTable(FactTable, table=True):
    __tablename__ = "matching_policy"
    __table_args__ = facts_of("matching_policy")


class DecisionTable(FactTable, table=True):
    __tablename__ = "decision"
    __table_args__ = facts_of("decision", "company_id", "transaction_id", "outcome")
    transaction_id: str = Field(sa_type=Word)
    outcome: str
    tier: str
    currency: str
    allocated_minor: int = Field(sa_type=BigInteger)
    unallocated_minor: int = Field(sa_type=BigInteger)
    decided_by: str


class RawRecordTable(EntryTable, table=True):
    """`payload` is sealed with the tenant's data key and bound to tenant and id; `body` leaves it out."""

    __tablename__ = "raw_record"
    __table_args__ = entries_of("raw_record", "connection_id")
    provider: str
    account: str = Field(sa_type=Word)
    object: str
    external_id: str = Field(sa_type=Word)
    content_hash: str = Field(sa_type=Word)
    received_at: datetime = Field(sa_type=UtcInstant)
    mapping_version: str
    company_id: str | None = Field(default=None, sa_type=Word)
    connection_id: str | None = Field(default=None, sa_type=Word)
    payload: bytes = Field(sa_type=LargeBinary)


class EInvoiceStatusTable(EntryTable, table=True):
    __tablename__ = "einvoice_status"
    __table_args__ = entries_of("einvoice_status", "company_id", "invoice_id")
    company_id: str | None = Field(default=None, sa_type=Word)
    invoice_id: str | None = Field(default=None, sa_type=Word)
    direction: str
    number_normalized: str = Field(sa_type=Word)
    code: str = Field(sa_type=Word)
    at: datetime = Field(sa_type=UtcInstant)


class AllocationTable(EntryTable, table=True):
    __tablename__ = "allocation"
    __table_args__ = entries_of("allocation", "invoice_id", "transaction_id")
    company_id: str | None = Field(default=None, sa_type=Word)
    decision_id: str = Field(sa_type=Word)
    transaction_id: str = Field(sa_type=Word)
    invoice_id: str = Field(sa_type=Word)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    kind: str
    source: str
    grade: str
    occurred_on: date
    reverses: str | None = Field(default=None, sa_type=Word)


class EventTable(EntryTable, table=True):
    __tablename__ = "event"
    __table_args__ = (
        *entries_of("event", "company_id", "loan_reference"),
        Index("uq_event_sequence", "tenant_id", "subject", "sequence", unique=True),
    )
    type: str
    company_id: str | None = Field(default=None, sa_type=Word)
    subject: str = Field(sa_type=Word)
    loan_reference: str = Field(sa_type=Word)
    sequence: int
    cause: str
    occurred_on: date
    detected_at: datetime = Field(sa_type=UtcInstant)


class AttemptTable(EntryTable, table=True):
    __tablename__ = "delivery_attempt"
    __table_args__ = entries_of("delivery_attempt", "delivery_id")
    delivery_id: str = Field(sa_type=Word)
    number: int
    at: datetime = Field(sa_type=UtcInstant)
    status: int | None = None


class AuditEntryTable(EntryTable, table=True):
    __tablename__ = "audit_entry"
    __table_args__ = entries_of("audit_entry")
    at: datetime = Field(sa_type=UtcInstant)
    actor: str
    action: str
    subject: str = Field(sa_type=Word)
    hash: str


class ApiKeyTable(RowTable, table=True):
    __tablename__ = "api_key"
    __table_args__ = (Index("ix_api_key_prefix", "prefix"),)
    name: str
    prefix: str = Field(sa_type=Word)
    created_at: datetime = Field(sa_type=UtcInstant)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class ConnectionTable(RowTable, table=True):
    __tablename__ = "connection"
    __table_args__ = (*rows_of("connection", "company_id"), Index("ix_connection_id", "id"))
    company_id: str = Field(sa_type=Word)
    provider: str
    state: str
    health: str
    provider_account_id: str | None = Field(default=None, sa_type=Word)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    next_due_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class ConnectSessionTable(RowTable, table=True):
    """The browser comes back with a token or a state only, so these two are also found without a tenant."""

    __tablename__ = "connect_session"
    __table_args__ = (
        *rows_of("connect_session", "connection_id"),
        Index("ix_connect_session_token_hash", "token_hash"),
        Index("ix_connect_session_state_hash", "state_hash"),
    )
    connection_id: str = Field(sa_type=Word)
    provider: str
    token_hash: str = Field(sa_type=Word)
    state_hash: str | None = Field(default=None, sa_type=Word)
    expires_at: datetime = Field(sa_type=UtcInstant)
    used_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class StreamStateTable(RowTable, table=True):
    __tablename__ = "stream_state"
    __table_args__ = rows_of("stream_state", "connection_id")
    connection_id: str = Field(sa_type=Word)
    stream: str
    updated_at: datetime = Field(sa_type=UtcInstant)


class SyncRunTable(RowTable, table=True):
    __tablename__ = "sync_run"
    __table_args__ = rows_of("sync_run", "connection_id")
    connection_id: str = Field(sa_type=Word)
    stream: str
    mode: str
    started_at: datetime = Field(sa_type=UtcInstant)
    finished_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    result: str


class QualityIssueTable(RowTable, table=True):
    __tablename__ = "quality_issue"
    __table_args__ = rows_of("quality_issue", "company_id")
    code: str
    severity: str
    record: str = Field(sa_type=Word)
    company_id: str | None = Field(default=None, sa_type=Word)
    connection_id: str | None = Field(default=None, sa_type=Word)
    last_seen_at: datetime = Field(sa_type=UtcInstant)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class EndpointTable(RowTable, table=True):
    __tablename__ = "webhook_endpoint"
    url: str
    enabled: bool
    created_at: datetime = Field(sa_type=UtcInstant)


class DeliveryTable(RowTable, table=True):
    __tablename__ = "delivery"
    __table_args__ = rows_of("delivery", "endpoint_id", "event_id", "state")
    endpoint_id: str = Field(sa_type=Word)
    event_id: str = Field(sa_type=Word)
    state: str
    next_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    created_at: datetime = Field(sa_type=UtcInstant)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class TenantKeyTable(OwnedByTenant, table=True):
    """The tenant's data key, wrapped by the vault key `key_id`: without it raw payloads stay shut."""

    __tablename__ = "tenant_key"
    key_id: str
    wrapped: bytes = Field(sa_type=LargeBinary)


class SecretTable(OwnedByTenant, table=True):
    """Secrets of the vault. `sealed` None: forgotten; the row stays so that a generation never repeats."""

    __tablename__ = "secret"
    owner: str = Field(primary_key=True, sa_type=Word)
    purpose: str = Field(primary_key=True, sa_type=Word)
    key_id: str
    wrapped: bytes = Field(sa_type=LargeBinary)
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    generation: int = Field(sa_type=BigInteger)
    lease_owner: str | None = None
    lease_until: int | None = Field(default=None, sa_type=BigInteger)


class AnswerTable(OwnedByTenant, table=True):
    """Answers given to API writes, by idempotency key; `status` None while the request is at work."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (Index("ix_idempotent_answer_claimed_at", "claimed_at", "tenant_id"),)
    key: str = Field(primary_key=True, sa_type=Word)
    request_hash: str
    claimed_at: datetime = Field(sa_type=UtcInstant)
    status: int | None = None
    body: str | None = Field(default=None, sa_type=Text)


class AuditHeadTable(OwnedByTenant, table=True):
    """The last hash and the length of the tenant's audit chain: a cut-off end is found too."""

    __tablename__ = "audit_head"
    hash: str
    length: int = Field(sa_type=BigInteger)


class RateSlotTable(Stored, table=True):
    """GCRA: the theoretical arrival time of the next call, microseconds since 1970 (database clock)."""

    __tablename__ = "rate_slot"
    key: str = Field(primary_key=True, sa_type=Word)
    tat: int = Field(sa_type=BigInteger)
