"""The collector rests during a run, and never longer."""

import gc

import pytest

from core.collector import all_alive


def test_it_rests_and_goes_on_whatever_happens() -> None:
    seen = []
    with pytest.raises(ZeroDivisionError):
        _fail(seen)
    assert seen == [False, False, False]
    assert gc.isenabled()


def _fail(seen: list[bool]) -> None:
    with all_alive():
        seen.append(gc.isenabled())
        with all_alive():
            seen.append(gc.isenabled())
        seen.append(gc.isenabled())
        raise ZeroDivisionError
