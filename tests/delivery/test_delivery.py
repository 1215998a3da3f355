"""From a registered event to a partner that verifies it, whatever the partner does."""

import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from core.errors import BadInput, Conflict, Misconfigured, NotFound
from core.model import Attempt, Delivery, Endpoint, QualityIssue
from core.webhooks import TIMETABLE
from hub.delivery import Range, create_endpoint, deliver_owed, replay, rotate_secret, signing_secrets
from tests.delivery.conftest import LOOPBACK, TENANT, Bench, event
from tests.delivery.partner import Partner, serving, status
from tests.fakes import CrashError


def test_the_public_library_verifies_what_arrives(bench: Bench) -> None:
    (delivery,) = bench.emit(event())
    assert bench.run(delivery) == "delivered"
    (got,) = bench.partner.received
    assert got.headers["webhook-id"] == event().id
    assert "." not in got.headers["webhook-id"]
    assert set(got.message) == {"type", "timestamp", "data"}
    assert got.message["type"] == "invoice.paid"
    data = got.message["data"]
    assert (data["event_id"], data["sequence"], data["subject"]) == (event().id, 1, "fin_1")
    assert (data["occurred_on"], data["detected_at"]) == ("2026-03-02", "2026-03-02T09:01:00Z")
    assert data["amount"]["minor"] == 187346
    assert data["loan_reference"] == "LOAN-7 — été"
    assert {"schema_version", "emitted_at", "evidence", "finality", "reverses", "supersedes"} <= set(data)
    (stored,) = bench.read(Delivery)
    assert (stored.state, stored.attempts, stored.next_at) == ("delivered", 1, None)
    (attempt,) = bench.read(Attempt)
    assert (attempt.number, attempt.status, attempt.error) == (1, 204, None)


def test_every_attempt_is_kept_and_the_next_one_registered(bench: Bench) -> None:
    bench.partner.script = [status(500), status(503), status(204)]
    (delivery,) = bench.emit(event())
    assert [bench.run(delivery, attempt=n) for n in (1, 2, 3)] == ["pending", "pending", "delivered"]
    jobs = bench.store.jobs(TENANT, "deliver")
    assert [job.dedupe_id for job in jobs] == [f"deliver:{delivery.id}:{n}" for n in (1, 2, 3)]
    assert {job.key for job in jobs} == {bench.endpoint.id}
    assert [each.status for each in bench.read(Attempt)] == [500, 503, 204]
    bodies = {got.body for got in bench.partner.received}
    assert len(bodies) == 1, "the bytes are the same on every attempt"
    assert {got.headers["webhook-id"] for got in bench.partner.received} == {event().id}
    waits = [job.delay for job in jobs[1:]]
    assert timedelta(seconds=5) <= waits[0] <= timedelta(seconds=5.5)  # type: ignore[operator]
    assert timedelta(minutes=5) <= waits[1] <= timedelta(minutes=5.5)  # type: ignore[operator]


def test_a_repeated_job_posts_nothing(bench: Bench) -> None:
    bench.partner.script = [status(500)]
    (delivery,) = bench.emit(event())
    assert bench.run(delivery, attempt=1) == "pending"
    assert bench.run(delivery, attempt=1) == "pending"
    assert len(bench.partner.received) == 1
    assert bench.run(delivery, attempt=2) == "delivered"
    assert bench.run(delivery, attempt=2) == "delivered"
    assert len(bench.partner.received) == 2


def test_a_crash_after_the_post_repeats_it_under_the_same_id(bench: Bench) -> None:
    (delivery,) = bench.emit(event())
    bench.store.fail_at(1)
    with pytest.raises(CrashError):
        bench.run(delivery, attempt=1)
    assert bench.read(Attempt) == []
    assert bench.run(delivery, attempt=1) == "delivered"
    first, second = bench.partner.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert len(bench.read(Attempt)) == 1


def test_two_workers_on_one_attempt_record_it_once(bench: Bench) -> None:
    (delivery,) = bench.emit(event())

    def answer_after_the_other(request: BaseHTTPRequestHandler) -> None:
        assert bench.run(delivery, attempt=1) == "delivered"
        status(500)(request)

    bench.partner.script = [answer_after_the_other]
    assert bench.run(delivery, attempt=1) == "delivered"
    assert [each.status for each in bench.read(Attempt)] == [204]


def owed(bench: Bench, delivery: Delivery, **options: timedelta) -> int:
    ports = (bench.store, bench.vault, bench.sender, bench.clock)
    return deliver_owed(*ports, tenant_id=TENANT, delivery_id=delivery.id, attempt=1, **options)


def test_a_job_delivers_all_its_endpoint_is_owed(bench: Bench) -> None:
    bench.partner.script = [status(500)]
    first, *rest = bench.emit(*(event(number) for number in range(1, 6)))
    assert owed(bench, first) == 1, "a partner that fails gets no more for now"
    assert owed(bench, rest[0]) == 4, "what waits for its next attempt is not owed yet"
    assert {each.state for each in bench.read(Delivery) if each.id != first.id} == {"delivered"}
    assert owed(bench, rest[1]) == 1
    assert len(bench.partner.received) == 5
    bench.clock.move(seconds=6)
    assert owed(bench, rest[2], patience=timedelta(0)) == 1
    assert owed(bench, rest[2]) == 2
    assert {each.state for each in bench.read(Delivery)} == {"delivered"}


def test_after_the_last_attempt_it_is_a_dead_letter_a_person_sees(bench: Bench) -> None:
    bench.partner.script = [status(500)] * len(TIMETABLE)
    (delivery,) = bench.emit(event())
    states = [bench.run(delivery, attempt=n) for n in range(1, len(TIMETABLE) + 1)]
    assert states == ["pending"] * 9 + ["dead"]
    (issue,) = bench.read(QualityIssue)
    assert (issue.code, issue.record, issue.severity) == ("webhook_dead_letter", delivery.id, "error")
    assert "10 attempts (answered HTTP 500)" in issue.message
    assert len(bench.store.jobs(TENANT, "deliver")) == len(TIMETABLE)


def test_gone_disables_the_endpoint_and_ends_what_was_waiting(bench: Bench) -> None:
    bench.partner.script = [status(410)]
    first, second = bench.emit(event(1), event(2))
    assert bench.run(first) == "failed"
    assert bench.run(second) == "failed"
    assert len(bench.partner.received) == 1
    (endpoint,) = bench.read(Endpoint)
    assert not endpoint.enabled
    assert endpoint.disabled_reason.startswith("answered 410 Gone on ")
    assert [issue.code for issue in bench.read(QualityIssue)] == ["webhook_endpoint_gone"]
    with pytest.raises(Conflict, match="enable it first"):
        replay(bench.store, tenant_id=TENANT, endpoint_id=endpoint.id, request="r", events=[event(1).id])


def test_a_redirect_is_a_failure_and_not_followed(bench: Bench) -> None:
    bench.partner.script = [status(307, Location=bench.partner.url)]
    (delivery,) = bench.emit(event())
    assert bench.run(delivery) == "pending"
    assert len(bench.partner.received) == 1
    assert bench.read(Delivery)[0].last_error == "answered HTTP 307"


def test_retry_after_is_respected(bench: Bench) -> None:
    bench.partner.script = [status(429, Retry_After="120")]
    (delivery,) = bench.emit(event())
    bench.run(delivery)
    assert bench.store.jobs(TENANT, "deliver")[-1].delay == timedelta(seconds=120)
    assert bench.read(Delivery)[0].next_at == bench.clock.now() + timedelta(seconds=120)


def test_a_giant_answer_is_read_in_part(bench: Bench) -> None:
    def flood(request: BaseHTTPRequestHandler) -> None:
        request.send_response(500)
        request.end_headers()
        try:
            for _ in range(10_000):
                request.wfile.write(b"\x00X" * 32_768)
        except OSError:
            pass

    bench.partner.script = [flood]
    (delivery,) = bench.emit(event())
    assert bench.run(delivery) == "pending"
    (attempt,) = bench.read(Attempt)
    assert len(attempt.response) == 500
    assert "\x00" not in attempt.response


@pytest.mark.parametrize("dribble", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"])
def test_a_slow_partner_is_left_at_the_deadline(partner: Partner, dribble: bytes) -> None:
    def slow(request: BaseHTTPRequestHandler) -> None:
        try:
            request.wfile.write(dribble)
            for _ in range(40):
                time.sleep(0.05)
                request.wfile.write(b"x" if dribble else b"")
        except OSError:
            pass

    bench = Bench(partner, timeout=0.3)
    partner.script = [slow]
    (delivery,) = bench.emit(event())
    began = time.monotonic()
    assert bench.run(delivery) == "pending"
    assert time.monotonic() - began < 1.0
    assert bench.read(Attempt)[0].error == "no complete answer within 0.3 seconds"


def test_a_partner_that_is_down_gets_it_once_back(bench: Bench) -> None:
    with serving(Partner()) as other:
        down = other.url
    with bench.store.begin(TENANT) as unit:
        unit.save([bench.endpoint.but(url=down)])
    (delivery,) = bench.emit(event())
    assert bench.run(delivery, attempt=1) == "pending"
    (attempt,) = bench.read(Attempt)
    assert attempt.status is None
    assert attempt.error.startswith("the connection failed")
    with bench.store.begin(TENANT) as unit:
        unit.save([bench.endpoint])
    assert bench.run(delivery, attempt=2) == "delivered"


def test_both_secrets_sign_while_one_replaces_the_other(bench: Bench) -> None:
    old = bench.partner.secret
    fresh = rotate_secret(bench.vault, bench.clock, tenant_id=TENANT, endpoint_id=bench.endpoint.id)
    first, second, third = bench.emit(event(1), event(2), event(3))
    assert bench.run(first) == "delivered", "the partner still verifies with the old secret"
    assert len(bench.partner.received[0].headers["webhook-signature"].split()) == 2
    bench.partner.secret = fresh.value
    assert bench.run(second) == "delivered"
    bench.partner.secret = old
    later = bench.clock.now() + timedelta(hours=25)
    assert [each.value for each in signing_secrets(bench.vault, TENANT, bench.endpoint.id, later)] == [
        fresh.value
    ]
    assert old not in repr(fresh)
    assert fresh.value not in repr(fresh)
    rotated_out = {"tenant_id": TENANT, "endpoint_id": bench.endpoint.id, "overlap": timedelta(0)}
    rotate_secret(bench.vault, bench.clock, **rotated_out)
    assert bench.run(third) == "pending", "without overlap the old secret signs no more"
    assert bench.partner.refused == 1


def test_replay_sends_again_once_per_request(bench: Bench) -> None:
    for delivery in bench.emit(event(1), event(2), event(3)):
        bench.run(delivery)
    ask = {"tenant_id": TENANT, "endpoint_id": bench.endpoint.id}
    made = replay(bench.store, **ask, request="again", events=[event(2).id])
    assert replay(bench.store, **ask, request="again", events=[event(2).id]) == made
    assert replay(bench.store, **ask, request="once more", events=[event(2).id]) != made
    assert bench.run(bench.read(Delivery, id=made[0])[0]) == "delivered"
    assert bench.partner.received[-1].headers["webhook-id"] == event(2).id
    assert f"deliver:{made[0]}:1" in {job.dedupe_id for job in bench.store.jobs(TENANT)}


def test_a_range_is_replayed_by_time_and_subject(bench: Bench) -> None:
    bench.emit(event(1), event(2), event(3), event(4, subject="fin_2"))
    ask = {"tenant_id": TENANT, "endpoint_id": bench.endpoint.id}
    since, until = event(2).detected_at, event(4).detected_at
    made = replay(bench.store, **ask, request="a", events=Range(since=since, until=until))
    named = [bench.read(Delivery, id=id)[0].event_id for id in made]
    assert named == [event(2).id, event(3).id]
    assert len(replay(bench.store, **ask, request="b", events=Range(subject="fin_2"))) == 1
    with bench.store.begin(TENANT) as unit:
        unit.save([bench.endpoint.but(types=("repayment.due",))])
    assert replay(bench.store, **ask, request="c", events=Range()) == []


def test_what_is_not_there_is_said(bench: Bench) -> None:
    with pytest.raises(NotFound, match="no delivery has the id dlv_x"):
        bench.run(Delivery(id="dlv_x", endpoint_id="e", event_id="v", created_at=bench.clock.now()))
    with pytest.raises(NotFound, match="no webhook endpoint"):
        replay(bench.store, tenant_id=TENANT, endpoint_id="end_x", request="r", events=[])
    with pytest.raises(NotFound, match="no event has the id"):
        replay(bench.store, tenant_id=TENANT, endpoint_id=bench.endpoint.id, request="r", events=["evt_x"])
    with pytest.raises(Misconfigured, match="no signing secret"):
        signing_secrets(bench.vault, TENANT, "end_x", bench.clock.now())


@pytest.mark.parametrize(
    ("url", "types", "sentence"),
    [
        ("http://example.com/hook", (), "begins with https"),
        ("http://127.0.0.1:9/hook", ("invoice.payed",), "no event type is named 'invoice.payed'"),
    ],
)
def test_an_endpoint_that_cannot_work_is_refused(
    bench: Bench, url: str, types: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        create_endpoint(bench.store, bench.vault, LOOPBACK, tenant_id=TENANT, url=url, types=types)
    assert len(bench.read(Endpoint)) == 1


def test_the_secret_is_as_the_standard_says_and_kept_out_of_sight(bench: Bench) -> None:
    created = create_endpoint(bench.store, bench.vault, LOOPBACK, tenant_id=TENANT, url=bench.partner.url)
    assert created.secret.value.startswith("whsec_")
    assert created.secret.value not in repr(created)
    assert created.secret.value not in created.endpoint.model_dump_json()
