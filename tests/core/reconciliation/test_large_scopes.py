"""One amount, one debtor, one counter a thousand times over: the work stays in proportion."""

import time
from datetime import timedelta
from typing import Any

import pytest

from core.reconciliation import Item, Line, Policy
from core.reconciliation.fold import reconcile
from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.by_kernel import check_agrees

COUNT = 4_000
PAYER = "Carrefour Grand Client"


def _lines(text: str, euros: str, **more: Any) -> list[Line]:
    return [
        line(
            text.format(n=n), euros.format(n=n, c=n % 100), id=f"{text[:1]}L{n:06}",
            booking_date=DAY + timedelta(days=n % 300), **more,
        )
        for n in range(COUNT)
    ]  # fmt: skip


def _items(euros: str, debtor: str) -> list[Item]:
    return [
        item(f"FA-2026-{n:05}", euros.format(n=n, c=n % 100), debtor.format(n=n % 500)) for n in range(COUNT)
    ]


@pytest.mark.parametrize(
    ("lines", "items"),
    [
        (_lines("FACT {n}", "49"), _items("49", "Client Numero {n}")),
        (_lines("VIREMENT", "49"), _items("49", "Client Numero {n}")),
        (_lines("VIREMENT", "33.33", payer=PAYER), _items("1{n}.{c:02}", PAYER)),
        (_lines("FA-2026-{n:05}", "1", payer=PAYER), _items("1{n}.{c:02}", PAYER)),
        ([*_lines("RETOUR", "-49", return_reason="AC04")[-400:], *_lines("VIREMENT", "49")], []),
    ],
    ids=["counters", "one amount", "one payer", "one debtor in parts", "returns"],
)  # fmt: skip
def test_many_alike(lines: list[Line], items: list[Item]) -> None:
    start = time.process_time()
    decisions = reconcile(lines, items)
    assert time.process_time() - start < 4
    check_agrees(decisions, lines, items, (), Policy())
    assert len(decisions) == len(lines)
