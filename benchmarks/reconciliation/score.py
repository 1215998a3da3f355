"""Scores three output files of any system against the truth of a world.

Strict: a decision is right when it allocates exactly the items and amounts that were paid; an item of
the same debtor and amount (a twin) is wrong. Allocations are counted both ways. A returned payment is
right when it undoes what the system itself had allocated.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from benchmarks.reconciliation.files import Files

RETURNS = ("return",)
NO_AMOUNTS = ("exchange",)
"""Paid in another currency: the items count, not the amounts."""


class Outputs(NamedTuple):
    """The three output files of one run."""

    decisions: Path
    allocations: Path
    candidates: Path


def outputs(folder: Path) -> Outputs:
    """Where a run writes them."""
    return Outputs(*(folder / f"{name}.parquet" for name in Outputs._fields))


@dataclass(frozen=True, slots=True)
class Score:
    """Counts, from which every rate follows."""

    lines: int
    autos: int
    autos_right: int
    allocations: int
    allocations_right: int
    allocations_right_or_twin: int
    paying: int
    paying_auto: int
    decidable: int
    decidable_auto: int
    intact: int
    intact_auto: int
    intact_decidable: int
    pairs: int
    pairs_shown: int
    sets_shown: int
    reviews: int
    reviews_with_true: int
    paying_minor: int
    paying_auto_minor: int
    wrong_minor: int

    @property
    def rates(self) -> dict[str, float | None]:
        """Named as in the published tables; None where there is nothing to divide by."""
        pairs = {
            "strict precision": (self.autos_right, self.autos),
            "allocation precision": (self.allocations_right_or_twin, self.allocations),
            "allocation precision, a twin is wrong": (self.allocations_right, self.allocations),
            "automatic rate": (self.paying_auto, self.paying),
            "automatic rate, by euro": (self.paying_auto_minor, self.paying_minor),
            "automatic rate of the decidable": (self.decidable_auto, self.decidable),
            "automatic rate, single item cited intact": (self.intact_auto, self.intact),
            "the same, of the decidable": (self.intact_auto, self.intact_decidable),
            "right items automatic or in the first three": (self.pairs_shown, self.pairs),
            "whole answer automatic or in the first three": (self.sets_shown, self.paying),
            "reviews with a true item": (self.reviews_with_true, self.reviews),
            "reviews a line": (self.reviews, self.lines),
        }
        return {name: part / whole if whole else None for name, (part, whole) in pairs.items()}


class Judged(NamedTuple):
    """One row a line, with what the system did and whether that is right; and one row an allocation."""

    lines: pl.DataFrame
    allocations: pl.DataFrame
    pairs: pl.DataFrame


def _split(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.with_columns(pl.col(c).str.split("|") for c in columns).explode(
        *columns, empty_as_null=False
    )


def _true_pairs(truth: pl.DataFrame) -> pl.DataFrame:
    paid = truth.filter(pl.col("item_ids") != "").select(
        "transaction_id", "kind", "item_ids", "amounts_minor"
    )
    pairs = _split(paid, "item_ids", "amounts_minor").rename({"item_ids": "item_id"})
    return pairs.with_columns(pl.col("amounts_minor").cast(pl.Int64).alias("true_minor")).drop(
        "amounts_minor"
    )


def _as_set(pairs: pl.DataFrame, amount: str, name: str) -> pl.DataFrame:
    """Items and amounts of a transaction as one text, so that sets compare as texts."""
    both = pl.concat_str("item_id", amount, separator="=").sort().str.join("|").alias(name)
    items = pl.col("item_id").sort().str.join("|").alias(f"{name}_items")
    return pairs.group_by("transaction_id").agg(both, items)


def _undone(truth: pl.DataFrame, allocated: pl.DataFrame) -> pl.DataFrame:
    """What a return must allocate: the contrary of what the system gave to the original."""
    back = truth.filter(pl.col("kind").is_in(RETURNS)).select("transaction_id", "of")
    given = back.join(allocated.rename({"transaction_id": "of"}), on="of")
    return given.select(
        "transaction_id",
        pl.lit("return").alias("kind"),
        "item_id",
        (-pl.col("amount_minor")).alias("true_minor"),
    )


def judge(world: Files, out: Outputs) -> Judged:
    """Every line and allocation beside the truth."""
    truth = pl.read_parquet(world.truth)
    amounts = pl.read_parquet(world.transactions, columns=["transaction_id", "amount_minor", "currency"])
    decisions = pl.read_parquet(out.decisions).select("transaction_id", "outcome", "tier", "reason")
    allocated = pl.read_parquet(out.allocations).select("transaction_id", "item_id", "amount_minor")
    paid = _true_pairs(truth.filter(~pl.col("kind").is_in(RETURNS)))
    due = pl.concat([paid, _undone(truth, allocated)])
    lines = (
        truth.join(amounts.rename({"amount_minor": "line_minor"}), on="transaction_id")
        .join(decisions, on="transaction_id", how="left")
        .join(_as_set(due, "true_minor", "due"), on="transaction_id", how="left")
        .join(_as_set(allocated, "amount_minor", "given"), on="transaction_id", how="left")
        .with_columns(pl.col("due", "due_items", "given", "given_items").fill_null(""))
    )
    same = pl.when(pl.col("kind").is_in(NO_AMOUNTS)).then(pl.col("due_items") == pl.col("given_items"))
    auto = (pl.col("outcome") == "auto") & (pl.col("given") != "")
    lines = lines.with_columns(
        auto.alias("auto"),
        (auto & same.otherwise(pl.col("due") == pl.col("given"))).alias("right"),
        ((pl.col("item_ids") != "") & ~pl.col("kind").is_in(RETURNS)).alias("pays"),
    )
    pairs = _shown(paid, lines, _proposed(out))
    lines = lines.join(_sets_shown(lines, out), on="transaction_id", how="left").with_columns(
        pl.col("set_shown").fill_null(value=False)
    )
    lines = lines.join(_any_shown(pairs), on="transaction_id", how="left").with_columns(
        pl.col("any_shown").fill_null(value=False)
    )
    return Judged(lines, _allocations(world, allocated, due, lines), pairs)


def _allocations(
    world: Files, allocated: pl.DataFrame, due: pl.DataFrame, lines: pl.DataFrame
) -> pl.DataFrame:
    """Each allocation: right, or right but for a twin (same seller, debtor and amount)."""
    items = pl.read_parquet(
        world.items, columns=["item_id", "tenant_id", "seller_id", "debtor_id", "amount_minor"]
    )
    twins = items.select(
        "item_id",
        pl.concat_str("tenant_id", "seller_id", "debtor_id", "amount_minor", separator="/").alias("twins"),
    )
    due = due.join(twins, on="item_id", how="left")
    exact = due.select(
        "transaction_id",
        "item_id",
        pl.col("true_minor").alias("amount_minor"),
        pl.lit(value=True).alias("right"),
    )
    alike = due.select(
        "transaction_id",
        "twins",
        pl.col("true_minor").alias("amount_minor"),
        pl.lit(value=True).alias("alike"),
    )
    found = (
        allocated.join(twins, on="item_id", how="left")
        .join(exact.unique(), on=["transaction_id", "item_id", "amount_minor"], how="left")
        .join(alike.unique(), on=["transaction_id", "twins", "amount_minor"], how="left")
        .join(
            lines.select("transaction_id", "tier", "kind", pl.col("right").alias("line_right")),
            on="transaction_id",
        )
    )
    free = pl.col("kind").is_in(NO_AMOUNTS) & pl.col("line_right")
    return found.with_columns(
        (pl.col("right").fill_null(value=False) | free).alias("right"),
        (pl.col("alike").fill_null(value=False) | free).alias("alike"),
    )


def _proposed(out: Outputs) -> pl.DataFrame:
    frame = pl.read_parquet(out.candidates).filter(pl.col("rank") <= 3).select("transaction_id", "item_ids")
    pairs = _split(frame, "item_ids").rename({"item_ids": "item_id"}).unique()
    return pairs.with_columns(pl.lit(value=True).alias("proposed"))


def _shown(paid: pl.DataFrame, lines: pl.DataFrame, proposed: pl.DataFrame) -> pl.DataFrame:
    """Each true (transaction, item): decided rightly, or among those proposed."""
    right = lines.filter(pl.col("auto")).select("transaction_id", "right", "auto")
    pairs = paid.join(right, on="transaction_id", how="left").join(
        proposed, on=["transaction_id", "item_id"], how="left"
    )
    known = pl.col("right").fill_null(value=False)
    open_ = pl.col("proposed").fill_null(value=False) & ~pl.col("auto").fill_null(value=False)
    return pairs.with_columns((known | open_).alias("shown"), open_.alias("proposed"))


def _any_shown(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.group_by("transaction_id").agg(pl.col("proposed").any().alias("any_shown"))


def _sets_shown(lines: pl.DataFrame, out: Outputs) -> pl.DataFrame:
    """Payments whose whole answer is one of the first three candidates."""
    frame = pl.read_parquet(out.candidates).filter(pl.col("rank") <= 3).select("transaction_id", "item_ids")
    ordered = frame.with_columns(pl.col("item_ids").str.split("|").list.sort().list.join("|"))
    both = ordered.join(lines.select("transaction_id", "due_items"), on="transaction_id")
    same = (pl.col("item_ids") == pl.col("due_items")) & (pl.col("due_items") != "")
    return both.group_by("transaction_id").agg(same.any().alias("set_shown"))


def score(judged: Judged) -> Score:
    """The counts of one run."""
    lines, allocations = judged.lines, judged.allocations
    pays = lines.filter("pays")
    intact = pays.filter((pl.col("kind") == "single") & (pl.col("cited") == "intact"))
    decidable = pays.filter(pl.col("expected") == "auto")
    reviews = lines.filter(pl.col("outcome") == "review")
    euros = pays.filter(pl.col("currency") == "EUR")
    return Score(
        lines=lines.height,
        autos=int(lines["auto"].sum()),
        autos_right=int(lines["right"].sum()),
        allocations=allocations.height,
        allocations_right=int(allocations["right"].sum()),
        allocations_right_or_twin=int(allocations["alike"].sum()),
        paying=pays.height,
        paying_auto=int(pays["right"].sum()),
        decidable=decidable.height,
        decidable_auto=int(decidable["right"].sum()),
        intact=intact.height,
        intact_auto=int(intact["right"].sum()),
        intact_decidable=int((intact["right"] | (intact["expected"] == "auto")).sum()),
        pairs=judged.pairs.height,
        pairs_shown=int(judged.pairs["shown"].sum()),
        sets_shown=int(pays.select((pl.col("right") | (pl.col("set_shown") & ~pl.col("auto"))).sum()).item()),
        reviews=reviews.height,
        reviews_with_true=int(reviews["any_shown"].sum()),
        paying_minor=int(euros["line_minor"].sum()),
        paying_auto_minor=int(euros.filter("right")["line_minor"].sum()),
        wrong_minor=int(lines.filter(pl.col("auto") & ~pl.col("right"))["line_minor"].abs().sum()),
    )


def by_tier(judged: Judged) -> list[dict[str, Any]]:
    """Automatic decisions and allocations of each tier, and how many are right."""
    decided = judged.lines.filter("auto").group_by("tier").agg(pl.len().alias("autos"), pl.col("right").sum())
    given = judged.allocations.group_by("tier").agg(
        pl.len().alias("allocations"), pl.col("alike").sum().alias("allocations_right")
    )
    both = decided.join(given, on="tier", how="left").with_columns(
        pl.col("tier").str.tail(-1).cast(pl.Int64).alias("at")
    )
    return both.sort("at").drop("at").to_dicts()


def by_cause(judged: Judged) -> list[dict[str, Any]]:
    """Payments that pay an item, by what happened and how it was cited: outcomes in counts."""
    missed = ~pl.col("auto")
    return (
        judged.lines.filter("pays")
        .group_by("kind", "cited")
        .agg(
            pl.len().alias("payments"),
            (pl.col("expected") == "auto").sum().alias("decidable"),
            pl.col("right").sum().alias("right"),
            (pl.col("auto") & ~pl.col("right")).sum().alias("wrong"),
            (missed & pl.col("any_shown")).sum().alias("shown"),
            (missed & ~pl.col("any_shown")).sum().alias("lost"),
        )
        .sort(["payments", "kind", "cited"], descending=[True, False, False])
        .to_dicts()
    )


def by_reason(judged: Judged) -> dict[str, int]:
    """Decidable payments that were not decided, by the reason given."""
    left = judged.lines.filter(pl.col("pays") & ~pl.col("auto") & (pl.col("expected") == "auto"))
    counts = left.group_by("reason").len().sort("len", "reason", descending=[True, False])
    return dict(counts.iter_rows())


def report(world: Files, out: Outputs) -> Mapping[str, Any]:
    """Everything as plain values, for JSON."""
    judged = judge(world, out)
    found = score(judged)
    return {
        "counts": asdict(found), "rates": found.rates, "tiers": by_tier(judged), "causes": by_cause(judged),
        "left": by_reason(judged),
    }  # fmt: skip


def main() -> None:
    """Scores a folder of outputs: `python -m benchmarks.reconciliation.score WORLD_FOLDER OUT_FOLDER`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("world", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    world = Files(*(given.world / f"{name}.parquet" for name in Files._fields))
    print(json.dumps(report(world, outputs(given.out)), indent=1))


if __name__ == "__main__":
    main()
