"""mt-940: `parse_statements`, as its page says for files of several statements, with all its fixes on."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from mt940 import Options, parse_statements

from benchmarks.parsers.readers.serving import Given, balance, serve


def read(path: Path) -> Given:
    """Each statement with its own balances, final or of a page."""
    statements = parse_statements(str(path), options=Options.all())
    amounts = [
        [entry.data["amount"].amount for entry in one if entry.data.get("amount")] for one in statements
    ]
    balances = (
        balance(_stated(one, "opening"), entries, _stated(one, "closing"))
        for one, entries in zip(statements, amounts, strict=True)
    )
    return Given(sum(map(len, amounts)), tuple(part for parts in balances for part in parts))


def _stated(statement: Any, end: str) -> Decimal | None:
    found = statement.data.get(f"final_{end}_balance") or statement.data.get(f"intermediate_{end}_balance")
    return None if found is None else Decimal(found.amount.amount)


if __name__ == "__main__":
    serve(read, "mt-940")
