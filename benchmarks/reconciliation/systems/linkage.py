"""Splink on DuckDB: probabilistic record linkage, configured for this task as well as it allows.

Needs only splink and duckdb, and runs in an environment of its own. Numbers, names and accounts are
made comparable in SQL; pairs come from shared number keys, from an equal amount with a word of the
name or a known account, and from rare amounts; u is sampled, m learnt by EM; frequent amounts and
names count less. A line takes the item it matches best if that item matches no line better, above a
threshold; what is left is proposed.
"""

import sys
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

PREPARE = Path(__file__).with_name("linkage.sql")
CHOOSE = Path(__file__).with_name("linkage_choose.sql")
BEST = 0.0
"""Match weight from which it decides: on tuning worlds the best product of automatic rate and precision."""
CAREFUL = 21.0
"""Match weight from which it was as precise as a matcher must be (0.997) on tuning worlds."""
PROPOSED = 0.01


def _comparisons() -> list[Any]:
    number = comparisons.CustomComparison(
        output_column_name="number",
        comparison_levels=[
            levels.CustomLevel("len(whole_l) = 0 or len(whole_r) = 0").configure(is_null_level=True),
            levels.CustomLevel("list_has_any(whole_l, whole_r)", "whole number"),
            levels.CustomLevel("list_has_any(digits_l, digits_r)", "digits"),
            levels.CustomLevel("list_has_any(counters_l, counters_r)", "counter"),
            levels.ElseLevel(),
        ],
    )
    amount = comparisons.CustomComparison(
        output_column_name="amount",
        comparison_levels=[
            levels.NullLevel("amount"),
            levels.ExactMatchLevel("amount", term_frequency_adjustments=True),
            levels.CustomLevel("amount_l between amount_r * 0.95 and amount_r * 1.05", "within a twentieth"),
            levels.ElseLevel(),
        ],
    )
    name = comparisons.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            levels.CustomLevel("name_l = '' or name_r = ''").configure(is_null_level=True),
            levels.ExactMatchLevel("name", term_frequency_adjustments=True),
            levels.JaroWinklerLevel("name", 0.92),
            levels.CustomLevel("list_has_any(words_l, words_r)", "a word in common"),
            levels.ElseLevel(),
        ],
    )
    account = comparisons.CustomComparison(
        output_column_name="account",
        comparison_levels=[
            levels.CustomLevel("len(accounts_l) = 0 or len(accounts_r) = 0").configure(is_null_level=True),
            levels.CustomLevel("list_has_any(accounts_l, accounts_r)", "known account"),
            levels.ElseLevel(),
        ],
    )
    near = comparisons.CustomComparison(
        output_column_name="day",
        comparison_levels=[
            levels.NullLevel("day"),
            levels.CustomLevel("abs(day_l - day_r) <= 15", "within a fortnight of the due date"),
            levels.CustomLevel("abs(day_l - day_r) <= 60", "within two months"),
            levels.ElseLevel(),
        ],
    )
    return [number, amount, name, account, near]


def settings() -> SettingsCreator:
    """The model, before it is trained."""
    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        comparisons=_comparisons(),
        blocking_rules_to_generate_predictions=[
            block_on("tenant_id", "keys", arrays_to_explode=["keys"]),
            block_on("tenant_id", "amount", "words", arrays_to_explode=["words"]),
            block_on("tenant_id", "amount", "accounts", arrays_to_explode=["accounts"]),
            block_on("tenant_id", "rare_amount"),
        ],
        retain_matching_columns=False,
    )


def main(world: Path, out: Path) -> None:
    """Links lines to items and writes the three files, and into `careful` those of the higher threshold."""
    db = duckdb.connect()
    for name in ("transactions", "items", "accounts"):
        db.execute(f"create view {name} as select * from read_parquet('{world / name}.parquet')")
    db.execute(PREPARE.read_text("utf-8"))
    api = DuckDBAPI(connection=db)
    lines = api.register("left_lines", dataset_display_name="lines")
    owed = api.register("right_items", dataset_display_name="owed")
    linker = Linker([lines, owed], settings(), log_level=None)
    sure = [block_on("tenant_id", "keys", "amount", arrays_to_explode=["keys"])]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
    for rule in (block_on("tenant_id", "amount", "word"), block_on("tenant_id", "whole[1]")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=PROPOSED)
    db.execute(f"create view pairs as select * from {pairs.physical_name}")
    _write(db, out, BEST)
    _write(db, out / "careful", CAREFUL)


def _write(db: duckdb.DuckDBPyConnection, out: Path, threshold: float) -> None:
    out.mkdir(parents=True, exist_ok=True)
    db.execute(CHOOSE.read_text("utf-8").replace("THRESHOLD", str(threshold)))
    for name in ("decisions", "allocations", "candidates"):
        db.execute(f"copy out_{name} to '{out / name}.parquet' (format parquet)")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
