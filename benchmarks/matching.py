"""Reconciliation, over files and in the store, against the least that any matcher must do."""

import re
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.company import CUSTOMERS
from benchmarks.ground import DAY, Ground, on_postgres, on_sqlite, pages_of, rate
from benchmarks.table import Line, Table, seconds, side_by_side
from core.model import BankAccount, BankTransaction, Counterparty, Decision, Invoice, Party, SourceRef
from core.model.identifiers import compact
from core.usecases.reconcile import reconcile
from hub.interchange import run_files

SIZE = 20_000
TOKEN = re.compile(r"[A-Z0-9]+")
Row = dict[str, Any]


def _name(number: int) -> str:
    return f"Client numéro {number * 7 % CUSTOMERS:03} SARL"


def _amount(number: int) -> int:
    return 10_000 + number * 7919 % 1_000_003


def _label(number: int) -> str:
    """Three of five payers cite the number as it is, one in other spelling, one not at all."""
    cited = (f"FA-2026-{number:05}", f"fa 2026 {number:05}", "ACOMPTE MERCI")[max(0, number % 5 - 2)]
    return f"VIR SEPA RECU /DE {_name(number).upper()} /MOTIF FACTURE {cited} /REF {number:012}"


def lines() -> list[Row]:
    """Payments as the interchange files have them."""
    return [
        {
            "transaction_id": f"t{n:06}",
            "tenant_id": "ten",
            "account_id": "a",
            "booking_date": DAY,
            "amount_minor": _amount(n),
            "currency": "EUR",
            "counterparty_name": _name(n).upper(),
            "remittance": _label(n),
        }
        for n in range(SIZE)
    ]


def items() -> list[Row]:
    """Open invoices, one for each payment."""
    return [
        {
            "item_id": f"i{n:06}",
            "tenant_id": "ten",
            "seller_id": "s",
            "debtor_id": f"d{n * 7 % CUSTOMERS}",
            "debtor_name": _name(n),
            "number": f"FA-2026-{n:05}",
            "issue_date": DAY,
            "amount_minor": _amount(n),
            "currency": "EUR",
        }
        for n in range(SIZE)
    ]


def floor(transactions: Path, open_items: Path) -> int:
    """Reads the columns, makes one tokenising pass over the labels, looks each token up in one index."""
    numbers = pl.read_parquet(open_items)["number"].to_list()
    index = {compact(number): place for place, number in enumerate(numbers)}
    frame = pl.read_parquet(transactions)
    amounts = frame["amount_minor"].to_list()
    texts = frame["remittance"].to_list()
    found = 0
    for text, _amount in zip(texts, amounts, strict=True):
        tokens = TOKEN.findall(text.upper())
        wide = ("".join(tokens[at : at + 3]) for at in range(len(tokens)))
        found += any(token in index for token in (*tokens, *wide))
    return found


def _files(folder: Path) -> tuple[Path, Path, Line]:
    paid, owed = folder / "transactions.parquet", folder / "items.parquet"
    pl.DataFrame(lines()).write_parquet(paid)
    pl.DataFrame(items()).write_parquet(owed)
    assert floor(paid, owed) == SIZE * 4 // 5
    summaries = []
    ours, bare, ratio = side_by_side(
        lambda: summaries.append(run_files(paid, owed, None, None, folder / "out")),
        lambda: floor(paid, owed),
        rounds=3,
    )
    decided = summaries[-1].outcomes.get("auto", 0)
    what = f"files, Parquet in and out ({decided:,} decided)"
    return paid, owed, Line(what, rate(SIZE, ours, "lines"), rate(SIZE, bare, "lines"), ratio)


def _facts() -> list[Any]:
    account = BankAccount(id="acc_1", company_id="com_1", currency="EUR")
    customers = [
        Counterparty(id=f"cpy_{n:04}", company_id="com_1", role="customer", legal_name=_name(n))
        for n in range(CUSTOMERS)
    ]
    debtors = {customer.legal_name: customer.id for customer in customers}
    invoices = [
        Invoice(
            id=f"inv_{n:06}",
            company_id="com_1",
            direction="receivable",
            kind="invoice",
            number=f"FA-2026-{n:05}",
            number_normalized=f"FA2026{n:05}",
            issue_date=DAY,
            due_date=DAY,
            currency="EUR",
            gross_minor=_amount(n),
            payable_minor=_amount(n),
            counterparty_id=debtors[_name(n)],
            buyer=Party(counterparty_id=debtors[_name(n)]),
            document_status="issued",
        )
        for n in range(SIZE)
    ]
    payments = [
        BankTransaction(
            id=f"txn_{n:06}",
            company_id="com_1",
            source=SourceRef(provider="qonto", account="acme", object="transactions", external_id=str(n)),
            account_id="acc_1",
            amount_minor=_amount(n),
            currency="EUR",
            booking_date=DAY,
            status="booked",
            operation="transfer",
            counterparty_name=_name(n).upper(),
            remittance=_label(n),
            fingerprint=f"{n:064x}",
        )
        for n in range(SIZE)
    ]
    return [account, *customers, *invoices, *payments]


def _store(ground: Ground, facts: list[Any], bare: float) -> list[Line]:
    tenant_id = ground.tenant()
    for page in pages_of(facts, 5_000):
        with ground.store.begin(tenant_id) as unit:
            unit.put(page)
    first = seconds(lambda: reconcile(ground.store, tenant_id))
    again = seconds(lambda: reconcile(ground.store, tenant_id))
    with ground.store.begin(tenant_id, write=False) as unit:
        decided = len(unit.all(Decision, outcome="auto"))
    assert decided > SIZE // 2
    yardstick = rate(SIZE, bare, "lines")
    runs = ((f"first run ({decided:,} decided)", first), ("again (nothing is written)", again))
    return [
        Line(f"{ground.name}: {what}", rate(SIZE, taken, "lines"), yardstick, bare / taken)
        for what, taken in runs
    ]


def tables() -> list[Table]:
    """20,000 payments against 20,000 invoices."""
    facts = _facts()
    with tempfile.TemporaryDirectory() as name:
        paid, owed, line = _files(Path(name))
        found = [line]
        bare = min(seconds(lambda: floor(paid, owed)) for _ in range(3))
    for place in (on_sqlite, on_postgres):
        with place() as ground:
            found += _store(ground, facts, bare)
    note = (
        f"{SIZE:,} payments, {SIZE:,} open invoices, {CUSTOMERS} debtors; four labels of five cite a number. "
        "The floor reads the columns, tokenises each label once and asks one dictionary: it decides nothing. "
        "Ours names the payer, checks rivals and chance, and writes decisions with their explanation; in the "
        "store it also loads all facts, writes decisions and allocations, and derives events, in one "
        "transaction (one measurement each)."
    )
    return [Table("Reconciliation", tuple(found), note)]
