"""The simulated Pennylane behaves as the real one was seen to, refusals included."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from connectors.pennylane.simulator import PREFIX
from core.ports import Vault
from tests.connectors.pennylane.conftest import TENANT, Scene


class Client:
    """Calls the simulator as any program would."""

    def __init__(self, scene: Scene, vault: Vault) -> None:
        tokens = vault.read_tokens(TENANT, "con_1")
        assert tokens
        self.tokens = tokens
        self._base = scene.sim.url + PREFIX

    def get(self, path: str, *, token: str | None = None, **params: Any) -> httpx.Response:
        used = self.tokens.access_token if token is None else token
        headers = {"authorization": f"Bearer {used}"}
        return httpx.get(self._base + path, params=params, headers=headers, trust_env=False)


def _ids(answer: httpx.Response) -> list[int]:
    return [row["id"] for row in answer.json()["items"]]


def _where(field: str, operator: str, value: Any) -> str:
    return json.dumps([{"field": field, "operator": operator, "value": value}])


def test_lists(scene: Scene) -> None:
    client = Client(scene, scene.vault)
    made = [scene.world.invoice(scene.customer, f"FA-{i}", 1000).number_id for i in range(25)]
    draft = scene.world.invoice(scene.customer, "", 500, state="draft")
    first = client.get("/customer_invoices")
    assert _ids(first) == [draft.number_id, *made[:5:-1]], "newest first, twenty"
    assert first.json()["has_more"] is True
    drafts = client.get("/customer_invoices", filter=_where("draft", "eq", True))
    assert _ids(drafts) == [draft.number_id]
    assert drafts.json()["items"][0]["invoice_number"] == ""
    assert drafts.json()["items"][0]["remaining_amount_with_tax"] is None
    some = _where("id", "lteq", made[9])
    page = client.get("/customer_invoices", sort="id", limit=5, filter=some)
    assert _ids(page) == made[:5]
    kept = client.get(
        "/customer_invoices", sort="id", limit=9, filter=some, cursor=page.json()["next_cursor"]
    )
    assert _ids(kept) == made[5:10]
    dropped = client.get("/customer_invoices", sort="id", limit=9, cursor=page.json()["next_cursor"])
    assert _ids(dropped) == made[5:14], "a cursor remembers no filter"


def test_refusals(scene: Scene) -> None:
    client = Client(scene, scene.vault)
    for params in (
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"cursor": "mine"},
        {"sort": "label"},
        {"filter": "id"},
        {"filter": _where("id", "like", 1)},
        {"filter": _where("updated_at", "gt", "2026-01-01")},
        {"filter": _where("id", "in", 1)},
        {"filter[0][field]": "id"},
    ):
        answer = client.get("/customer_invoices", **params)
        assert (answer.status_code, list(answer.json())) == (400, ["message"]), params
    missing = client.get("/customer_invoices/1")
    assert (missing.status_code, missing.json()["status"]) == (404, 404)
    nobody = client.get("/me", token="wrong")
    assert (nobody.status_code, set(nobody.json())) == (401, {"error", "status"})
    forbidden = client.get("/journals")
    assert forbidden.status_code == 403
    assert 'requires scope "journals:readonly"' in forbidden.json()["error"]


def test_change_logs(scene: Scene) -> None:
    client = Client(scene, scene.vault)
    begun = scene.world.now().isoformat()
    invoice = scene.world.invoice(scene.customer, "FA-1", 1000)
    scene.world.delete(invoice)
    log = "/changelogs/customer_invoices"
    events = client.get(log, start_date=begun).json()["items"]
    assert [event["operation"] for event in events] == ["insert", "update", "delete"]
    assert sorted(events, key=lambda e: e["processed_at"]) == events
    assert set(events[0]) == {"id", "operation", "created_at", "updated_at", "processed_at"}
    page = client.get(log, limit=1)
    assert page.json()["has_more"] is True
    after = page.json()["next_cursor"]
    assert client.get(log, cursor=after).json()["items"] == events[1:]
    assert client.get(log, cursor=after, start_date=begun).status_code == 400
    assert client.get(log, limit=1001).status_code == 400
    scene.world.advance(timedelta(days=29))
    assert client.get(log, start_date=begun).status_code == 401, "the token lived one day"
    renewed = scene.books.driver.pull(TENANT, scene.books.connection, "company", {})
    assert renewed.complete
    late = Client(scene, scene.vault)
    too_old = late.get(log, start_date=begun)
    assert (too_old.status_code, too_old.json()["status"]) == (422, 422)
    assert late.get(log).json()["items"] == [], "forgotten after four weeks"


def test_a_refresh_ends_the_old_pair(scene: Scene) -> None:
    before = Client(scene, scene.vault)
    scene.world.advance(timedelta(hours=23, minutes=30))
    scene.books.pull("company")
    after = Client(scene, scene.vault)
    assert (before.get("/me").status_code, after.get("/me").status_code) == (401, 200)
    with httpx.Client(base_url=scene.sim.url, trust_env=False) as http:
        spent = {"grant_type": "refresh_token", "refresh_token": before.tokens.refresh_token or ""}
        named = {"client_id": scene.sim.client.client_id, "client_secret": scene.sim.client.client_secret}
        answer = http.post("/oauth/token", data={**spent, **named})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_the_rate_limit_speaks_plain_text(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(calls_per_window=(25, 5.0))
    scene.world.advance(timedelta(seconds=10))
    client = Client(scene, scene.vault)
    answers = [client.get("/me") for _ in range(26)]
    assert {a.status_code for a in answers[:25]} == {200}
    assert answers[0].headers["ratelimit-limit"] == "25"
    assert answers[24].headers["ratelimit-remaining"] == "0"
    assert int(answers[0].headers["ratelimit-reset"]) % 5 == 0
    assert answers[0].headers["api-version-expires-at"] == ""
    refused = answers[25]
    assert refused.status_code == 429
    assert refused.text.startswith("Rate limit exceeded.")
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    scene.world.advance(timedelta(seconds=5))
    assert client.get("/me").status_code == 200


def test_signs_and_claims(scene: Scene) -> None:
    client, world = Client(scene, scene.vault), scene.world
    bought = world.invoice(scene.supplier, "A77", 36_000)
    claimed = world.invoice(scene.customer, "FA-1", 24_000, extra={"paid": True, "status": "incomplete"})
    credit = world.credit_note(world.invoice(scene.customer, "FA-2", 24_000), "AV-1", 6_000)
    line = world.pay(bought, scene.account)
    open_line = world.move(scene.account, 5_000, "X")
    world.match(bought, line)
    bought_row = client.get(f"/supplier_invoices/{bought.number_id}").json()
    assert (bought_row["amount"], bought_row["remaining_amount_with_tax"]) == ("360.0", "0.0")
    world.unmatch(bought, line)
    assert (
        client.get(f"/supplier_invoices/{bought.number_id}").json()["remaining_amount_with_tax"] == "-360.0"
    )
    claimed_row = client.get(f"/customer_invoices/{claimed.number_id}").json()
    assert (claimed_row["paid"], claimed_row["remaining_amount_with_tax"]) == (True, "240.0")
    credit_row = client.get(f"/customer_invoices/{credit.number_id}").json()
    assert (credit_row["status"], credit_row["amount"]) == ("credit_note", "-60.0")
    line_row = client.get(f"/transactions/{open_line.number_id}").json()
    assert (line_row["amount"], line_row["outstanding_balance"]) == ("50.0", "-50.0")
    orders = {tuple(client.get(f"/transactions/{open_line.number_id}").json()) for _ in range(5)}
    assert len(orders) > 1, "keys come in any order"


def test_ledger_lists_carry_null_paging_keys(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(asks=("journals:readonly",))
    body = Client(scene, scene.vault).get("/journals").json()
    assert body["items"][0]["type"] == "finances"
    assert {name for name, value in body.items() if value is None} == {
        "next_cursor",
        "total_pages",
        "current_page",
        "per_page",
        "total_items",
    }
