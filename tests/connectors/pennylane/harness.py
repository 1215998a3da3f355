"""What the contract suite needs to know of Pennylane."""

from collections.abc import Mapping
from typing import Any

from connectors.kit.story import Cast
from connectors.kit.world import Account, Company, Document, Movement, Partner, World
from connectors.pennylane.connector import Pennylane
from connectors.pennylane.simulator import PREFIX, PennylaneSimulator
from core.errors import ProviderChanged
from tests.connectors.harness import Harness


def _fill(world: World, cast: Cast, n: int) -> None:
    second = world.account(cast.company, name="Compte secondaire")
    supplier = world.partner(cast.company, "Bois et Fils", role="supplier")
    for i in range(n):
        customer = world.partner(cast.company, f"Client {i}", kind="individual" if i % 2 else "company")
        invoice = world.invoice(customer, f"FA-{i}", 120_000 + i)
        line = world.pay(invoice, second if i % 2 else cast.account)
        if i % 2:
            world.match(invoice, line)
        world.move(cast.account, -500 - i, "CARTE", operation="card", status="pending")
        world.credit_note(invoice, f"AV-{i}", 1_200)
        bought = world.invoice(supplier, f"S-{i}", 6_000 + i)
        world.match(bought, world.pay(bought, second))


def _expected(world: World, account: str) -> Mapping[str, set[str]]:
    [company] = [c for c in world.all(Company) if str(c.number_id) == account]
    documents, partners = world.all(Document, company.id), world.all(Partner, company.id)
    lines = [m for m in world.all(Movement, company.id) if m.status == "booked"]
    numbers = {m.id: m.number_id for m in lines}
    kinds = {"receivable": "customer", "payable": "supplier"}
    return {
        "company": {account},
        "customers": {str(p.number_id) for p in partners if p.role == "customer"},
        "suppliers": {str(p.number_id) for p in partners if p.role == "supplier"},
        "customer_invoices": {str(d.number_id) for d in documents if d.direction == "receivable"},
        "supplier_invoices": {str(d.number_id) for d in documents if d.direction == "payable"},
        "bank_accounts": {str(a.number_id) for a in world.all(Account, company.id)},
        "transactions": {str(m.number_id) for m in lines},
        "matches": {
            f"{numbers[id]}:{kinds[d.direction]}:{d.number_id}" for d in documents for id in d.matched
        },
    }


def _spoil(body: Any) -> Any:
    rows = body.get("items")
    if isinstance(rows, list) and len(rows) > 1:
        rows[0]["status"] = "teleported"
        rows[1]["brand_new_field"] = {"deep": 1}
    return body


def harness() -> Harness:
    """Pennylane for the contract suite."""
    return Harness(
        slug="pennylane",
        connector=lambda size: Pennylane(size=size),
        simulator=PennylaneSimulator,
        fill=_fill,
        expected=_expected,
        stream="customer_invoices",
        listed=f"{PREFIX}/customer_invoices",
        spoil=_spoil,
        movable=Document,
        html_error=ProviderChanged,
        missing_scope="customer_invoices:readonly",
        lines_per_stream=160,  # change logs with their retention, and matches that have no list
    )
