"""Why something is what it is: a few sentences for a person, and the records they rest on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.errors import NotFound
from core.model import (
    Allocation,
    BankTransaction,
    Decision,
    Event,
    FinancedInvoice,
    Invoice,
    Money,
    Record,
    Share,
    stable_id,
)
from core.ports import Unit
from core.reconciliation.explain import gate_in_words, reason_in_words
from core.repayment.catalogue import CATALOGUE
from core.settlement import settle
from core.usecases.lettered import NOTHING, Lettering, lettering_for


@dataclass(frozen=True, slots=True)
class Explained:
    """`text` for people; `records` are the ids it rests on; `details` the machine's own account."""

    id: str
    kind: str
    text: str
    records: tuple[str, ...]
    details: dict[str, Any]


def explain(unit: Unit, id: str) -> Explained:
    """Explains a decision, allocation, event or financed invoice (by id or loan reference); raises
    NotFound for another id."""
    for decision in unit.get(Decision, [id]).values():
        return _decision(unit, decision)
    for financed in unit.get(FinancedInvoice, [id, stable_id("fin", unit.tenant_id, id)]).values():
        return _financed(unit, financed)
    for entry in unit.entries(Allocation, id=id):
        return _allocation(unit, entry)
    for event in unit.entries(Event, id=id):
        return _event(unit, event)
    raise NotFound(f"no decision, allocation, event, financed invoice or loan has the id {id}")


def _explained(record: Record, sentences: Iterable[str], records: Iterable[str]) -> Explained:
    return Explained(
        id=record.id,
        kind=record.entity,
        text=" ".join(s for s in sentences if s),
        records=tuple(dict.fromkeys(records)),
        details=record.model_dump(mode="json"),
    )


def _line_words(line: BankTransaction | None, id: str) -> str:
    if line is None:
        return f"bank line {id}"
    amount = Money(abs(line.amount_minor), line.currency)
    way = "received from" if line.amount_minor > 0 else "paid to"
    other = line.counterparty_name or "an unnamed party"
    text = f", saying “{line.remittance[:140]}”" if line.remittance else ""
    return f"{amount} {way} {other} on {line.value_date or line.booking_date}{text}"


def _number(invoices: dict[str, Invoice], id: str) -> str:
    return invoices[id].number or id if id in invoices else id


def _shares(shares: Iterable[Share], invoices: dict[str, Invoice], currency: str) -> str:
    return ", ".join(f"{_number(invoices, s.item_id)} for {Money(s.amount_minor, currency)}" for s in shares)


def _decision(unit: Unit, decision: Decision) -> Explained:
    line = unit.get(BankTransaction, [decision.transaction_id]).get(decision.transaction_id)
    options = [c.shares for c in decision.candidates]
    items = {s.item_id for shares in (decision.shares, *options) for s in shares}
    invoices = unit.get(Invoice, items)
    by = "A person" if decision.decided_by.startswith("person:") else "The engine"
    reason = reason_in_words(decision.reason)
    sentences = [
        f"{_line_words(line, decision.transaction_id)}.",
        f"{by} decided {decision.outcome.upper()} at tier {decision.tier}: {reason}.",
        _allocated(decision, invoices),
        _candidates(decision, invoices),
        _evidence(decision.explanation),
        _gate(decision.explanation),
        f"Chance alone would give {decision.coincidence:g} such matches." if decision.coincidence else "",
    ]
    return _explained(decision, sentences, [decision.id, decision.transaction_id, *sorted(items)])


def _allocated(decision: Decision, invoices: dict[str, Invoice]) -> str:
    if not decision.shares:
        return "Nothing is allocated."
    left = Money(decision.unallocated_minor, decision.currency)
    shares = _shares(decision.shares, invoices, decision.currency)
    return f"It goes to {shares}; {left} stay unallocated."


def _candidates(decision: Decision, invoices: dict[str, Invoice]) -> str:
    offers = [f"({c.rank}) {_shares(c.shares, invoices, decision.currency)}" for c in decision.candidates]
    return f"A person chooses among {'; '.join(offers)}." if offers else ""


def _evidence(explanation: dict[str, Any]) -> str:
    tokens = [str(t.get("text")) for t in explanation.get("tokens", ()) if isinstance(t, dict)]
    signals = [str(s).replace("_", " ") for s in explanation.get("signals", ())]
    cited = f"The text cites {', '.join(dict.fromkeys(tokens))}." if tokens else ""
    agreeing = f"Signals that agree: {', '.join(signals)}." if signals else ""
    return " ".join(s for s in (cited, agreeing) if s)


def _gate(explanation: dict[str, Any]) -> str:
    gate = explanation.get("gate")
    return f"Payer and amount are not enough: {gate_in_words(gate)}." if gate else ""


def _allocation(unit: Unit, entry: Allocation) -> Explained:
    line = unit.get(BankTransaction, [entry.transaction_id]).get(entry.transaction_id)
    invoices = unit.get(Invoice, [entry.invoice_id])
    amount = Money(entry.amount_minor, entry.currency)
    undone = [a for a in unit.entries(Allocation, invoice_id=entry.invoice_id) if a.reverses == entry.id]
    sentences = [
        f"{amount} ({entry.kind}, grade {entry.grade}) of invoice {_number(invoices, entry.invoice_id)},",
        f"effective {entry.occurred_on}, from {_line_words(line, entry.transaction_id)}.",
        f"It takes back allocation {entry.reverses}." if entry.reverses else "",
        f"It was taken back by {undone[0].id}." if undone else "",
    ]
    records = [entry.id, entry.invoice_id, entry.transaction_id, entry.decision_id]
    return _explained(entry, sentences, records)


def _event(unit: Unit, event: Event) -> Explained:
    entry = CATALOGUE[event.type]
    taken_back = [e.id for e in unit.entries(Event, subject=event.subject) if e.reverses == event.id]
    until = f" until {event.finality.until}" if event.finality.until else ""
    sentences = [
        f"Event {event.sequence} of loan {event.loan_reference}: {event.type} on {event.occurred_on}.",
        entry.meaning,
        f"Here: {event.evidence.explanation}",
        f"Evidence grade {event.evidence.grade or 'none'}; {event.finality.state}{until}.",
        f"It takes back event {event.reverses}." if event.reverses else "",
        f"It was taken back by event {taken_back[0]}." if taken_back else "",
    ]
    return _explained(event, sentences, [event.id, event.subject, *event.evidence.records])


def _financed(unit: Unit, financed: FinancedInvoice) -> Explained:
    invoice = unit.get(Invoice, [financed.invoice_id]).get(financed.invoice_id)
    entries = unit.entries(Allocation, invoice_id=financed.invoice_id)
    log = unit.entries(Event, subject=financed.id)
    lettering = lettering_for(unit, invoice) if invoice else NOTHING
    advance = Money(financed.advance_minor, financed.currency)
    sentences = [
        f"Loan {financed.loan_reference}: {advance} advanced on {financed.disbursed_on}.",
        _position(invoice, entries) if invoice else "Its invoice is not known any more.",
        _lettered(lettering),
        f"Events: {len(log)}; the last is {log[-1].type}." if log else "Nothing was said yet.",
    ]
    claims = (a.id for a in lettering.allocations)
    records = [financed.id, financed.invoice_id, *(a.id for a in entries), *claims, *(e.id for e in log)]
    return _explained(financed, sentences, records)


def _position(invoice: Invoice, entries: list[Allocation]) -> str:
    now = settle(invoice, entries)
    cash, left = Money(now.cash_minor, now.currency), Money(now.open_minor, now.currency)
    paid = f", paid on {now.paid_on}" if now.paid_on else ""
    return f"Invoice {invoice.number or invoice.id} is {now.state}: {cash} received, {left} open{paid}."


def _lettered(lettering: Lettering) -> str:
    """What the ledger says of it: a claim."""
    posted = {payment.id: payment.paid_on for payment in lettering.payments}
    ties = [
        f"{Money(a.amount_minor, a.currency)} ({a.kind.replace('_', ' ')}"
        + (f", posted on {posted[a.settled_by]})" if a.settled_by in posted else ")")
        for a in lettering.allocations
    ]
    return f"The ledger letters it with {', '.join(ties)}: a claim of grade E1." if ties else ""
