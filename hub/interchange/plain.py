"""What whole columns tell of lines before the engine looks at any: which may be returns, and plain debits."""

import re
from datetime import date
from typing import Final

import polars as pl

from core.model.ids import canonical_json
from core.reconciliation import Line, Policy
from core.reconciliation.decision import Versions, settle_nothing
from core.reconciliation.label import EMPTY
from core.reconciliation.receipt import CREDIT_MARK, DEBIT_MARK
from hub.interchange.outputs import DECISIONS

WALL: Final = ("tenant_id", "currency")
_HEAD: Final = 140


def _given(name: str, columns: list[str]) -> pl.Expr:
    """Whether the column says anything; what banks write for empty says nothing."""
    if name not in columns:
        return pl.lit(False)
    return pl.col(name).is_not_null() & ~pl.col(name).str.to_uppercase().is_in(list(EMPTY))


def _is_booked(columns: list[str]) -> pl.Expr:
    return pl.col("status").fill_null("booked") == "booked" if "status" in columns else pl.lit(True)


def _marked(pattern: re.Pattern[str]) -> pl.Expr:
    """Whether the text has the words of a return; what is not ASCII is not decided here, and may have."""
    text = pl.col("remittance").fill_null("")
    ascii_only = text.str.len_bytes() == text.str.len_chars()
    return ~ascii_only | text.str.head(_HEAD).str.to_uppercase().str.contains(pattern.pattern)


def freedom(lines: pl.DataFrame) -> pl.Series:
    """Which lines stand for themselves: booked, no return, and no line of the opposite amount in the wall
    that could be their return or, on the same day and account, their correction. May say no too often."""
    names = lines.columns
    if "remittance" not in names:
        lines = lines.with_columns(remittance=pl.lit(None, pl.String))
    amount = pl.col("amount_minor")
    ids = _given("end_to_end_id", names) | _given("bank_reference", names)
    marked = pl.when(amount < 0).then(_marked(DEBIT_MARK) | ids).otherwise(_marked(CREDIT_MARK))
    seen = lines.select(
        *WALL, "account_id", "booking_date", "amount_minor",
        opposite=-amount,
        returns=marked | _given("return_reason", names),
        booked=_is_booked(names) & (amount != 0),
    )  # fmt: skip
    of_wall, of_day = [*WALL, "amount_minor"], [*WALL, "account_id", "booking_date", "amount_minor"]
    returns = seen.filter("returns").select(*WALL, amount_minor="opposite").unique()
    others = seen.select(*WALL, "account_id", "booking_date", amount_minor="opposite").unique()
    returned = _among(seen, returns, of_wall)
    corrected = _among(seen, others, of_day)
    return seen["booked"] & ~seen["returns"] & ~returned & ~corrected


def _among(rows: pl.DataFrame, others: pl.DataFrame, keys: list[str]) -> pl.Series:
    found = rows.select(keys).join(
        others.with_columns(found=pl.lit(True)), on=keys, how="left", maintain_order="left"
    )  # fmt: skip
    return found["found"].fill_null(False)


def with_ways(lines: pl.DataFrame, items: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The lines with `free`, and with `way`: `out` for plain money out, `asked` for money out that closes
    nothing unless it cites a credit note of the wall, else `in`."""
    free = freedom(lines)
    notes = _among(lines, items.filter(pl.col("amount_minor") < 0).select(*WALL).unique(), list(WALL))
    readable = pl.lit(True)
    if "remittance" in lines.columns:
        readable &= pl.col("remittance").fill_null("").str.len_chars() <= policy.max_text
    if "creditor_reference" in lines.columns:
        readable &= pl.col("creditor_reference").is_null()
    out = pl.col("free") & (pl.col("amount_minor") < 0)
    way = pl.when(out & ~notes).then(pl.lit("out")).when(out & readable).then(pl.lit("asked"))
    return lines.with_columns(free=free).with_columns(way=way.otherwise(pl.lit("in")))


def money_out(debits: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The decisions about plain money out."""
    fill = {
        "outcome": pl.lit("none"), "tier": pl.lit("T0"), "reason": pl.lit("debit"),
        "coincidence": pl.lit(0.0), "allocated_minor": pl.lit(0, pl.Int64),
        "unallocated_minor": pl.col("amount_minor"), "explanation": pl.lit(_explanation(policy)),
    }  # fmt: skip
    return debits.select(fill.get(name, pl.col(name)).alias(name) for name in DECISIONS)


def _explanation(policy: Policy) -> str:
    line = Line(
        transaction_id="", tenant_id="", account_id="", booking_date=None, amount_minor=-1, currency="EUR"
    )
    return canonical_json(settle_nothing(line, "debit", Versions(policy.version)).explanation)


def last_days(lines: pl.DataFrame) -> dict[str, date]:
    """The last booking day of each tenant."""
    booked = (
        lines.filter(pl.col("status").fill_null("booked") == "booked") if "status" in lines.columns else lines
    )
    return dict(booked.group_by("tenant_id").agg(pl.col("booking_date").max()).rows())
