"""What every part of the hub relies on when it registers a job: the same on SQLite and PostgreSQL."""

import itertools
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from hub.jobs import quarantined, release
from hub.jobs.database import writing
from hub.jobs.retention import sweep
from hub.jobs.tables import QuarantinedJob
from tests.jobs.conftest import Bench, fail_times, until


def test_a_job_runs_once_with_its_arguments(bench: Bench) -> None:
    bench.enqueue("plain")
    until(lambda: bench.runs("plain"))


def test_a_rollback_takes_the_job_with_it(bench: Bench) -> None:
    with bench.engine.connect() as connection:
        bench.jobs.enqueue(connection, "note", key="k", args={"name": "undone"}, dedupe_id="note:undone")
        connection.rollback()
    bench.enqueue("after-undone")
    until(lambda: bench.runs("after-undone"))
    assert not bench.runs("undone")
    assert not bench.jobs.client.list_workflows(workflow_ids=["note:undone"])


def test_a_session_is_as_good_as_a_connection(bench: Bench) -> None:
    with Session(bench.engine) as session:
        bench.jobs.enqueue(session, "note", key="k", args={"name": "session"}, dedupe_id="note:session")
        session.commit()
    until(lambda: bench.runs("session"))


def test_one_job_per_dedupe_id_even_after_it_ran(bench: Bench) -> None:
    bench.enqueue("once")
    bench.enqueue("once")
    until(lambda: bench.runs("once"))
    bench.enqueue("once")
    bench.enqueue("behind-once", key="once")
    until(lambda: bench.runs("behind-once"))
    assert len(bench.runs("once")) == 1


@pytest.mark.parametrize("kind", ["note", "sync", "deliver"])
def test_jobs_of_one_key_run_one_at_a_time_and_keys_run_together(bench: Bench, kind: str) -> None:
    meet = threading.Barrier(2, timeout=5)
    for name in (f"{kind}-left", f"{kind}-right"):
        bench.behaviours[name] = lambda: (meet.wait(), None)[1]
        bench.enqueue(name, kind=kind)
    for turn in range(3):
        bench.behaviours[f"{kind}-{turn}"] = lambda: time.sleep(0.05)
        bench.enqueue(f"{kind}-{turn}", kind=kind, key=f"{kind}-serial")
    until(lambda: all(bench.runs(f"{kind}-{turn}") for turn in range(3)))
    until(lambda: bench.runs(f"{kind}-left") and bench.runs(f"{kind}-right"))
    spans = sorted(bench.runs(f"{kind}-{turn}")[0] for turn in range(3))
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_a_delayed_job_waits_and_does_not_block_its_key(bench: Bench) -> None:
    asked = time.monotonic()
    bench.enqueue("later", key="delays", delay=timedelta(seconds=1.0))
    bench.enqueue("sooner", key="delays")
    until(lambda: bench.runs("later"))
    assert bench.runs("sooner")[0][0] < bench.runs("later")[0][0]
    assert bench.runs("later")[0][0] - asked >= 0.95


def test_a_handler_may_ask_to_come_back_later(bench: Bench) -> None:
    bench.behaviours["busy"] = fail_times(1)
    bench.enqueue("busy")
    until(lambda: len(bench.runs("busy")) == 2)
    (first, second) = bench.runs("busy")
    assert second[0] - first[1] >= 0.9, "a RetryLater below a second waits a second"


def test_a_failing_job_is_retried_then_set_aside_where_a_person_sees_it(bench: Bench) -> None:
    secret = "whsec_do_not_print"
    bench.behaviours["poison"] = fail_times(2, ValueError(secret))
    bench.enqueue("poison")

    until(lambda: _given_up(bench, "note:poison"))
    assert len(bench.runs("poison")) == 2
    (row,) = _given_up(bench, "note:poison")
    assert secret not in row.reason
    assert row.reason.startswith("ValueError at conftest.py:")
    with writing(bench.engine) as connection:
        assert release(connection, bench.jobs, row.job_id)
        assert not release(connection, bench.jobs, "unknown")
    until(lambda: len(bench.runs("poison")) == 3)
    assert not _given_up(bench, "note:poison")


def _given_up(bench: Bench, root: str) -> list[QuarantinedJob]:
    with writing(bench.engine) as connection:
        found = quarantined(connection, tenant_id="ten_1")
    return [row for row in found if row.job_id.startswith(root)]


def test_a_failed_job_is_not_lost_while_its_follow_up_cannot_be_written(bench: Bench) -> None:
    def rename(old: str, new: str) -> None:
        with writing(bench.engine) as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    bench.behaviours["unlucky"] = fail_times(1, ValueError("x"))
    rename("schedule", "schedule_away")
    try:
        bench.enqueue("unlucky", kind="sync")
        until(lambda: bench.runs("unlucky"))
        time.sleep(0.2)
        assert len(bench.runs("unlucky")) == 1
    finally:
        rename("schedule_away", "schedule")
    until(lambda: len(bench.runs("unlucky")) == 2)


def test_a_kind_nobody_handles_is_set_aside_too(bench: Bench) -> None:
    bench.enqueue("strange", kind="unheard-of")

    until(lambda: _given_up(bench, "note:strange"))
    (row,) = _given_up(bench, "note:strange")
    assert row.reason.startswith("no handler for jobs of kind 'unheard-of'")


def test_how_each_run_ended_is_told(bench: Bench) -> None:
    bench.enqueue("told", kind="deliver")
    until(lambda: bench.runs("told"))
    until(lambda: ("deliver", "done") in {(each.kind, each.outcome) for each in bench.ended})


@pytest.mark.parametrize(
    ("args", "error"),
    [({"amount": 1.5}, TypeError), ({"nested": {"a": 1}}, TypeError), ({"long": "x" * 5000}, ValueError)],
)
def test_arguments_are_ids_and_small_scalars(bench: Bench, args: dict[str, object], error: type) -> None:
    with pytest.raises(error), writing(bench.engine) as connection:
        bench.jobs.enqueue(connection, "note", key="k", args=args, dedupe_id="note:refused")  # type: ignore[arg-type]
    assert not bench.jobs.client.list_workflows(workflow_ids=["note:refused"])


def test_the_backlog_counts_what_waits(bench: Bench) -> None:
    bench.enqueue("waiting", kind="sync", delay=timedelta(hours=1))
    assert bench.jobs.backlog()["sync"] >= 1


def test_finished_jobs_are_swept_and_waiting_ones_stay(bench: Bench) -> None:
    bench.enqueue("done")
    bench.enqueue("waits", delay=timedelta(hours=1))
    until(lambda: bench.jobs.client.list_workflows(workflow_ids=["note:done"], status="SUCCESS"))
    assert sweep(bench.engine, bench.jobs, keep=timedelta(days=1)) == 0
    assert sweep(bench.engine, bench.jobs, keep=timedelta(seconds=-1)) >= 1
    assert not bench.jobs.client.list_workflows(workflow_ids=["note:done"])
    assert bench.jobs.client.list_workflows(workflow_ids=["note:waits"])
