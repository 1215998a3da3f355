"""The floor: reads the columns, one tokenising pass, one index; it decides nothing.

With Polars, whose readers, regular expressions and joins are compiled and use every core: the quickest
way known here to do the least that any matcher must do.
"""

import sys
from pathlib import Path

import polars as pl

TOKEN = r"[A-Z0-9]+(?:[-/._][A-Z0-9]+)*"
LETTERS = r"[^A-Z0-9]"


def main(world: Path, out: Path) -> None:
    """Writes each line with the items whose number one of its tokens is."""
    out.mkdir(parents=True, exist_ok=True)
    number = pl.col("number").str.to_uppercase().str.replace_all(LETTERS, "").alias("token")
    index = pl.scan_parquet(world / "items.parquet").select("tenant_id", "item_id", "amount_minor", number)
    wanted = (
        "transaction_id",
        "tenant_id",
        "booking_date",
        "amount_minor",
        "counterparty_name",
        "counterparty_iban",
    )
    lines = pl.scan_parquet(world / "transactions.parquet").select(*wanted, "remittance")
    tokens = (
        lines.with_columns(pl.col("remittance").str.to_uppercase().str.extract_all(TOKEN).alias("token"))
        .explode("token", empty_as_null=False, keep_nulls=False)
        .with_columns(pl.col("token").str.replace_all(LETTERS, ""))
    )
    found = tokens.join(index, on=["tenant_id", "token"]).select("transaction_id", "item_id", "token")
    found.collect().write_parquet(out / "hits.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
