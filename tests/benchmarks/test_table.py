"""What a benchmark's table says of its ratios."""

import pytest

from benchmarks.table import Line


@pytest.mark.parametrize(
    ("ratio", "shown"), [(0.1999, "0.19"), (0.2, "0.20"), (0.4951, "0.49"), (1.0, "1.00"), (None, "")]
)
def test_a_ratio_is_never_rounded_up_to_its_aim(ratio: float | None, shown: str) -> None:
    assert Line("what", "ours", "yardstick", ratio, "≥ 0.20").cells()[3] == shown
