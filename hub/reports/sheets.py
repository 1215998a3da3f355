"""The report as plain tables: what CSV and XLSX are written from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from core.model import to_major
from hub.reports import words
from hub.reports.value import Left, Line, Matched, OpenInvoice, Portion, ReconciliationReport, Waiting

Cell = str | int | date | datetime | None
Kind = Literal["text", "amount", "date", "instant", "number"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; an `amount` cell holds minor units of the currency in the row's `currency` column."""

    name: str
    kind: Kind = "text"
    width: int = 18


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named table; every row has one cell per column."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]

    def currency(self, row: tuple[Cell, ...]) -> str | None:
        """The currency of the row's amounts."""
        for column, cell in zip(self.columns, row, strict=True):
            if column.name == "currency" and isinstance(cell, str):
                return cell
        return None


def exact(minor: int, currency: str) -> str:
    """The amount in major units with a point and no blanks: `-1873.46`."""
    return f"{to_major(minor, currency):f}"


def sheets(report: ReconciliationReport) -> tuple[Sheet, ...]:
    """Every section of the report, in its order."""
    return (
        _money(report),
        _rates(report),
        Sheet("waiting", _LINE + _ANSWER, [row for w in report.waiting for row in _waiting(w)]),
        _financed(report),
        _events(report),
        Sheet("unpaid", _INVOICE, [_invoice(i) for i in report.open_invoices]),
        _ageing(report),
        Sheet("declared_paid", _INVOICE, [_invoice(i) for i in report.declared_paid]),
        Sheet("matched", _LINE + _PORTION, [row for m in report.matched for row in _matched(m)]),
        Sheet("left", _LINE, [_left(item) for item in report.left]),
        _findings(report),
        _coverage(report),
    )


_LINE = (
    Column("transaction_id", width=32), Column("booking_date", "date", 12), Column("account"),
    Column("counterparty_name", width=28), Column("remittance", width=48), Column("amount", "amount", 14),
    Column("currency", width=9), Column("tier", width=6), Column("reason"), Column("sentence", width=60),
)  # fmt: skip
_PORTION = (
    Column("invoice_id", width=32), Column("invoice_number"), Column("invoice_counterparty", width=28),
    Column("allocated", "amount", 14), Column("gap", "amount", 12), Column("gap_reason"),
    Column("grade", width=7), Column("decided_by"),
)  # fmt: skip
_ANSWER = (
    Column("decision_id", width=32), Column("rank", "number", 6), Column("invoice_id", width=32),
    Column("invoice_number"), Column("invoice_counterparty", width=28), Column("proposed", "amount", 14),
    Column("open", "amount", 14), Column("arithmetic", width=40), Column("why", width=60),
)  # fmt: skip
_INVOICE = (
    Column("invoice_id", width=32), Column("invoice_number"), Column("invoice_counterparty", width=28),
    Column("issue_date", "date", 12), Column("due_date", "date", 12), Column("days_past_due", "number", 8),
    Column("bucket", width=12), Column("payable", "amount", 14), Column("settled", "amount", 14),
    Column("open", "amount", 14), Column("currency", width=9), Column("settlement", width=12),
    Column("grade", width=7), Column("paid_on", "date", 12),
)  # fmt: skip
_TERMS = (
    Column("loan_reference"), Column("financed_invoice_id", width=32), Column("advance", "amount", 14),
    Column("disbursed_on", "date", 12), Column("assignment"),
)  # fmt: skip


def _line(line: Line, tier: str | None, reason: str, sentence: str) -> tuple[Cell, ...]:
    text = "".join(run.text for run in line.remittance)
    return (
        line.transaction_id, line.booking_date, line.account, line.counterparty_name, text,
        line.amount_minor, line.currency, tier, reason, sentence,
    )  # fmt: skip


def _named(portion: Portion) -> tuple[Cell, ...]:
    return (portion.invoice_id, portion.number, portion.counterparty)


def _matched(item: Matched) -> list[tuple[Cell, ...]]:
    line = _line(item.line, item.tier, item.reason, item.sentence)
    return [
        (*line, *_named(p), p.amount_minor, p.gap_minor, p.gap_reason, p.grade, item.decided_by)
        for p in item.portions
    ]


def _waiting(item: Waiting) -> list[tuple[Cell, ...]]:
    line = _line(item.line, item.tier, item.reason, item.sentence)
    rows = [
        (
            *line,
            item.decision_id,
            a.rank,
            *_named(p),
            p.amount_minor,
            p.open_minor,
            a.arithmetic,
            "; ".join(a.why),
        )
        for a in item.candidates
        for p in a.portions
    ]
    return rows or [(*line, item.decision_id, *([None] * (len(_ANSWER) - 1)))]


def _left(item: Left) -> tuple[Cell, ...]:
    return _line(item.line, item.tier, item.reason, item.sentence)


def _invoice(row: OpenInvoice) -> tuple[Cell, ...]:
    return (
        row.invoice_id, row.number, row.counterparty, row.issue_date, row.due_date, row.days_past_due,
        row.bucket, row.payable_minor, row.settled_minor, row.open_minor, row.currency, row.settlement,
        row.grade, row.paid_on,
    )  # fmt: skip


def _money(report: ReconciliationReport) -> Sheet:
    names = (
        "received",
        "allocated",
        "unallocated",
        "returned",
        "undecided",
        "waiting",
        "not_receipt",
        "difference",
    )
    columns = (Column("currency", width=9), Column("lines", "number", 8))
    rows = [(f.currency, f.lines, *(getattr(f, f"{name}_minor") for name in names)) for f in report.flows]
    return Sheet("money", columns + tuple(Column(n, "amount", 14) for n in names), rows)


def _rates(report: ReconciliationReport) -> Sheet:
    columns = (
        Column("currency", width=9), Column("lines", "number", 8), Column("population", "amount", 14),
        Column("allocated_lines", "number"), Column("allocated", "amount", 14), Column("rate_by_amount"),
        Column("rate_by_count"), Column("straight_through"),
    )  # fmt: skip
    rows = [
        (
            r.currency, r.population_lines, r.population_minor, r.allocated_lines, r.allocated_minor,
            words.percent(r.by_amount), words.percent(r.by_count), words.percent(r.straight_through),
        )
        for r in report.rates
    ]  # fmt: skip
    return Sheet("rates", columns, rows)


def _financed(report: ReconciliationReport) -> Sheet:
    rows = [
        (
            f.loan_reference, f.financed_invoice_id, f.advance_minor, f.disbursed_on, f.assignment,
            *_invoice(f.invoice),
        )
        for f in report.financed
    ]  # fmt: skip
    return Sheet("financed", _TERMS + _INVOICE, rows)


def _events(report: ReconciliationReport) -> Sheet:
    columns = (
        Column("loan_reference"), Column("sequence", "number", 9), Column("type", width=26),
        Column("occurred_on", "date", 12), Column("detected_at", "instant", 20),
        Column("amount", "amount", 14), Column("open_after", "amount", 14), Column("currency", width=9),
        Column("grade", width=7), Column("finality", width=24), Column("explanation", width=60),
        Column("event_id", width=32),
    )  # fmt: skip
    rows = [
        (
            f.loan_reference, e.sequence, e.type, e.occurred_on, e.detected_at, e.amount_minor,
            e.open_after_minor, e.currency, e.grade, e.finality, e.explanation, e.event_id,
        )
        for f in report.financed
        for e in f.timeline
    ]  # fmt: skip
    return Sheet("events", columns, rows)


def _ageing(report: ReconciliationReport) -> Sheet:
    columns = (
        Column("currency", width=9), Column("bucket", width=12), Column("invoices", "number", 9),
        Column("open", "amount", 14),
    )  # fmt: skip
    return Sheet("ageing", columns, [(a.currency, a.bucket, a.invoices, a.open_minor) for a in report.ageing])


def _findings(report: ReconciliationReport) -> Sheet:
    columns = (
        Column("severity", width=9), Column("code", width=26), Column("record", width=40),
        Column("message", width=70), Column("occurrences", "number", 9),
        Column("first_seen_at", "instant", 20), Column("last_seen_at", "instant", 20),
        Column("resolved_at", "instant", 20),
    )  # fmt: skip
    rows = [
        (
            f.severity, f.code, f.record, f.message, f.occurrences, f.first_seen_at, f.last_seen_at,
            f.resolved_at,
        )
        for f in report.findings
    ]  # fmt: skip
    return Sheet("quality", columns, rows)


def _coverage(report: ReconciliationReport) -> Sheet:
    columns = (
        Column("connection_id", width=32), Column("provider"), Column("company", width=28),
        Column("state"), Column("health"), Column("last_success_at", "instant", 20),
        Column("history_from", "date", 12), Column("streams", width=50), Column("error", width=50),
    )  # fmt: skip
    rows = [
        (
            c.connection_id, c.provider, c.company, c.state, c.health, c.last_success_at, c.history_from,
            ", ".join(c.streams), c.error,
        )
        for c in report.connections
    ]  # fmt: skip
    return Sheet("coverage", columns, rows)
