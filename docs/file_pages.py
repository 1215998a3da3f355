"""docs/files.md: the files that `lettrage reconcile` reads and writes, from the code."""

from collections.abc import Iterator

from hub.interchange.columns import OPEN_ITEMS, PAYER_ACCOUNTS, TRANSACTIONS, Column, Table

INTRO = """# Reconciling files

The engine on your own data: no connection, no database, no server.

```sh
cat > payments.csv <<END
transaction_id,tenant_id,account_id,booking_date,amount_minor,currency,remittance
p1,acme,main,2026-11-02,187346,EUR,VIR RUEL CONSEIL FACTURE FA-2026-0802
END
cat > invoices.csv <<END
item_id,tenant_id,seller_id,debtor_id,debtor_name,number,issue_date,amount_minor,currency
i1,acme,s1,d1,Ruel Conseil,FA-2026-0802,2026-10-01,187346,EUR
END
lettrage reconcile --transactions payments.csv --open-items invoices.csv --out results --format csv
cat results/allocations.csv
```

- Each input is one `.parquet`, `.jsonl` or `.csv` file, told by its suffix. CSV: UTF-8, commas, a header. Empty is unknown.
- Money is a whole number in minor units of `currency` (1 873.46 EUR is `187346`). Dates are ISO 8601.
- A row that cannot be read goes to `rejected.jsonl` with file, row, column and reason; the rest is decided; exit status 3.
- A file that cannot be read, or lacks a required column: one line, exit status 2, nothing is written.
- Columns that are not listed are ignored, and named once on stderr.
- The same input gives the same bytes. How it decides, and the keys of a `--policy` file (TOML): [reconciliation](reconciliation.md).
"""
OUTPUTS = """## Results

| file | holds |
|---|---|
| `decisions` | one row per transaction: `outcome` (`auto`, `review`, `none`), `tier`, `reason`, `coincidence` (matches that chance alone would give), `allocated_minor`, `unallocated_minor`, `explanation` (JSON) |
| `allocations` | what goes where: `transaction_id`, `item_id`, `amount_minor`, and a `gap_minor` with its `gap_reason` |
| `candidates` | for `review`: `rank`, `item_ids` and `amounts_minor` (separated by `\\|`), `score` (for ranking only), `why` (JSON) |
| `rejected.jsonl` | rows that could not be read, if any |
"""
MEANINGS = {
    "transaction_id": "unique",
    "tenant_id": "isolation: no evidence crosses it",
    "account_id": "the receiving account",
    "booked_at": "orders lines within a day",
    "amount_minor": "payments: credit positive, debit negative; credit notes negative",
    "status": "default `booked`",
    "counterparty_name": "as the bank gave it",
    "counterparty_iban": "as the bank gave it",
    "remittance": "the payer's text, or the bank's whole label",
    "creditor_reference": "RF reference (ISO 11649)",
    "original_amount_minor": "before exchange",
    "return_reason": "ISO code, when the line is a return",
    "item_id": "unique within the tenant",
    "seller_id": "whose invoice it is",
    "seller_name": "as payers write it; several separated by `\\|`",
    "debtor_id": "who pays",
    "debtor_name": "several separated by `\\|`",
    "debtor_ibans": "separated by `\\|`",
    "number": "as printed on the document",
    "kind": "default `invoice`",
    "open_minor": "default `amount_minor`",
    "buyer_reference": "the customer's order number",
    "whole_turnover": "every invoice of this seller to this debtor is here; default false",
    "discount_bp": "agreed for early payment, basis points",
    "discount_until": "last day of the discount",
    "retention_bp": "agreed retention, basis points",
    "replaces": "`item_id` of the document that this one replaces",
    "expected_account_id": "where the money must land",
    "iban": "an account from which this debtor's confirmed payments came",
}


def files() -> str:
    """The page."""
    parts = [INTRO]
    for option, table in (
        ("--transactions", TRANSACTIONS),
        ("--open-items", OPEN_ITEMS),
        ("--payer-accounts", PAYER_ACCOUNTS),
    ):
        parts.append("\n".join(_table(option, table)) + "\n")
    parts.append(OUTPUTS)
    return "\n".join(parts)


def _table(option: str, table: Table) -> Iterator[str]:
    yield f"## `{option}`: {table.name}\n\n| column | kind | required | meaning |\n|---|---|---|---|"
    for column in table.columns:
        required = "yes" if column.required else ""
        yield f"| `{column.name}` | {_kind(column)} | {required} | {MEANINGS.get(column.name, '')} |"


def _kind(column: Column) -> str:
    return ", ".join(f"`{word}`" for word in column.words) or column.kind
