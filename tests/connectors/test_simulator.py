"""The simulated authorization server keeps the rules that connectors are tested against."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.kit.calls import Call, Endpoint, Reply
from connectors.kit.simulated_oauth import OAuthRules, Registered, s256
from connectors.kit.simulator import Fault, Simulator
from connectors.kit.story import late_in_two_then_recalled, standard_cast
from connectors.kit.world import Document, Movement, World
from tests.connectors.harness import REDIRECT, form_of

VERIFIER = "v" * 64


class Toy(Simulator):
    """One list, one rule set."""

    slug = "toy"

    def oauth_rules(self) -> OAuthRules:
        return OAuthRules(name="Toy", scopes={"read": "see your things", "write": "change them"}, grace=60)

    def endpoints(self) -> list[Endpoint]:
        answer = lambda call: Reply(200, {"company": call.grant.company_id, "n": call.one("n")})  # noqa: E731
        return [Endpoint("GET", "/things", ("read",), answer), Endpoint("GET", "/more", ("write",), answer)]


@pytest.fixture
def toy() -> Iterator[Toy]:
    world = World()
    standard_cast(world)
    world.company("Zweite GmbH & Söhne")
    with Toy(world, client=Registered(redirect_uris=(REDIRECT,)), calls_per_window=(50, 10.0)) as sim:
        yield sim


@pytest.fixture
def browser(toy: Toy) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=toy.url, trust_env=False) as client:
        yield client


def asked(toy: Toy, **changes: str) -> dict[str, str]:
    return {
        "client_id": toy.client.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "read",
        "state": "state-123456",
        "code_challenge": s256(VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }


def consent(browser: httpx.Client, query: dict[str, str], **choice: str) -> dict[str, str]:
    login = browser.get("/oauth/authorize", params=query)
    if "password" in login.text:
        browser.post("/oauth/authorize", data=form_of(login.text))
        login = browser.get("/oauth/authorize", params=query)
    back = browser.post("/oauth/authorize", data={**form_of(login.text), "decision": "allow", **choice})
    assert back.status_code == 303, back.text
    return {k: v[0] for k, v in parse_qs(urlsplit(back.headers["location"]).query).items()}


def token(toy: Toy, browser: httpx.Client, **form: str) -> httpx.Response:
    made = {"client_id": toy.client.client_id, "client_secret": toy.client.client_secret, **form}
    return browser.post("/oauth/token", data=made)


def exchange(toy: Toy, browser: httpx.Client, code: str, /, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    return token(toy, browser, **{**form, **changes})


def refresh(toy: Toy, browser: httpx.Client, refresh_token: str) -> httpx.Response:
    return token(toy, browser, grant_type="refresh_token", refresh_token=refresh_token)


def things(browser: httpx.Client, access: str, path: str = "/things") -> httpx.Response:
    return browser.get(path, headers={"authorization": f"Bearer {access}"})


def test_the_pages_say_what_is_asked_for_and_label_every_field(toy: Toy, browser: httpx.Client) -> None:
    login = browser.get("/oauth/authorize", params=asked(toy)).text
    browser.post("/oauth/authorize", data=form_of(login))
    page = browser.get("/oauth/authorize", params=asked(toy, scope="read write")).text
    assert "see your things" in page
    assert "change them" in page
    assert "Zweite GmbH &amp; Söhne" in page
    for shown in (login, page):
        assert '<html lang="en">' in shown
        assert shown.count("<h1>") == 1
        for line in (part.split(">")[0] for part in shown.split("<input")[1:]):
            assert 'type="hidden"' in line or f'for="{line.split("id=")[1].split(chr(34))[1]}"' in shown


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": "short"}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_wrong_request_comes_back_with_its_error(
    toy: Toy, browser: httpx.Client, changes: dict[str, str], error: str
) -> None:
    answer = browser.get("/oauth/authorize", params=asked(toy, **changes))
    assert answer.status_code == 303
    assert f"error={error}" in answer.headers["location"]


@pytest.mark.parametrize("changes", [{"client_id": "nobody"}, {"redirect_uri": "https://evil.test/"}])
def test_an_unknown_client_or_address_is_never_sent_back(
    toy: Toy, browser: httpx.Client, changes: dict[str, str]
) -> None:
    assert browser.get("/oauth/authorize", params=asked(toy, **changes)).status_code == 400


def test_a_decision_needs_the_session_it_was_asked_in(toy: Toy, browser: httpx.Client) -> None:
    consent(browser, asked(toy))
    form = form_of(browser.get("/oauth/authorize", params=asked(toy)).text)
    with httpx.Client(base_url=toy.url, trust_env=False) as stranger:
        assert stranger.post("/oauth/authorize", data={**form, "decision": "allow"}).status_code == 403
    assert (
        browser.post("/oauth/authorize", data={**form, "csrf": "x", "decision": "allow"}).status_code == 403
    )


def test_a_code_is_single_use_and_its_second_use_ends_the_grant(toy: Toy, browser: httpx.Client) -> None:
    code = consent(browser, asked(toy))["code"]
    access = exchange(toy, browser, code).json()["access_token"]
    assert things(browser, access).status_code == 200
    assert exchange(toy, browser, code).json()["error"] == "invalid_grant"
    assert things(browser, access).status_code == 401


@pytest.mark.parametrize(
    "changes", [{"code_verifier": "w" * 64}, {"redirect_uri": "http://127.0.0.1/other"}, {"code": "guess"}]
)
def test_a_code_needs_its_verifier_and_address(
    toy: Toy, browser: httpx.Client, changes: dict[str, str]
) -> None:
    code = consent(browser, asked(toy))["code"]
    assert exchange(toy, browser, code, **changes).json()["error"] == "invalid_grant"


def test_a_code_lives_ten_minutes(toy: Toy, browser: httpx.Client) -> None:
    code = consent(browser, asked(toy))["code"]
    toy.world.advance(timedelta(minutes=10))
    assert exchange(toy, browser, code).status_code == 400


def test_the_client_proves_itself_in_the_body_only(toy: Toy, browser: httpx.Client) -> None:
    code = consent(browser, asked(toy))["code"]
    wrong = exchange(toy, browser, code, client_secret="x")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    basic = browser.post("/oauth/token", data=form, auth=(toy.client.client_id, toy.client.client_secret))
    assert basic.status_code == 401


def test_refresh_tokens_rotate_with_grace_and_reuse_ends_the_grant(toy: Toy, browser: httpx.Client) -> None:
    first = exchange(toy, browser, consent(browser, asked(toy))["code"]).json()
    second = refresh(toy, browser, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    toy.world.advance(timedelta(seconds=59))
    assert refresh(toy, browser, first["refresh_token"]).status_code == 200
    toy.world.advance(timedelta(seconds=2))
    assert refresh(toy, browser, first["refresh_token"]).json()["error"] == "invalid_grant"
    assert refresh(toy, browser, second["refresh_token"]).status_code == 400
    assert things(browser, second["access_token"]).status_code == 401


def test_access_tokens_expire_and_scopes_count(toy: Toy, browser: httpx.Client) -> None:
    access = exchange(toy, browser, consent(browser, asked(toy))["code"]).json()["access_token"]
    assert things(browser, access).status_code == 200
    assert things(browser, access, "/more").status_code == 403
    assert things(browser, "guess").status_code == 401
    toy.world.advance(timedelta(hours=1))
    assert things(browser, access).status_code == 401


def test_the_token_speaks_for_the_company_picked(toy: Toy, browser: httpx.Client) -> None:
    other = toy.world.company("Dritte SA")
    code = consent(browser, asked(toy), company=other.id)["code"]
    access = exchange(toy, browser, code).json()["access_token"]
    assert things(browser, access).json()["company"] == other.id


def test_calls_are_rationed(toy: Toy, browser: httpx.Client) -> None:
    access = exchange(toy, browser, consent(browser, asked(toy))["code"]).json()["access_token"]
    statuses = [things(browser, access).status_code for _ in range(52)]
    assert statuses.count(200) == 50
    assert statuses[-1] == 429
    toy.world.advance(timedelta(seconds=11))
    assert things(browser, access).status_code == 200


def test_faults_are_used_up_in_order(toy: Toy, browser: httpx.Client) -> None:
    access = exchange(toy, browser, consent(browser, asked(toy))["code"]).json()["access_token"]
    toy.fault(
        Fault(path="/things", status=503, after=1),
        Fault(path="/things", edit=lambda body: {**body, "new": 1}),
    )
    answers = [things(browser, access) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 503, 200]
    assert "new" in answers[0].json()
    assert "new" not in answers[2].json()


def test_a_test_may_change_the_world_just_before_an_answer(toy: Toy, browser: httpx.Client) -> None:
    access = exchange(toy, browser, consent(browser, asked(toy))["code"]).json()["access_token"]
    heard: list[Call] = []
    toy.before_call = heard.append
    things(browser, access)
    assert [call.route for call in heard] == ["/things"]


def test_the_story_moves_money_as_told() -> None:
    world = World()
    cast = standard_cast(world)
    told = late_in_two_then_recalled(world, cast).play()
    assert len(told) == 3
    lines = world.all(Movement)
    assert [line.amount_minor for line in lines] == [300_000, 200_000, -200_000]
    assert lines[0].booked_at.date() > cast.invoice.due_date
    invoice = world.get(Document, cast.invoice.id)
    assert (invoice.paid_minor, invoice.paid_at, len(invoice.matched)) == (300_000, None, 1)
    stamps = [change.at for change in world.changes]
    assert stamps == sorted(stamps)


def test_changes_of_one_moment_share_their_instant() -> None:
    world = World()
    cast = standard_cast(world)
    with world.same_moment():
        stamps: Any = {world.invoice(cast.customer, f"F{i}", 100).created_at for i in range(5)}
    assert len(stamps) == 1
