"""Rows whose values do not go together: the signs and bounds of what an item is worth."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl


@dataclass(frozen=True, slots=True)
class Check:
    """`suspects` is quick and may suspect too many (its argument: the columns there are); `problem`
    gives column and reason of a row that is really wrong."""

    suspects: Callable[[Collection[str]], pl.Expr]
    problem: Callable[[Mapping[str, Any]], tuple[str, str] | None]


def _suspects(columns: Collection[str]) -> pl.Expr:
    plain = pl.col("amount_minor") > 0
    if "kind" in columns:
        plain &= pl.col("kind").fill_null("invoice") == "invoice"
    if "open_minor" in columns:
        plain &= pl.col("open_minor").is_null() | pl.col("open_minor").is_between(0, pl.col("amount_minor"))
    return ~plain


def _problem(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Invoices are positive, credit notes negative, and what is open lies between zero and the amount."""
    amount, credit = row["amount_minor"], row.get("kind") == "credit_note"
    if (amount > 0 and credit) or (amount < 0 and not credit):
        return "amount_minor", "an invoice is positive and a credit note (kind credit_note) negative"
    left = row.get("open_minor", amount)
    if not min(0, amount) <= left <= max(0, amount):
        return "open_minor", "lies outside zero and amount_minor"
    return None


SIGNED_ITEM: Final = Check(_suspects, _problem)
