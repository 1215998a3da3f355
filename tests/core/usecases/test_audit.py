"""The audit chain: it grows from its end, and a hole in it stays visible."""

from core.model import AuditEntry
from core.usecases.audit import broken_links, record
from tests.core.usecases.made import T, world


def test_a_chain_with_a_hole_goes_on_without_taking_an_id_again() -> None:
    store = world()
    with store.begin(T) as unit:
        for n in range(4):
            record(unit, "person:ana", "looked", f"dec_{n}")
    store.erase(T, AuditEntry, "aud_0000000002")
    with store.begin(T) as unit:
        record(unit, "person:ana", "looked", "dec_5")
    with store.begin(T, write=False) as unit:
        chain = unit.entries(AuditEntry)
    assert [entry.id[-1] for entry in chain] == ["1", "3", "4", "5"]
    assert broken_links(chain) == ("aud_0000000003",)
