"""What somebody hostile, or a broken machine, tries against the API and its pages."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from core.model import Company, ConnectSession
from hub.api.app import create_app
from hub.logs import configure_logs
from tests.hub.conftest import Api, Client, services_over
from tests.hub.test_pages import begin, link
from tests.hub.world import COMPANY

PLANTED = "planted-secret-7d1"


@pytest.fixture
def alice(api: Api) -> Client:
    client = api.tenant()
    with api.store.begin(client.tenant_id) as unit:
        unit.put([Company(id=COMPANY, company_id=COMPANY, legal_name="Ateliers", siren="732829320")])
    return client


@pytest.fixture
def browser(api: Api) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.url, trust_env=False) as client:
        yield client


def test_an_answer_at_another_providers_address_is_no_consent(
    api: Api, alice: Client, browser: httpx.Client
) -> None:
    """RFC 9700 4.4: one provider must not be handed the code that another one gave."""
    path = link(alice)
    state = begin(browser, path)
    answer = browser.get("/oauth/callback/pennylane", params={"state": state, "code": "good"})
    assert answer.status_code == 400
    with api.store.begin(alice.tenant_id, write=False) as unit:
        assert all(session.used_at is None for session in unit.find(ConnectSession))
    done = browser.get("/oauth/callback/qonto", params={"state": state, "code": "good"})
    assert done.status_code == 200, done.text


def test_a_callback_replayed_changes_nothing(api: Api, alice: Client, browser: httpx.Client) -> None:
    state = begin(browser, link(alice))
    params = {"state": state, "code": "good"}
    assert browser.get("/oauth/callback/qonto", params=params).status_code == 200
    assert browser.get("/oauth/callback/qonto", params=params).status_code == 400
    assert len(api.jobs.of("sync", alice.tenant_id)) == 1


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_press_the_button(alice: Client, browser: httpx.Client, site: str) -> None:
    path = link(alice)
    answer = browser.post(path, headers={"sec-fetch-site": site})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert browser.post(path, headers={"sec-fetch-site": "same-origin"}).status_code == 303


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.test/", "javascript:alert(1)", "https://x/\r\nSet-Cookie: a=b", "https://x/\n",
        "//partner.test", "https:partner", "https://partner.test/ onmouseover=x", "data:text/html,x",
    ],
)  # fmt: skip
def test_where_to_go_back_to_is_a_plain_address(alice: Client, url: str) -> None:
    body = {"company_id": COMPANY, "provider": "qonto", "return_url": url}
    assert alice.post("/v1/connect-sessions", json=body).status_code == 422


def test_a_way_back_cannot_leave_its_attribute(alice: Client, browser: httpx.Client) -> None:
    path = link(alice, return_url='https://partner.test/"><script>alert(1)</script>')
    state = begin(browser, path)
    done = browser.get("/oauth/callback/qonto", params={"state": state, "code": "good"})
    assert done.status_code == 200
    assert "<script" not in done.text


def test_a_lesser_key_is_not_told_what_a_greater_one_was(api: Api, alice: Client) -> None:
    """Repeating a request needs the right to make it: its answer may show a secret."""
    once, body = {"idempotency-key": "endpoint-1"}, {"url": "https://partner.test/hook"}
    first = alice.post("/v1/webhook-endpoints", json=body, headers=once)
    assert first.status_code == 201
    reader = api.client(alice.tenant_id, ("read",))
    answer = reader.post("/v1/webhook-endpoints", json=body, headers=once)
    assert answer.status_code == 403
    assert "whsec_" not in answer.text
    other = api.client(alice.tenant_id, ("read", "webhooks"))
    assert other.post("/v1/webhook-endpoints", json=body, headers=once).content == first.content


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=", b"--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx"),
        ("multipart/form-data; boundary=b", b"no boundary at all"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"A: b\r\n" * 5000 + b"\r\nx\r\n--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=company_id\r\n\r\n"
         + b"x" * 900_000 + b"\r\n--b--"),
        ("application/json", b"{}"),
        ("text/plain", b"company_id=x"),
        ("application/x-www-form-urlencoded", b"company_id=x&file=y"),
        ("", b""),
    ],
)  # fmt: skip
def test_malformed_uploads_are_refused(alice: Client, content_type: str, content: bytes) -> None:
    answer = alice.post("/v1/imports", content=content, headers={"content-type": content_type})
    assert answer.status_code in (400, 413, 415, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


class Broken:
    """Stands for the store; whatever is asked raises `error`."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def begin(self, *_: Any, **__: Any) -> Any:
        raise self.error


@contextmanager
def _reachable(folder: Path, **changed: Any) -> Iterator[Callable[..., httpx.Response]]:
    """Asks an API with some of its services changed, over its real middleware; its tenant has a company."""
    services, engine, keys, _ = services_over(folder, {})
    tenant = keys.create_tenant("test").id
    with services.store.begin(tenant) as unit:
        unit.put([Company(id=COMPANY, company_id=COMPANY, legal_name="Ateliers", siren="732829320")])
    bearer = {"authorization": f"Bearer {keys.create_key(tenant, 'test', ('read', 'write'))}"}
    app = create_app(replace(services, **changed), registry=CollectorRegistry())

    async def ask(method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as client:
            return await client.request(method, path, headers=bearer, **options)

    try:
        yield lambda *args, **options: asyncio.run(ask(*args, **options))
    finally:
        engine.dispose()


def _asked(folder: Path, error: Exception) -> httpx.Response:
    """The answer of an API whose store is broken."""
    with _reachable(folder, store=Broken(error)) as ask:
        return ask("GET", "/v1/companies")


def test_the_cookie_comes_back_also_below_a_path(tmp_path: Path) -> None:
    with _reachable(tmp_path, public_url="https://platform.example/hub") as ask:
        link = ask("POST", "/v1/connect-sessions", json={"company_id": COMPANY, "provider": "qonto"}).json()
        assert link["url"].startswith("https://platform.example/hub/connect/")
        begun = ask("POST", link["url"].removeprefix("https://platform.example/hub"))
    assert "path=/hub/oauth/callback;" in begun.headers["set-cookie"].lower()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The program's own log, configured as it runs."""
    root, text = logging.getLogger(), io.StringIO()
    level = root.level
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr("sys.stderr", text)
    configure_logs("DEBUG")
    yield text
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_unforeseen_error_is_a_problem_and_says_nothing(tmp_path: Path, written: io.StringIO) -> None:
    """Neither the answer nor the log repeats the words of a foreign error; nothing escapes to the server,
    which would write them down with a traceback."""
    answer = _asked(tmp_path, ValueError(f"cannot read {PLANTED}"))
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    log = written.getvalue()
    assert PLANTED not in answer.text + log
    assert "ValueError" in log
    assert answer.headers["x-request-id"] in log


def test_while_the_database_is_away_callers_are_asked_to_come_back(tmp_path: Path) -> None:
    gone = OperationalError("select planted", {"iban": PLANTED}, Exception("server closed the connection"))
    answer = _asked(tmp_path, gone)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["type"] == "urn:lettrage:problem:retry-later"
    assert PLANTED not in answer.text


def test_deep_and_odd_json_is_refused(alice: Client) -> None:
    for body in (b"[" * 100_000, b'{"a":' * 50_000, b'"\\ud800"', b'{"legal_name": "\\ud800"}', b"\xff\xfe{"):
        answer = alice.post("/v1/companies", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), (body[:20], answer.text)
    wide = json.dumps({f"k{n}": n for n in range(50_000)}).encode()
    answer = alice.post("/v1/companies", content=wide, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert len(answer.content) < 20_000


def test_an_upload_takes_a_hostile_file_name(alice: Client) -> None:
    name = '../../etc/"\r\nX: <script>\x00\u202e.txt'
    files = {"file": (name, io.BytesIO(b"x" * 200), "text/html")}
    answer = alice.post("/v1/imports", files=files, data={"company_id": COMPANY})
    assert answer.status_code in (400, 422), answer.text
    assert "\u202e" not in answer.text
