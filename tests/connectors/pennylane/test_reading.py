"""Streams of Pennylane read over real HTTP: first the whole list, then what its change log names."""



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
