"""Money is conserved to the cent in the report of whatever the real engine decided, undid or took back."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import LettrageError
from core.model import BankAccount, Company, Decision, Invoice
from core.usecases import decide
from core.usecases.reconcile import reconcile
from hub.reports import reconciliation
from tests.fakes import FixedClock, InMemoryStore
from tests.hub.world import ACCOUNT, COMPANY, NOW, invoice, line

DAY = date(2026, 11, 1)
AMOUNTS = st.sampled_from([10000, 18734, 18735, 25000, 99999])


@st.composite
def worlds(draw: st.DrawFn) -> InMemoryStore:
    """A few invoices, payments that cite them more or less, returns, debits, two currencies."""
    store = InMemoryStore(FixedClock(NOW))
    count = draw(st.integers(1, 5))
    invoices = [
        invoice(
            f"FAC-2026-0{n:04}", draw(AMOUNTS), DAY, "Kervadec SAS",
            kind=draw(st.sampled_from(["invoice", "invoice", "credit_note"])),
            direction=draw(st.sampled_from(["receivable", "receivable", "payable"])),
            currency=draw(st.sampled_from(["EUR", "EUR", "CHF"])),
        )
        for n in range(count)
    ]  # fmt: skip
    lines = []
    for n in range(draw(st.integers(0, 8))):
        cited = draw(st.lists(st.sampled_from(invoices), max_size=2, unique_by=lambda i: i.id))
        total = sum(i.payable_minor * (-1 if i.kind == "credit_note" else 1) for i in cited)
        amount = draw(st.sampled_from([total or 500, draw(AMOUNTS), -(abs(total) or 700)]))
        text = "VIR " + " ".join(i.number or "" for i in cited)
        on = DAY + timedelta(days=draw(st.integers(0, 5)))
        back = amount < 0 and draw(st.booleans())
        more = {"return_reason": "AC04"} if back else {}
        more |= {"currency": cited[0].currency} if cited else {}
        lines.append(line(f"l{n}", amount, on, "KERVADEC SAS", text, **more))
    with store.begin("ten_a") as unit:
        unit.put([Company(id=COMPANY, company_id=COMPANY, legal_name="Ateliers Brunoy SAS")])
        unit.put([BankAccount(id=ACCOUNT, company_id=COMPANY, currency="EUR")])
        unit.put([*invoices, *lines])
    return store


def is_conserved(store: InMemoryStore) -> None:
    with store.begin("ten_a", write=False) as unit:
        report = reconciliation(unit)
        invoices = {i.id: i for i in unit.all(Invoice)}
    assert all(flow.conserved for flow in report.flows), report.flows
    for flow in report.flows:
        parts = (flow.allocated_minor, flow.unallocated_minor, flow.returned_minor, flow.undecided_minor)
        assert sum(parts) == flow.received_minor
        assert flow.waiting_minor + flow.not_receipt_minor <= flow.unallocated_minor
    for row in report.open_invoices:
        assert 0 < row.open_minor <= invoices[row.invoice_id].payable_minor
    for rate in report.rates:
        assert 0 <= rate.allocated_minor <= rate.population_minor


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    worlds(),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["accept", "undo", "not_ours"])), max_size=4),
)
def test_conserved(store: InMemoryStore, answers: list[tuple[int, str]]) -> None:
    is_conserved(store)
    reconcile(store, "ten_a")
    is_conserved(store)
    for number, action in answers:
        with store.begin("ten_a", write=False) as unit:
            decisions = unit.all(Decision)
        if not decisions:
            return
        chosen = decisions[number % len(decisions)]
        act = {"accept": decide.accept, "undo": decide.undo, "not_ours": decide.not_ours}[action]
        try:
            act(store, "ten_a", chosen.id, person="Inès")
        except LettrageError:
            continue  # not every answer fits every decision
        is_conserved(store)
