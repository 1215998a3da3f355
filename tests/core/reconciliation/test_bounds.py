"""Hostile and enormous inputs take bounded time, and the cap that was reached is named."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.reconciliation import Policy
from core.reconciliation.group import groups
from tests.core.reconciliation.build import decided, item, line, shares


@contextmanager
def within(seconds: float) -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


@pytest.mark.parametrize(
    "text", ["1" * 50_000, "12 " * 20_000, "FR76" * 10_000, "RF18 " * 10_000, "IBAN FR76 " * 5_000]
)
def test_a_label_of_fifty_thousand_characters(text: str) -> None:
    with within(2.0):
        found = decided([line(text, 700)], [item("FA-12", 700)])["L1"]
    assert found.outcome == "review"
    assert "max_text" in found.explanation["caps"]


def test_a_reference_beyond_the_cap_is_never_decided_alone() -> None:
    found = decided([line("FA-12 " + "x" * 3000, 700)], [item("FA-12", 700)])["L1"]
    assert (found.outcome, found.explanation["caps"]) == ("review", ["max_text"])


def test_four_hundred_references_in_one_text() -> None:
    items = [item(f"FA-{n}", f"{n}.17") for n in range(1000, 1400)]
    total = sum(i.amount_minor for i in items)
    with within(3.0):
        bank = line(" ".join(i.number for i in items), total // 100)
        found = decided([bank], items, policy=Policy(max_text=10_000))["L1"]
    assert found.outcome == "review"
    assert "max_references" in found.explanation["caps"]


def test_ten_thousand_equal_items() -> None:
    items = [item("2024-001", 1200, f"Client {n}", id=f"i{n:05d}", seller_id=f"s{n}") for n in range(10_000)]
    with within(8.0):
        found = decided([line("2024-001", 1200, id=f"L{n}") for n in range(20)], items)["L1"]
    assert found.outcome == "review"
    assert "max_shared_key" in found.explanation["caps"]


def test_ten_thousand_equal_lines() -> None:
    with within(12.0):
        found = decided([line("FA-12", 700, id=f"L{n:05d}") for n in range(10_000)], [item("FA-12", 700)])
    assert sum(d.outcome == "auto" for d in found.values()) == 1
    assert shares(found["L00000"]) == {"FA-12": "700"}


def test_a_search_that_runs_out_of_steps_proves_nothing() -> None:
    assert groups([100] * 30, 101, size=8, steps=500).cap == "max_group_steps"
    assert groups([1] * 41, 5, size=8, steps=500).cap == "max_group_items"
    assert groups([1, 2, 3], 3, size=8, steps=500).found == ((0, 1), (2,)) or groups(
        [1, 2, 3], 3, size=8, steps=500
    ).found == ((2,), (0, 1))
