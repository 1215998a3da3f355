"""The end of the demo: what every advance came to, and whether all of it holds."""

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from core.model import Event, FinancedInvoice, Money
from core.usecases.verify import verify
from hub.demo.partner import Partner
from hub.wiring import Hub

WIDTH = 110


def summary(
    hub: Hub, partner: Partner, events: list[dict[str, Any]], *, say: Callable[[str], None]
) -> str | None:
    """Prints one row per advance; returns what is wrong, or None."""
    tenant = hub.directory.tenants()[0].id
    with hub.store.begin(tenant, write=False) as unit:
        financed = sorted(unit.all(FinancedInvoice), key=lambda one: one.loan_reference)
        logs = {one.id: unit.entries(Event, subject=one.id) for one in financed}
    table = Table(box=None, pad_edge=False)
    for name in ("loan", "invoice", "advanced", "due", "open", "state"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("advanced", "open") else "left")
    table.add_column("last said", no_wrap=True)
    for one in financed:
        table.add_row(*_row(one, logs[one.id]))
    say("")
    Console(width=WIDTH, highlight=False).print(table)
    proof = verify(
        hub.store,
        hub.driver,
        tenant,
        statements=hub.statements,
        ledgers=hub.ledgers,
        einvoices=hub.einvoices,
    )
    differences = len(proof)
    say(f"\nevents verify: {len(events)} events derived again from raw records, {differences} differences")
    received = partner.received
    if missing := {event["id"] for event in events} - set(received.verified):
        return f"{len(missing)} events did not reach the partner"
    if received.refused:
        return f"{received.refused} webhooks had a signature that did not hold"
    return str(proof[0]) if proof else None


def _row(financed: FinancedInvoice, log: list[Event]) -> tuple[str, ...]:
    latest = next((event.amount for event in reversed(log) if event.amount), None)
    remains = financed.open_at_financing_minor if latest is None else latest.open_after_minor
    state = "open" if latest is None else latest.settlement_after
    return (
        financed.loan_reference,
        str(financed.snapshot.get("number")),
        str(Money(financed.advance_minor, financed.currency)),
        str(financed.due_date or "unknown"),
        str(Money(remains, financed.currency)),
        state,
        f"{log[-1].type}{' (withdrawn)' if log[-1].attributes.get('withdrawn') else ''}"
        if log
        else "nothing yet",
    )
