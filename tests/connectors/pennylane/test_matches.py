"""Which line Pennylane shows with which invoice: many to many, later changes, and withdrawals."""

from collections.abc import Callable
from datetime import timedelta

from core.model import Invoice, ProviderMatch
from tests.connectors.pennylane.conftest import Scene


def _later(scene: Scene) -> None:
    scene.world.advance(timedelta(hours=1))
    scene.sim.seen.clear()


def test_one_line_on_three_invoices_and_three_lines_on_one(scene: Scene) -> None:
    world = scene.world
    invoices = [world.invoice(scene.customer, f"FA-{i}", 10_000) for i in range(3)]
    together = world.move(scene.account, 30_000, "CLIENT", reference="ALL")
    for invoice in invoices:
        world.match(invoice, together)
    big = world.invoice(scene.customer, "FA-BIG", 90_000)
    parts = [world.pay(big, scene.account, 30_000, reference=f"PART {i}") for i in range(3)]
    for part in parts:
        world.match(big, part)
    scene.books.sync()
    assert scene.books.matches() == {("VIR SEPA CLIENT ALL", f"FA-{i}") for i in range(3)} | {
        (f"VIR SEPA CLIENT DEMO SARL PART {i}", "FA-BIG") for i in range(3)
    }


def test_what_is_open_in_full_is_not_visited(scene: Scene) -> None:
    for i in range(20):
        scene.world.invoice(scene.customer, f"FA-{i}", 1000)
        scene.world.move(scene.account, 1000 + i, "CLIENT")
    scene.books.sync()
    assert scene.calls("matched_") == []
    assert scene.books.completed.count("matches") == 1


def test_a_match_made_later_is_found_and_silent_from_then_on(scene: Scene) -> None:
    invoice = scene.world.invoice(scene.customer, "FA-1", 1000)
    line = scene.world.pay(invoice, scene.account)
    scene.books.sync()
    assert scene.books.matches() == set()
    _later(scene)
    scene.world.match(invoice, line)
    scene.books.sync()
    assert scene.books.matches() == {("VIR SEPA CLIENT DEMO SARL FA-1", "FA-1")}
    raws = dict(scene.books.raws)
    _later(scene)
    scene.world.touch(line)
    scene.books.sync("transactions", "matches")
    assert len(scene.calls("matched_invoices")) == 1
    assert {id: raw for id, raw in scene.books.raws.items() if ":" in raw} == {
        id: raw for id, raw in raws.items() if ":" in raw
    }


def test_a_withdrawn_match_is_withdrawn_and_can_come_back(scene: Scene) -> None:
    invoice = scene.world.invoice(scene.customer, "FA-1", 1000)
    line = scene.world.pay(invoice, scene.account)
    scene.world.match(invoice, line)
    scene.books.sync()
    for act, stands in (
        (scene.world.unmatch, False),
        (scene.world.match, True),
        (scene.world.unmatch, False),
    ):
        _later(scene)
        act(invoice, line)
        scene.books.sync()
        [match] = scene.books.of(ProviderMatch)
        assert match.withdrawn is not stands
    pair = [raw for raw in scene.books.raws.values() if ":" in raw]
    assert len(pair) == 4, "each turn is a raw record of its own, so reading them again gives the same end"


def test_a_withdrawal_known_only_to_the_invoice_is_found(scene: Scene) -> None:
    """No recording proves that a customer invoice has an event per match, nor the line one per change."""
    invoice = scene.world.invoice(scene.supplier, "A77", 1000)
    line = scene.world.pay(invoice, scene.account)
    other = scene.world.invoice(scene.supplier, "A78", 1000)
    scene.world.match(invoice, line)
    scene.world.match(other, line)
    scene.books.sync()
    _later(scene)
    scene.sim.quiet_lines = True
    scene.world.unmatch(invoice, line)
    scene.books.sync()
    assert scene.books.matches() == {("VIR SEPA FOURNISSEUR DEMO SA A77", "A78")}


def test_a_deleted_line_takes_its_matches_along(scene: Scene) -> None:
    invoice = scene.world.invoice(scene.customer, "FA-1", 1000)
    line = scene.world.pay(invoice, scene.account)
    scene.world.match(invoice, line)
    scene.books.sync()
    _later(scene)
    scene.world.delete(line)
    scene.books.sync()
    assert [match.withdrawn for match in scene.books.of(ProviderMatch)] == [True]


def test_after_a_long_sleep_everything_believed_is_visited_again(scene: Scene) -> None:
    invoices = [scene.world.invoice(scene.customer, f"FA-{i}", 1000 + i) for i in range(3)]
    lines = [scene.world.pay(invoice, scene.account) for invoice in invoices]
    for invoice, line in zip(invoices, lines, strict=True):
        scene.world.match(invoice, line)
    scene.books.sync()
    scene.world.unmatch(invoices[0], lines[0])
    scene.world.delete(lines[1])
    scene.world.advance(timedelta(days=60))
    scene.sim.seen.clear()
    scene.books.sync("matches")
    standing = {m.invoice_id for m in scene.books.of(ProviderMatch) if not m.withdrawn}
    assert {i.number for i in scene.books.of(Invoice) if i.id in standing} == {"FA-2"}
    assert scene.calls("/changelogs/") == []
    assert scene.books.completed.count("matches") == 2


def test_visits_go_on_from_a_saved_cursor(scene: Scene) -> None:
    for i in range(55):
        invoice = scene.world.invoice(scene.customer, f"FA-{i}", 1000 + i)
        scene.world.match(invoice, scene.world.pay(invoice, scene.account))
    scene.books.sync("customer_invoices", "bank_accounts", "transactions")
    pages = scene.books.sync("matches")
    assert [len(page.raws) for page in pages] == [20, 20, 15]
    assert [page.more for page in pages] == [True, True, False]
    assert len(scene.books.matches()) == 55


def test_without_the_scope_for_supplier_invoices_their_log_is_left_alone(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene()
    scopes = tuple(s for s in scene.granted.scopes if not s.startswith("supplier_invoices"))
    scene.books.connection = scene.books.connection.but(scopes=scopes)
    scene.books.sync()
    _later(scene)
    scene.books.sync()
    assert scene.calls("/changelogs/supplier_invoices") == []
    assert len(scene.calls("/changelogs/customer_invoices")) == 2, "its own stream, and the matches"
