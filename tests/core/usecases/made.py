"""A small world for the use cases: a company with an account, its invoices and its bank lines."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from core.model import (
    BankAccount,
    BankTransaction,
    Company,
    Connection,
    Counterparty,
    Fact,
    Invoice,
    Party,
    QualityIssue,
    RawRecord,
    SourceRef,
    content_hash,
    stable_id,
)
from core.ports import Pulled
from tests.fakes import START, InMemoryStore

T = "ten_1"
COMPANY = Company(id="com_1", legal_name="Ateliers Brunoy SAS", siren="732829320")
OTHER = Company(id="com_2", legal_name="Menuiserie Lartigue", siren="552100554")
IBAN = "FR1420041010050500013M02606"


def source(object: str, external_id: str, *, raw_id: str | None = None) -> SourceRef:
    return SourceRef(provider="acme", account="acct_1", object=object, external_id=external_id, raw_id=raw_id)


def connection(**changes: Any) -> Connection:
    fields: dict[str, Any] = {
        "id": "con_1",
        "company_id": "com_1",
        "provider": "acme",
        "state": "active",
        "provider_account_id": "acct_1",
        "created_at": START,
    }
    return Connection(**{**fields, **changes})


def account(**changes: Any) -> BankAccount:
    fields: dict[str, Any] = {
        "id": "acc_1",
        "company_id": "com_1",
        "iban": IBAN,
        "currency": "EUR",
        "source": source("bank_accounts", "1"),
    }
    return BankAccount(**{**fields, **changes})


def debtor(name: str = "Kervadec SARL", id: str = "cpy_1") -> Counterparty:
    return Counterparty(
        id=id, company_id="com_1", role="customer", legal_name=name, source=source("customers", id)
    )


def invoice(number: str, amount: int, **changes: Any) -> Invoice:
    fields: dict[str, Any] = {
        "id": f"inv_{number}",
        "company_id": "com_1",
        "direction": "receivable",
        "kind": "invoice",
        "number": number,
        "number_normalized": number.replace("-", ""),
        "issue_date": date(2026, 2, 1),
        "due_date": date(2026, 3, 31),
        "currency": "EUR",
        "net_minor": amount * 5 // 6,
        "gross_minor": amount,
        "payable_minor": amount,
        "counterparty_id": "cpy_1",
        "buyer": Party(name="Kervadec SARL"),
        "document_status": "issued",
        "source": source("invoices", number),
    }
    return Invoice(**{**fields, **changes})


def line(id: str, amount: int, on: date, text: str = "", **changes: Any) -> BankTransaction:
    fields: dict[str, Any] = {
        "id": f"txn_{id}",
        "company_id": "com_1",
        "account_id": "acc_1",
        "amount_minor": amount,
        "currency": "EUR",
        "booking_date": on,
        "value_date": on,
        "status": "booked",
        "operation": "transfer",
        "counterparty_name": "KERVADEC SARL",
        "remittance": text or None,
        "fingerprint": id,
        "source": source("transactions", id),
    }
    return BankTransaction(**{**fields, **changes})


def raw(fact: Fact) -> RawRecord:
    assert fact.source is not None
    payload = fact.content().encode()
    digest = content_hash(payload.hex())
    return RawRecord(
        id=stable_id("raw", fact.source.object, fact.source.external_id, digest),
        provider=fact.source.provider,
        account=fact.source.account,
        object=fact.source.object,
        external_id=fact.source.external_id,
        content_hash=digest,
        payload=payload,
        received_at=START,
        mapping_version="1",
        company_id=fact.company_id,
    )


def pulled(
    *facts: Fact, complete: bool = False, gone: Sequence[str] = (), issues: Sequence[QualityIssue] = ()
) -> Pulled:
    """A page as the driver gives it: each fact names the raw record it was read from."""
    raws = [raw(fact) for fact in facts]
    traced = [
        fact.model_copy(update={"source": fact.source.model_copy(update={"raw_id": one.id})})
        for fact, one in zip(facts, raws, strict=True)
        if fact.source is not None
    ]
    return Pulled(
        tuple(raws), tuple(traced), tuple(issues), {}, more=False, complete=complete, gone=tuple(gone)
    )


def issue(record: str = "acme:invoices:9", at: datetime = START) -> QualityIssue:
    return QualityIssue(
        id=stable_id("iss", record),
        code="bad_record",
        severity="error",
        record=record,
        message="amount: unreadable",
        first_seen_at=at,
        last_seen_at=at,
    )


def world(*facts: Fact) -> InMemoryStore:
    """A store that knows the company, its connection, its account, its customer and `facts`."""
    store = InMemoryStore()
    with store.begin(T) as unit:
        unit.put([COMPANY, OTHER, account(), debtor(), *facts])
        unit.save([connection()])
    return store


def day(month: int, number: int) -> date:
    return date(2026, month, number)


def noon(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
