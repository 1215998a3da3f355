"""A brief run of the fuzzer over every parser; `make fuzz` is the long one."""

from pathlib import Path

import pytest

from tests.fuzz.campaign import MOST_GROWTH, HungError, run, watched
from tests.fuzz.storing import import_all, stored
from tests.fuzz.targets import TARGETS, Target

INPUTS = 250
IMPORTED = 12


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_whatever_the_bytes_they_are_read_or_refused_with_a_reason(target: Target) -> None:
    tally = run(target, INPUTS, seed=1)
    assert [failure.story for failure in tally.failures.values()] == []
    assert tally.inputs == INPUTS + len(target.seeds())
    assert tally.kinds["accepted"] > 0
    assert tally.growth < MOST_GROWTH


def test_the_same_seed_gives_the_same_inputs() -> None:
    first, again, other = (run(TARGETS[0], 60, seed=seed) for seed in (5, 5, 6))
    assert first.kept == again.kept
    assert (first.kinds, first.shapes) == (again.kinds, again.shapes)
    assert first.kept != other.kept


def test_no_damaged_file_is_stored_in_part(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        for target in TARGETS:
            if target.is_stored:
                read, refused = import_all(store, run(target, 60, seed=2).kept[:IMPORTED])
                assert read + refused > 3, target.name


def test_what_hangs_is_stopped() -> None:
    def hang() -> None:
        while True:
            pass

    with pytest.raises(HungError), watched(0.05):
        hang()
