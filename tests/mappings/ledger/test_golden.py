"""Our own samples give exactly the canonical records that a person has read."""

from pathlib import Path

import pytest

from tests.mappings.ledger.golden import canonical, expected, samples


@pytest.mark.parametrize("sample", samples(), ids=lambda path: path.name)
def test_sample_gives_the_expected_records(sample: Path) -> None:
    assert canonical(sample) == expected(sample).read_text(encoding="utf-8")
