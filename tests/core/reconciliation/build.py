"""Short ways to write lines and items in tests; amounts are written in euros."""

from datetime import date
from decimal import Decimal
from typing import Any

from core.model.decision import Decision
from core.reconciliation import Item, Line, PayerAccount, Policy, Prior
from core.reconciliation.fold import reconcile
from tests.core.reconciliation.by_kernel import check_agrees

DAY = date(2024, 3, 12)
NOTHING = Prior()
DEFAULTS = Policy()


def cents(euros: str | int) -> int:
    return int((Decimal(str(euros).replace(" ", "")) * 100).to_integral_exact())


def line(text: str | None, euros: str | int, **more: Any) -> Line:
    fields: dict[str, Any] = {
        "transaction_id": "L1", "tenant_id": "t", "account_id": "acc", "booking_date": DAY,
        "amount_minor": cents(euros), "currency": "EUR", "remittance": text,
    }  # fmt: skip
    if "payer" in more:
        more["counterparty_name"] = more.pop("payer")
    if "iban" in more:
        more["counterparty_iban"] = more.pop("iban")
    if "id" in more:
        more["transaction_id"] = more.pop("id")
    return Line(**(fields | more))


def item(number: str, euros: str | int, debtor: str = "Ateliers Brunoy SAS", **more: Any) -> Item:
    amount = cents(euros)
    fields: dict[str, Any] = {
        "item_id": number, "tenant_id": "t", "seller_id": "seller", "debtor_id": f"d:{debtor}",
        "debtor_name": debtor, "number": number, "amount_minor": amount, "currency": "EUR",
        "issue_date": date(2024, 2, 1), "kind": "invoice" if amount > 0 else "credit_note",
    }  # fmt: skip
    if "id" in more:
        more["item_id"] = more.pop("id")
    return Item(**(fields | more))


def background(count: int = 300) -> list[Item]:
    """Other open items of other debtors, with uneven amounts: a scope is never one invoice."""
    return [
        item(
            f"BG-2023-{n:05d}", f"{117 + n * 37 % 4000}.{(n * 53 + 7) % 100:02d}", f"Debiteur Quelconque {n}"
        )
        for n in range(10_000, 10_000 + count)
    ]


def decided(
    lines: list[Line],
    items: list[Item],
    accounts: tuple[PayerAccount, ...] = (),
    *,
    prior: Prior = NOTHING,
    policy: Policy = DEFAULTS,
) -> dict[str, Decision]:
    """What the reference decides; the kernel must say the same."""
    found = reconcile(lines, items, accounts, prior, policy)
    if prior is NOTHING:
        check_agrees(found, lines, items, accounts, policy)
    assert [d.transaction_id for d in found] == sorted(x.transaction_id for x in lines)
    return {d.transaction_id: d for d in found}


def shares(decision: Decision) -> dict[str, str]:
    """Shares in euros by item."""
    return {s.item_id: str(Decimal(s.amount_minor) / 100) for s in decision.shares}
