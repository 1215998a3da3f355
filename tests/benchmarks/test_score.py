"""The scorer on outputs made by hand: right, wrong, a twin, a return, reviews with and without the item."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.reconciliation.files import Files
from benchmarks.reconciliation.score import Outputs, by_cause, by_reason, by_tier, judge, outputs, score

DAY = date(2024, 3, 1)
# id, kind, cited, expected, items, amounts, of, line amount
TRUTHS = [
    ("right", "single", "intact", "auto", "i1", "100", None, 100),
    ("twin", "single", "empty", "review", "i2", "500", None, 500),
    ("wrong", "single", "intact", "auto", "i4", "70", None, 70),
    ("group", "several", "list_full", "auto", "i5|i6", "10|20", None, 30),
    ("half", "several", "list_full", "auto", "i7|i8", "10|20", None, 30),
    ("seen", "mixed", "intact", "review", "i9", "40", None, 55),
    ("lost", "single", "counter", "auto", "i10", "45", None, 45),
    ("stranger", "stranger", "", "none", "", "", None, 12),
    ("back", "return", "intact", "none", "i1", "-100", "right", -100),
]
# transaction, outcome, tier, allocations, candidates
DECIDED: list[tuple[str, str, str, dict[str, int], list[str]]] = [
    ("right", "auto", "T2", {"i1": 100}, []),
    ("twin", "auto", "T6", {"i3": 500}, []),
    ("wrong", "auto", "T2", {"i9": 70}, []),
    ("group", "auto", "T3", {"i5": 10, "i6": 20}, []),
    ("half", "review", "T9", {}, ["i7", "i9"]),
    ("seen", "review", "T9", {}, ["i1|i2", "i9"]),
    ("lost", "none", "T10", {}, []),
    ("stranger", "review", "T9", {}, ["i1"]),
    ("back", "auto", "T0", {"i1": -100}, []),
]


@pytest.fixture
def world(tmp_path: Path) -> Files:
    files = Files(*(tmp_path / f"{name}.parquet" for name in Files._fields))
    columns = ("transaction_id", "kind", "cited", "expected", "item_ids", "amounts_minor", "of", "line")
    frame = pl.DataFrame([dict(zip(columns, row, strict=True)) for row in TRUTHS], infer_schema_length=None)
    frame = frame.with_columns(pl.lit("t").alias("tenant_id"), pl.lit("full").alias("payer"))
    frame.drop("line").write_parquet(files.truth)
    lines = frame.select(
        "transaction_id", pl.col("line").alias("amount_minor"), pl.lit("EUR").alias("currency")
    )
    lines.write_parquet(files.transactions)
    owed = {f"i{n}": 100 + n for n in range(1, 11)} | {"i2": 500, "i3": 500}
    one_debtor = {"tenant_id": "t", "seller_id": "s", "debtor_id": "d"}
    items = [{"item_id": i, "amount_minor": a, **one_debtor} for i, a in owed.items()]
    pl.DataFrame(items).write_parquet(files.items)
    return files


@pytest.fixture
def out(tmp_path: Path) -> Outputs:
    found = outputs(tmp_path)
    decisions: list[dict[str, Any]] = []
    allocations: list[dict[str, Any]] = []
    candidates: list[dict[str, Any]] = []
    for id, outcome, tier, given, proposed in DECIDED:
        decisions.append({"transaction_id": id, "outcome": outcome, "tier": tier, "reason": "r"})
        allocations += [{"transaction_id": id, "item_id": i, "amount_minor": a} for i, a in given.items()]
        candidates += [
            {"transaction_id": id, "rank": n, "item_ids": items} for n, items in enumerate(proposed, 1)
        ]
    for path, rows in zip(found, (decisions, allocations, candidates), strict=True):
        pl.DataFrame(rows).write_parquet(path)
    return found


def test_every_count_is_what_a_person_counts(world: Files, out: Outputs) -> None:
    found = score(judge(world, out))
    assert (found.autos, found.autos_right) == (5, 3)
    assert (found.allocations, found.allocations_right, found.allocations_right_or_twin) == (6, 4, 5)
    assert (found.paying, found.paying_auto) == (7, 2)
    assert (found.decidable, found.decidable_auto) == (5, 2)
    assert (found.intact, found.intact_auto, found.intact_decidable) == (2, 1, 2)
    assert (found.pairs, found.pairs_shown) == (9, 5)
    assert found.sets_shown == 3
    assert (found.reviews, found.reviews_with_true) == (3, 2)
    assert (found.paying_minor, found.paying_auto_minor, found.wrong_minor) == (830, 130, 570)


def test_rates_follow_from_the_counts(world: Files, out: Outputs) -> None:
    rates = score(judge(world, out)).rates
    assert rates["strict precision"] == pytest.approx(3 / 5)
    assert rates["allocation precision"] == pytest.approx(5 / 6)
    assert rates["automatic rate"] == pytest.approx(2 / 7)
    assert rates["reviews with a true item"] == pytest.approx(2 / 3)


def test_tiers_and_causes_add_up_to_the_whole(world: Files, out: Outputs) -> None:
    judged = judge(world, out)
    tiers = {row["tier"]: (row["autos"], row["right"]) for row in by_tier(judged)}
    assert tiers == {"T0": (1, 1), "T2": (2, 1), "T3": (1, 1), "T6": (1, 0)}
    assert by_reason(judged) == {"r": 2}
    causes = {(row["kind"], row["cited"]): row for row in by_cause(judged)}
    assert sum(row["payments"] for row in causes.values()) == 7
    intact = causes["single", "intact"]
    assert (intact["right"], intact["wrong"], intact["shown"], intact["lost"]) == (1, 1, 0, 0)
    assert causes["mixed", "intact"]["shown"] == 1
    assert causes["single", "counter"]["lost"] == 1


def test_nothing_decided_is_no_precision(world: Files, tmp_path: Path) -> None:
    empty = outputs(tmp_path / "none")
    (tmp_path / "none").mkdir()
    decided = [
        {"transaction_id": t[0], "outcome": "none", "tier": "T10", "reason": "nothing"} for t in TRUTHS
    ]
    pl.DataFrame(decided).write_parquet(empty.decisions)
    text, number = {"transaction_id": pl.String}, pl.Int64
    pl.DataFrame(schema={**text, "item_id": pl.String, "amount_minor": number}).write_parquet(
        empty.allocations
    )
    pl.DataFrame(schema={**text, "rank": number, "item_ids": pl.String}).write_parquet(empty.candidates)
    found = score(judge(world, empty))
    assert found.rates["strict precision"] is None
    assert found.rates["automatic rate"] == 0
