"""One payment is one transaction, whichever files and formats state it, in any order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import BankAccount, BankTransaction, Statement
from mappings.statements import StatementFile, gaps, merged_account, numbered, read_statements, same_lines
from tests.mappings.statements.properties import quick
from tests.mappings.statements.writers import Move, Period, camt, cfonb

FIRST = date(2024, 5, 1)


def camt_by_day(*periods: Period) -> bytes:
    """camt as many banks write it: the opening balance has the date of the first day itself."""
    return camt(*(replace(period, opening_on=period.opening_on + timedelta(days=1)) for period in periods))


WRITERS = {"cfonb": cfonb, "camt": camt, "camt by day": camt_by_day}


def read(content: bytes) -> StatementFile:
    return read_statements("file", content)


class Books:
    """What importing does with the pure functions: number, drop what is known, keep the rest."""

    def __init__(self) -> None:
        self.lines: dict[str, BankTransaction] = {}
        self.statements: dict[str, Statement] = {}

    def take(self, file: StatementFile) -> int:
        known = list(self.lines.values())
        file = numbered(file, lines=known, statements=list(self.statements.values()))
        same = same_lines(known, file.transactions)
        new = [line for line in file.transactions if line.id not in same]
        self.lines.update((line.id, line) for line in new)
        self.statements.update((read.statement.id, read.statement) for read in file.statements)
        return len(new)

    def money(self) -> Counter[tuple[date | None, int]]:
        return Counter((line.booking_date, line.amount_minor) for line in self.lines.values())


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def booked(days: Sequence[Sequence[tuple[int, str]]]) -> list[tuple[Move, ...]]:
    return [
        tuple(Move(amount, day(number + 1), label=label, name=label) for amount, label in lines)
        for number, lines in enumerate(days)
    ]


def period(days: list[tuple[Move, ...]], start: int, end: int) -> Period:
    """One statement over the days start+1 .. end of an account that began with nothing."""
    opening = sum(move.amount for lines in days[:start] for move in lines)
    moves = tuple(move for lines in days[start:end] for move in lines)
    return Period(opening, day(start), day(end), moves)


amounts = st.tuples(st.sampled_from([100, 200, -100]), st.sampled_from(["CB SHOP", "VIR A", "VIR B"]))
histories = st.lists(st.lists(amounts, max_size=4), min_size=4, max_size=4)
spans = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(sorted(WRITERS))).filter(
        lambda span: span[0] < span[1]
    ),
    min_size=1,
    max_size=5,
)


@quick
@given(histories, spans, st.randoms(use_true_random=False))
def test_overlapping_files_in_any_order_hold_each_payment_once(days, spans, random) -> None:  # type: ignore[no-untyped-def]
    truth = booked(days)
    files = [read(WRITERS[form](period(truth, start, end))) for start, end, form in spans]
    covered = {number for start, end, _ in spans for number in range(start, end)}
    expected = Counter((move.on, move.amount) for number in covered for move in truth[number])
    orders = [files, files[::-1], random.sample(files, len(files))]
    for order in orders:
        books = Books()
        for file in order:
            books.take(file)
        assert books.money() == expected
        assert sum(books.take(file) for file in order) == 0  # a second time is silent


@quick
@given(histories, st.sampled_from(sorted(WRITERS)), st.randoms(use_true_random=False))
def test_files_of_one_format_end_in_the_same_ids(days, form, random) -> None:  # type: ignore[no-untyped-def]
    truth = booked(days)
    write = WRITERS[form]
    month = read(write(period(truth, 0, 4)))
    daily = [read(write(period(truth, number, number + 1))) for number in range(4)]
    books, other = Books(), Books()
    for file in [month, *daily]:
        books.take(file)
    for file in random.sample(daily, 4):
        other.take(file)
    assert set(books.lines) == set(other.lines)


def test_three_equal_payments_are_three_and_stay_three() -> None:
    content = cfonb(Period(0, FIRST, day(1), (Move(-136956, day(1), label="VR.PERMANENT"),) * 3))
    lines = read(content).transactions
    assert [line.occurrence for line in lines] == [1, 2, 3]
    books = Books()
    assert books.take(read(content)) == 3
    assert books.take(read(content)) == 0


def test_more_occurrences_add_and_fewer_keep() -> None:
    two = Period(0, FIRST, day(1), (Move(5, day(1)),) * 2)
    three = Period(0, FIRST, day(1), (Move(5, day(1)),) * 3)
    books = Books()
    assert [books.take(read(cfonb(files))) for files in (two, three, two)] == [2, 1, 0]
    assert len(books.lines) == 3


def test_the_order_of_lines_and_a_corrected_value_date_change_nothing() -> None:
    moves = (Move(5, day(1), label="A"), Move(6, day(1), label="B"))
    moved = replace(moves[0], value_on=day(3))
    one = read(cfonb(Period(0, FIRST, day(1), moves))).transactions
    other = read(cfonb(Period(0, FIRST, day(1), (moves[1], moved)))).transactions
    assert {line.id for line in one} == {line.id for line in other}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 0, 2), (1, 2, 0)])
def test_an_equal_line_booked_late_on_a_closed_day_is_another_payment(order: tuple[int, ...]) -> None:
    fee = Move(-800, day(1), label="F COMMISSION D INTERVENTION")
    closed = Period(10000, FIRST, day(1), (fee,))
    late = Period(9200, day(1), day(2), (fee,))
    both = Period(10000, FIRST, day(2), (fee, fee))
    files = [read(cfonb(period)) for period in (closed, late, both)]
    books = Books()
    for place in order:
        books.take(files[place])
    assert books.money() == Counter({(day(1), -800): 2})


def test_two_statements_of_one_file_that_overlap_share_their_lines() -> None:
    truth = booked([[(100, "A")], [(200, "B")], [(300, "C")]])
    file = read(cfonb(period(truth, 0, 2), period(truth, 1, 3)))
    assert sorted(line.amount_minor for line in file.transactions) == [100, 200, 300]


def test_pairs_across_formats_go_by_the_best_text() -> None:
    moves = tuple(Move(100, day(1), label=f"VIR {who}", name=who) for who in ("ALPHA", "BETA", "GAMMA"))
    known = read(cfonb(Period(0, FIRST, day(1), moves))).transactions
    new = read(camt(Period(0, FIRST, day(1), moves[::-1]))).transactions
    pairs = same_lines(known, new)
    texts = {line.id: line.remittance for line in (*known, *new)}
    assert len(pairs) == len(set(pairs.values())) == 3
    assert all(texts[mine] == texts[theirs] for mine, theirs in pairs.items())


def test_lines_of_one_format_with_other_texts_are_other_payments() -> None:
    one = read(cfonb(Period(0, FIRST, day(1), (Move(100, day(1), label="A"),)))).transactions
    other = read(cfonb(Period(0, FIRST, day(1), (Move(100, day(1), label="B"),)))).transactions
    assert same_lines(one, other) == {}


@pytest.mark.parametrize("order", [("cfonb", "camt"), ("camt", "cfonb")])
def test_a_batch_and_its_total_in_another_format_are_one_money(order: tuple[str, str]) -> None:
    single = Move(600, day(1), label="VIR AUTRE")
    batch = Move(600, day(1), label="REMISE", children=(100, 200, 300))
    books = Books()
    for form in order:
        books.take(read(WRITERS[form](Period(0, FIRST, day(1), (single, batch)))))
    assert sum(line.amount_minor for line in books.lines.values()) == 1200


def test_thousands_of_equal_lines_pair_quickly() -> None:
    move = Move(100, day(1))
    known = read(cfonb(Period(0, FIRST, day(1), (move,) * 700))).transactions
    new = read(camt(Period(0, FIRST, day(1), (move,) * 800))).transactions
    assert len(same_lines(known, new)) == 700


def test_statements_of_a_file_that_overlap_are_told() -> None:
    truth = booked([[(100, "A")], [(200, "B")], [(300, "C")]])
    chained = read(cfonb(period(truth, 0, 2), period(truth, 2, 3)))
    assert not chained.warnings
    overlapping = read(cfonb(period(truth, 0, 2), period(truth, 1, 3)))
    assert [finding.code for finding in overlapping.warnings] == ["statement_overlap"]


def test_gaps_are_found_over_all_statements() -> None:
    truth = booked([[(1, "A")], [(2, "B")], [(3, "C")]])
    chain = [read(cfonb(period(truth, a, b))).statements[0].statement for a, b in pairwise(range(4))]
    assert gaps(chain) == ()
    assert [finding.code for finding in gaps([chain[0], chain[2]])] == ["statement_gap"]


def test_accounts_are_merged_without_losing_what_is_known() -> None:
    known = BankAccount(id="acc_1", iban="FR76", currency="EUR", holder_name="DUPONT")
    new = BankAccount(id="acc_1", currency="EUR", bic="AGRIFRPP", provider_words={"account": "1"})
    merged = merged_account(known, new)
    assert (merged.holder_name, merged.bic, merged.iban) == ("DUPONT", "AGRIFRPP", "FR76")
    assert merged_account(merged, new) == merged
    assert merged_account(None, new) == new
