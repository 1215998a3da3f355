"""Importing e-invoices and statuses: one document in every form, and declared is never cash."""

from datetime import date, datetime
from io import BytesIO
from itertools import permutations
from typing import Any

import pytest

from core.errors import BadInput, NotFound
from core.model import Allocation, Company, EInvoiceStatus, Invoice, Party, QualityIssue, RawRecord, SourceRef
from core.settlement import Settlement, settle
from core.usecases.copies import copies_of
from core.usecases.finance import finance
from core.usecases.import_einvoices import import_einvoice
from core.usecases.import_files import Imported
from core.usecases.known import load
from core.usecases.ledger import items_of
from core.usecases.verify import verify
from hub.einvoice_files import EInvoiceFiles
from tests.core.usecases.made import COMPANY, T, day, invoice, line, world
from tests.core.usecases.test_reconcile import add, events, run, terms, types
from tests.fakes import InMemoryStore, ScriptedSource
from tests.mappings.einvoice.writer import (
    BUYER,
    SELLER,
    Part,
    Said,
    Sale,
    Trader,
    cdar,
    cii,
    pdf,
    ubl,
    zugferd1,
)

FILES = EInvoiceFiles()
SALE = Sale(
    number="FA-2026-0012",
    issued=date(2026, 2, 1),
    due=date(2026, 3, 31),
    lines=(Part(100_000),),
    reference="RF18539007547034",
    order="PO-778899",
)
FORMS = {
    "a.xml": ubl(SALE),
    "b.xml": cii(SALE),
    "c.pdf": pdf(("factur-x.xml", cii(SALE))),
    "d.pdf": pdf(("ZUGFeRD-invoice.xml", zugferd1(SALE))),
}


def take(store: InMemoryStore, content: bytes, name: str = "sale.xml", *, dry_run: bool = False) -> Imported:
    return import_einvoice(
        store, FILES, T, company_id="com_1", name=name, file=BytesIO(content), dry_run=dry_run
    )


def known(store: InMemoryStore, kind: Any) -> list[Any]:
    with store.begin(T, write=False) as unit:
        return unit.entries(kind) if kind in (EInvoiceStatus, RawRecord) else unit.all(kind)


def issues(store: InMemoryStore) -> list[str]:
    with store.begin(T, write=False) as unit:
        return [one.code for one in unit.find(QualityIssue)]


def proven(store: InMemoryStore) -> bool:
    """Nothing differs but what a test put there without a raw record."""
    found = verify(store, ScriptedSource(), T, einvoices=FILES)
    return all(one.where == "no raw record" for one in found)


def bare() -> InMemoryStore:
    """A company and nothing else."""
    store = InMemoryStore()
    with store.begin(T) as unit:
        unit.put([COMPANY])
    return store


@pytest.mark.parametrize("order", list(permutations(FORMS))[::5])
def test_every_form_of_an_invoice_is_one_document_whichever_comes_first(order: tuple[str, ...]) -> None:
    store = bare()
    for number, name in enumerate(order):
        done = take(store, FORMS[name], name)
        assert (done.new, done.known) == ((1, 0) if number == 0 else (0, 1))
    assert len(known(store, Invoice)) == 1
    with store.begin(T, write=False) as unit:
        before = unit.revision
    for name in order:
        assert take(store, FORMS[name], name).new == 0
    with store.begin(T, write=False) as unit:
        assert unit.revision == before
    assert proven(store)


def _poor() -> bytes:
    """BASIC WL: no due date in this one, no order, no payment reference."""
    profile = "urn:factur-x.eu:1p0:basicwl"
    return cii(Sale(number=SALE.number, issued=SALE.issued, due=None, lines=SALE.lines, profile=profile))


@pytest.mark.parametrize("order", [(0, 1, 0), (1, 0, 1)])
def test_the_form_that_says_most_is_kept_whichever_came_first(order: tuple[int, ...]) -> None:
    store = bare()
    for which in order:
        take(store, (_poor(), ubl(SALE))[which])
    [one] = known(store, Invoice)
    assert (one.due_date, one.order_reference) == (SALE.due, SALE.order)
    assert proven(store)


def test_another_invoice_under_the_same_number_is_set_aside_and_the_known_one_stays() -> None:
    store = bare()
    take(store, ubl(SALE))
    other = Sale(number=SALE.number, issued=SALE.issued, due=SALE.due, lines=(Part(90_000),))
    done = take(store, cii(other))
    assert (done.new, done.known, done.stored) == (0, 0, {})
    assert "1 080.00 EUR here, 1 200.00 EUR known" in done.set_aside[0]
    assert [one.gross_minor for one in known(store, Invoice)] == [120_000]
    assert len(known(store, RawRecord)) == 2
    assert issues(store) == ["number_used_twice"]
    assert proven(store)


def test_a_dry_run_stores_nothing() -> None:
    store = bare()
    done = take(store, ubl(SALE), dry_run=True)
    assert done.stored == {"invoice": 1}
    assert known(store, Invoice) == known(store, RawRecord) == []


def test_what_is_set_aside_or_refused_stores_no_fact() -> None:
    store = bare()
    done = take(store, cii(Sale(type_code="751")))
    assert (done.new, done.known, len(done.set_aside)) == (0, 0, 1)
    assert known(store, Invoice) == []
    assert len(known(store, RawRecord)) == 1
    with pytest.raises(BadInput):
        take(store, b"<html/>")
    assert len(known(store, RawRecord)) == 1
    assert proven(store)


def test_a_company_without_identifiers_cannot_tell_its_side() -> None:
    store = InMemoryStore()
    with pytest.raises(NotFound):
        take(store, ubl(SALE))
    with store.begin(T) as unit:
        unit.put([Company(id="com_1", legal_name="Sans numéro")])
    with pytest.raises(BadInput, match="neither SIREN nor VAT number"):
        take(store, ubl(SALE))


def test_a_tools_record_of_it_is_the_same_document() -> None:
    store = world(invoice("FA-2026-0012", 120_000))
    take(store, ubl(SALE))
    with store.begin(T, write=False) as unit:
        snapshot = load(unit, "com_1")
    [item] = items_of(snapshot)
    assert item.item_id == "inv_FA-2026-0012"
    assert item.creditor_reference == "RF18539007547034"
    assert item.buyer_reference == "PO-778899"


def test_a_ledgers_entry_of_it_is_the_same_document_and_the_e_invoice_counts() -> None:
    source = SourceRef(provider="fec", account="com_1", object="customer_invoices", external_id="VE/1")
    posted = invoice("FA-2026-0012", 120_000, due_date=None, source=source)
    store = world(posted)
    take(store, ubl(SALE))
    with store.begin(T, write=False) as unit:
        [item] = items_of(load(unit, "com_1"))
    assert item.item_id != posted.id
    assert item.due_date == SALE.due


@pytest.mark.parametrize("code", ["386", "384", "389"])
def test_a_tool_calls_it_simply_an_invoice(code: str) -> None:
    store = world(invoice("FA-2026-0012", 120_000))
    sale = Sale(number=SALE.number, issued=SALE.issued, lines=SALE.lines, type_code=code)
    take(store, ubl(sale))
    copies = copies_of(known(store, Invoice))
    assert list(copies.values()) == ["inv_FA-2026-0012"]


def test_another_customers_invoice_of_the_same_number_is_another_document() -> None:
    store = world(invoice("FA-2026-0012", 120_000, buyer=Party(name="Lartigue", siren="356000000")))
    take(store, ubl(SALE))
    assert copies_of(known(store, Invoice)) == {}


def test_a_transfer_that_cites_the_order_or_the_reference_pays_it() -> None:
    store = world()
    take(store, ubl(SALE))
    add(store, line("1", 120_000, day(4, 7), "VIR RF18539007547034", counterparty_name="K"))
    run(store)
    [one] = known(store, Invoice)
    assert _settled(store, one.id).state == "settled"
    assert proven(store)


def test_a_corrective_invoice_stands_for_the_one_it_names() -> None:
    store = world()
    take(store, ubl(SALE))
    first = known(store, Invoice)[0].id
    for preceding in (((SALE.number, SALE.issued),), ((SALE.number, None),)):
        fixed = Sale(number=f"FA-{len(preceding[0])}-{preceding[0][1]}", type_code="384", preceding=preceding)
        take(store, cii(fixed))
    with store.begin(T, write=False) as unit:
        items = items_of(load(unit, "com_1"))
    assert sorted(item.replaces or "" for item in items) == ["", first, first]


COLLECTED = Said("212", at=datetime(2026, 4, 2, 10), amounts=(("MEN", "1200.00", 2000),))  # noqa: DTZ001


def _loan(store: InMemoryStore) -> dict[str, Any]:
    [one] = known(store, Invoice)
    return {**terms(SALE.number), "invoice": {"id": one.id}}


def _financed(store: InMemoryStore) -> str:
    done = finance(store, T, [_loan(store)])
    assert done.refused == ()
    return done.registered[0].invoice_id


def _settled(store: InMemoryStore, id: str) -> Settlement:
    with store.begin(T, write=False) as unit:
        return settle(unit.get(Invoice, [id])[id], unit.entries(Allocation, invoice_id=id))


def test_statuses_are_kept_before_their_invoice_and_belong_to_it_once_it_comes() -> None:
    store = bare()
    done = take(store, cdar(SALE, said=COLLECTED), "status.xml")
    assert (done.new, done.format) == (1, "cdar")
    assert take(store, cdar(SALE, said=COLLECTED), "again.xml").known == 1
    take(store, ubl(SALE))
    with store.begin(T, write=False) as unit:
        [one] = load(unit, "com_1").invoices.values()
    assert one.einvoice is not None
    assert (one.einvoice.code, one.einvoice.payment and one.einvoice.payment.minor) == ("212", 120_000)
    assert [s.invoice_id for s in known(store, EInvoiceStatus)] == [one.id]
    assert proven(store)


def test_collected_makes_no_cash_event_and_is_told_as_a_claim_without_cash() -> None:
    store = world()
    take(store, ubl(SALE))
    id = _financed(store)
    run(store)
    take(store, cdar(SALE, said=COLLECTED), "status.xml")
    run(store)
    assert types(store) == []
    found = _settled(store, id)
    assert (found.state, found.cash_minor, found.grade) == ("open", 0, None)
    store.clock.move(days=60)
    add(store, line("9", -1_000, day(4, 30), "FRAIS"))
    run(store)
    assert types(store) == ["invoice.declared_paid_without_cash"]
    [event] = events(store)
    assert event.evidence.grade == "E2"
    assert "paid" not in {one.type for one in events(store)}
    assert proven(store)


def test_a_part_collected_or_taken_back_claims_nothing() -> None:
    store = world()
    take(store, ubl(SALE))
    _financed(store)
    part = Said("212", at=COLLECTED.at, amounts=(("MEN", "500.00", 2000), ("RAP", "700.00", None)))
    back = Said("212", at=datetime(2026, 4, 3, 10), amounts=(("MEN", "-1200.00", 2000),))  # noqa: DTZ001
    for said in (part, COLLECTED, back):
        take(store, cdar(SALE, said=said), f"{said.amounts}.xml")
    assert len(known(store, EInvoiceStatus)) == 3
    store.clock.move(days=60)
    add(store, line("9", -1_000, day(4, 30), "FRAIS"))
    run(store)
    assert types(store) == []


@pytest.mark.parametrize(
    ("code", "issue"),
    [
        ("225", "assigned_elsewhere"), ("226", "assigned_elsewhere"), ("227", "assigned_elsewhere"),
        ("210", "claim_ended"), ("213", "claim_ended"), ("501", "claim_ended"), ("207", "disputed"),
        ("205", None), ("212", None), ("228", None),
    ],
)  # fmt: skip
def test_a_status_that_touches_a_financed_claim_is_an_alarm(code: str, issue: str | None) -> None:
    store = world()
    take(store, ubl(SALE))
    _financed(store)
    factor = Trader("Affacturage du Midi", "812345676")
    bank = (("BT-84", "FR7630006000011234567890189"),)
    said = Said(code, reasons=("DOUBLON",), factor=factor, bank=bank)
    take(store, cdar(SALE, said=said), "status.xml")
    take(store, cdar(SALE, said=said), "again.xml")
    assert issues(store) == ([issue] if issue else [])


@pytest.mark.parametrize(
    ("code", "words"), [("225", "assigned to Affacturage du Midi"), ("210", "status 210"), ("205", "")]
)
def test_a_claim_that_is_gone_or_assigned_is_not_financed(code: str, words: str) -> None:
    store = world()
    take(store, ubl(SALE))
    said = Said(code, reasons=("AUTRE",), factor=Trader("Affacturage du Midi", "812345676"))
    take(store, cdar(SALE, said=said), "status.xml")
    done = finance(store, T, [_loan(store)])
    assert [words in str(one.error) for one in done.refused] == ([True] if words else [])


def test_a_status_of_a_tools_invoice_belongs_to_it() -> None:
    store = world(invoice("FA-2026-0012", 120_000))
    take(store, cdar(SALE, said=COLLECTED), "status.xml")
    with store.begin(T, write=False) as unit:
        one = load(unit, "com_1").invoices["inv_FA-2026-0012"]
    assert one.einvoice is not None
    assert one.einvoice.code == "212"


def test_a_changed_status_is_found_by_verify() -> None:
    store = bare()
    take(store, cdar(SALE, said=COLLECTED), "status.xml")
    [status] = known(store, EInvoiceStatus)
    store.tamper(T, status.model_copy(update={"code": "205"}))
    found = verify(store, ScriptedSource(), T, einvoices=FILES)
    assert [one.id for one in found] == [status.id]


def test_the_buyer_side_is_a_payable() -> None:
    store = bare()
    bought = Sale(seller=BUYER, buyer=SELLER, number="K-17")
    take(store, ubl(bought))
    take(store, cdar(bought, said=Said("211", issuer="BY")), "status.xml")
    with store.begin(T, write=False) as unit:
        [one] = load(unit, "com_1").invoices.values()
    assert (one.direction, one.einvoice and one.einvoice.code) == ("payable", "211")
