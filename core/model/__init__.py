"""The canonical schema: the language every other part translates to."""

from core.ids import canonical_json, content_hash, stable_id
from core.model.access import ApiKey, Tenant
from core.model.bank import Balance, BankAccount, BankTransaction, ProviderMatch, Statement
from core.model.base import Entry, Fact, Record, Row, SourceRef, Value
from core.model.connection import (
    Connection,
    ConnectSession,
    EntityProof,
    RawRecord,
    StreamState,
    SyncRun,
)
from core.model.decision import Allocation, Candidate, Decision, Share
from core.model.einvoice import EInvoiceStatus, StatusAmount
from core.model.event import (
    Attempt,
    Delivery,
    Endpoint,
    Event,
    EventAmount,
    Evidence,
    Finality,
)
from core.model.financing import FinancedInvoice
from core.model.invoice import Declared, DeclaredPayment, EInvoiceState, Invoice, InvoiceReference
from core.model.ledger import LedgerAllocation, LedgerPayment
from core.model.parties import Company, CompanyProfile, Counterparty, Identifier, Party
from core.model.policy import MatchingPolicy
from core.model.quality import AuditEntry, QualityIssue
from core.money import Money, MoneyError, exponent, to_major, to_minor

FACTS: tuple[type[Fact], ...] = (
    Company, CompanyProfile, Counterparty, BankAccount, BankTransaction, Statement, ProviderMatch, Invoice,
    LedgerPayment, LedgerAllocation, FinancedInvoice, MatchingPolicy, Decision,
)  # fmt: skip
ENTRIES: tuple[type[Entry], ...] = (RawRecord, EInvoiceStatus, Allocation, Event, Attempt, AuditEntry)
ROWS: tuple[type[Row], ...] = (
    ApiKey, Connection, ConnectSession, StreamState, SyncRun, QualityIssue, Endpoint, Delivery,
)  # fmt: skip

__all__ = [
    "ENTRIES",
    "FACTS",
    "ROWS",
    "Allocation",
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "Balance",
    "BankAccount",
    "BankTransaction",
    "Candidate",
    "Company", "CompanyProfile",
    "ConnectSession",
    "Connection",
    "Counterparty",
    "Decision",
    "Declared",
    "DeclaredPayment",
    "Delivery",
    "EInvoiceState",
    "EInvoiceStatus",
    "Endpoint",
    "EntityProof",
    "Entry",
    "Event",
    "EventAmount",
    "Evidence",
    "Fact",
    "Finality",
    "FinancedInvoice",
    "Identifier",
    "Invoice",
    "InvoiceReference",
    "LedgerAllocation",
    "LedgerPayment",
    "MatchingPolicy",
    "Money",
    "MoneyError",
    "Party",
    "ProviderMatch",
    "QualityIssue",
    "RawRecord",
    "Record",
    "Row",
    "Share",
    "SourceRef",
    "Statement",
    "StatusAmount",
    "StreamState",
    "SyncRun",
    "Tenant",
    "Value",
    "canonical_json",
    "content_hash",
    "exponent",
    "stable_id",
    "to_major",
    "to_minor",
]  # fmt: skip
