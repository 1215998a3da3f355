"""The kit's HTTP client: each sign on the wire becomes the error that says what to do."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.client import Pace, ProviderClient, ProviderSettings, parse_json, wait_asked
from connectors.kit.contract import Manifest, OAuth2, Request
from connectors.kit.errors import TABLE, Line, error_for, line_of
from core.errors import (
    LettrageError,
    Misconfigured,
    NeedsPermission,
    NeedsReconnect,
    ProviderChanged,
    RetryLater,
    Where,
)
from core.ports import RateLimit
from tests.connectors.fakes import CountingLimiter

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
BASE = "https://provider.test/api"
WHERE = Where("acme", "con_1", "things")
MANIFEST = Manifest(
    slug="acme",
    name="Acme",
    base_url=BASE,
    auth=OAuth2("https://provider.test", "/authorize", "/token", None, ("read",), pkce=True, rotation=True),
    limits=(RateLimit("acme:{connection}", 25, 5.0),),
    docs="https://provider.test/docs",
    checked_on=date(2026, 11, 23),
)


class Still:
    def now(self) -> datetime:
        return NOW


class Bed:
    def __init__(self, manifest: Manifest = MANIFEST, **options: Any) -> None:
        self.slept: list[float] = []
        self.limiter = CountingLimiter()
        self.client = ProviderClient(
            manifest,
            ProviderSettings("id", "s3cret-value", extra_headers={"x-extra": "1"}),
            clock=Still(),
            limiter=self.limiter,
            pace=Pace(sleep=self.slept.append, chance=lambda: 0.0, timeout=options.pop("timeout", 30.0)),
            **options,
        )

    def get(self, **request: Any) -> Any:
        return self.client.send(Request("/things", **request), access_token="t0ken-value", where=WHERE)


@pytest.fixture
def wire() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=True) as router:
        yield router


def test_a_good_answer_is_parsed_exactly(wire: respx.MockRouter) -> None:
    route = wire.get(f"{BASE}/things", params={"filter[a]": "é b"}).respond(
        200,
        content=b'{"amount": 0.10, "n": 3}',
        headers={"content-type": "application/json", "x-request-id": "r1"},
    )
    bed = Bed()
    response = bed.get(params=(("filter[a]", "é b"),))
    assert response.body == {"amount": Decimal("0.10"), "n": 3}
    sent = route.calls.last.request
    assert sent.headers["authorization"] == "Bearer t0ken-value"
    assert sent.headers["x-extra"] == "1"
    assert bed.limiter.reserved == ["acme:con_1"]
    assert bed.slept == []


@pytest.mark.parametrize(
    ("status", "error", "calls"),
    [
        (400, ProviderChanged, 1),
        (401, NeedsReconnect, 1),
        (403, NeedsPermission, 1),
        (404, ProviderChanged, 1),
        (409, ProviderChanged, 1),
        (418, ProviderChanged, 1),
        (422, ProviderChanged, 1),
        (428, NeedsPermission, 1),
        (429, RetryLater, 5),
        (500, RetryLater, 5),
        (502, RetryLater, 5),
        (503, RetryLater, 5),
        (504, RetryLater, 5),
        (599, RetryLater, 5),
        (302, Misconfigured, 1),
        (206, ProviderChanged, 1),
    ],
)
def test_each_status_has_its_error(
    wire: respx.MockRouter, status: int, error: type[Exception], calls: int
) -> None:
    headers = {"x-request-id": "req-7", "location": "https://login.test/"}
    route = wire.get(f"{BASE}/things").respond(status, json={"error": "t0ken-value"}, headers=headers)
    bed = Bed()
    with pytest.raises(error) as caught:
        bed.get()
    assert type(caught.value) is error
    assert route.call_count == calls
    assert "request req-7" in str(caught.value)
    assert "t0ken" not in str(caught.value)


def test_waits_grow_and_carry_jitter(wire: respx.MockRouter) -> None:
    wire.get(f"{BASE}/things").respond(503)
    bed = Bed()
    with pytest.raises(RetryLater) as caught:
        bed.get()
    assert bed.slept == [0.5, 1.0, 2.0, 4.0]
    assert caught.value.seconds == 60


def test_retry_after_is_honoured_up_to_half_a_minute(wire: respx.MockRouter) -> None:
    answers = [httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(200, json={})]
    wire.get(f"{BASE}/things").mock(side_effect=answers)
    bed = Bed()
    bed.get()
    assert bed.slept == [7.0]
    assert bed.limiter.slowed == [("acme:con_1", 7.0)]


def test_a_longer_retry_after_goes_back_to_the_scheduler(wire: respx.MockRouter) -> None:
    route = wire.get(f"{BASE}/things").respond(429, headers={"retry-after": "600"})
    bed = Bed()
    with pytest.raises(RetryLater) as caught:
        bed.get()
    assert caught.value.seconds == 600
    assert (route.call_count, bed.slept) == (1, [])


def test_retry_after_may_be_a_date() -> None:
    assert wait_asked({"retry-after": "Tue, 01 Sep 2026 08:00:20 GMT"}, NOW) == 20
    assert wait_asked({"retry-after": "Tue, 01 Sep 2026 07:00:00 GMT"}, NOW) == 0
    for nonsense in ("", "soon", "-3", "1e9", "99999999999999999999"):
        assert wait_asked({"retry-after": nonsense}, NOW) is None


def test_a_call_that_never_arrives_is_tried_again(wire: respx.MockRouter) -> None:
    answers = [httpx.ConnectError("no"), httpx.ReadTimeout("slow"), httpx.Response(200, json={"ok": 1})]
    wire.get(f"{BASE}/things").mock(side_effect=answers)
    assert Bed().get().body == {"ok": 1}


def test_a_post_is_never_repeated(wire: respx.MockRouter) -> None:
    route = wire.post(f"{BASE}/things").mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(RetryLater):
        Bed().get(method="POST", json={"a": 1})
    assert route.call_count == 1


JSON = {"content-type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(200, html="<html>log in</html>"), ProviderChanged),
        (httpx.Response(200, content=b'{"half": [1, 2', headers=JSON), ProviderChanged),
        (httpx.Response(200, content=b"", headers=JSON), ProviderChanged),
        (httpx.Response(200, content=b'{"a": NaN}', headers=JSON), ProviderChanged),
        (httpx.Response(200, content=b"[" * 200_000, headers=JSON), ProviderChanged),
        (httpx.Response(200, content=b"1" * 5_000, headers=JSON), ProviderChanged),
        (httpx.Response(200, content=b"\xff\xfe\x00", headers=JSON), ProviderChanged),
        (httpx.Response(200, content=b'"' + b"x" * 3_000_000 + b'"', headers=JSON), ProviderChanged),
    ],
)
def test_what_is_not_a_json_answer_stops_the_stream(
    wire: respx.MockRouter, answer: httpx.Response, error: type[Exception]
) -> None:
    wire.get(f"{BASE}/things").mock(return_value=answer)
    with pytest.raises(error):
        Bed(largest_body=2_000_000).get()


def test_a_connector_may_read_a_sign_otherwise(wire: respx.MockRouter) -> None:
    wire.get(f"{BASE}/things").respond(200, html="<html>")
    manifest = replace(MANIFEST, errors={"not_json": Line(Misconfigured, "the staging token is missing")})
    with pytest.raises(Misconfigured, match="staging token"):
        Bed(manifest).get()


def test_our_own_limit_waits_or_gives_up(wire: respx.MockRouter) -> None:
    wire.get(f"{BASE}/things").respond(200, json={})
    bed = Bed()
    bed.limiter.wait = 3.0
    bed.get()
    assert bed.slept == [3.0]
    bed.limiter.wait = 90.0
    with pytest.raises(RetryLater) as caught:
        bed.get()
    assert caught.value.seconds == 90


@pytest.mark.parametrize("path", ["//evil.test/x", "https://evil.test", "@evil.test/x", ".evil.test/x"])
def test_no_request_leaves_the_provider(path: str) -> None:
    with respx.mock(assert_all_called=False) as router:
        router.route(host="provider.test").respond(404)
        elsewhere = router.route().respond(200, json={})
        bed = Bed()
        with pytest.raises(LettrageError):
            bed.client.send(Request(path), access_token="t0ken-value", where=WHERE)
        assert elsewhere.call_count == 0


def test_settings_hide_their_secret() -> None:
    shown = repr(ProviderSettings("id", "s3cret-value", extra_headers={"x-token": "s3cret-header"}))
    assert "s3cret" not in shown


@given(st.one_of(st.sampled_from([*TABLE]), st.integers(100, 599)))
def test_every_sign_has_a_line_and_a_sentence(sign: Any) -> None:
    error = error_for(sign, WHERE)
    assert isinstance(error, LettrageError)
    assert line_of(sign).sentence in str(error)
    assert "acme, stream things, connection con_1" in str(error)


@given(st.binary(max_size=200))
def test_parsing_gives_a_value_or_a_value_error(data: bytes) -> None:
    try:
        parse_json(data)
    except ValueError:
        return
    json.loads(data)


def test_an_accepted_refusal_needs_no_body(wire: respx.MockRouter) -> None:
    wire.get(f"{BASE}/things").respond(404, text=" ")
    response = Bed().get(accept=(200, 404))
    assert (response.status, response.body) == (404, None)


@pytest.mark.parametrize("asked", ["999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_senseless_wait_does_not_stop_a_provider_for_good(wire: respx.MockRouter, asked: str) -> None:
    """The shared limit belongs to every connection: one answer must not use it up for years."""
    wire.get(f"{BASE}/things").respond(429, headers={"retry-after": asked})
    bed = Bed()
    with pytest.raises(RetryLater) as later:
        bed.get()
    assert later.value.seconds == 86_400
    assert [seconds for _, seconds in bed.limiter.slowed] == [3_600]


def test_a_body_that_drips_ends(wire: respx.MockRouter) -> None:
    """Each byte comes in time, the whole never does: it must not hold a worker's thread."""
    handed: list[int] = []

    def drops() -> Iterator[bytes]:
        for number in range(500):
            time.sleep(0.005)
            handed.append(number)
            yield b" "

    headers = {"content-type": "application/json"}
    wire.get(f"{BASE}/things").mock(
        side_effect=lambda _: httpx.Response(200, headers=headers, content=drops())
    )
    bed = Bed(timeout=0.01)
    with pytest.raises(RetryLater):
        bed.get()
    assert len(handed) < 5 * 50
