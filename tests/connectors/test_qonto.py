"""Qonto's own traps: pending rows that vanish, imported invoices, settling between two walks."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from connectors.kit.story import Cast
from connectors.kit.world import Account
from core.model import BankTransaction
from tests.connectors.harness import HARNESSES, Bench, Collector, bench


@pytest.fixture
def qonto() -> Iterator[tuple[Bench, Cast]]:
    with bench(HARNESSES["qonto"](), records=0) as made:
        yield made


def line(collector: Collector, external_id: str) -> BankTransaction:
    return next(f for f in collector.facts.values() if f.source and f.source.external_id == external_id)


def test_a_pending_row_that_vanished_is_read_again_by_id(qonto: tuple[Bench, Cast]) -> None:
    made, cast = qonto
    world = made.world
    card = {"operation": "card", "status": "pending"}
    stays, gone, reversed_ = (world.move(cast.account, -n, f"CARD {n}", **card) for n in (1, 2, 3))
    collector = made.drive(streams=("transactions",))
    world.delete(gone)
    world.change(reversed_, extra={"status": "reversed"}, status="declined")
    made.drive(collector, streams=("transactions",))
    assert collector.gone == set()
    world.advance(timedelta(days=11))
    made.drive(collector, streams=("transactions",))
    assert collector.gone == {gone.id}
    assert line(collector, stays.id).status == "pending"
    assert line(collector, reversed_.id).status == "removed"
    asked = [seen.path for seen in made.sim.seen if seen.path.endswith(stays.id)]
    made.drive(collector, streams=("transactions",))
    assert [seen.path for seen in made.sim.seen if seen.path.endswith(stays.id)] == asked
    world.advance(timedelta(days=1, seconds=1))
    made.drive(collector, streams=("transactions",))
    assert len([seen for seen in made.sim.seen if seen.path.endswith(stays.id)]) == len(asked) + 1


def test_a_row_that_settles_between_two_walks_ends_up_booked_once(qonto: tuple[Bench, Cast]) -> None:
    made, cast = qonto
    pending = made.world.move(cast.account, -900, "CARD", operation="card", status="pending")
    booked: list[bool] = []

    def settle() -> None:
        if not booked:
            booked.append(True)
            made.world.book(pending)

    collector = made.drive(streams=("transactions",), between=settle)
    assert line(collector, pending.id).status == "booked"
    assert len(collector.facts) == 1


def test_invoices_made_in_another_tool_are_read(qonto: tuple[Bench, Cast]) -> None:
    made, cast = qonto
    imported = made.world.invoice(cast.customer, "OLD-1", 100, extra={"is_imported": True})
    assert imported.id in made.drive(streams=("client_invoices",)).seen("client_invoices")


def test_a_new_account_is_read_from_its_beginning(qonto: tuple[Bench, Cast]) -> None:
    made, cast = qonto
    collector = made.drive()
    late = made.world.add(Account, company_id=cast.company.id, iban="FR7699998000010000000421766")
    moved = made.world.move(late, 100, "FIRST")
    made.drive(collector)
    assert line(collector, moved.id).amount_minor == 100
    assert line(collector, moved.id).account_id in collector.facts


def test_the_story_of_a_late_payment_and_its_recall(qonto: tuple[Bench, Cast]) -> None:
    from connectors.kit.story import late_in_two_then_recalled

    made, cast = qonto
    late_in_two_then_recalled(made.world, cast).play()
    made.world.advance(timedelta(minutes=1))
    lines = [f for f in made.drive().facts.values() if isinstance(f, BankTransaction)]
    told = sorted((f.transaction_time, f.operation, f.amount_minor) for f in lines)
    assert [t[1:] for t in told] == [("transfer", 300_000), ("transfer", 200_000), ("recall", -200_000)]
