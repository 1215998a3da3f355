"""Importing ledgers: one state of the books from any export, and what lettering means for an advance."""

from datetime import date
from io import BytesIO
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.model import (
    BankTransaction,
    Counterparty,
    Event,
    Invoice,
    LedgerAllocation,
    LedgerPayment,
    QualityIssue,
    RawRecord,
)
from core.usecases.explain import explain
from core.usecases.finance import finance
from core.usecases.import_files import Imported
from core.usecases.import_ledger import import_ledger
from core.usecases.known import load
from core.usecases.ledger import items_of
from core.usecases.verify import verify
from hub.ledger_files import LedgerFiles
from tests.core.usecases.made import COMPANY, T, account, day, invoice, line, noon, world
from tests.core.usecases.test_reconcile import add, run, state, terms, types
from tests.fakes import InMemoryStore, ScriptedSource
from tests.mappings.ledger.writers import PLAIN, Dialect, Row, fec, receipt, sale

NAME = "732829320FEC20261231.txt"
FILES = LedgerFiles()
NUMBER = "FA-2026-0012"
KINDS = (Counterparty, Invoice, LedgerPayment, LedgerAllocation)
BOOKED = sale(NUMBER, day(2, 1), 120_050)
PAID = [
    *sale(NUMBER, day(2, 1), 120_050, letter="AA", lettered_on=day(4, 9)),
    *receipt("VIR KERVADEC", day(4, 7), 120_050, letter="AA", lettered_on=day(4, 9)),
]


def take(
    store: InMemoryStore,
    rows: list[Row],
    dialect: Dialect = PLAIN,
    *,
    name: str = NAME,
    dry_run: bool = False,
) -> Imported:
    file = BytesIO(fec(rows, dialect))
    return import_ledger(store, FILES, T, company_id="com_1", name=name, file=file, dry_run=dry_run)


def books() -> InMemoryStore:
    """A store that knows the company and nothing else."""
    store = InMemoryStore()
    with store.begin(T) as unit:
        unit.put([COMPANY])
    return store


def run_on(store: InMemoryStore, on: date) -> None:
    """The run of a day, and the proof that another says no more."""
    store.clock.instant = noon(on)
    run(store)


def contents(store: InMemoryStore) -> dict[str, str]:
    """Every fact a ledger gave, by id."""
    with store.begin(T, write=False) as unit:
        facts = [fact for kind in KINDS for fact in unit.all(kind)]
    return {f.id: f.content() for f in facts if f.source is not None and f.source.provider == "fec"}


def revision(store: InMemoryStore) -> int:
    with store.begin(T, write=False) as unit:
        return unit.revision


def test_a_ledger_is_stored_once_and_read_again_the_same() -> None:
    store = books()
    done = take(store, PAID)
    assert (done.format, done.new, done.known, done.set_aside) == ("fec", 4, 0, ())
    assert [job.kind for job in store.jobs(T)] == ["reconcile"]
    before, at = contents(store), revision(store)
    again = take(store, PAID, name="copy.txt")
    assert (again.new, again.known) == (0, 4)
    assert (contents(store), revision(store)) == (before, at)
    assert verify(store, ScriptedSource(), T, ledgers=FILES) == ()


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(separator="|", signed=("D", "C"), end="\n"),
        Dialect(encoding="iso8859-15", width=15, sign_last=True, zeros=True),
        Dialect(mark=True, trailing=True, decimal=".", extra=("DateRglt", "ModeRglt", "NatOp", "IdClient")),
        Dialect(header="upper", end="\r\r\n", signed=("+1", "-1"), blank_lines=True, day="%d/%m/%Y"),
    ],
)
def test_another_dialect_of_the_same_ledger_changes_nothing(dialect: Dialect) -> None:
    store = world()
    take(store, PAID)
    before, at = contents(store), revision(store)
    assert take(store, PAID, dialect).new == 0
    assert (contents(store), revision(store)) == (before, at)


def test_overlapping_exports_lead_to_the_same_books_in_any_order() -> None:
    """A spring export without letters, a summer export with them, and the year's with one more sale."""
    later = sale("FA-2026-0013", day(5, 2), 60_000)
    exports = [[*BOOKED, *receipt("VIR KERVADEC", day(4, 7), 120_050)], PAID, [*PAID, *later]]
    ends = []
    for order in permutations(exports):
        store = books()
        for rows in order:
            take(store, rows)
        ends.append(contents(store))
        assert verify(store, ScriptedSource(), T, ledgers=FILES) == ()
    assert all(end == ends[0] for end in ends)


def test_a_letter_taken_back_is_withdrawn_and_the_old_export_does_not_bring_it_back() -> None:
    store = books()
    take(store, PAID)
    open_again = [*BOOKED, *receipt("VIR KERVADEC", day(4, 7), 120_050), *sale("FA-9", day(6, 1), 6_000)]
    take(store, open_again)
    take(store, PAID)
    with store.begin(T, write=False) as unit:
        assert [a.withdrawn for a in unit.all(LedgerAllocation)] == [True]
    assert verify(store, ScriptedSource(), T, ledgers=FILES) == ()


def test_a_corrected_draft_is_a_new_version_of_the_same_invoice() -> None:
    store = world()
    take(store, sale(NUMBER, day(2, 1), 120_000, validated=False))
    take(store, sale(NUMBER, day(2, 1), 120_050, entry="V-0001"))
    with store.begin(T, write=False) as unit:
        [one] = unit.all(Invoice)
        assert (one.gross_minor, len(unit.history(Invoice, one.id))) == (120_050, 2)


def test_a_dry_run_stores_nothing() -> None:
    store = world()
    done = take(store, PAID, dry_run=True)
    assert (done.new, set(done.stored)) == (4, {kind.entity for kind in KINDS})
    assert contents(store) == {}


def test_what_is_wrong_is_told_and_kept_as_issues() -> None:
    store = world()
    wrong = Row("OD", "7", day(3, 1), "411000", 500, auxiliary="KERV", name="Kervadec SARL")
    done = take(store, [*PAID, wrong], name="552100554FEC20251231.txt")
    [aside] = done.set_aside
    assert "does not balance" in aside
    with store.begin(T, write=False) as unit:
        found = {issue.code for issue in unit.find(QualityIssue)}
        assert len(unit.entries(RawRecord)) == 1
    assert found >= {"entry_unbalanced", "other_company", "closing_date", "not_validated"}


def test_a_file_that_cannot_be_read_stores_nothing() -> None:
    store = world()
    with pytest.raises(BadInput, match=r"ledger\.txt is no readable FEC"):
        import_ledger(store, FILES, T, company_id="com_1", name="ledger.txt", file=BytesIO(b"a\tb\n1\t2\n"))
    assert contents(store) == {}


def test_the_tools_invoice_counts_and_the_ledgers_is_its_copy() -> None:
    """Number, customer and amount agree: one open item, with the due date only the tool knows."""
    store = world(invoice(NUMBER, 120_050))
    many = [row for n in range(5) for row in sale(f"FA-2026-01{n}", day(3, 1 + n), 5_000 + n)]
    take(store, [*BOOKED, *many])
    with store.begin(T, write=False) as unit:
        found = [one for one in items_of(load(unit, "com_1")) if one.number == NUMBER]
    assert [(one.item_id, one.due_date) for one in found] == [(f"inv_{NUMBER}", date(2026, 3, 31))]


def test_the_next_years_opening_line_is_the_invoice_that_was_left_open() -> None:
    opening = Row(
        "AN", "A1", date(2027, 1, 1), "411000", 70_050, piece=NUMBER, piece_date=day(2, 1),
        label=f"Report {NUMBER}", auxiliary="KERV", name="Kervadec SARL", journal_label="A nouveaux",
    )  # fmt: skip
    capital = Row("AN", "A1", date(2027, 1, 1), "101000", -70_050, journal_label="A nouveaux")
    for years in ([BOOKED, [opening, capital]], [[opening, capital], BOOKED]):
        store = world()
        for rows in years:
            take(store, rows)
        with store.begin(T, write=False) as unit:
            [item] = [one for one in items_of(load(unit, "com_1")) if one.number == NUMBER]
        assert item.amount_minor == 120_050


def test_financing_by_number_finds_one_document_in_tool_and_ledger() -> None:
    store = world(invoice(NUMBER, 120_050))
    take(store, BOOKED)
    key = {"company": "732829320", "number": NUMBER}
    [one] = finance(store, T, [terms(NUMBER, invoice=key)]).registered
    assert one.invoice_id == f"inv_{NUMBER}"
    with store.begin(T, write=False) as unit:
        other = next(i for i in unit.all(Invoice) if i.id != one.invoice_id)
    [again] = finance(store, T, [terms(NUMBER, "L-2", invoice={"id": other.id})]).refused
    assert "financed already, by loan L-1" in str(again.error)


def test_an_invoice_only_the_ledger_knows_is_financed_with_the_loans_due_date() -> None:
    store = books()
    take(store, BOOKED)
    key = {"company": "732829320", "number": NUMBER}
    [one] = finance(store, T, [terms(NUMBER, invoice=key)]).registered
    assert one.due_date is None
    add(store, account(), line("1", 120_050, day(4, 8), f"VIR {NUMBER}"))
    run_on(store, day(4, 9))
    paid = next(event for event in _events(store) if event.type == "invoice.paid")
    assert paid.attributes["timing"] == "unknown"


OPERATIONS = st.lists(
    st.tuples(st.sampled_from((60_000, 120_000)), st.integers(0, 3), st.booleans()), min_size=2, max_size=6
)


def exported(operations: list[tuple[int, int, bool]], until: int) -> list[Row]:
    """The books after some operations: a sale each, most paid later, lettered once both are there."""
    rows: list[Row] = []
    for n, (minor, wait, lettered) in enumerate(operations[:until]):
        on, paid = day(1, 1 + n), n + 1 + wait <= until
        letter = f"L{n}" if lettered and paid else ""
        rows += sale(f"FA-{n:03}", on, minor, letter=letter, lettered_on=day(3, 1 + n) if letter else None)
        if paid:
            rows += receipt(
                f"VIR {n}", day(2, 1 + n + wait), minor, letter=letter,
                lettered_on=day(3, 1 + n) if letter else None,
            )  # fmt: skip
    return rows


@given(operations=OPERATIONS, order=st.permutations(range(3)))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_any_order_of_exports_leads_to_the_same_books(
    operations: list[tuple[int, int, bool]], order: list[int]
) -> None:
    count = len(operations)
    exports = [exported(operations, until) for until in (1, (count + 1) // 2, count)]
    store, straight = books(), books()
    for place in order:
        take(store, exports[place])
    for rows in exports:
        take(straight, rows)
    assert contents(store) == contents(straight)
    assert verify(store, ScriptedSource(), T, ledgers=FILES) == ()


def financed() -> InMemoryStore:
    store = world(invoice(NUMBER, 120_050))
    finance(store, T, [terms(NUMBER)])
    return store


def later() -> BankTransaction:
    """A bank line that proves the account was read until the end of April."""
    return line("cover", -1_200, day(4, 30), "FRAIS", operation="fee")


def test_lettered_without_bank_money_is_a_claim_once_the_bank_was_read_beyond_it() -> None:
    store = financed()
    take(store, PAID)
    run_on(store, day(5, 2))
    assert types(store) == []
    add(store, later())
    run_on(store, day(5, 2))
    assert types(store) == ["invoice.declared_paid_without_cash"]
    said = _events(store)[-1]
    assert (said.evidence.grade, said.finality.state) == ("E1", "provisional")
    assert said.attributes["claimed_on"] == "2026-04-09"
    assert state(store, NUMBER).state == "open"
    with store.begin(T, write=False) as unit:
        text = explain(unit, "L-1").text
    claim = "1 200.50 EUR (cash, posted on 2026-04-07)"
    assert f"The ledger letters it with {claim}: a claim of grade E1." in text
    found = verify(store, ScriptedSource(), T, ledgers=FILES)
    assert {one.kind for one in found} <= {"fact"}  # the rest of this world has no raw records


def test_bank_money_that_comes_later_takes_the_claim_back_and_counts_as_agreed() -> None:
    store = financed()
    take(store, PAID)
    add(store, later())
    run_on(store, day(5, 2))
    add(store, line("1", 120_050, day(4, 8), f"VIR {NUMBER}"))
    run_on(store, day(5, 3))
    assert types(store)[1:] == [
        "payment.allocated", "invoice.paid", "repayment.due", "invoice.declared_paid_without_cash",
    ]  # fmt: skip
    paid = {event.type: event for event in _events(store)}
    assert paid["invoice.paid"].evidence.grade == "E4"
    assert paid["invoice.declared_paid_without_cash"].reverses


def test_lettering_confirms_bank_money_that_was_there_before() -> None:
    store = financed()
    add(store, line("1", 120_050, day(4, 8), f"VIR {NUMBER}"))
    run_on(store, day(4, 9))
    assert _events(store)[-1].evidence.grade == "E3"
    take(store, PAID)
    run_on(store, day(4, 10))
    assert types(store) == ["payment.allocated", "invoice.paid", "repayment.due"]
    with store.begin(T, write=False) as unit:
        known = load(unit, "com_1")
    assert [a.grade for a in known.lettering] == ["E1"]


def test_a_payment_the_ledger_takes_back_is_no_claim() -> None:
    store = financed()
    back = receipt("REJET PRLV AM04", day(4, 14), -120_050)
    take(store, [*PAID, *back])
    add(store, later())
    run_on(store, day(5, 2))
    assert types(store) == []


@pytest.mark.parametrize("minor", [60_000, 120_049])
def test_a_part_payment_in_the_ledger_is_no_claim(minor: int) -> None:
    store = financed()
    part = receipt("ACOMPTE KERVADEC", day(4, 7), minor, letter="aa")
    take(store, [*sale(NUMBER, day(2, 1), 120_050, letter="aa"), *part])
    add(store, later())
    run_on(store, day(5, 2))
    assert types(store) == []


def test_an_invoice_lettered_with_a_transfer_to_a_factor_is_assigned_not_paid() -> None:
    store = financed()
    moved = [
        Row("OD", "9", day(4, 7), "467000", 120_050, piece="CESSION", account_label="FACTOR"),
        Row("OD", "9", day(4, 7), "411000", -120_050, piece="CESSION", auxiliary="KERV",
            name="Kervadec SARL", letter="AA"),
    ]  # fmt: skip
    take(store, [*sale(NUMBER, day(2, 1), 120_050, letter="AA"), *moved])
    add(store, later())
    run_on(store, day(5, 2))
    assert types(store) == []
    with store.begin(T, write=False) as unit:
        assert [i.assigned_to for i in unit.all(Invoice) if i.assigned_to] == ["FACTOR"]
        [alarm] = [one for one in unit.find(QualityIssue) if one.code == "assigned_elsewhere"]
    assert alarm.message.startswith(f"loan L-1: the ledger transfers invoice {NUMBER} to FACTOR")


def test_a_line_without_words_is_proposed_for_the_invoice_its_ledger_posts_it_to() -> None:
    store = financed()
    take(store, PAID)
    add(store, line("1", 120_050, day(4, 8), "VIR RECU", counterparty_name="NOVACIER"))
    run_on(store, day(4, 20))
    with store.begin(T, write=False) as unit:
        [decision] = load(unit, "com_1").decisions.values()
    named = {s.item_id for s in decision.shares} | {s.item_id for c in decision.candidates for s in c.shares}
    assert named == {f"inv_{NUMBER}"}


def _events(store: InMemoryStore) -> list[Event]:
    with store.begin(T, write=False) as unit:
        return unit.entries(Event)
