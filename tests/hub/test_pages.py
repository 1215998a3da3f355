"""The company's pages: what is asked, the way to the provider and back, and every way it can end."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from core.errors import RetryLater
from core.model import Company, Connection, EntityProof
from tests.hub.conftest import Api, Client
from tests.hub.world import COMPANY, NOW

HOSTILE = "Ateliers <script>alert(1)</script>"


@pytest.fixture
def alice(api: Api) -> Client:
    client = api.tenant()
    with api.store.begin(client.tenant_id) as unit:
        unit.put([Company(id=COMPANY, company_id=COMPANY, legal_name=HOSTILE, siren="732829320")])
    return client


@pytest.fixture
def browser(api: Api) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, trust_env=False) as client:
        yield client


def link(client: Client, **more: str) -> str:
    """The path of a fresh link."""
    body = {"company_id": COMPANY, "provider": "qonto", **more}
    answer = client.post("/v1/connect-sessions", json=body)
    assert answer.status_code == 201, answer.text
    url = answer.json()["url"]
    assert url.startswith("https://hub.example/connect/")
    return urlsplit(url).path


def begin(browser: httpx.Client, path: str) -> str:
    """Presses the button; returns the state the provider was given."""
    answer = browser.post(path)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "secure", "samesite=lax", "path=/oauth/callback"))
    assert answer.headers["referrer-policy"] == "no-referrer"
    browser.cookies.clear()
    name, _, rest = answer.headers["set-cookie"].partition("=")
    browser.headers["cookie"] = f"{name}={rest.partition(';')[0]}"
    return parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]


def is_guarded(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in answer.text


def test_the_link_says_who_asks_what_for_and_how_long(alice: Client, browser: httpx.Client) -> None:
    answer = browser.get(link(alice))
    assert answer.status_code == 200
    is_guarded(answer)
    for words in ("&lt;script&gt;", "Qonto", "Movements on your bank accounts", "No payment", "2026-11-30"):
        assert words in answer.text
    assert "form-action 'self' https:;" in answer.headers["content-security-policy"]


def test_a_consent_from_link_to_active_connection(api: Api, alice: Client, browser: httpx.Client) -> None:
    path = link(alice, return_url="https://partner.test/back")
    state = begin(browser, path)
    assert api.consents.started[-1] == ("qonto", state, "https://hub.example/oauth/callback/qonto")
    done = browser.get("/oauth/callback/qonto", params={"state": state, "code": "good"})
    assert done.status_code == 200, done.text
    is_guarded(done)
    assert "Qonto is connected" in done.text
    assert 'href="https://partner.test/back"' in done.text
    (connection,) = alice.get("/v1/connections").json()["data"]
    assert (connection["state"], connection["provider_account_id"]) == ("active", "org_1")
    assert [a["connection_id"] for a in api.jobs.of("sync", alice.tenant_id)] == [connection["id"]]
    again = browser.get(path)
    assert again.status_code == 410
    assert "used already" in again.text
    assert browser.post(path).status_code == 410


def test_a_connection_is_ended_at_the_provider_and_its_tokens_are_forgotten(
    api: Api, alice: Client, browser: httpx.Client
) -> None:
    state = begin(browser, link(alice))
    browser.get("/oauth/callback/qonto", params={"state": state, "code": "good"})
    (connection,) = alice.get("/v1/connections").json()["data"]
    path = f"/v1/connections/{connection['id']}"
    assert api.tenant().delete(path).status_code == 404, "another tenant's connection is not there"
    ended = alice.delete(path)
    assert (ended.status_code, ended.json()["state"]) == (200, "disconnected")
    assert api.vault.read_tokens(alice.tenant_id, connection["id"]) is None
    assert alice.post(f"{path}/sync").status_code == 409


def test_another_browser_cannot_complete_a_consent(alice: Client, browser: httpx.Client) -> None:
    state = begin(browser, link(alice))
    params = {"state": state, "code": "good"}
    for cookie in ("", "lettrage_consent=forged"):
        browser.headers["cookie"] = cookie
        answer = browser.get("/oauth/callback/qonto", params=params)
        assert answer.status_code == 400
        assert "not begun in this browser" in answer.text
        is_guarded(answer)


@pytest.mark.parametrize("params", [{}, {"code": "good"}, {"state": "x"}, {"state": "\x00é", "code": "good"}])
def test_a_callback_without_a_known_state_is_readable(browser: httpx.Client, params: dict[str, str]) -> None:
    answer = browser.get("/oauth/callback/qonto", params=params)
    assert answer.status_code == 400
    is_guarded(answer)
    assert "Open the link you received again" in answer.text


def test_saying_no_changes_nothing_and_the_link_still_works(alice: Client, browser: httpx.Client) -> None:
    path = link(alice)
    state = begin(browser, path)
    said = "<script>steal()</script>"
    params = {"state": state, "error": "access_denied", "error_description": said}
    answer = browser.get("/oauth/callback/qonto", params=params)
    assert answer.status_code == 400
    assert "You did not give your consent" in answer.text
    assert "steal" not in answer.text
    assert browser.get(path).status_code == 200


def test_errors_at_the_provider_are_sentences(api: Api, alice: Client, browser: httpx.Client) -> None:
    path = link(alice)
    api.consents.error = RetryLater("the provider is busy", seconds=5)
    try:
        answer = browser.get("/oauth/callback/qonto", params={"state": begin(browser, path), "code": "good"})
    finally:
        api.consents.error = None
    assert answer.status_code == 503
    assert "The provider is busy." in answer.text
    assert answer.headers["x-request-id"] in answer.text
    wrong = browser.get("/oauth/callback/qonto", params={"state": begin(browser, path), "code": "bad"})
    assert wrong.status_code == 400
    is_guarded(wrong)


def test_the_wrong_company_is_refused(api: Api, alice: Client, browser: httpx.Client) -> None:
    before = api.consents.proof
    api.consents.proof = EntityProof(siren="552100554", method="test")
    try:
        state = begin(browser, link(alice))
        answer = browser.get("/oauth/callback/qonto", params={"state": state, "code": "good"})
    finally:
        api.consents.proof = before
    assert answer.status_code == 409
    assert "552100554" in answer.text
    (connection,) = alice.get("/v1/connections").json()["data"]
    assert connection["state"] != "active"


def test_links_end(api: Api, alice: Client, browser: httpx.Client) -> None:
    path = link(alice)
    api.clock.move(days=8)
    try:
        answer = browser.get(path)
        assert answer.status_code == 410
        assert "has expired" in answer.text
        assert browser.post(path).status_code == 410
    finally:
        api.clock.instant = NOW
    assert browser.get("/connect/unknown").status_code == 404
    assert browser.post("/connect/unknown").status_code == 404
    is_guarded(browser.get("/connect/unknown"))


def test_repeating_the_request_gives_the_same_link_from_the_vault(api: Api, alice: Client) -> None:
    once = {"idempotency-key": "link-1"}
    body = {"company_id": COMPANY, "provider": "qonto"}
    first = alice.post("/v1/connect-sessions", json=body, headers=once)
    again = alice.post("/v1/connect-sessions", json=body, headers=once)
    assert first.content == again.content
    token = first.json()["url"].rpartition("/")[2]
    with api.engine.connect() as connection:
        rows = connection.exec_driver_sql("select body from idempotent_answer").all()
    assert not [row for row in rows if token in (row.body or "")]


def test_an_unknown_provider_is_named_in_the_answer(alice: Client) -> None:
    answer = alice.post("/v1/connect-sessions", json={"company_id": COMPANY, "provider": "nobank"})
    assert answer.status_code == 404
    assert "pennylane" in answer.json()["detail"]


def test_asking_again_renews_a_consent(api: Api, alice: Client) -> None:
    first, second = link(alice), link(alice)
    assert first != second
    with api.store.begin(alice.tenant_id, write=False) as unit:
        (connection,) = unit.find(Connection)
    assert connection.state == "pending_auth"
