"""Announced lines are kept as pending, count for nothing, and are tied to the line that books them."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import permutations

import pytest

from core.model import Allocation, BankAccount, BankTransaction, RawRecord, SourceRef, Statement
from core.usecases import file_records
from core.usecases.import_files import Imported, import_file
from core.usecases.known import load
from core.usecases.reconcile import reconcile
from core.usecases.verify import verify
from hub.bank_files import StatementFiles
from tests.core.usecases.made import COMPANY, T, debtor, invoice
from tests.fakes import InMemoryStore, ScriptedSource
from tests.mappings.statements.test_cfonb240 import Advised, written
from tests.mappings.statements.writers import Move, Period, camt, cfonb

DAY = date(2026, 4, 7)
FILES = StatementFiles()
SALE = Move(120_050, DAY, label="VIR KERVADEC FA-2026-0012", name="KERVADEC", end_to_end="KRV-77")
FEE = Move(-1_200, DAY, label="FRAIS TENUE DE COMPTE")
DAYTIME = camt(Period(0, DAY, DAY, (replace(SALE, status="PDNG"), FEE)), kind=52, version=8)
ADVICE = camt(Period(0, DAY, DAY, (replace(SALE, label="AVIS KERVADEC FA-2026-0012"),)), kind=54)
EVENING = camt(Period(500, DAY, DAY + timedelta(days=1), (replace(SALE, on=DAY + timedelta(days=1)), FEE)))
SAME_EVENING = cfonb(
    Period(500, DAY, DAY + timedelta(days=1), (replace(SALE, on=DAY + timedelta(days=1)), FEE))
)


def fresh() -> InMemoryStore:
    store = InMemoryStore()
    with store.begin(T) as unit:
        unit.put([COMPANY])
    return store


def take(store: InMemoryStore, content: bytes, name: str = "file") -> Imported:
    return import_file(store, FILES, T, company_id="com_1", name=name, file=BytesIO(content))


def lines(store: InMemoryStore, status: str) -> list[BankTransaction]:
    with store.begin(T, write=False) as unit:
        return [line for line in unit.all(BankTransaction) if line.status == status]


def test_a_report_is_kept_as_pending_and_again_silent() -> None:
    store = fresh()
    done = take(store, DAYTIME)
    assert (done.new, done.pending, done.statements) == (0, 2, 0)
    assert sorted(line.amount_minor for line in lines(store, "pending")) == [-1_200, 120_050]
    assert take(store, DAYTIME).pending == 0
    assert not lines(store, "booked")
    assert verify(store, ScriptedSource(), T, statements=FILES) == ()


@pytest.mark.parametrize("evening", [EVENING, SAME_EVENING])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_announcement_leads_to_its_booking_in_any_order(evening: bytes, order: tuple[int, ...]) -> None:
    store = fresh()
    files = [DAYTIME, ADVICE, evening]
    for place in order:
        take(store, files[place], f"file {place}")
    booked = {line.amount_minor: line.id for line in lines(store, "booked")}
    assert set(booked) == {120_050, -1_200}
    assert not lines(store, "pending")
    closed = [(line.amount_minor, line.provider_words["booked_as"]) for line in lines(store, "removed")]
    assert sorted(closed) == sorted(
        [(120_050, booked[120_050]), (120_050, booked[120_050]), (-1_200, booked[-1_200])]
    )
    assert [take(store, content).pending + take(store, content).new for content in files] == [0, 0, 0]
    assert not lines(store, "pending")
    assert verify(store, ScriptedSource(), T, statements=FILES) == ()


def test_one_announcement_in_two_files_is_one_line() -> None:
    store = fresh()
    take(store, DAYTIME)
    assert take(store, camt(Period(0, DAY, DAY, (SALE,)), kind=54)).pending == 0


def test_the_order_of_files_changes_no_fact() -> None:
    states = []
    for files in permutations([DAYTIME, ADVICE, EVENING]):
        store = fresh()
        for content in files:
            take(store, content)
        with store.begin(T, write=False) as unit:
            states.append([line.content() for line in unit.all(BankTransaction)])
    assert all(state == states[0] for state in states)


def test_a_successor_that_is_not_there_is_found() -> None:
    store = fresh()
    take(store, DAYTIME)
    take(store, EVENING)
    line = lines(store, "removed")[0]
    store.tamper(T, line.model_copy(update={"provider_words": line.provider_words | {"booked_as": "txn_x"}}))
    assert [d.id for d in verify(store, ScriptedSource(), T, statements=FILES)] == [line.id]


def test_what_is_not_booked_yet_stays_pending_and_far_days_do_not_tie() -> None:
    store = fresh()
    take(store, DAYTIME)
    late = DAY + timedelta(days=30)
    take(store, camt(Period(500, late, late, (replace(SALE, on=late),))))
    other = replace(SALE, label="VIR QUELQU UN", name="AUTRE", end_to_end="OTHER-1")
    take(store, camt(Period(500, DAY, DAY, (other,))))
    assert sorted(line.amount_minor for line in lines(store, "pending")) == [-1_200, 120_050]


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_have_no_days_before_or_after(day: date) -> None:
    store = fresh()
    take(store, camt(Period(0, DAY, DAY, (replace(SALE, on=day),)), kind=52))
    take(store, camt(Period(500, DAY, DAY, (replace(SALE, on=day),))))
    assert (len(lines(store, "booked")), len(lines(store, "removed"))) == (1, 1)


def test_equal_announcements_keep_their_count() -> None:
    store = fresh()
    two = (replace(FEE, status="PDNG"),) * 2
    take(store, camt(Period(500, DAY, DAY, two, closing=500)))
    take(store, camt(Period(500, DAY, DAY, (FEE,))))
    assert (len(lines(store, "pending")), len(lines(store, "removed"))) == (1, 1)
    take(store, camt(Period(500, DAY, DAY, (FEE, FEE))))
    assert (len(lines(store, "pending")), len(lines(store, "removed"))) == (0, 2)


def test_details_of_a_notification_join_the_total_that_is_booked() -> None:
    batch = Move(600, DAY, label="REMISE 4471", children=(100, 200, 300))
    for files in permutations(
        [camt(Period(0, DAY, DAY, (batch,)), kind=54), cfonb(Period(0, DAY, DAY, (batch,)))]
    ):
        store = fresh()
        for content in files:
            take(store, content)
        [total] = lines(store, "booked")
        assert total.amount_minor == 600
        assert {line.provider_words["booked_as"] for line in lines(store, "removed")} == {total.id}
        assert len(lines(store, "removed")) == 3


@pytest.mark.parametrize("order", [(DAYTIME, EVENING), (EVENING, DAYTIME)])
def test_only_the_booked_line_pays(order: tuple[bytes, bytes]) -> None:
    store = fresh()
    with store.begin(T) as unit:
        unit.put([debtor(), invoice("FA-2026-0012", SALE.amount)])
    paid = 0
    for content in order:
        take(store, content)
        reconcile(store, T)
        paid += content is EVENING
        with store.begin(T, write=False) as unit:
            assert [one.amount_minor for one in unit.entries(Allocation)] == [SALE.amount] * paid
    assert take(store, DAYTIME).pending == 0
    again = reconcile(store, T)
    assert (again.decisions, again.allocations) == (0, 0)


@pytest.mark.parametrize("status", ["INFO", "FUTR"])
def test_information_and_planned_entries_are_shown_only(status: str) -> None:
    store = fresh()
    done = take(store, camt(Period(0, DAY, DAY, (SALE, replace(FEE, status=status)), closing=SALE.amount)))
    assert (done.new, done.pending) == (1, 0)
    assert any("only shown" in warning for warning in done.warnings)


def test_an_account_a_connector_knows_by_its_iban_is_the_file_s_account() -> None:
    store = fresh()
    iban = Period(0, DAY, DAY).iban
    theirs = BankAccount(
        id="acc_connector",
        company_id="com_1",
        source=SourceRef(provider="qonto", account="org", object="bank_accounts", external_id="1"),
        iban=iban,
        currency="EUR",
    )
    with store.begin(T) as unit:
        unit.put([theirs])
    take(store, EVENING)
    take(store, DAYTIME)
    with store.begin(T, write=False) as unit:
        assert unit.all(BankAccount) == [theirs]
        facts = [*unit.all(BankTransaction), *unit.all(Statement)]
    assert {fact.account_id for fact in facts} == {"acc_connector"}
    assert not lines(store, "pending")
    assert take(store, EVENING).new == 0


def test_accounts_of_two_formats_keep_what_either_says() -> None:
    stores = []
    for files in permutations([EVENING.replace(b"<Ccy>", b"<Ccy>", 1), SAME_EVENING]):
        store = fresh()
        for content in files:
            take(store, content)
        with store.begin(T, write=False) as unit:
            stores.append([account.content() for account in unit.all(BankAccount)])
        assert verify(store, ScriptedSource(), T, statements=FILES) == ()
    assert stores[0] == stores[1]


def test_a_long_file_is_kept_in_parts_and_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_records, "PART_BYTES", 400)
    store = fresh()
    take(store, EVENING)
    take(store, EVENING)
    with store.begin(T, write=False) as unit:
        raws = unit.entries(RawRecord)
        assert len(raws) == -(-len(EVENING) // 400)
        assert [raw.payload for raw in file_records.whole_files(raws)] == [EVENING]
        assert {line.source.raw_id for line in unit.all(BankTransaction) if line.source} == {raws[0].id}
    assert verify(store, ScriptedSource(), T, statements=FILES) == ()


REJECTED = Advised(24_000, reason="20", name="MENUISERIE DUVALLON", label="PRLV-77")
OTHER_REJECT = Advised(9_900, reason="59", name="BOULANGERIE DES HALLES", label="PRLV-78")


def booked_reject(amount: int, label: str) -> bytes:
    move = Move(-amount, DAY, label=label, code="B3")
    return cfonb(Period(500_000, DAY - timedelta(days=1), DAY, (move,), bank="30004", branch="00828",
                        account="0001020304B"))  # fmt: skip


def advice(*rejects: Advised) -> bytes:
    return "\r\n".join(written(*rejects, on=DAY)).encode("latin-1")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_reject_has_the_reason_its_advice_gives(order: tuple[int, ...]) -> None:
    store = fresh()
    files = [advice(REJECTED), booked_reject(24_000, "IMPAYE MENUISERIE DUVALLON")]
    for place in order:
        take(store, files[place], f"file {place}")
    with store.begin(T, write=False) as unit:
        known = load(unit, "com_1")
    [line] = [line for line in known.lines.values() if line.status == "booked"]
    assert (line.amount_minor, line.return_reason) == (-24_000, "AM04")
    assert line.counterparty_name == "MENUISERIE DUVALLON"
    [stored] = lines(store, "booked")
    assert stored.return_reason is None
    assert verify(store, ScriptedSource(), T, statements=FILES) == ()


def test_rejects_that_are_booked_as_one_total_count_once() -> None:
    store = fresh()
    take(store, advice(REJECTED, OTHER_REJECT))
    take(store, booked_reject(33_900, "REJETS PRLV SEPA 2 OPERATIONS"))
    [total] = lines(store, "booked")
    assert not lines(store, "pending")
    assert {line.provider_words["booked_as"] for line in lines(store, "removed")} == {total.id}
    with store.begin(T, write=False) as unit:
        assert load(unit, "com_1").lines[total.id].return_reason is None
