"""One process or several, few tenants or many, rows in any order: the same bytes."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hub.interchange import run_files

TENANTS = 7
WORDS = ("FACTURE FA-{n}", "fa {n}", "REGLT {n}", "", "FA-{n} FA-{m}", "VIR INST CLIENT {n} SARL")


def world(seed: int, count: int = 120) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rng = random.Random(seed)
    day = date(2026, 3, 2)
    items = [
        {
            "item_id": f"i{n}", "tenant_id": f"t{n % TENANTS}", "seller_id": "s", "debtor_id": f"d{n % 19}",
            "debtor_name": f"Client {n % 19} SARL", "number": f"FA-{10_000 + n}", "issue_date": day,
            "amount_minor": rng.choice([120_000, 36_000, 98_431 + n, 50_017 + n * 7]), "currency": "EUR",
            "whole_turnover": n % 3 == 0,
        }
        for n in range(count)
    ]  # fmt: skip
    lines = []
    for n in range(count):
        item = items[rng.randrange(count)]
        text = rng.choice(WORDS).format(n=item["number"][3:], m=10_000 + rng.randrange(count))
        lines.append(
            {
                "transaction_id": f"x{n:04}", "tenant_id": item["tenant_id"], "account_id": "a",
                "booking_date": day + timedelta(days=rng.randrange(9)), "currency": "EUR",
                "amount_minor": rng.choice([1, 1, 1, -1]) * item["amount_minor"] + rng.choice([0, 0, 40]),
                "counterparty_name": rng.choice([None, item["debtor_name"].upper(), "INCONNU"]),
                "remittance": text,
            }
        )  # fmt: skip
    return lines, items


def outputs(folder: Path, lines: Any, items: Any, workers: int, format: str) -> dict[str, bytes]:
    folder.mkdir()
    paid, owed = folder / "lines.parquet", folder / "items.parquet"
    pl.DataFrame(lines).write_parquet(paid)
    pl.DataFrame(items).write_parquet(owed)
    run_files(paid, owed, None, None, folder / "out", format, workers=workers)
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_workers_and_order_change_no_byte(tmp_path: Path, format: str) -> None:
    lines, items = world(1)
    alone = outputs(tmp_path / "alone", lines, items, 1, format)
    random.Random(2).shuffle(lines)
    random.Random(3).shuffle(items)
    assert outputs(tmp_path / "shuffled", lines, items, 1, format) == alone
    assert outputs(tmp_path / "crew", lines, items, 2, format) == alone
    assert outputs(tmp_path / "larger", lines, items, 3, format) == alone


def test_a_worker_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.interchange.crew.WORKER", "hub.interchange.no_such_worker")
    with pytest.raises(RuntimeError, match="ended with status"):
        outputs(tmp_path / "broken", *world(1), 2, "parquet")
    assert not (tmp_path / "broken" / "out").exists()
