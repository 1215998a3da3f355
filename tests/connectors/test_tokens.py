"""Tokens under trouble: dead lease holders, lost races, answers of the token address that make no sense."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.kit.simulator import Fault
from core.errors import LettrageError, Misconfigured, NeedsReconnect, ProviderChanged, RetryLater
from core.ports import Tokens
from tests.connectors.harness import HARNESSES, TENANT, Bench, Harness, bench

JSON = "application/json"


@pytest.fixture
def harness() -> Harness:
    return HARNESSES["qonto"]()


@pytest.fixture
def expired(harness: Harness) -> Iterator[Bench]:
    with bench(harness, records=1) as (made, _):
        made.world.advance(timedelta(hours=2))
        yield made


def test_a_dead_process_holds_its_lease_for_a_minute_only(expired: Bench) -> None:
    assert expired.vault.lease(TENANT, "con_1", generation=0, owner="dead", seconds=60)
    with pytest.raises(RetryLater) as caught:
        expired.drive()
    assert caught.value.seconds == 60
    expired.world.advance(timedelta(seconds=60))
    expired.drive()
    assert expired.sim.oauth.refreshes == 1


def test_a_refusal_is_forgiven_when_somebody_else_was_faster(
    expired: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault, keeper = expired.vault, expired.driver._providers["qonto"].keeper
    stale = vault.read_tokens(TENANT, "con_1")
    fresh = keeper._oauth.refresh(stale, expired_where())
    expired.world.advance(timedelta(seconds=120))

    def late(*_args: Any, **_options: Any) -> Tokens:
        vault.swap_tokens(TENANT, "con_1", expected=0, tokens=fresh)
        raise NeedsReconnect("invalid_grant")

    monkeypatch.setattr(keeper._oauth, "refresh", late)
    assert keeper.renewed(TENANT, expired_where(), stale).access_token == fresh.access_token


def expired_where() -> Any:
    from core.errors import Where

    return Where("qonto", "con_1")


def test_new_tokens_are_stored_before_they_are_used(expired: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    client = expired.driver._providers["qonto"].client
    swap, send = expired.vault.swap_tokens, client.send

    def noted_swap(*args: Any, **options: Any) -> bool:
        order.append("stored")
        return swap(*args, **options)

    def noted_send(*args: Any, **options: Any) -> Any:
        order.append("used")
        return send(*args, **options)

    monkeypatch.setattr(expired.vault, "swap_tokens", noted_swap)
    monkeypatch.setattr(client, "send", noted_send)
    expired.drive(streams=("organization",))
    assert order == ["stored", "used"]


def test_without_a_refresh_token_the_token_is_used_to_its_end(harness: Harness) -> None:
    with bench(harness, records=1) as (made, _):
        only = replace(made.tokens, refresh_token=None)
        made.vault.swap_tokens(TENANT, "con_1", expected=0, tokens=only)
        made.world.advance(timedelta(minutes=58))
        made.drive(streams=("organization",))
        made.world.advance(timedelta(minutes=3))
        with pytest.raises(NeedsReconnect):
            made.drive(streams=("organization",))


def test_no_tokens_at_all_asks_to_connect(harness: Harness) -> None:
    with bench(harness, records=0) as (made, _):
        made.vault.forget_tokens(TENANT, "con_1")
        with pytest.raises(NeedsReconnect, match="must connect"):
            made.drive()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=503), RetryLater),
        (Fault(status=429, headers={"retry-after": "2"}), RetryLater),
        (Fault(raw="<html>maintenance</html>"), Misconfigured),
        (Fault(raw="[]", content_type=JSON), ProviderChanged),
        (Fault(raw="{}", content_type=JSON), ProviderChanged),
        (Fault(raw='{"access_token": 7}', content_type=JSON), ProviderChanged),
        (
            Fault(raw='{"access_token": "a", "refresh_token": []}', content_type=JSON),
            ProviderChanged,
        ),
        (Fault(raw='{"error": "x y <b>"}', status=400, content_type=JSON), ProviderChanged),
        (Fault(raw='{"message": "?"}', status=400, content_type=JSON), ProviderChanged),
        (Fault(status=302, headers={"location": "https://login.test/"}), Misconfigured),
        (
            Fault(raw='{"error": "invalid_grant"}', status=401, content_type=JSON),
            NeedsReconnect,
        ),
        (
            Fault(raw='{"error": "invalid_client"}', status=401, content_type=JSON),
            Misconfigured,
        ),
    ],
)
def test_each_answer_of_the_token_address_has_its_error(
    expired: Bench, fault: Fault, error: type[LettrageError]
) -> None:
    expired.sim.fault(replace(fault, path="/oauth2/token", times=99))
    with pytest.raises(LettrageError) as caught:
        expired.drive(streams=("organization",))
    assert type(caught.value) is error
    assert "<b>" not in str(caught.value)


def test_a_sandbox_without_its_token_is_a_setting(harness: Harness) -> None:
    with bench(harness, records=1, connected=False, staging_token="st-1") as (made, cast):
        with pytest.raises(Misconfigured):
            made.connect()
        made.settings = replace(made.settings, extra_headers={"X-Qonto-Staging-Token": "st-1"})
        made.driver = made.new_driver()
        made.connect(company=cast.company.id)
        assert made.drive().seen("organization")
