"""Records to store."""

from datetime import UTC, date, datetime
from typing import Any

from core.model import (
    Allocation,
    Attempt,
    BankTransaction,
    Candidate,
    Company,
    Connection,
    ConnectSession,
    Decision,
    Delivery,
    Event,
    Evidence,
    Finality,
    FinancedInvoice,
    ProviderMatch,
    RawRecord,
    Share,
    SourceRef,
)

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def company(id: str, name: str = "ACME SARL", **more: Any) -> Company:
    return Company(id=id, legal_name=name, **more)


def transaction(id: str, minor: int = 100, **more: Any) -> BankTransaction:
    plain: dict[str, Any] = {
        "company_id": "co_1",
        "account_id": "ba_1",
        "currency": "EUR",
        "booking_date": date(2026, 3, 1),
        "status": "booked",
        "operation": "transfer",
        "fingerprint": f"fp {id}",
        "source": SourceRef(
            provider="qonto", account="a", object="transaction", external_id=id, raw_id=f"raw_{id}"
        ),
    }
    return BankTransaction(id=id, amount_minor=minor, **(plain | more))


def match(id: str, **more: Any) -> ProviderMatch:
    return ProviderMatch(id=id, **({"invoice_id": "inv_1", "transaction_id": "txn_1"} | more))


def raw(id: str, payload: bytes = b"\xff{}", **more: Any) -> RawRecord:
    plain: dict[str, Any] = {
        "provider": "qonto",
        "account": "a",
        "object": "transaction",
        "external_id": id,
        "content_hash": "h",
        "received_at": AT,
        "mapping_version": "1",
    }
    return RawRecord(id=id, payload=payload, **(plain | more))


def allocation(id: str, minor: int = 100, **more: Any) -> Allocation:
    plain: dict[str, Any] = {
        "company_id": "co_1",
        "decision_id": "dec_1",
        "transaction_id": "txn_1",
        "invoice_id": "inv_1",
        "currency": "EUR",
        "kind": "cash",
        "source": "matcher",
        "grade": "E3",
        "occurred_on": date(2026, 3, 1),
    }
    return Allocation(id=id, amount_minor=minor, **(plain | more))


def event(id: str, sequence: int = 1, **more: Any) -> Event:
    plain: dict[str, Any] = {
        "type": "invoice.paid",
        "company_id": "co_1",
        "subject": "fin_1",
        "loan_reference": "L1",
        "cause": id,
        "occurred_on": date(2026, 3, 1),
        "detected_at": AT,
        "evidence": Evidence(grade="E3", records=("txn_1",), explanation="paid"),
        "finality": Finality(state="final"),
    }
    return Event(id=id, sequence=sequence, **(plain | more))


def attempt(id: str, **more: Any) -> Attempt:
    return Attempt(
        id=id, **({"delivery_id": "d", "number": 1, "at": AT, "status": 200, "duration_ms": 5} | more)
    )


def connection(id: str, **more: Any) -> Connection:
    plain: dict[str, Any] = {"company_id": "co_1", "provider": "qonto", "state": "active", "created_at": AT}
    return Connection(id=id, **(plain | more))


def delivery(id: str, **more: Any) -> Delivery:
    return Delivery(id=id, **({"endpoint_id": "ep_1", "event_id": "ev_1", "created_at": AT} | more))


def financed(snapshot: dict[str, Any], id: str = "fin_1") -> FinancedInvoice:
    return FinancedInvoice(
        id=id,
        loan_reference="L1",
        invoice_id="inv_1",
        direction="receivable",
        advance_minor=80_000,
        currency="EUR",
        basis="gross",
        assignment="silent",
        disbursed_on=date(2026, 2, 1),
        open_at_financing_minor=100_000,
        snapshot=snapshot,
        snapshot_hash="h",
    )


def decision(explanation: dict[str, Any], id: str = "dec_1") -> Decision:
    share = Share(item_id="inv_1", amount_minor=100)
    return Decision(
        id=id,
        transaction_id="txn_1",
        outcome="review",
        tier="T4",
        reason="two invoices of one amount",
        coincidence=0.1 + 0.2,
        currency="EUR",
        allocated_minor=0,
        unallocated_minor=100,
        candidates=(Candidate(rank=1, shares=(share,), score=1e-9, why=explanation),),
        explanation=explanation,
        rejected=(("inv_2",),),
    )


def connect_session(id: str, **more: Any) -> ConnectSession:
    plain: dict[str, Any] = {
        "connection_id": "con_1",
        "provider": "qonto",
        "token_hash": "t",
        "expires_at": AT,
    }
    return ConnectSession(id=id, **(plain | more))
