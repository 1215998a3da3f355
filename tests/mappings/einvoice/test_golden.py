"""Samples of every syntax and profile become what is written beside them."""

from pathlib import Path

import pytest

from tests.mappings.einvoice.golden import canonical, expected, samples


@pytest.mark.parametrize("sample", samples(), ids=lambda path: path.name)
def test_a_sample_becomes_what_is_written_beside_it(sample: Path) -> None:
    assert canonical(sample) == expected(sample).read_text("utf-8")
