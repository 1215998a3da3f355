"""The signature of inbound webhooks: the provider's own vector, and everything that is not it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.signatures import is_fresh, sign, signed_at
from core.errors import BadInput

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
VECTOR = "t=1704110400,v1=56aff06dc227db80d6568a5070f912c601c31f20451745d257cbc0b5dfa93805"
BODY, SECRET = b'{"test":"data"}', b"test-secret"


def test_the_documented_vector() -> None:
    assert sign(BODY, SECRET, NOON) == VECTOR
    assert signed_at(VECTOR, BODY, SECRET) == NOON


def test_one_of_several_signatures_is_enough() -> None:
    assert signed_at(VECTOR.replace(",v1", f",v1={'0' * 64},v1"), BODY, SECRET) == NOON


@pytest.mark.parametrize(
    "header",
    [
        None, "", "v1=abc", "t=1704110400", "t=,v1=abc", "t=-1,v1=abc", "t=²,v1=abc", f"t=1,{VECTOR}",
        VECTOR.replace("v1", "v0"), VECTOR[:-1], VECTOR.upper(), "t=99999999999999999999,v1=a", "=" * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(header: str | None) -> None:
    with pytest.raises(BadInput):
        signed_at(header, BODY, SECRET)


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=40), st.integers(0, 4_000_000_000), st.data())
def test_what_was_signed_holds_and_any_change_does_not(
    body: bytes, secret: bytes, seconds: int, data: st.DataObject
) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    header = sign(body, secret, at)
    assert signed_at(header, body, secret) == at
    other = data.draw(st.binary(max_size=200).filter(lambda b: b != body))
    with pytest.raises(BadInput):
        signed_at(header, other, secret)


@given(st.text(max_size=100))
def test_no_header_breaks_it(header: str) -> None:
    with pytest.raises(BadInput):
        signed_at(header, BODY, SECRET)


def test_fresh_means_five_minutes_either_way() -> None:
    for minutes, fresh in ((0, True), (5, True), (-5, True), (6, False), (-6, False)):
        assert is_fresh(NOON, NOON + timedelta(minutes=minutes)) is fresh
