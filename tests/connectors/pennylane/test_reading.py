"""Streams of Pennylane read over real HTTP: first the whole list, then what its change log names."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.kit.calls import Call
from connectors.kit.simulator import Fault
from core.errors import ProviderChanged
from core.model import BankAccount, BankTransaction, Company, Counterparty, ProviderMatch
from tests.connectors.pennylane.conftest import Scene


def test_first_read_brings_everything_and_a_second_one_nothing_new(scene: Scene) -> None:
    invoice = scene.world.invoice(scene.customer, "FA-1", 120_000)
    scene.world.invoice(scene.supplier, "A77", 36_000)
    scene.world.match(invoice, scene.world.pay(invoice, scene.account))
    scene.books.sync()
    kinds = (Company, Counterparty, BankAccount, BankTransaction, ProviderMatch)
    counted = {kind: len(scene.books.of(kind)) for kind in kinds}
    assert counted == {Company: 1, Counterparty: 2, BankAccount: 1, BankTransaction: 1, ProviderMatch: 1}
    assert set(scene.books.invoices()) == {"FA-1", "A77"}
    assert scene.books.issues == []
    before = dict(scene.books.facts), dict(scene.books.raws)
    scene.books.sync()
    assert ({k: v.content() for k, v in scene.books.facts.items()}, scene.books.raws) == (
        {k: v.content() for k, v in before[0].items()},
        before[1],
    )


def test_the_consent_says_who_it_is_and_what_was_granted(scene: Scene) -> None:
    assert scene.granted.account_id == str(scene.company.number_id)
    assert scene.granted.proof.siren == scene.company.siren
    assert "transactions:readonly" in scene.granted.scopes


def test_the_same_sort_and_limit_on_each_page_and_each_row_once(scene: Scene) -> None:
    made = {scene.world.invoice(scene.customer, f"FA-{i}", 1000 + i).number for i in range(230)}
    scene.books.sync("customers", "customer_invoices")
    assert set(scene.books.invoices()) == made
    calls = scene.calls("/customer_invoices?")
    assert len(calls) == 3
    assert all("sort=id&limit=100" in call for call in calls)
    assert scene.books.completed == ["customers", "customer_invoices"]


def test_rows_made_while_the_list_is_read_are_seen(scene: Scene) -> None:
    for i in range(150):
        scene.world.invoice(scene.customer, f"FA-{i}", 1000)
    scene.books.pull("customer_invoices")
    scene.world.invoice(scene.customer, "FA-LATE", 1000)
    scene.books.sync("customer_invoices")
    assert "FA-LATE" in scene.books.invoices()


def test_an_old_list_cursor_starts_the_walk_again_and_loses_nothing(scene: Scene) -> None:
    made = {scene.world.invoice(scene.customer, f"FA-{i}", 1000).number for i in range(250)}
    first = scene.books.pull("customer_invoices")
    since = first.cursor["crawl"]["since"]
    scene.world.advance(timedelta(hours=5))
    scene.sim.cursors.forget()
    scene.books.sync("customer_invoices")
    assert set(scene.books.invoices()) == made
    assert scene.books.cursors["customer_invoices"]["since"] == since


def test_a_provider_that_refuses_its_own_cursors_stops_the_stream(scene: Scene) -> None:
    for i in range(250):
        scene.world.invoice(scene.customer, f"FA-{i}", 1000)
    scene.sim.before_call = lambda call: scene.sim.cursors.forget()
    with pytest.raises(ProviderChanged, match="refuses the cursors"):
        scene.books.sync("customer_invoices")


def test_a_change_is_read_by_its_log_in_one_call_for_all_ids(scene: Scene) -> None:
    invoices = [scene.world.invoice(scene.customer, f"FA-{i}", 1000) for i in range(30)]
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    for invoice in invoices[:20]:
        scene.world.change(invoice, gross_minor=2000)
        scene.world.touch(invoice)
    scene.sim.seen.clear()
    scene.books.sync("customer_invoices")
    changed = {i.number for i in scene.books.invoices().values() if i.gross_minor == 2000}
    assert changed == {f"FA-{i}" for i in range(20)}
    log, hydrate = scene.calls()
    assert log.startswith("/changelogs/customer_invoices?limit=1000&start_date=")
    assert hydrate.startswith("/customer_invoices?filter=%5B%7B%22field%22%3A%22id%22")


def test_a_burst_is_followed_page_by_page_without_start_date(scene: Scene, small_log: None) -> None:
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    made = {scene.world.invoice(scene.customer, f"FA-{i}", 1000).number for i in range(130)}
    scene.sim.seen.clear()
    pages = scene.books.sync("customer_invoices")
    assert set(scene.books.invoices()) == made
    assert len(pages) > 1
    logs = scene.calls("/changelogs/")
    assert [("start_date" in call, "cursor" in call) for call in logs] == [
        (True, False),
        *[(False, True)] * (len(logs) - 1),
    ]


def test_an_old_log_cursor_starts_again_from_the_watermark(scene: Scene, small_log: None) -> None:
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    made = {scene.world.invoice(scene.customer, f"FA-{i}", 1000).number for i in range(130)}
    scene.books.pull("customer_invoices")
    scene.sim.cursors.forget()
    scene.books.sync("customer_invoices")
    assert set(scene.books.invoices()) == made


def test_events_of_one_instant_cut_at_a_page_edge_make_the_list_read_whole(
    scene: Scene, small_log: None
) -> None:
    invoices = [scene.world.invoice(scene.customer, f"FA-{i}", 1000) for i in range(60)]
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    with scene.world.same_moment():
        for invoice in invoices:
            scene.world.change(invoice, gross_minor=2000)
    scene.books.sync("customer_invoices")
    assert {i.gross_minor for i in scene.books.invoices().values()} == {2000}


def test_events_that_come_late_are_still_read(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(late=lambda change: timedelta(seconds=45))
    invoice = scene.world.invoice(scene.customer, "FA-1", 1000)
    scene.world.advance(timedelta(hours=1))
    scene.books.sync("customer_invoices")
    scene.world.change(invoice, gross_minor=2000)
    scene.books.sync("customer_invoices")
    assert scene.books.invoices()["FA-1"].gross_minor == 1000, "not in the log yet"
    scene.world.advance(timedelta(seconds=50))
    scene.books.sync("customer_invoices")
    assert scene.books.invoices()["FA-1"].gross_minor == 2000


def test_a_deleted_draft_is_gone_by_its_event(scene: Scene) -> None:
    draft = scene.world.invoice(scene.customer, "", 1000, state="draft")
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    scene.world.delete(draft)
    scene.books.sync("customer_invoices")
    assert scene.books.gone == [str(draft.number_id)]


def test_what_vanishes_between_log_and_list_is_gone_only_by_its_404(scene: Scene) -> None:
    kept = scene.world.invoice(scene.customer, "FA-1", 1000)
    lost = scene.world.invoice(scene.customer, "FA-2", 1000)
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    scene.world.touch(kept)
    scene.world.touch(lost)

    def vanish(call: Call) -> None:
        if "filter" in call.query:
            scene.sim.before_call = None
            scene.world.delete(lost)

    scene.sim.before_call = vanish
    scene.sim.seen.clear()
    scene.books.sync("customer_invoices")
    assert scene.books.gone == [str(lost.number_id)]
    assert [seen.status for seen in scene.sim.seen if seen.path.endswith(str(lost.number_id))] == [404]


def test_the_watermark_of_a_quiet_company_does_not_age(scene: Scene) -> None:
    scene.world.invoice(scene.customer, "FA-1", 1000)
    scene.books.sync("customer_invoices")
    scene.sim.seen.clear()
    for _ in range(12):
        scene.world.advance(timedelta(days=5))
        scene.books.sync("customer_invoices")
    assert scene.calls("/customer_invoices?sort=id") == [], "60 quiet days, no second crawl"
    assert {seen.status for seen in scene.sim.seen} == {200}


def test_a_connection_that_slept_longer_than_the_log_remembers_reads_the_list_again(scene: Scene) -> None:
    invoice = scene.world.invoice(scene.customer, "FA-1", 1000)
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(days=10))
    scene.world.change(invoice, gross_minor=2000)
    scene.world.advance(timedelta(days=35))
    scene.sim.seen.clear()
    scene.books.sync("customer_invoices")
    assert scene.books.invoices()["FA-1"].gross_minor == 2000
    assert scene.calls("/changelogs/") == []
    assert scene.books.completed == ["customer_invoices"] * 2


def test_what_vanished_while_nobody_looked_is_gone_by_its_404(scene: Scene) -> None:
    invoices = [scene.world.invoice(scene.customer, f"FA-{i}", 1000) for i in range(250)]
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    invoices.append(scene.world.invoice(scene.customer, "FA-250", 1000))
    scene.books.sync("customer_invoices")
    vanished = [invoices[3], invoices[249], invoices[250]]
    for invoice in vanished:
        scene.world.delete(invoice)
    scene.world.advance(timedelta(days=60))
    pages = scene.books.sync("customer_invoices")
    assert scene.books.gone == [str(invoice.number_id) for invoice in vanished]
    assert pages[-1].complete
    assert scene.books.sync("customer_invoices")[-1].gone == ()


def test_a_log_that_says_too_old_leads_to_a_whole_read(scene: Scene) -> None:
    scene.world.invoice(scene.customer, "FA-1", 1000)
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    scene.sim.fault(Fault(path="/changelogs/", status=422))
    scene.books.sync("customer_invoices")
    assert scene.books.completed == ["customer_invoices"] * 2


def test_a_log_that_turns_in_a_circle_stops_the_stream(scene: Scene, small_log: None) -> None:
    scene.books.sync("customer_invoices")
    scene.world.advance(timedelta(hours=1))
    for i in range(80):
        scene.world.invoice(scene.customer, f"FA-{i}", 1000)

    def back(body: dict[str, Any]) -> dict[str, Any]:
        items = [{**item, "processed_at": "2026-01-01T00:00:00.000000Z"} for item in body["items"]]
        return {**body, "items": items}

    scene.sim.fault(Fault(path="/changelogs/", after=1, times=99, edit=back))
    with pytest.raises(ProviderChanged, match="does not move forward"):
        scene.books.sync("customer_invoices")


def test_bank_accounts_have_no_log_and_are_read_each_time(scene: Scene) -> None:
    scene.books.sync("bank_accounts")
    scene.world.move(scene.account, 12_345, "CLIENT")
    scene.books.sync("bank_accounts")
    account = scene.books.of(BankAccount)[0]
    assert account.balances[0].amount_minor == 12_345
    assert account.iban is None


def test_a_refresh_ends_the_old_pair_and_the_read_goes_on(scene: Scene) -> None:
    scene.world.invoice(scene.customer, "FA-1", 1000)
    scene.sim.oauth.expire_access()
    scene.books.sync("customer_invoices")
    assert scene.sim.oauth.refreshes == 1
    assert "FA-1" in scene.books.invoices()


def test_too_many_calls_are_answered_in_plain_text_and_waited_for(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(calls_per_window=(3, 5.0))
    for i in range(600):
        scene.world.invoice(scene.customer, f"FA-{i}", 1000)
    scene.books.sync("customer_invoices")
    assert len(scene.books.invoices()) == 600
    assert 429 in {seen.status for seen in scene.sim.seen}


def test_a_field_nobody_knows_is_reported_and_breaks_nothing(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(extra_fields=True)
    scene.world.invoice(scene.customer, "FA-1", 1000)
    scene.books.sync("customer_invoices")
    assert "FA-1" in scene.books.invoices()
    assert scene.books.issues == ["new field beta_marker: read it or ignore it by name"]
