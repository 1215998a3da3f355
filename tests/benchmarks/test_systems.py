"""The systems compared: each reads a world and writes files that the scorer reads."""

import sys
from pathlib import Path

import polars as pl
import pytest

from benchmarks.reconciliation import files
from benchmarks.reconciliation.files import Files, World, made
from benchmarks.reconciliation.measure import LINKAGE, run
from benchmarks.reconciliation.misses import Telling
from benchmarks.reconciliation.score import by_cause, judge, outputs, report
from benchmarks.reconciliation.systems import floor, naive, ours
from benchmarks.reconciliation.together import added

WORLD = World("tenants", 2_000, "tuning", 3)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Files:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "cache", lambda: tmp_path_factory.getbasetemp())
        found = made(WORLD)
        assert made(WORLD) == found
    return found


def test_files_are_as_the_interchange_wants_them(world: Files, tmp_path: Path) -> None:
    ours.main(world.transactions.parent, tmp_path)
    found = report(world, outputs(tmp_path))
    assert not (tmp_path / "rejected.jsonl").exists()
    assert found["counts"]["lines"] == WORLD.lines
    assert found["rates"]["automatic rate"] > 0.4
    assert found["rates"]["strict precision"] > 0.98
    assert sum(tier["autos"] for tier in found["tiers"]) == found["counts"]["autos"]


def test_worlds_are_added_up(world: Files, tmp_path: Path) -> None:
    ours.main(world.transactions.parent, tmp_path)
    one = report(world, outputs(tmp_path))
    both = added([dict(one), dict(one)])
    assert both["counts"]["allocations"] == 2 * one["counts"]["allocations"]
    assert both["rates"] == one["rates"]
    assert [tier["autos"] for tier in both["tiers"]] == [2 * tier["autos"] for tier in one["tiers"]]


def test_what_was_missed_is_told_with_its_lines(world: Files, tmp_path: Path) -> None:
    naive.main(world.transactions.parent, tmp_path)
    judged = judge(world, outputs(tmp_path))
    wrong = sum(cause["wrong"] for cause in by_cause(judged))
    told = "\n".join(Telling(world, outputs(tmp_path)).told())
    assert wrong > 20
    assert "### Wrong automatic decisions" in told
    assert told.count("  - true: ") > 60


def test_the_floor_finds_numbers_and_decides_nothing(world: Files, tmp_path: Path) -> None:
    floor.main(world.transactions.parent, tmp_path)
    hits = pl.read_parquet(tmp_path / "hits.parquet")
    truth = pl.read_parquet(world.truth).filter(pl.col("cited") == "intact", pl.col("kind") == "single")
    both = truth.join(hits, left_on=["transaction_id", "item_ids"], right_on=["transaction_id", "item_id"])
    assert both.height > 0.9 * truth.height


def test_a_run_is_timed_and_its_failure_told() -> None:
    ran = run((sys.executable, "-c", "import time; held = bytearray(50_000_000); time.sleep(0.15)"))
    assert ran.seconds > 0.1
    assert ran.peak_kb > 45_000
    with pytest.raises(RuntimeError, match="no such thing"):
        run((sys.executable, "-c", "raise SystemExit('no such thing')"))


@pytest.mark.slow
@pytest.mark.skipif(not LINKAGE.exists(), reason="made by `make bench`")
def test_splink_links_most_of_what_is_cited_intact(world: Files, tmp_path: Path) -> None:
    run(
        (
            str(LINKAGE), "-m", "benchmarks.reconciliation.systems.linkage", str(world.transactions.parent),
            str(tmp_path),
        )
    )  # fmt: skip
    found = report(world, outputs(tmp_path))
    assert found["rates"]["automatic rate, single item cited intact"] > 0.8
    assert report(world, outputs(tmp_path / "careful"))["counts"]["autos"] < found["counts"]["autos"]
