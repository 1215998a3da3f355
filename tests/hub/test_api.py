"""The API over real HTTP and a real store: isolation, idempotency, pages, problems, what each route does."""

import io
import json
import threading
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit.signatures import sign
from connectors.qonto.hooks import SIGNATURE
from core.model import (
    Attempt,
    Company,
    Connection,
    Delivery,
    Event,
    Invoice,
    LedgerAllocation,
    LedgerPayment,
    QualityIssue,
)
from core.usecases.listen import PURPOSE
from hub.api.access import SCOPES
from tests.cli.files import statement
from tests.hub.conftest import Api, Client
from tests.hub.world import COMPANY, FINANCED, INVOICES, LINES, NOW, fill, invoice

LISTS = (
    "companies", "connections", "invoices", "transactions", "financed-invoices", "decisions", "cases",
    "events", "webhook-endpoints", "deliveries",
)  # fmt: skip


@pytest.fixture
def alice(api: Api) -> Client:
    """A tenant that holds the world of `world.py`, an endpoint and a delivery."""
    client = api.tenant()
    with api.store.begin(client.tenant_id) as unit:
        fill(unit)
        event = unit.entries(Event)[0]
        unit.save([Delivery(id="dlv_1", endpoint_id="end_1", event_id=event.id, created_at=NOW)])
        unit.append([Attempt(id="att_1", delivery_id="dlv_1", number=1, at=NOW, status=500, duration_ms=3)])
    client.post("/v1/webhook-endpoints", json={"url": "https://partner.test/hook"})
    return client


@pytest.fixture
def bob(api: Api) -> Client:
    """Another tenant, with nothing."""
    return api.tenant()


def is_problem(answer: httpx.Response, status: int, slug: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    if slug:
        assert body["type"] == f"urn:lettrage:problem:{slug}"
    return body


# Who calls


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer nope", "Basic abc", "Bearer lettrage_0_0"])
def test_without_a_valid_key_nothing_is_told(api: Api, key: str) -> None:
    answer = httpx.get(f"{api.url}/v1/companies", headers={"authorization": key} if key else {})
    is_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_does_what_its_scopes_say(api: Api, alice: Client) -> None:
    reader = api.client(alice.tenant_id, ("read",))
    assert reader.get("/v1/invoices").status_code == 200
    is_problem(reader.post("/v1/companies", json={"legal_name": "X"}), 403, "forbidden")
    hooks = api.client(alice.tenant_id, ("webhooks",))
    assert hooks.post("/v1/webhook-endpoints", json={"url": "https://partner.test/x"}).status_code == 201
    is_problem(hooks.post("/v1/companies", json={"legal_name": "X"}), 403)
    is_problem(hooks.get("/v1/events"), 403)
    writer = api.client(alice.tenant_id, ("write",))
    assert writer.post("/v1/webhook-endpoints", json={"url": "https://partner.test/y"}).status_code == 201


# Tenants


@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_another_tenants_rows(name: str, alice: Client, bob: Client) -> None:
    mine = alice.get(f"/v1/{name}").json()["data"]
    assert mine, "the world has some of each"
    assert bob.get(f"/v1/{name}").json() == {"data": [], "next_cursor": None}
    cursor = alice.get(f"/v1/{name}", params={"limit": 1}).json()["next_cursor"]
    if cursor:
        assert bob.get(f"/v1/{name}", params={"cursor": cursor}).json()["data"] == []
    for each in mine if name != "cases" else ():
        is_problem(bob.get(f"/v1/{name}/{each['id']}"), 404, "not-found")
        assert alice.get(f"/v1/{name}/{each['id']}").status_code == 200


def test_no_write_reaches_another_tenants_rows(alice: Client, bob: Client) -> None:
    endpoint = alice.get("/v1/webhook-endpoints").json()["data"][0]["id"]
    decision = alice.get("/v1/cases").json()["data"][0]["id"]
    event = alice.get("/v1/events").json()["data"][0]["id"]
    for method, path, body in (
        ("PATCH", f"/v1/webhook-endpoints/{endpoint}", {"enabled": False}),
        ("DELETE", f"/v1/webhook-endpoints/{endpoint}", None),
        ("POST", f"/v1/webhook-endpoints/{endpoint}/rotate", None),
        ("POST", f"/v1/decisions/{decision}/resolve", {"action": "accept", "by": "eve"}),
        ("POST", "/v1/events/replay", {"endpoint_id": endpoint, "event_ids": [event]}),
        ("POST", "/v1/connections/con_qonto/sync", None),
        ("POST", "/v1/connect-sessions", {"company_id": COMPANY, "provider": "qonto"}),
        ("POST", "/v1/financed-invoices", terms(INVOICES["FA-802"])),
    ):
        is_problem(bob.request(method, path, json=body), 404, "not-found")
    assert alice.get(f"/v1/webhook-endpoints/{endpoint}").json()["enabled"] is True


def test_reports_show_one_tenant(alice: Client, bob: Client) -> None:
    assert "Kervadec" in alice.get("/v1/reports/reconciliation", params={"format": "html"}).text
    for format in ("html", "json", "csv"):
        assert "Kervadec" not in bob.get("/v1/reports/reconciliation", params={"format": format}).text


# Pages


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 7), count=st.integers(0, 15))
def test_pages_show_each_row_once_while_rows_arrive(api: Api, limit: int, count: int) -> None:
    client = api.tenant()
    with api.store.begin(client.tenant_id) as unit:
        unit.put([invoice(f"P-{n}", 100 + n, None, "X") for n in range(count)])
    seen, cursor = [], None
    while True:
        params: dict[str, str | int] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/invoices", params=params).json()
        seen += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
        with api.store.begin(client.tenant_id) as unit:
            unit.put([invoice(f"LATE-{len(seen)}-{limit}", 1, None, "Y")])
        if cursor is None:
            break
    first = {i.id for i in (invoice(f"P-{n}", 100 + n, None, "X") for n in range(count))}
    assert len(seen) == len(set(seen))
    assert first <= set(seen)


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "\x00"}])
def test_page_parameters_are_checked(alice: Client, params: dict[str, Any]) -> None:
    body = is_problem(alice.get("/v1/invoices", params=params), 422, "invalid")
    assert body["errors"][0]["pointer"].startswith("/query/")


def test_a_cursor_of_another_list_is_refused(alice: Client) -> None:
    cursor = alice.get("/v1/invoices", params={"limit": 1}).json()["next_cursor"]
    is_problem(alice.get("/v1/transactions", params={"cursor": cursor}), 400, "bad-input")
    is_problem(alice.get("/v1/transactions", params={"cursor": "abc"}), 400, "bad-input")


def test_filters(alice: Client) -> None:
    of = alice.get("/v1/invoices", params={"direction": "payable"}).json()["data"]
    assert of == []
    events = alice.get("/v1/events", params={"type": "invoice.paid"}).json()["data"]
    assert [e["type"] for e in events] == ["invoice.paid"]
    about = alice.get("/v1/events", params={"subject": FINANCED[1].id}).json()["data"]
    assert {e["subject"] for e in about} == {FINANCED[1].id}
    assert [e["sequence"] for e in about] == [1, 2]
    waiting = alice.get("/v1/decisions", params={"outcome": "review"}).json()["data"]
    assert {d["outcome"] for d in waiting} == {"review"}
    is_problem(alice.get("/v1/events", params={"type": "nothing.known"}), 422)


# Problems


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[]", 422), (b"null", 422), (b'"x"', 422),
        (b'{"legal_name": 7}', 422), (b'{"legal_name": "A", "unknown": 1}', 422),
        (b'{"legal_name": "A", "siren": "123456789"}', 400), (b'{"legal_name": "\\u0000"}', 400),
        (b"[" * 100_000, 400), (b'{"legal_name": "\\ud800"}', 400),
    ],
)  # fmt: skip
def test_bad_bodies_are_problems(alice: Client, body: bytes, status: int) -> None:
    answer = alice.post("/v1/companies", content=body, headers={"content-type": "application/json"})
    is_problem(answer, status)


def test_a_backslash_is_only_a_backslash(alice: Client) -> None:
    made = alice.post("/v1/companies", json={"legal_name": "Back\\u0000slash"})
    assert made.json()["legal_name"] == "Back\\u0000slash"


def test_the_body_must_be_json(alice: Client) -> None:
    is_problem(alice.post("/v1/companies", data={"legal_name": "A"}), 415)


def test_a_problem_never_repeats_what_was_sent(alice: Client) -> None:
    secret = "s3cret-value"
    for body in ({"legal_name": {"x": secret}}, {"legal_name": "A", secret: secret}):
        answer = alice.post("/v1/companies", json=body)
        assert secret not in json.dumps([e["detail"] for e in answer.json()["errors"]])


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/invoices/none", "/v1/reports/none", "/v2", "/"])
def test_unknown_addresses_and_ids(alice: Client, path: str) -> None:
    is_problem(alice.get(path), 404)


def test_other_methods(alice: Client) -> None:
    answer = alice.delete("/v1/companies")
    is_problem(answer, 405)
    assert "GET" in answer.headers["allow"]


def test_large_bodies_are_refused_announced_or_not(alice: Client) -> None:
    def chunks() -> Any:
        for _ in range(20):
            yield b"x" * 100_000

    headers = {"content-type": "application/json"}
    is_problem(alice.post("/v1/companies", content=b"x" * 1_000_001, headers=headers), 413, "too-large")
    is_problem(alice.post("/v1/companies", content=chunks(), headers=headers), 413, "too-large")


def test_request_ids(alice: Client) -> None:
    mine = alice.get("/v1/companies", headers={"x-request-id": "trace-0123456789"})
    assert mine.headers["x-request-id"] == "trace-0123456789"
    forged = alice.get("/v1/companies", headers={"x-request-id": "a b"})
    assert forged.headers["x-request-id"] not in ("a b", mine.headers["x-request-id"])


# Once


def test_a_repeat_gets_the_first_answer(api: Api, alice: Client) -> None:
    once = {"idempotency-key": "k-1"}
    body = {"legal_name": "Neuve SAS", "siren": "552100554"}
    first = alice.post("/v1/companies", json=body, headers=once)
    again = alice.post("/v1/companies", json=body, headers=once)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    is_problem(alice.post("/v1/companies", json={"legal_name": "Autre"}, headers=once), 409, "conflict")


def test_keys_of_two_tenants_are_apart(alice: Client, bob: Client) -> None:
    once = {"idempotency-key": "shared"}
    one = alice.post("/v1/companies", json={"legal_name": "A"}, headers=once).json()
    two = bob.post("/v1/companies", json={"legal_name": "B"}, headers=once).json()
    assert (one["legal_name"], two["legal_name"]) == ("A", "B")


def test_a_failed_request_frees_its_key(alice: Client) -> None:
    once = {"idempotency-key": "k-2"}
    is_problem(alice.post("/v1/companies", json={"legal_name": ""}, headers=once), 422)
    assert alice.post("/v1/companies", json={"legal_name": "Now"}, headers=once).status_code == 201


def test_a_secret_in_an_answer_is_kept_in_the_vault_only(api: Api, alice: Client) -> None:
    once = {"idempotency-key": "k-3"}
    body = {"url": "https://partner.test/hook2"}
    first = alice.post("/v1/webhook-endpoints", json=body, headers=once)
    again = alice.post("/v1/webhook-endpoints", json=body, headers=once)
    assert again.content == first.content
    secret = first.json()["secret"]
    with api.engine.connect() as connection:
        rows = connection.exec_driver_sql("select key, body from idempotent_answer").all()
    assert not [row for row in rows if secret in (row.body or "")]


def test_ten_at_once_do_the_work_once(alice: Client) -> None:
    body = {"legal_name": "Concurrente"}
    answers: list[httpx.Response] = []

    def post() -> None:
        answers.append(alice.post("/v1/companies", json=body, headers={"idempotency-key": "k-4"}))

    threads = [threading.Thread(target=post) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} <= {201, 409}
    assert len({a.content for a in answers if a.status_code == 201}) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "with blank"])
def test_bad_idempotency_keys(alice: Client, key: str) -> None:
    answer = alice.post("/v1/companies", json={"legal_name": "A"}, headers={"idempotency-key": key})
    is_problem(answer, 400, "bad-input")


# Single resources


def test_etags(alice: Client) -> None:
    path = f"/v1/invoices/{INVOICES['FAC-2026-000123'].id}"
    first = alice.get(path)
    tag = first.headers["etag"]
    same = alice.get(path, headers={"if-none-match": f'"other", {tag}'})
    assert (same.status_code, same.content) == (304, b"")
    assert alice.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_an_invoice_says_how_far_it_is_paid(alice: Client) -> None:
    paid = alice.get(f"/v1/invoices/{INVOICES['FAC-2026-000123'].id}").json()
    assert paid["settlement"]["state"] == "settled"
    assert paid["settlement"]["grade"] == "E3"
    assert paid["settlement"]["paid_on"] == "2026-11-05"
    bounced = alice.get(f"/v1/invoices/{INVOICES['FAC-2026-000117'].id}").json()
    assert bounced["settlement"]["open_minor"] == 64000
    assert [a["amount_minor"] for a in bounced["allocations"]] == [64000, -64000]


def test_lettering_is_shown_beside_the_settlement_and_confirms_it(alice: Client, api: Api) -> None:
    one = INVOICES["FAC-2026-000123"]
    posted = LedgerPayment(
        id="lpm_1", company_id=COMPANY, direction="receivable", kind="cash", flow="in",
        paid_on=date(2026, 11, 4), amount_minor=187346, currency="EUR",
    )  # fmt: skip
    tie = LedgerAllocation(
        id="lal_1", company_id=COMPANY, invoice_id=one.id, settled_by="lpm_1", amount_minor=187346,
        currency="EUR", kind="cash", matching_code="AA", complete=True, derived=False,
    )  # fmt: skip
    with api.store.begin(alice.tenant_id) as unit:
        unit.put([posted, tie])
    shown = alice.get(f"/v1/invoices/{one.id}").json()
    assert [(one["id"], one["grade"]) for one in shown["lettered"]] == [("lal_1", "E1")]
    assert (shown["settlement"]["grade"], shown["settlement"]["cash_minor"]) == ("E4", 187346)


# Financing, decisions


def terms(of: Invoice, **more: Any) -> dict[str, Any]:
    return {
        "loan_reference": "LN-1",
        "invoice": {"id": of.id},
        "advance_minor": 1000,
        "currency": "EUR",
        "basis": "gross",
        "assignment": "silent",
        "disbursed_on": "2026-11-20",
        **more,
    }


def test_financing_freezes_a_snapshot_once(alice: Client) -> None:
    first = alice.post("/v1/financed-invoices", json=terms(INVOICES["FA-802"]))
    assert first.status_code == 201, first.text
    assert first.json()["snapshot"]["number"] == "FA-802"
    again = alice.post("/v1/financed-invoices", json=terms(INVOICES["FA-802"]))
    assert (again.status_code, again.json()) == (200, first.json())
    other = alice.post("/v1/financed-invoices", json=terms(INVOICES["FA-802"], advance_minor=2))
    is_problem(other, 409, "conflict")
    is_problem(alice.post("/v1/financed-invoices", json=terms(INVOICES["FA-802"], advance_minor=1.0)), 422)
    is_problem(alice.post("/v1/financed-invoices", json=terms(INVOICES["CHF-12"], loan_reference="L9")), 400)


def test_a_person_decides_and_takes_it_back(alice: Client) -> None:
    cases = alice.get("/v1/cases").json()["data"]
    case = next(c for c in cases if c["transaction"]["id"] == LINES["over"].id)
    assert case["invoices"][0]["number"] == "FA-801"
    path = f"/v1/decisions/{case['id']}/resolve"
    done = alice.post(path, json={"action": "accept", "rank": 1, "by": "Inès"})
    assert done.status_code == 200, done.text
    assert (done.json()["outcome"], done.json()["decided_by"]) == ("auto", "person:Inès")
    is_problem(alice.post(path, json={"action": "accept", "by": "Inès"}), 409)
    undone = alice.post(path, json={"action": "undo", "by": "Inès"}).json()
    assert undone["outcome"] == "review"
    is_problem(alice.post(path, json={"action": "undo", "amounts": {"x": 1}, "by": "Inès"}), 400)
    is_problem(alice.post(path, json={"action": "destroy", "by": "Inès"}), 422)


def test_a_person_splits_a_line(alice: Client) -> None:
    case = next(
        c for c in alice.get("/v1/cases").json()["data"] if c["transaction"]["id"] == LINES["twins"].id
    )
    amounts = {INVOICES["FAC-2026-000140"].id: 500000, INVOICES["FAC-2026-000141"].id: 25000}
    answer = alice.post(
        f"/v1/decisions/{case['id']}/resolve", json={"action": "accept", "amounts": amounts, "by": "I"}
    )
    assert answer.status_code == 200, answer.text
    assert {s["item_id"]: s["amount_minor"] for s in answer.json()["shares"]} == amounts


def test_a_tenants_policy_is_set_tried_and_its_own(api: Api, alice: Client, bob: Client) -> None:
    standard = alice.get("/v1/policy").json()
    assert all(row["automatic"] for row in standard["tiers"])
    wanted = {"values": {"automatic_tiers": ["T1"]}}
    tried = alice.post("/v1/policy/try", json=wanted).json()["changes"]
    assert ("auto", "review") in [(c["now"]["outcome"], c["then"]["outcome"]) for c in tried]
    assert alice.get("/v1/policy").json() == standard
    made = alice.put("/v1/policy", json={**wanted, "by": "Ada"})
    assert made.status_code == 200
    assert alice.get("/v1/policy").json() == made.json() != standard
    assert bob.get("/v1/policy").json()["version"] == standard["version"]
    is_problem(alice.put("/v1/policy", json={"values": {"tolerance": 1}, "by": "Ada"}), 400, "bad-input")
    is_problem(alice.put("/v1/policy", json={"values": {"early_days": 10**6}, "by": "Ada"}), 400)
    is_problem(api.client(alice.tenant_id, ("read",)).put("/v1/policy", json={**wanted, "by": "A"}), 403)


# Webhooks


def test_an_endpoint_lives(api: Api, bob: Client) -> None:
    made = bob.post(
        "/v1/webhook-endpoints", json={"url": "https://partner.test/a", "types": ["invoice.paid"]}
    )
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    id = made.json()["endpoint"]["id"]
    assert "secret" not in bob.get(f"/v1/webhook-endpoints/{id}").json()
    changed = bob.patch(f"/v1/webhook-endpoints/{id}", json={"types": [], "enabled": False}).json()
    assert (changed["types"], changed["enabled"]) == ([], False)
    fresh = bob.post(f"/v1/webhook-endpoints/{id}/rotate").json()["secret"]
    assert fresh != made.json()["secret"]
    assert bob.delete(f"/v1/webhook-endpoints/{id}").status_code == 204
    is_problem(bob.get(f"/v1/webhook-endpoints/{id}"), 404)
    is_problem(bob.patch(f"/v1/webhook-endpoints/{id}", json={"enabled": True}), 404)
    assert bob.get("/v1/webhook-endpoints").json()["data"] == []


@pytest.mark.parametrize("url", ["http://10.0.0.1/x", "https://localhost/x", "ftp://partner.test", "x"])
def test_endpoints_must_be_public(bob: Client, url: str) -> None:
    is_problem(bob.post("/v1/webhook-endpoints", json={"url": url}), 400, "bad-input")
    made = bob.post("/v1/webhook-endpoints", json={"url": "https://partner.test/a"}).json()["endpoint"]
    is_problem(bob.patch(f"/v1/webhook-endpoints/{made['id']}", json={"url": url}), 400)


def test_replay_makes_deliveries_once_per_key(api: Api, alice: Client) -> None:
    endpoint = alice.get("/v1/webhook-endpoints").json()["data"][0]["id"]
    body = {"endpoint_id": endpoint, "subject": FINANCED[0].id}
    first = alice.post("/v1/events/replay", json=body, headers={"idempotency-key": "r-1"})
    assert first.status_code == 202, first.text
    made = first.json()["delivery_ids"]
    assert len(made) == 3
    assert len(api.jobs.of("deliver", alice.tenant_id)) == 3
    again = alice.post("/v1/events/replay", json=body, headers={"idempotency-key": "r-1"})
    assert again.json()["delivery_ids"] == made
    one = alice.get(f"/v1/deliveries/{made[0]}").json()
    assert (one["delivery"]["state"], one["attempts"]) == ("pending", [])
    both = {"endpoint_id": endpoint, "event_ids": ["evt_1"], "subject": "x"}
    is_problem(alice.post("/v1/events/replay", json=both), 400)


def test_a_delivery_shows_every_attempt(alice: Client) -> None:
    shown = alice.get("/v1/deliveries/dlv_1").json()
    assert [a["status"] for a in shown["attempts"]] == [500]


# Reading and files


def test_sync_registers_a_job_once(api: Api, alice: Client) -> None:
    first = alice.post("/v1/connections/con_qonto/sync")
    assert first.status_code == 202
    alice.post("/v1/connections/con_qonto/sync")
    assert len(api.jobs.of("sync", alice.tenant_id)) == 1
    is_problem(alice.post("/v1/connections/con_pennylane/sync"), 409, "conflict")
    is_problem(alice.post("/v1/connections/none/sync"), 404)
    shown = alice.get("/v1/connections/con_qonto").json()
    assert [s["stream"] for s in shown["streams"]] == ["transactions"]


def test_an_unreadable_file_is_refused_and_nothing_is_stored(api: Api, alice: Client) -> None:
    files = {"file": ("x.txt", io.BytesIO(b"not a statement"), "text/plain")}
    before = alice.get("/v1/transactions", params={"limit": 200}).json()
    answer = alice.post("/v1/imports", files=files, data={"company_id": COMPANY})
    is_problem(answer, 400, "bad-input")
    assert alice.get("/v1/transactions", params={"limit": 200}).json() == before
    is_problem(alice.post("/v1/imports", files=files, data={"company_id": "com_none"}), 404)
    is_problem(alice.post("/v1/imports", data={"company_id": COMPANY}), 422)


def test_files_of_every_kind_come_in_by_one_door(alice: Client, tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(statement(tmp_path / "june.txt"), "2026/june.txt")
        archive.writestr("readme.md", "hello")
        archive.writestr("a/\x1b[31mred.md", "hello")

    def upload(**more: str) -> Any:
        files = {"file": ("all.zip", io.BytesIO(content.getvalue()), "application/zip")}
        return alice.post("/v1/imports", files=files, data={"company_id": COMPANY, **more})

    tried = upload(dry_run="true").json()
    assert (tried["dry_run"], [one["new"] for one in tried["files"]]) == (True, [1])
    assert [sentence.partition(" is text")[0] for sentence in tried["refused"]] == [
        "all.zip/readme.md",
        "all.zip/a/ [31mred.md",
    ]
    for new in (1, 0):
        done = upload()
        assert done.status_code == 200
        assert [(one["name"], one["format"], one["new"]) for one in done.json()["files"]] == [
            ("june.txt", "cfonb120", new)
        ]
        assert [one["path"] for one in done.json()["files"]] == ["all.zip/2026/june.txt"]
    only = {"file": ("all.zip", io.BytesIO(b"PK\x03\x04"), "application/zip")}
    problem = alice.post("/v1/imports", files=only, data={"company_id": COMPANY})
    assert "damaged ZIP" in is_problem(problem, 400, "bad-input")["detail"]


def test_reports_in_every_form(alice: Client) -> None:
    assert alice.get("/v1/reports").json() == {"data": ["reconciliation"]}
    kinds = {"html": "text/html", "csv": "text/csv", "json": "application/json", "xlsx": "application/vnd"}
    for format, kind in kinds.items():
        answer = alice.get("/v1/reports/reconciliation", params={"format": format})
        assert answer.headers["content-type"].startswith(kind)
        assert f".{format}" in answer.headers["content-disposition"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    is_problem(alice.get("/v1/reports/reconciliation", params={"format": "pdf"}), 422)
    wrong = {"since": "2026-11-02", "until": "2026-11-01"}
    is_problem(alice.get("/v1/reports/reconciliation", params=wrong), 400)


# Inbound, operations


def test_a_provider_nudges(api: Api, alice: Client) -> None:
    connection = f"con_{alice.tenant_id}"
    with api.store.begin(alice.tenant_id) as unit:
        unit.put([Company(id="com_n", company_id="com_n", legal_name="N")])
        known = Connection(
            id=connection, company_id="com_n", provider="qonto", state="active", created_at=NOW
        )
        unit.save([known])
    path = f"{api.url}/hooks/qonto/{connection}"

    def post(body: bytes, secret: bytes = b"agreed") -> int:
        signature = sign(body, secret, api.clock.now())
        return httpx.post(path, content=body, headers={SIGNATURE: signature}).status_code

    def reads() -> list[Any]:
        return [args["streams"] for args in api.jobs.of("sync", alice.tenant_id)]

    line, invoice = b'{"type":"v1/transactions"}', b'{"type":"v1/client-invoices"}'
    assert post(line) == 404, "no secret is agreed yet"
    api.vault.put_secret(alice.tenant_id, connection, PURPOSE, b"agreed")
    assert httpx.post(path, content=line).status_code == 401
    assert post(line, b"forged") == 401
    assert reads() == []
    for body in (line, line, invoice, b"{}", b"not json"):
        assert post(body) == 202
    assert reads() == ["bank_accounts,transactions", "client_invoices", None]
    with api.store.begin(alice.tenant_id) as unit:
        unit.save([known.but(state="disconnected")])
    assert (post(b'{"type":"v1/clients"}'), len(reads())) == (202, 3), "an ended connection is not read"
    assert httpx.post(f"{api.url}/hooks/pennylane/{connection}", content=b"{}").status_code == 404
    assert httpx.post(f"{api.url}/hooks/qonto/none", content=b"{}").status_code == 404


def test_health_readiness_metrics(api: Api) -> None:
    assert httpx.get(f"{api.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{api.url}/readyz").json()["status"] == "ok"
    api.unready["migrations"] = "not at head"
    try:
        answer = httpx.get(f"{api.url}/readyz")
        assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "not at head")
    finally:
        api.unready["migrations"] = None
    text = httpx.get(f"{api.url}/metrics").text
    assert 'lettrage_http_requests_total{method="GET",route="/healthz",status="200"}' in text


def test_the_desk_asks_for_a_key_and_shows_what_waits(api: Api, alice: Client, bob: Client) -> None:
    closed = httpx.get(f"{api.url}/desk")
    is_problem(closed, 401)
    assert closed.headers["www-authenticate"].startswith("Basic")
    page = httpx.get(f"{api.url}/desk", auth=("ines", alice.key))
    assert page.status_code == 200
    assert "RUEL CONSEIL" in page.text
    assert "<script" not in page.text
    assert "Nothing waits" in httpx.get(f"{api.url}/desk", auth=("x", bob.key)).text
    report = httpx.get(f"{api.url}/desk/reconciliation", auth=("ines", alice.key))
    assert "Money, to the cent" in report.text
    hooks = api.client(alice.tenant_id, ("webhooks",))
    assert httpx.get(f"{api.url}/desk", auth=("x", hooks.key)).status_code == 401


def test_openapi_documents_every_route(api: Api) -> None:
    document = httpx.get(f"{api.url}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), (path, method)
            if path.startswith("/v1"):
                assert {"401", "403", "422", "500"} <= set(operation["responses"]), (path, method)
                assert operation["tags"]
                assert operation["security"] == [{"apiKey": []}]


def test_scopes_are_the_words_of_the_documentation() -> None:
    assert SCOPES == ("read", "write", "decide", "webhooks")
    assert QualityIssue.entity == "quality_issue"
