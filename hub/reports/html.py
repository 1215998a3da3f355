"""The report as one self-contained page: no script, no outside file, every word escaped."""

from collections.abc import Iterable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hub.reports import charts, words
from hub.reports.charts import Part
from hub.reports.value import Ageing, Flow, Rate, ReconciliationReport

MAX_ROWS = 400
"""Rows of one section that the page shows; the other formats carry all."""

TONES = {
    "not_due": "good",
    "1-30": "age-1",
    "31-60": "age-2",
    "61-90": "age-3",
    ">90": "bad",
    "no_due_date": "calm",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hub.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        words=words,
        charts=charts,
        max_rows=MAX_ROWS,
        amount=lambda *a: _unbroken(words.amount(*a)),
        figure=lambda *a: _unbroken(words.figure(*a)),
    )
    return environment


def _unbroken(figure: str) -> str:
    """An amount never breaks over two lines."""
    return figure.replace(" ", "\u00a0")


def to_html(report: ReconciliationReport) -> bytes:
    """The page, UTF-8."""
    template = _environment().get_template("reconciliation.html.j2")
    page = template.render(
        report=report,
        money=[(flow, _flow_chart(flow, i)) for i, flow in enumerate(report.flows)],
        rates=[(rate, _rate_chart(rate, i)) for i, rate in enumerate(report.rates)],
        loans={f.invoice.invoice_id: f.loan_reference for f in report.financed},
        ages=[(c, _age_chart(c, _of(report.ageing, c), i)) for i, c in enumerate(_currencies(report))],
    )
    return page.encode("utf-8", "replace")


def _currencies(report: ReconciliationReport) -> list[str]:
    return sorted({a.currency for a in report.ageing})


def _of(ageing: Iterable[Ageing], currency: str) -> list[Ageing]:
    return [a for a in ageing if a.currency == currency]


def _flow_chart(flow: Flow, number: int) -> Markup | None:
    """The streams, or None when all went one way: then the figures above say it better."""
    unmatched = flow.unallocated_minor - flow.waiting_minor - flow.not_receipt_minor
    streams = (
        ("Allocated", flow.allocated_minor, "good"),
        ("Waits for a person", flow.waiting_minor, "warn"),
        ("No invoice found", unmatched, "calm"),
        ("Not a customer receipt", flow.not_receipt_minor, "faint"),
        ("Returned", flow.returned_minor, "bad"),
        ("Not decided yet", flow.undecided_minor, "faint"),
    )
    parts = [Part(label, v, words.amount(v, flow.currency), tone) for label, v, tone in streams]
    if sum(1 for part in parts if part.value) < 2:
        return None
    whole = Part("Received", flow.received_minor, words.amount(flow.received_minor, flow.currency), "source")
    title = f"Where the money received in {flow.currency} went"
    return charts.flow(whole, parts, name=f"flow-{number}", title=title)


def _rate_chart(rate: Rate, number: int) -> Markup:
    title = f"Share of the {rate.currency} amount received from customers that is allocated"
    shown = words.percent(rate.by_amount).replace(".0 %", " %")
    return charts.ring(rate.by_amount, words=shown, name=f"rate-{number}", title=title)


def _age_chart(currency: str, ageing: Iterable[Ageing], number: int) -> Markup:
    parts = [
        Part(words.BUCKETS[a.bucket], a.open_minor, words.figure(a.open_minor, currency), TONES[a.bucket])
        for a in ageing
    ]
    title = f"Open {currency} amounts by days past due"
    return charts.bars(parts, name=f"age-{number}", title=title)
