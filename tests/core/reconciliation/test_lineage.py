"""The same money from two sources is one transaction, and nothing else is."""

import random
import time
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.reconciliation import BANK, FILE, LEDGER, Line
from core.reconciliation.lineage import tie
from tests.core.reconciliation.build import DAY, decided, item, line

IBAN = "FR7630001007941234567890185"
OTHER_IBAN = "FR7630004000031234567890143"


def qonto(id: str, euros: int = 700, **more: Any) -> Line:
    fields = {"source_key": "qonto", "source_rank": BANK, "account_iban": IBAN, "account_id": "q"}
    return line("FA-12", euros, id=id, **(fields | more))


def feed(id: str, euros: int = 700, **more: Any) -> Line:
    fields = {"source_key": "pennylane", "source_rank": LEDGER, "account_id": "p"}
    return line("Virement FA-12", euros, id=id, **(fields | more))


def file(id: str, kind: str, euros: int = 700, **more: Any) -> Line:
    fields = {"source_key": kind, "source_rank": FILE, "account_iban": IBAN, "account_id": "f"}
    return line("FA-12", euros, id=id, **(fields | more))


def test_an_accounting_feed_is_a_copy_of_the_bank_within_three_days() -> None:
    late = DAY + timedelta(days=3)
    assert tie([qonto("a"), feed("b", booking_date=late)]) == {"b": "a"}
    assert tie([qonto("a"), feed("b", booking_date=late + timedelta(days=1))]) == {}


def test_files_of_one_account_must_agree_on_the_day() -> None:
    assert tie([file("a", "camt"), file("b", "cfonb")]) == {"b": "a"}
    assert tie([file("a", "camt"), file("b", "cfonb", booking_date=DAY + timedelta(days=1))]) == {}


def test_what_never_ties() -> None:
    assert tie([qonto("a"), qonto("b")]) == {}
    assert tie([qonto("a"), file("b", "camt", account_iban=OTHER_IBAN)]) == {}
    assert tie([qonto("a"), feed("b", euros=-700)]) == {}
    assert tie([qonto("a"), feed("b", tenant_id="other")]) == {}
    assert tie([qonto("a"), feed("b", company_id="other")]) == {}
    assert tie([qonto("a"), feed("b", status="pending")]) == {}
    assert tie([qonto("a"), feed("b", source_key=None)]) == {}


def test_three_equal_payments_stay_three() -> None:
    lines = [qonto(f"a{n}") for n in range(3)] + [feed(f"b{n}") for n in range(3)] + [file("c", "camt")]
    ties = tie(lines)
    assert set(ties) == {"b0", "b1", "b2", "c"}
    assert {ties[f"b{n}"] for n in range(3)} == {"a0", "a1", "a2"}


def test_text_tells_equal_amounts_of_one_day_apart() -> None:
    lines = [
        qonto("a1", remittance="ALPHA LOYER"), qonto("a2", remittance="BRAVO FACTURE 9"),
        feed("b1", remittance="bravo facture 9"), feed("b2", remittance="alpha loyer"),
    ]  # fmt: skip
    assert tie(lines) == {"b1": "a2", "b2": "a1"}


def test_a_feed_account_sticks_to_the_bank_account_it_agrees_with() -> None:
    lines = [
        qonto("a1", 100), qonto("a2", 200), qonto("a3", 700),
        qonto("o3", 700, account_id="q2", account_iban=OTHER_IBAN),
        feed("b1", 100), feed("b2", 200), feed("b3", 700), feed("b4", 700),
    ]  # fmt: skip
    ties = tie(lines)
    assert (ties["b1"], ties["b2"], "a3" in ties.values(), "o3" in ties.values()) == ("a1", "a2", True, False)


def test_a_standing_decision_keeps_its_line_the_record() -> None:
    lines = [qonto("a"), feed("b")]
    assert tie(lines, standing=frozenset({"b"})) == {"a": "b"}


def test_copies_are_not_decided_and_their_declared_match_supports_the_record() -> None:
    lines = [qonto("a", remittance=None), feed("b", declared_item_ids=("FA-12",), remittance=None)]
    found = decided(lines, [item("FA-12", 700), item("FA-13", 700)])
    assert (found["b"].outcome, found["b"].tier, found["b"].reason) == ("none", "T0", "copy")
    assert found["b"].explanation["copy_of"] == "a"
    assert found["a"].reason == "declared_match"
    assert found["a"].candidates[0].shares[0].item_id == "FA-12"


@given(
    st.lists(st.tuples(st.sampled_from("qfpc"), st.integers(0, 6), st.sampled_from([5, 7])), max_size=14),
    st.randoms(),
)
def test_ties_are_one_to_one_and_independent_of_order(
    spec: list[tuple[str, int, int]], rng: random.Random
) -> None:
    makers: dict[str, Any] = {
        "q": qonto, "p": feed, "f": lambda i, e, **k: file(i, "camt", e, **k),
        "c": lambda i, e, **k: file(i, "cfonb", e, **k),
    }  # fmt: skip
    lines = [
        makers[kind](f"{kind}{n}", euros, booking_date=DAY + timedelta(days=day))
        for n, (kind, day, euros) in enumerate(spec)
    ]
    ties = tie(lines)
    shuffled = list(lines)
    rng.shuffle(shuffled)
    assert tie(shuffled) == ties
    by_id = {x.transaction_id: x for x in lines}
    assert not set(ties) & set(ties.values())
    pairs = [(by_id[c].source_key, o) for c, o in ties.items()]
    assert len(pairs) == len(set(pairs))
    assert all(by_id[c].amount_minor == by_id[o].amount_minor for c, o in ties.items())
    assert all(by_id[c].source_rank >= by_id[o].source_rank for c, o in ties.items())


def other_bank(id: str, euros: int = 700, **more: Any) -> Line:
    """A line of another bank that only the accounting tool sees, without IBAN."""
    return feed(id, euros, **({"account_id": "p2"} | more))


def test_equal_payments_on_two_accounts_are_two_when_they_cite_different_numbers() -> None:
    mine, other = qonto("a", remittance="FA-2026-0012"), other_bank("b", remittance="VIR FA-2026-0013")
    assert tie([mine, other]) == {}
    found = decided([mine, other], [item("FA-2026-0012", 700), item("FA-2026-0013", 700)])
    assert {d.shares[0].item_id for d in found.values()} == {"FA-2026-0012", "FA-2026-0013"}


def test_numbers_may_be_cut_glued_or_fewer_in_one_of_the_texts() -> None:
    for text in (
        "VIR FA 2026 00",
        "FA20260012",
        "VIREMENT KERVADEC",
        "12/03/2024 FA-2026-0012",
        "0012",
        None,
    ):
        assert tie([qonto("a", remittance="FA-2026-0012"), feed("b", remittance=text)]) == {"b": "a"}
    named = qonto("a", remittance="MERCI", end_to_end_id="KERV-0415-77")
    assert tie([named, feed("b", remittance="VIR KERV041577")]) == {"b": "a"}


def test_payers_with_nothing_in_common_are_two() -> None:
    lines = [
        qonto("a", remittance=None, counterparty_name="KERVADEC SARL"),
        feed("b", remittance=None, counterparty_name="Lartigue"),
    ]
    assert tie(lines) == {}


def test_an_account_whose_lines_mostly_differ_is_another_account() -> None:
    """A subscription of 49 paid to two banks: equal lines now and then prove nothing."""
    mine = [qonto(f"a{n}", 50 + n, booking_date=DAY + timedelta(days=n), remittance=None) for n in range(9)]
    others = [
        other_bank(f"b{n}", 53 if n == 3 else 500 + n, booking_date=DAY + timedelta(days=n), remittance=None)
        for n in range(9)
    ]
    assert tie([*mine, *others]) == {}


def _silent(make: Any, prefix: str, lines: dict[int, int]) -> list[Line]:
    """A line without text per day and amount."""
    return [
        make(f"{prefix}{day}", euros, booking_date=DAY + timedelta(days=day), remittance=None)
        for day, euros in lines.items()
    ]


def test_a_second_account_of_the_tool_is_not_the_one_the_first_mirrors() -> None:
    """p mirrors the bank's account, but day 5 is not there yet; p2 has equal lines on two days of three."""
    mine = _silent(qonto, "a", {n: 50 + n for n in range(6)})
    mirror = _silent(feed, "p", {n: 50 + n for n in range(5)})
    second = _silent(other_bank, "x", {1: 51, 2: 99, 5: 55})
    assert tie([*mine, *mirror, *second]) == {f"p{n}": f"a{n}" for n in range(5)}


def test_an_account_that_the_tool_opened_anew_goes_on_mirroring() -> None:
    mine = _silent(qonto, "a", {n: 50 + n for n in range(6)})
    before = _silent(feed, "p", {n: 50 + n for n in range(4)})
    after = _silent(other_bank, "x", {n: 50 + n for n in (4, 5)})
    assert set(tie([*mine, *before, *after])) == {"p0", "p1", "p2", "p3", "x4", "x5"}


def test_a_feed_that_reaches_further_back_than_the_bank_is_still_its_mirror() -> None:
    old = [feed(f"o{n}", 10 + n, booking_date=DAY - timedelta(days=40 + n)) for n in range(30)]
    assert tie([*old, qonto("a"), feed("b")]) == {"b": "a"}


def test_equal_lines_without_end_are_tied_in_time() -> None:
    """20 000 payments of one amount, each seen twice."""
    count, start = 10_000, time.perf_counter()
    mine = [
        qonto(f"a{n:05}", booking_date=DAY + timedelta(n % 300), remittance=f"R {n}") for n in range(count)
    ]
    mirror = [
        feed(f"b{n:05}", booking_date=DAY + timedelta(n % 300), remittance=f"R {n}") for n in range(count)
    ]
    ties = tie([*mine, *mirror])
    assert time.perf_counter() - start < 10
    assert all(copy[1:] == record[1:] for copy, record in ties.items())
    assert len(ties) == count
