"""The invoices of the report: what is unpaid and how old, and the story of each financed one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from core.model import Event, FinancedInvoice, Invoice
from core.settlement import says_paid
from hub.reports.known import Known
from hub.reports.lines import named, payer
from hub.reports.value import BUCKETS, Ageing, Bucket, Financed, Moment, OpenInvoice
from hub.reports.words import plain


def bucket_of(days_past_due: int | None) -> Bucket:
    """The ageing bucket of an open amount.

    >>> bucket_of(0), bucket_of(30), bucket_of(31), bucket_of(None)
    ('not_due', '1-30', '31-60', 'no_due_date')
    """
    if days_past_due is None:
        return "no_due_date"
    limits: tuple[tuple[int, Bucket], ...] = ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90"))
    return next((name for limit, name in limits if days_past_due <= limit), ">90")


def unpaid(known: Known) -> tuple[tuple[OpenInvoice, ...], tuple[OpenInvoice, ...]]:
    """Issued receivables with an open amount, financed ones first, then the oldest: those truly open,
    and those the tool calls paid although no cash was seen (a claim, so they are in no bucket)."""
    contractual = {f.invoice_id: f.due_date for f in known.financed}
    rows = [
        opened(known, invoice, due_date=contractual.get(invoice.id) or invoice.due_date)
        for invoice in known.invoices.values()
        if _is_claim(invoice) and invoice.id not in known.copies and known.settlement(invoice).open_minor > 0
    ]
    financed = {f.invoice_id for f in known.financed}
    rows.sort(
        key=lambda r: (r.invoice_id not in financed, -(r.days_past_due or 0), -r.open_minor, r.invoice_id)
    )
    plainly = [r for r in rows if not r.declared_paid or r.invoice_id in financed]
    return tuple(plainly), tuple(r for r in rows if r.declared_paid and r.invoice_id not in financed)


def _is_claim(invoice: Invoice) -> bool:
    return (
        invoice.direction == "receivable"
        and invoice.kind != "credit_note"
        and invoice.document_status == "issued"
    )


def ageing(rows: tuple[OpenInvoice, ...]) -> tuple[Ageing, ...]:
    """Open amounts per currency and bucket; every bucket of a currency is there, empty ones too."""
    sums: dict[tuple[str, Bucket], list[int]] = defaultdict(list)
    for row in rows:
        sums[row.currency, row.bucket].append(row.open_minor)
    return tuple(
        Ageing(currency=c, bucket=b, invoices=len(sums[c, b]), open_minor=sum(sums[c, b]))
        for c in sorted({currency for currency, _ in sums})
        for b in BUCKETS
        if b != "no_due_date" or sums[c, b]
    )


def opened(known: Known, invoice: Invoice, *, due_date: date | None) -> OpenInvoice:
    """An invoice with its settlement and age as of today in Paris."""
    days = (known.today - due_date).days if due_date else None
    state = known.settlement(invoice)
    return OpenInvoice(
        invoice_id=invoice.id,
        number=named(invoice),
        counterparty=payer(known, invoice),
        direction=invoice.direction,
        issue_date=invoice.issue_date,
        due_date=due_date,
        days_past_due=days,
        bucket=bucket_of(days),
        payable_minor=invoice.payable_minor,
        settled_minor=state.cash_minor + state.non_cash_minor,
        open_minor=state.open_minor,
        currency=invoice.currency,
        settlement=state.state,
        grade=state.grade,
        paid_on=state.paid_on,
        declared_paid=True if says_paid(invoice) else invoice.declared.paid,
    )


def financed(known: Known) -> tuple[Financed, ...]:
    """Financed invoices: still watched before closed, the latest first, each with its timeline."""
    rows = [
        _financed(known, each, invoice)
        for each in known.financed
        if (invoice := known.invoices.get(each.invoice_id))
    ]
    return tuple(
        sorted(
            rows, key=lambda f: (f.invoice.open_minor <= 0, -(f.invoice.days_past_due or 0), f.loan_reference)
        )
    )


def _financed(known: Known, each: FinancedInvoice, invoice: Invoice) -> Financed:
    return Financed(
        financed_invoice_id=each.id,
        loan_reference=plain(each.loan_reference),
        advance_minor=each.advance_minor,
        disbursed_on=each.disbursed_on,
        assignment=each.assignment,
        watch=each.state,
        invoice=opened(known, invoice, due_date=each.due_date or invoice.due_date),
        timeline=_timeline(known.events.get(each.id, ())),
    )


def _timeline(events: Sequence[Event]) -> tuple[Moment, ...]:
    numbers = {event.id: event.sequence for event in events}
    return tuple(_moment(event, numbers) for event in events)


def _moment(event: Event, numbers: Mapping[str, int]) -> Moment:
    moved = event.amount
    until = event.finality.until
    return Moment(
        event_id=event.id,
        sequence=event.sequence,
        type=event.type,
        occurred_on=event.occurred_on,
        detected_at=event.detected_at,
        amount_minor=moved.minor if moved else None,
        open_after_minor=moved.open_after_minor if moved else None,
        currency=moved.currency if moved else None,
        grade=event.evidence.grade,
        explanation=plain(event.evidence.explanation),
        finality=f"provisional until {until}" if until else event.finality.state,
        lateness=_lateness(event),
        reverses=numbers.get(event.reverses or ""),
        supersedes=numbers.get(event.supersedes or ""),
        recommended_action=event.recommended_action,
    )


def _lateness(event: Event) -> str | None:
    """What `invoice.paid` says about time: `early`, `on_time` or `late`, with days."""
    word, days = event.attributes.get("timing"), event.attributes.get("days")
    if not isinstance(word, str):
        return None
    return f"{abs(days)} days {word}" if isinstance(days, int) and days else word.replace("_", " ")
