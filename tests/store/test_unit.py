"""What every store must do: the same suite over SQLite, PostgreSQL and the one in memory."""

from datetime import UTC, datetime

import pytest

from core.model import Allocation, BankTransaction, Company, Connection, Delivery, Event, RawRecord
from core.ports import Put, Store
from tests.store.conftest import A, B
from tests.store.records import allocation, company, connection, delivery, event, match, raw, transaction


def test_the_first_put_is_new_and_the_second_silent(store: Store) -> None:
    with store.begin(A) as unit:
        assert unit.revision == 0
        assert unit.put([company("co_1"), transaction("t1")]) == Put(new=("co_1", "t1"))
        assert unit.revision == 1
    with store.begin(A) as unit:
        assert unit.put([company("co_1"), transaction("t1")]) == Put(unchanged=2)
        assert unit.revision == 1
    with store.begin(A, write=False) as unit:
        assert unit.get(Company, ["co_1", "nobody"]) == {"co_1": company("co_1")}
        assert unit.revisions(Company) == [1]


def test_what_is_written_comes_back_equal(store: Store) -> None:
    facts = [
        transaction(
            "t1",
            minor=-(10**15),
            transaction_time=datetime(2026, 3, 1, 8, 5, 1, 250_000, tzinfo=UTC),
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            remittance="VIR SÉPA — FACTURE n° 12 \U0001f600 \x00 '\"",
            provider_words={"side": "débit"},
            text_lines=("a", "b"),
        ),
        transaction("t2", booking_date=None, status="pending", source=None, company_id=None),
    ]
    with store.begin(A) as unit:
        unit.put(facts)
    with store.begin(A, write=False) as unit:
        assert unit.all(BankTransaction) == facts


def test_the_last_entry_is_the_one_written_last(store: Store) -> None:
    with store.begin(A) as unit:
        assert unit.last(Allocation) is None
        unit.append([allocation("a9"), allocation("a1")])
        assert unit.last(Allocation) == allocation("a1")
    with store.begin(A) as unit:
        unit.append([allocation("a5"), allocation("a9")])
    with store.begin(A, write=False) as unit:
        assert unit.last(Allocation) == allocation("a5")
    with store.begin(B, write=False) as unit:
        assert unit.last(Allocation) is None


def test_a_change_is_a_new_version(store: Store) -> None:
    for minor in (100, 200, 200, 300):
        with store.begin(A) as unit:
            unit.put([transaction("t1", minor)], connection_id="con_1")
    with store.begin(A, write=False) as unit:
        versions = unit.history(BankTransaction, "t1")
        assert [(v.fact.amount_minor, v.revision, v.superseded_at) for v in versions] == [
            (100, 1, 2),
            (200, 2, 3),
            (300, 3, None),
        ]
        assert all(v.known_from == unit.now for v in versions)
        assert [t.amount_minor for t in unit.all(BankTransaction)] == [300]
        assert [t.amount_minor for t in unit.all(BankTransaction, as_of=2)] == [200]
        assert unit.all(BankTransaction, as_of=0) == []
        assert unit.revision == 3


def test_a_fact_changed_twice_in_one_unit_is_one_version(store: Store) -> None:
    with store.begin(A) as unit:
        unit.put([transaction("t1", 100)])
    with store.begin(A) as unit:
        assert unit.put([transaction("t1", 200), transaction("t1", 300)]).changed == ("t1",)
        assert unit.put([transaction("t1", 400), transaction("t2")]) == Put(new=("t2",), changed=("t1",))
        assert unit.put([transaction("t1", 400)]).unchanged == 1
    with store.begin(A, write=False) as unit:
        versions = unit.history(BankTransaction, "t1")
    assert [(v.fact.amount_minor, v.revision, v.superseded_at) for v in versions] == [
        (100, 1, 2),
        (400, 2, None),
    ]


def test_where_a_record_was_read_makes_no_version(store: Store) -> None:
    with store.begin(A) as unit:
        unit.put([transaction("t1")])
    again = transaction("t1")
    assert again.source is not None
    moved = again.model_copy(update={"source": again.source.model_copy(update={"raw_id": "raw_other"})})
    with store.begin(A) as unit:
        assert unit.put([moved]) == Put(unchanged=1)


def test_filters_name_columns(store: Store) -> None:
    with store.begin(A) as unit:
        unit.put([transaction("t1", account_id="x"), transaction("t2", account_id="y", company_id=None)])
        unit.put([match("m1", transaction_id="t1"), match("m2", transaction_id="t2")])
        assert [t.id for t in unit.all(BankTransaction, account_id="y")] == ["t2"]
        assert [t.id for t in unit.all(BankTransaction, company_id=None)] == ["t2"]
        assert unit.all(BankTransaction, account_id="x", company_id="co_2") == []


def test_entries_are_written_once_in_order(store: Store) -> None:
    with store.begin(A) as unit:
        assert unit.append([allocation("z"), allocation("a"), allocation("z")]) == 2
        assert unit.append([allocation("m")]) == 1
        assert unit.revision == 1
    with store.begin(A) as unit:
        assert unit.append([allocation("a", 999), allocation("b", invoice_id="inv_2")]) == 1
    with store.begin(A) as unit:
        assert unit.append([allocation("a")]) == 0
        assert unit.revision == 2
        assert [e.id for e in unit.entries(Allocation)] == ["z", "a", "m", "b"]
        assert [e.id for e in unit.entries(Allocation, as_of=1)] == ["z", "a", "m"]
        assert [e.id for e in unit.entries(Allocation, invoice_id="inv_2")] == ["b"]
        assert unit.entries(Allocation)[1].amount_minor == 100
        assert unit.revisions(Allocation) == [1, 2]


def test_raw_payloads_come_back_byte_for_byte(store: Store) -> None:
    payloads = {f"raw_{n}": bytes(range(256)) * n for n in range(3)}
    with store.begin(A) as unit:
        unit.append([raw(id, payload, http={"etag": "x"}) for id, payload in payloads.items()])
    with store.begin(A, write=False) as unit:
        assert {r.id: r.payload for r in unit.entries(RawRecord)} == payloads
        assert unit.entries(RawRecord)[0].http == {"etag": "x"}


def test_rows_are_replaced_and_take_no_revision(store: Store) -> None:
    with store.begin(A) as unit:
        unit.save([connection("c2"), connection("c1"), delivery("d1")])
        unit.save([connection("c1", state="suspended", error="why")])
        assert unit.revision == 0
    with store.begin(A, write=False) as unit:
        assert [c.id for c in unit.find(Connection)] == ["c1", "c2"]
        assert unit.load(Connection, "c1") == connection("c1", state="suspended", error="why")
        assert unit.load(Connection, "c3") is None
        assert [c.id for c in unit.find(Connection, state="active")] == ["c2"]
        assert [d.id for d in unit.find(Delivery, endpoint_id="ep_1", event_id="ev_1")] == ["d1"]


def test_a_unit_that_raises_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.begin(A) as unit:
            unit.put([company("co_1"), transaction("t1")])
            unit.append([event("e1")])
            unit.save([connection("c1")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.begin(A, write=False) as unit:
        assert unit.revision == 0
        assert unit.all(Company) == unit.all(BankTransaction) == []
        assert unit.entries(Event) == []
        assert unit.find(Connection) == []


def test_a_reading_unit_writes_nothing(store: Store) -> None:
    with store.begin(A, write=False) as unit:
        for write in (
            lambda: unit.put([company("c")]),
            lambda: unit.append([event("e")]),
            lambda: unit.save([connection("c")]),
            lambda: unit.enqueue("sync", key="k", args={}, dedupe_id="d"),
        ):
            with pytest.raises(RuntimeError):
                write()


def test_tenants_do_not_see_each_other(store: Store) -> None:
    with store.begin(A) as unit:
        unit.put([company("co_1")])
        unit.append([event("e1")])
        unit.save([connection("c1")])
    with store.begin(B) as unit:
        assert unit.all(Company) == unit.entries(Event) == unit.find(Connection) == []
        assert unit.put([company("co_1", "Autre SAS")]).new == ("co_1",)
        unit.save([connection("c1", provider="pennylane")])
        assert unit.revision == 1
    with store.begin(A, write=False) as unit:
        assert unit.all(Company) == [company("co_1")]
        assert unit.find(Connection) == [connection("c1")]


def test_pages_cover_everything_once(store: Store) -> None:
    with store.begin(A) as unit:
        unit.put([transaction(f"t{n:02}") for n in range(7)])
        unit.put([transaction("other", account_id="ba_2")])
    seen, after = [], None
    with store.begin(A, write=False) as unit:
        while True:
            page, after = unit.page(BankTransaction, after=after, limit=3, account_id="ba_1")
            seen.append([t.id for t in page])
            if after is None:
                break
        assert unit.page(BankTransaction, after=None, limit=8)[1] is None
    assert seen == [["t00", "t01", "t02"], ["t03", "t04", "t05"], ["t06"]]


def test_a_reader_that_follows_the_events_misses_none(store: Store) -> None:
    for number, name in enumerate("cab", 1):
        with store.begin(A) as unit:
            unit.append([event(name, number, detected_at=datetime(2026, 3, number, tzinfo=UTC))])
    with store.begin(A, write=False) as unit:
        first, after = unit.page(Event, after=None, limit=2)
        rest, end = unit.page(Event, after=after, limit=2)
    assert [e.id for e in (*first, *rest)] == ["c", "a", "b"]
    assert end is None


def test_which_companies_changed_since_a_revision(store: Store) -> None:
    with store.begin(A) as unit:
        unit.put([transaction("t1", company_id="co_1"), transaction("t2", company_id="co_2")])
    with store.begin(A) as unit:
        unit.put([transaction("t2", minor=7, company_id="co_2"), transaction("t3", company_id=None)])
        unit.append([allocation("a1")])
    with store.begin(B) as unit:
        unit.put([transaction("t9", company_id="co_9")])
    with store.begin(A, write=False) as unit:
        kinds = (BankTransaction, Company)
        assert unit.companies_since(kinds, 0) == {"co_1", "co_2", None}
        assert unit.companies_since(kinds, 1) == {"co_2", None}
        assert unit.companies_since(kinds, 2) == set()
        assert unit.companies_since((Company,), 0) == set()
        assert unit.revisions(BankTransaction, company_id="co_1") == [1]
        assert unit.revisions(BankTransaction, company_id=None) == [2]
        assert unit.revisions(Allocation, company_id="nobody") == []
