"""The open-source habit: for each payment the first rule that fits, and the money goes to the oldest invoice.

Rules in order: a number found in the text (paid up to what is open), payer's name and amount, amount
alone, payer's name by due date until the money runs out. Dictionaries, so that it is quick.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

TOKEN = re.compile(r"[A-Z0-9]+(?:[-/._][A-Z0-9]+)*")
FORMS = re.compile(r"\b(?:SAS|SASU|SARL|SA|EURL|SCI|SNC|GMBH|LTD|BV|SPA|SL|AG|SRL|OY)\b")
SHORTEST = 4


def compact(text: str) -> str:
    """Letters and digits only."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def core(name: str) -> str:
    """A name without its legal form."""
    return " ".join(FORMS.sub(" ", name.upper()).split())


@dataclass
class Book:
    """The open items of one tenant, by number, by debtor's name, by amount."""

    left: dict[str, int] = field(default_factory=dict)
    by_number: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_amount: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, item: dict[str, Any]) -> None:
        """Items come in the order of their due dates."""
        self.left[item["item_id"]] = item["open_minor"]
        self.by_number[compact(item["number"])].append(item["item_id"])
        self.by_name[core(item["debtor_name"].split("|")[0])].append(item["item_id"])
        self.by_amount[item["open_minor"]].append(item["item_id"])

    def settle(self, line: dict[str, Any]) -> list[tuple[str, int]]:
        """The shares of the first rule that gives any."""
        paid: int = line["amount_minor"]
        text = (line["remittance"] or "").upper()
        for rule in (self._cited(text), self._named(line, text, paid), self._amount(paid)):
            shares = self._poured(rule, paid)
            if shares:
                return shares
        return []

    def _cited(self, text: str) -> Iterator[str]:
        for token in TOKEN.findall(text):
            key = compact(token)
            if len(key) >= SHORTEST:
                yield from self.by_number.get(key, ())

    def _named(self, line: dict[str, Any], text: str, paid: int) -> Iterator[str]:
        name = core(line["counterparty_name"] or "")
        mine = self.by_name.get(name, [])
        yield from (i for i in mine if self.left[i] == paid)
        yield from mine

    def _amount(self, paid: int) -> Iterator[str]:
        yield from (i for i in self.by_amount.get(paid, ()) if self.left[i] == paid)

    def _poured(self, items: Iterator[str], paid: int) -> list[tuple[str, int]]:
        """Takes the items one after the other until the money runs out."""
        shares = []
        for item in items:
            share = min(paid, self.left[item])
            if share > 0:
                self.left[item] -= share
                paid -= share
                shares.append((item, share))
            if not paid:
                break
        return shares


def main(world: Path, out: Path) -> None:
    """Decides every line in booking order."""
    books: dict[str, Book] = defaultdict(Book)
    for item in pl.read_parquet(world / "items.parquet").sort("due_date", "item_id").iter_rows(named=True):
        if item["open_minor"] > 0:
            books[item["tenant_id"]].add(item)
    decided: list[tuple[str, str, str, str]] = []
    allocated: list[tuple[str, str, int]] = []
    lines = pl.read_parquet(world / "transactions.parquet").sort("booking_date", "transaction_id")
    for line in lines.iter_rows(named=True):
        receipt = line["amount_minor"] > 0 and line["status"] is None
        shares = books[line["tenant_id"]].settle(line) if receipt else []
        id = line["transaction_id"]
        decided.append((id, "auto", "T2", "first_rule") if shares else (id, "none", "T10", "nothing"))
        allocated += [(id, item, share) for item, share in shares]
    write(out, decided, allocated)


def write(out: Path, decided: list[tuple[str, str, str, str]], allocated: list[tuple[str, str, int]]) -> None:
    """The three output files; there is never anything to review."""
    out.mkdir(parents=True, exist_ok=True)
    columns = ["transaction_id", "outcome", "tier", "reason"]
    pl.DataFrame(decided, schema=columns, orient="row").write_parquet(out / "decisions.parquet")
    shares = {"transaction_id": pl.String, "item_id": pl.String, "amount_minor": pl.Int64}
    pl.DataFrame(allocated, schema=shares, orient="row").write_parquet(out / "allocations.parquet")
    proposed = {"transaction_id": pl.String, "rank": pl.Int64, "item_ids": pl.String}
    pl.DataFrame(schema=proposed).write_parquet(out / "candidates.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
