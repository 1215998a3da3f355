"""Small builders: an invoice, its financing, bank lines and allocations, with only what a test says."""

from datetime import UTC, date, datetime
from typing import Any

from core.model import Allocation, BankTransaction, Decision, FinancedInvoice, Invoice, Share, stable_id
from core.repayment import Moment, Watch

NOW = datetime(2026, 4, 20, 7, 0, tzinfo=UTC)


def invoice(**changes: Any) -> Invoice:
    fields: dict[str, Any] = {
        "id": "inv_1",
        "company_id": "com_1",
        "direction": "receivable",
        "kind": "invoice",
        "number": "FA-12",
        "currency": "EUR",
        "gross_minor": 100_000,
        "payable_minor": 100_000,
        "document_status": "issued",
        "due_date": date(2026, 3, 31),
    }
    return Invoice(**{**fields, **changes})


def financed(of: Invoice | None = None, **changes: Any) -> FinancedInvoice:
    of = of or invoice()
    fields: dict[str, Any] = {
        "id": "fin_1",
        "company_id": of.company_id,
        "loan_reference": "L-1",
        "invoice_id": of.id,
        "direction": of.direction,
        "advance_minor": 90_000,
        "currency": of.currency,
        "basis": "gross",
        "assignment": "silent",
        "disbursed_on": date(2026, 3, 2),
        "due_date": of.due_date,
        "open_at_financing_minor": of.payable_minor,
        "snapshot": {},
        "snapshot_hash": "",
    }
    return FinancedInvoice(**{**fields, **changes})


def line(id: str, amount: int, on: date, **changes: Any) -> BankTransaction:
    fields: dict[str, Any] = {
        "id": id,
        "company_id": "com_1",
        "account_id": "acc_1",
        "amount_minor": amount,
        "currency": "EUR",
        "booking_date": on,
        "value_date": on,
        "status": "booked",
        "operation": "transfer",
        "fingerprint": id,
    }
    return BankTransaction(**{**fields, **changes})


def allocation(n: int, amount: int, on: date, *, line: str = "", **changes: Any) -> Allocation:
    line = line or f"txn_{n}"
    fields: dict[str, Any] = {
        "id": f"alc_{n}",
        "company_id": "com_1",
        "decision_id": stable_id("dec", line),
        "transaction_id": line,
        "invoice_id": "inv_1",
        "amount_minor": amount,
        "currency": "EUR",
        "kind": "cash",
        "source": "matcher",
        "grade": "E3",
        "occurred_on": on,
    }
    return Allocation(**{**fields, **changes})


def decision(line: str, shares: dict[str, int], **changes: Any) -> Decision:
    total = sum(shares.values())
    fields: dict[str, Any] = {
        "id": stable_id("dec", line),
        "transaction_id": line,
        "outcome": "auto",
        "tier": "T2",
        "reason": "reference_and_amount",
        "coincidence": 0.0,
        "currency": "EUR",
        "allocated_minor": total,
        "unallocated_minor": 0,
        "shares": tuple(Share(item_id=i, amount_minor=m) for i, m in shares.items()),
        "explanation": {},
    }
    return Decision(**{**fields, **changes})


def watch(*allocations: Allocation, of: Invoice | None = None, **changes: Any) -> Watch:
    of = of or invoice()
    lines = {a.transaction_id: line(a.transaction_id, a.amount_minor, a.occurred_on) for a in allocations}
    fields: dict[str, Any] = {
        "financed": financed(of),
        "invoice": of,
        "allocations": allocations,
        "transactions": lines,
    }
    return Watch(**{**fields, **changes})


def at(now: datetime = NOW) -> Moment:
    return Moment.at(now)
