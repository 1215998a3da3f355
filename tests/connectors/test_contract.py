"""The suite every connector passes, run against its simulator over real HTTP and real consent pages."""

import json
import logging
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.kit.contract import capabilities
from connectors.kit.registry import SLUGS, capability_table, connectors
from connectors.kit.samples import expected_text, map_response, samples_of
from connectors.kit.simulator import HTML_PAGE, Fault
from core.errors import (
    LettrageError,
    Misconfigured,
    NeedsPermission,
    NeedsReconnect,
    ProviderChanged,
    RetryLater,
)
from tests.connectors.harness import HARNESSES, REDIRECT, TENANT, Collector, Harness, bench, walk_consent

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=sorted(HARNESSES))
def harness(request: pytest.FixtureRequest) -> Harness:
    return HARNESSES[request.param]()


def test_every_registered_connector_has_a_harness() -> None:
    assert set(SLUGS) == set(connectors()) == set(HARNESSES)


def complete(harness: Harness, made: Any, collector: Collector) -> None:
    account = made.connection.provider_account_id
    for stream, ids in harness.expected(made.world, account).items():
        assert collector.seen(stream) == ids, stream


# --- reading


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_every_record_is_seen_for_any_page_size(harness: Harness, size: int) -> None:
    with bench(harness, records=4, size=size) as (made, _):
        collector = made.drive()
        complete(harness, made, collector)
        assert {i.message for i in collector.issues.values()} == set()


def test_another_company_of_the_same_provider_is_never_seen(harness: Harness) -> None:
    with bench(harness, records=2) as (made, _):
        other = made.world.company("Autre SARL")
        made.world.invoice(made.world.partner(other, "Inconnu"), "X-1", 100)
        complete(harness, made, made.drive())


def test_a_pull_resumes_from_any_saved_cursor(harness: Harness) -> None:
    with bench(harness, records=4, size=2) as (made, _):
        for stream in made.driver.streams(made.connection):
            pages = []
            cursor: dict[str, Any] = {}
            while True:
                pulled = made.driver.pull(TENANT, made.connection, stream, cursor)
                pages.append((cursor, {f.id for f in pulled.facts}))
                cursor = json.loads(json.dumps(pulled.cursor))
                if not pulled.more:
                    break
            everything = set().union(*(ids for _, ids in pages))
            for number, (saved, _ids) in enumerate(pages):
                later = Collector(cursors={stream: saved})
                made.drive(later, streams=(stream,), driver=made.new_driver())
                before = set().union(*(ids for _, ids in pages[:number]))
                assert before | set(later.facts) == everything, (stream, number)


def test_records_that_move_while_we_read_are_not_lost(harness: Harness) -> None:
    with bench(harness, records=6, size=2) as (made, cast):
        moves = iter(range(12))

        def move(_call: Any) -> None:
            if (turn := next(moves, None)) is None:
                return
            things = made.world.all(harness.movable, cast.company.id)
            made.world.touch(things[turn % len(things)])

        made.sim.before_call = move
        collector = made.drive()
        made.sim.before_call = None
        made.world.advance(timedelta(minutes=1))
        made.drive(collector)
        complete(harness, made, collector)
        assert collector.state() == made.drive(Collector()).state()


def test_a_second_round_is_silent(harness: Harness) -> None:
    with bench(harness, records=3, size=2) as (made, _):
        collector = made.drive()
        made.world.advance(timedelta(minutes=30))
        known, changed, raws = collector.state(), collector.changed, set(collector.raws)
        made.drive(collector)
        assert (collector.state(), collector.changed) == (known, changed)
        assert set(collector.raws) == raws


def test_a_change_is_seen_in_the_next_round(harness: Harness) -> None:
    with bench(harness, records=2) as (made, cast):
        collector = made.drive()
        made.world.advance(timedelta(days=2))
        made.world.pay(cast.invoice, cast.account)
        made.world.invoice(cast.customer, "FA-LATER", 4_200)
        made.drive(collector)
        complete(harness, made, collector)


def test_ids_do_not_depend_on_the_connection(harness: Harness) -> None:
    with bench(harness, records=2) as (made, cast):
        first = made.drive().state()
        made.connect(company=cast.company.id, connection_id="con_2")
        assert made.drive().state() == first


def test_a_stored_raw_record_reads_the_same_again(harness: Harness) -> None:
    with bench(harness, records=2) as (made, _):
        collector = made.drive()
        again = {f.id: f.content() for raw in collector.raws.values() for f in made.driver.remap(raw)}
        assert again == collector.state()


# --- what goes wrong


RECOVERED = {
    "429 with Retry-After": Fault(status=429, headers={"retry-after": "2"}),
    "429 without": Fault(status=429, times=2),
    "500": Fault(status=500),
    "502": Fault(status=502, times=3),
    "503": Fault(status=503, headers={"retry-after": "1"}),
    "504": Fault(status=504),
    "cut body": Fault(cut=True, times=2),
    "slow": Fault(slow=0.05),
    "refused token": Fault(status=401),
}


@pytest.mark.parametrize("name", RECOVERED)
def test_a_passing_fault_leaves_no_trace(harness: Harness, name: str) -> None:
    with bench(harness, records=3, size=2) as (made, _):
        calm = made.drive().state()
        made.sim.fault(replace(RECOVERED[name], path=harness.listed, after=1))
        assert made.drive(Collector()).state() == calm


LASTING: dict[str, tuple[Fault, type[Exception] | None]] = {
    "400": (Fault(status=400), ProviderChanged),
    "401": (Fault(status=401), NeedsReconnect),
    "403": (Fault(status=403), NeedsPermission),
    "418": (Fault(status=418), ProviderChanged),
    "429": (Fault(status=429), RetryLater),
    "429 for long": (Fault(status=429, headers={"retry-after": "3600"}), RetryLater),
    "500": (Fault(status=500), RetryLater),
    "cut body": (Fault(cut=True), ProviderChanged),
    "null": (Fault(edit=lambda body: None), ProviderChanged),
    "nulls": (Fault(edit=lambda body: dict.fromkeys(body)), ProviderChanged),
    "a number": (Fault(edit=lambda body: 7), ProviderChanged),
    "redirect": (Fault(status=302, headers={"location": "https://login.test/"}), Misconfigured),
    "html": (Fault(raw=HTML_PAGE), None),
}


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_fault_says_what_to_do(harness: Harness, name: str) -> None:
    fault, error = LASTING[name]
    with bench(harness, records=3, size=2) as (made, _):
        made.sim.fault(replace(fault, path=harness.listed, times=10_000))
        with pytest.raises(LettrageError) as caught:
            made.drive()
        assert type(caught.value) is (error or harness.html_error)
        assert caught.value.where.provider == harness.slug
        assert caught.value.where.connection == made.connection.id
        assert caught.value.where.stream == harness.stream
        made.sim.clear_faults()
        if error is not NeedsReconnect:
            complete(harness, made, made.drive())


def test_an_answer_slower_than_our_patience_is_tried_again(harness: Harness) -> None:
    with bench(harness, records=1) as (made, _):
        made.sim.fault(Fault(path=harness.listed, slow=0.2))
        driver = made.new_driver(timeout=0.1)
        complete(harness, made, made.drive(driver=driver))


def test_a_bad_record_is_set_aside_alone(harness: Harness) -> None:
    with bench(harness, records=4) as (made, _):
        calm = made.drive()
        made.sim.fault(Fault(path=harness.listed, times=10_000, edit=harness.spoil))
        spoilt = made.drive(Collector())
        aside = {i.record for i in spoilt.issues.values() if i.code == "bad_record"}
        missing = set(calm.facts) - set(spoilt.facts)
        assert len(missing) == len(aside) > 0
        assert any(i.code == "unknown_field" and i.severity == "info" for i in spoilt.issues.values())
        assert {r.external_id for r in spoilt.raws.values()} == {r.external_id for r in calm.raws.values()}


# --- consent and tokens


def test_connecting_tells_which_company_was_picked(harness: Harness) -> None:
    with bench(harness, records=0) as (made, cast):
        other = made.world.company("Autre SARL")
        made.connect(company=other.id, connection_id="con_2")
        assert made.granted.proof.siren == other.siren
        assert made.granted.proof.legal_name == other.legal_name
        first = made.connect(company=cast.company.id)
        assert made.granted.proof.siren == cast.company.siren
        assert first.provider_account_id == made.granted.account_id


def test_a_refused_consent_comes_back_as_such(harness: Harness) -> None:
    with bench(harness, records=0, connected=False) as (made, _):
        url, _verifier = made.driver.start(harness.slug, state="state-123456", redirect_uri=REDIRECT)
        back = walk_consent(url, made.sim.url, decision="deny")
        assert back == {"error": "access_denied", "state": "state-123456"}


def test_a_code_works_once_and_only_with_its_verifier(harness: Harness) -> None:
    with bench(harness, records=0, connected=False) as (made, _):
        url, verifier = made.driver.start(harness.slug, state="state-123456", redirect_uri=REDIRECT)
        code = walk_consent(url, made.sim.url)["code"]
        finish = lambda proof: made.driver.finish(  # noqa: E731
            harness.slug, code=code, verifier=proof, redirect_uri=REDIRECT
        )
        if verifier:
            with pytest.raises(NeedsReconnect):
                finish("w" * 64)
            code = walk_consent(
                made.driver.start(harness.slug, state="state-123456", redirect_uri=REDIRECT)[0],
                made.sim.url,
            )["code"]
            with pytest.raises(NeedsReconnect):
                finish(verifier)
        url, verifier = made.driver.start(harness.slug, state="state-123456", redirect_uri=REDIRECT)
        code = walk_consent(url, made.sim.url)["code"]
        finish(verifier)
        with pytest.raises(NeedsReconnect):
            finish(verifier)


def test_tokens_are_refreshed_ahead_of_time_and_stored_before_use(harness: Harness) -> None:
    with bench(harness, records=1) as (made, _):
        made.world.advance(timedelta(seconds=made.sim.oauth.rules.access_seconds - 60))
        before = len(made.sim.seen)
        complete(harness, made, made.drive())
        assert made.sim.oauth.refreshes == 1
        assert made.vault.read_tokens(TENANT, "con_1").generation == 1
        assert 401 not in {seen.status for seen in made.sim.seen[before:]}


def test_four_processes_refresh_an_expired_token_once(harness: Harness) -> None:
    with bench(harness, records=2) as (made, _):
        calm = made.drive().state()
        made.world.advance(timedelta(seconds=made.sim.oauth.rules.access_seconds + 60))
        results, together = [], threading.Barrier(4)

        def process() -> None:
            driver = made.new_driver()
            together.wait()
            results.append(made.drive(Collector(), driver=driver).state())

        threads = [threading.Thread(target=process) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [calm] * 4
        assert made.sim.oauth.refreshes == 1


def test_a_token_refused_early_is_refreshed_once(harness: Harness) -> None:
    with bench(harness, records=1) as (made, _):
        made.sim.oauth.expire_access()
        complete(harness, made, made.drive())
        assert made.sim.oauth.refreshes == 1
        assert [s.status for s in made.sim.seen].count(401) == 1


def test_a_withdrawn_consent_asks_to_reconnect(harness: Harness) -> None:
    with bench(harness, records=1) as (made, _):
        made.sim.oauth.revoke_all()
        with pytest.raises(NeedsReconnect) as caught:
            made.drive()
        assert caught.value.where.connection == "con_1"


def test_a_lost_refresh_is_asked_for_again_within_the_grace(harness: Harness) -> None:
    with bench(harness, records=1) as (made, _):
        made.world.advance(timedelta(seconds=made.sim.oauth.rules.access_seconds + 60))
        made.sim.fault(Fault(path=made.sim.oauth.rules.token_path, cut=True))
        if made.sim.oauth.rules.grace:
            complete(harness, made, made.drive())
        else:
            with pytest.raises(NeedsReconnect):
                made.drive()


def test_a_wrong_client_secret_is_ours_to_mend(harness: Harness) -> None:
    with bench(harness, records=0, connected=False) as (made, _):
        made.settings = replace(made.settings, client_secret="wrong")
        made.driver = made.new_driver()
        with pytest.raises(Misconfigured):
            made.connect()


def test_pkce_can_be_switched_off(harness: Harness) -> None:
    with bench(harness, records=1, connected=False) as (made, cast):
        made.settings = replace(made.settings, pkce=False)
        made.driver = made.new_driver()
        assert made.driver.start(harness.slug, state="state-123456", redirect_uri=REDIRECT)[1] == ""
        made.connect(company=cast.company.id)
        complete(harness, made, made.drive())


def test_revoking_ends_the_consent_and_twice_is_no_error(harness: Harness) -> None:
    with bench(harness, records=0) as (made, _):
        made.driver.revoke(harness.slug, made.tokens)
        with pytest.raises(NeedsReconnect):
            made.drive()
        made.driver.revoke(harness.slug, made.tokens)


# --- limits of what we may do


def test_a_stream_without_its_scope_is_off_and_the_others_run(harness: Harness) -> None:
    with bench(harness, records=1) as (made, _):
        granted = tuple(s for s in made.connection.scopes if s != harness.missing_scope)
        assert granted != made.connection.scopes
        made.connection = made.connection.but(scopes=granted)
        streams = made.driver.streams(made.connection)
        assert streams
        assert harness.stream not in streams
        with pytest.raises(NeedsPermission):
            made.driver.pull(TENANT, made.connection, harness.stream, {})
        made.drive()
        assert {seen.status for seen in made.sim.seen} == {200}


def test_only_the_provider_is_called_and_only_what_it_has(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, sent = set(), httpx.Client.send

    def send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        hosts.add(f"{request.url.scheme}://{request.url.netloc.decode()}")
        return sent(client, request, **options)

    monkeypatch.setattr(httpx.Client, "send", send)
    with bench(harness, records=2, size=2) as (made, _):
        made.drive()
        assert hosts == {made.sim.url}
        assert {seen.status for seen in made.sim.seen} == {200}
        assert {seen.method for seen in made.sim.seen if seen.path != made.sim.oauth.rules.token_path} == {
            "GET"
        }


def test_no_secret_is_shown(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with bench(harness, records=1) as (made, _):
        shown = [repr(made.settings), repr(made.tokens), repr(made.driver), repr(made.driver._providers)]
        made.drive()
        secrets = [made.settings.client_secret, made.tokens.access_token, made.tokens.refresh_token]
        made.sim.oauth.expire_access()
        made.drive()
        latest = made.vault.read_tokens(TENANT, "con_1")
        secrets += [latest.access_token, latest.refresh_token]
        for fault in (Fault(status=400), Fault(raw=HTML_PAGE, times=9), Fault(status=500, times=9)):
            made.sim.clear_faults()
            made.sim.fault(replace(fault, path=harness.listed))
            with pytest.raises(LettrageError) as caught:
                made.drive(Collector(), streams=(harness.stream,))
            shown += [str(caught.value), repr(caught.value), repr(caught.value.__context__)]
        made.sim.clear_faults()
        made.sim.oauth.revoke_all()
        with pytest.raises(NeedsReconnect) as gone:
            made.drive()
        shown += [str(gone.value), repr(gone.value)]
    everything = "\n".join([*shown, caplog.text])
    assert [secret for secret in secrets if secret and secret in everything] == []


def test_each_capability_has_a_scenario(harness: Harness) -> None:
    assert capabilities(harness.connector(100)) == set(harness.scenarios)
    for scenario in harness.scenarios.values():
        with bench(harness, records=1) as (made, _):
            scenario(made)


# --- the folder


def test_samples_read_as_reviewed(harness: Harness) -> None:
    connector = harness.connector(100)
    samples = samples_of(ROOT / "connectors" / harness.slug / "samples")
    streams = {stream.name for stream in connector.streams}
    assert {stream for stream, _, _ in samples} == streams
    for stream, sample, expected in samples:
        mapped = map_response(connector, stream, sample.read_bytes())
        assert expected_text(mapped) == expected.read_text("utf-8"), expected.name


def test_the_capability_table_tells_what_there_is() -> None:
    table = {row.slug: row for row in capability_table()}
    assert set(table) == set(SLUGS)
    assert {row.level for row in table.values()} <= {"bronze", "silver", "gold"}


def test_the_size_budget_holds(harness: Harness) -> None:
    """A hundred lines a stream, connector and table together: more means that the kit lacks something."""
    folder = ROOT / "connectors" / harness.slug
    tables = [
        *(ROOT / "mappings").glob(f"{harness.slug}.py"),
        *(ROOT / "mappings" / harness.slug).glob("*.py"),
    ]
    written = [p for p in folder.glob("*.py") if p.name not in ("simulator.py", "wire.py", "querying.py")]
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in (*written, *tables))
    assert lines <= harness.lines_per_stream * len(harness.connector(100).streams)
