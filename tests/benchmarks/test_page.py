"""The page of measured results: bounds, tables and plot from rows made by hand."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from benchmarks.reconciliation.page import lower_bound, page, plot, proven, table, tiers

RATES = {"strict precision": 0.9998, "allocation precision": 1.0, "automatic rate": 0.7}
COUNTS = {
    "paying": 900,
    "decidable": 800,
    "autos": 5_000,
    "autos_right": 4_999,
    "allocations": 6_000,
    "reviews": 7,
}
CAUSE = {"kind": "single", "cited": "typo", "payments": 5, "decidable": 4, "right": 3, "wrong": 0, "shown": 1}
TIER = {"tier": "T2", "autos": 5_000, "right": 4_999, "allocations": 6_000, "allocations_right": 6_000}


def row(system: str, lines: int, seconds: float) -> dict[str, Any]:
    return {
        "system": system, "shape": "tenants", "lines": lines, "profile": "held_out", "seed": 101,
        "seconds": seconds, "cpu_seconds": seconds, "peak_mb": 100, "rates": RATES, "counts": COUNTS,
        "tiers": [TIER],
        "causes": [{**CAUSE, "lost": 1}], "left": {"payer_and_amount": 12},
    }  # fmt: skip


SUM = {
    **row("lettrage", 10_000, 0.0),
    "seeds": [5, 6],
    "counts": {**COUNTS, "allocations_right_or_twin": 6_000},
}
ROWS = [row("lettrage", 10_000, 1.5), row("splink", 10_000, 15.0), row("lettrage", 100_000, 9.0)]


def test_a_bound_is_below_the_share_and_nears_it() -> None:
    assert lower_bound(0, 0) == 0
    assert lower_bound(100, 100) == pytest.approx(1 - 2.7 / 100, abs=0.002)
    assert lower_bound(9_990, 10_000) < 0.999 < lower_bound(99_990, 100_000)


def test_tables_are_markdown() -> None:
    assert table(("a", "b"), [("x", "1")]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"


def test_tiers_are_summed_over_worlds_of_ours_only() -> None:
    assert "| T2 | 10,000 | 2 | 12,000 | 0 |" in tiers(ROWS)


def test_a_sum_tells_what_it_proves() -> None:
    told = proven([SUM])
    assert "| tenants, 2 × 10,000 | strict | 5,000 | 1 | 99.980 % | 99.9" in told
    assert "| tenants, 2 × 10,000 | allocation | 6,000 | 0 | 100.0 % | 99.95" in told


def test_nothing_on_the_page_is_left_open() -> None:
    text = page(ROWS, [SUM])
    assert "{{" not in text
    assert "| 100,000 **lettrage** | 9.0 |" in text
    assert "| payer and amount | 12 |" in text
    assert "| T2 | 15,000 | 3 |" in text
    assert "| single, typo | 5 | 4 | 3 | 0 | 1 | 1 |" in text


def test_the_plot_is_an_image_that_tells_itself_in_words() -> None:
    root = ET.fromstring(plot(ROWS))
    assert root.attrib["role"] == "img"
    words = root.find("{http://www.w3.org/2000/svg}desc")
    assert words is not None
    assert "tenants 10000 splink 15.0 s" in (words.text or "")
    assert len(root.findall("{http://www.w3.org/2000/svg}circle")) >= 6
