"""CFONB 120: physical rules, amounts, qualifiers, and values -> file -> values."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.model import BankTransaction
from mappings.statements import StatementFile, read_statements
from tests.mappings.statements.properties import quick
from tests.mappings.statements.writers import Move, Period, cfonb, records

DAY = date(2024, 5, 6)
EVE = date(2024, 5, 5)


def read(content: bytes, **options: str) -> StatementFile:
    return read_statements("may.txt", content, **options)


def one_line(move: Move) -> BankTransaction:
    file = read(cfonb(Period(0, EVE, DAY, (move,))))
    assert not file.set_aside
    return file.transactions[0]


letters = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /-.é", max_size=31)
words = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-.", min_size=1, max_size=35)
days = st.dates(date(1980, 1, 1), date(2079, 12, 31))
moves = st.builds(
    Move,
    amount=st.integers(-(10**13) + 1, 10**13 - 1),
    on=days,
    value_on=days,
    label=letters,
    code=st.sampled_from(["05", "18", "B1", "  ", "C2"]),
    complements=st.lists(
        st.tuples(st.sampled_from(["LIB", "NPY", "LCC", "RUM", "AAA"]), words), max_size=4
    ).map(tuple),
)
currencies = st.sampled_from([("EUR", 2), ("XPF", 0), ("TND", 3), ("USD", 2)])
periods = st.builds(
    lambda money, opening, moves: Period(
        opening, EVE, DAY, tuple(moves), currency=money[0], decimals=money[1]
    ),
    currencies,
    st.integers(-(10**12), 10**12),
    st.lists(moves, max_size=6),
)
layouts = st.sampled_from(["\r\n", "\n", "\n\n", "", "\r"])


@quick
@given(period=periods, newline=layouts, trim=st.booleans())
def test_values_come_back_from_a_written_file(period: Period, newline: str, trim: bool) -> None:
    lines = records([period])
    if trim and newline:
        lines = [line.rstrip() for line in lines]
    file = read(newline.join(lines).encode("latin-1"))
    assert not file.set_aside
    [got] = file.statements
    assert (got.statement.opening_minor, got.statement.closing_minor) == (period.opening, period.end)
    assert got.statement.currency == period.currency
    for move, line in zip(period.moves, got.transactions, strict=True):
        assert (line.amount_minor, line.booking_date, line.value_date) == (
            move.amount,
            move.on,
            move.value_on,
        )
        mandate = next((data for name, data in move.complements if name == "RUM"), None)
        if mandate not in ("NONE", "NA", "N/A", "NONREF"):
            assert line.mandate_id == mandate


said = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -.é", min_size=1, max_size=35).map(
    lambda text: "X" + " ".join(text.split())[:33] + "X"
)
PARTS = {  # where the parser puts the first and the second half of a qualifier
    "NPY": ("debtor",),
    "NPO": ("ultimate_debtor",),
    "NBE": ("creditor",),
    "NBU": ("ultimate_creditor",),
    "PDO": ("country",),
    "IPY": ("debtor_id", "debtor_id_type"),
    "IPO": ("ultimate_debtor_id", "ultimate_debtor_id_type"),
    "IBE": ("creditor_id", "creditor_id_type"),
    "IBU": ("ultimate_creditor_id", "ultimate_creditor_id_type"),
    "LCS": ("creditor_reference", "creditor_reference_type"),
    "RCN": ("end_to_end_id", "purpose"),
    "REF": ("payment_information_id", "instruction_id"),
    "RUM": ("mandate_id", "mandate_sequence"),
    "QQQ": ("QQQ",),
}
FIELDS = ("end_to_end_id", "mandate_id", "creditor_id", "creditor_reference")


@quick
@given(
    st.dictionaries(st.sampled_from(sorted(PARTS)), st.tuples(said, said), max_size=8),
    currencies,
    st.integers(-(10**12), 10**12),
)
def test_every_qualifier_comes_back_under_its_word(
    parts: dict[str, tuple[str, str]], money: tuple[str, int], amount: int
) -> None:
    complements = tuple(
        (name, f"{first:35}{second}" if len(PARTS[name]) == 2 else first)
        for name, (first, second) in parts.items()
    )
    move = Move(amount, DAY, complements=complements)
    period = Period(0, EVE, DAY, (move,), currency=money[0], decimals=money[1])
    [line] = read(cfonb(period)).transactions
    assert (line.amount_minor, line.currency) == (amount, money[0])
    for name, halves in parts.items():
        for word, half in zip(PARTS[name], halves, strict=False):
            assert (getattr(line, word) if word in FIELDS else line.provider_words[word]) == half


@quick
@given(st.integers(0, 10**13), st.sampled_from([("USD", 2), ("JPY", 0), ("TND", 3)]), st.integers(1, 10**10))
def test_an_original_amount_comes_back_with_its_rate(minor: int, money: tuple[str, int], rate: int) -> None:
    told = f"{money[0]}{money[1]}{minor:014d}06{rate:011d}"
    line = one_line(Move(-5, DAY, complements=(("MMO", told), ("FEE", "EUR2" + "00000000000120"))))
    assert (line.original_amount_minor, line.original_currency) == (-minor, money[0])
    assert Decimal(line.provider_words["exchange_rate"]) == Decimal(rate).scaleb(-6)
    assert line.provider_words["fee"] == "1.20 EUR"


@pytest.mark.parametrize(
    ("field", "minor"),
    [
        ("0000000001904}", -19040), ("0000010173118I", 101731189), ("0000000000000}", 0),
        ("0000000000123R", -1239), ("          123A", 1231),
    ],
)  # fmt: skip
def test_overpunched_amounts(field: str, minor: int) -> None:
    lines = records([Period(0, EVE, DAY)])
    text = [line[:90] + field + line[104:] for line in lines]
    file = read("\n".join(text).encode())
    assert file.statements[0].statement.opening_minor == minor
    assert not file.warnings


@pytest.mark.parametrize(("last", "minor"), [("é", 1230), ("è", -1230), ("4", 1234)])
def test_odd_signs_are_read_with_a_warning(last: str, minor: int) -> None:
    text = [f"{line[:90]}0000000000123{last}{line[104:]}" for line in records([Period(0, EVE, DAY)])]
    for encoding in ("latin-1", "utf-8"):
        file = read("\n".join(text).encode(encoding))
        assert file.statements[0].statement.opening_minor == minor
        assert "unusual_record" in {finding.code for finding in file.warnings}


@pytest.mark.parametrize("field", ["00000000O0123A", "0000000000123Z", "              ", "000 000000123A"])
def test_an_unreadable_amount_sets_the_statement_aside_with_its_record(field: str) -> None:
    good = Period(5, DAY, DAY, account="00000000001")
    lines = records([Period(0, EVE, DAY, (Move(100, DAY),)), good])
    lines[1] = lines[1][:90] + field + lines[1][104:]
    file = read("\n".join(lines).encode())
    assert [finding.code for finding in file.set_aside] == ["unreadable_amount"]
    assert file.set_aside[0].record == "record 2 (byte 121)"
    assert len(file.statements) == 1


@pytest.mark.parametrize("day", ["310224", "0605 4", "ab0524"])
def test_an_unreadable_date_sets_the_statement_aside(day: str) -> None:
    lines = records([Period(0, EVE, DAY, (Move(100, DAY),))])
    lines[1] = lines[1][:34] + day + lines[1][40:]
    file = read("\n".join(lines).encode())
    assert [finding.code for finding in file.set_aside] == ["unreadable_date"]
    assert not file.statements


def test_decimals_belong_to_the_record() -> None:
    lines = records([Period(0, EVE, DAY, (Move(1500, DAY),))])
    lines[1] = lines[1][:19] + "3" + lines[1][20:90] + "0000000001500{" + lines[1][104:]
    assert read("\n".join(lines).encode()).transactions[0].amount_minor == 1500
    lines[1] = lines[1][:90] + "0000000001500A" + lines[1][104:]
    assert read("\n".join(lines).encode()).set_aside[0].code == "unreadable_amount"


def test_a_mismatch_names_all_four_figures() -> None:
    period = Period(100_00, EVE, DAY, (Move(25_00, DAY),), closing=130_00)
    [finding] = read(cfonb(period)).set_aside
    assert finding.code == "balance_mismatch"
    for figure in ("100.00 EUR", "25.00 EUR", "130.00 EUR", "difference 5.00 EUR"):
        assert figure in finding.message


def test_remittance_is_joined_without_a_seam_when_the_line_is_full() -> None:
    full = "FACTURE " + "X" * 57 + " F23"
    full += "0" * (70 - len(full))
    line = one_line(Move(100, DAY, complements=(("LCC", full), ("LC2", "866 SOLDE"))))
    assert line.remittance is not None
    assert line.remittance.endswith("F230866 SOLDE")
    short = one_line(Move(100, DAY, complements=(("LCC", "F230866"), ("LC2", "F230867"))))
    assert short.remittance == "VIR CLIENT F230866 F230867"


def test_legacy_complement_continues_the_label() -> None:
    move = Move(-5, DAY, label="PRECOMPTE DE COMM. DE FINANCEME")
    lines = records([Period(0, EVE, DAY, (move,))])
    lines.insert(2, f"05{lines[1][2:40]}  060524NT VIREMENT N 5295341")
    [line] = read("\n".join(lines).encode()).transactions
    assert line.remittance == "PRECOMPTE DE COMM. DE FINANCEMENT VIREMENT N 5295341"


def test_complements_follow_their_movement_by_order_and_unknown_names_are_kept() -> None:
    first = Move(
        1, DAY, complements=(("NPY", "DURAND SARL"), ("AAA", "UN"), ("AAA", "DEUX"), ("2'C", "TROIS"))
    )
    lines = records([Period(0, EVE, DAY, (first, Move(2, DAY)))])
    lines[2] = lines[2][:7] + "9999" + lines[2][11:]  # another operation code than its 04
    one, two = read("\n".join(lines).encode()).transactions
    assert one.counterparty_name == "DURAND SARL"
    assert one.provider_words["AAA"] == "UN\nDEUX"
    assert one.provider_words["2'C"] == "TROIS"
    assert two.counterparty_name is None


def test_mapping_of_a_direct_debit_and_its_return() -> None:
    debit = one_line(
        Move(
            -1999, DAY, code="B1", label="PRLV SEPA TELECOM", zone="FR46ZZZ005002",
            complements=(
                ("NBE", "TELECOM SA"), ("RUM", f"{'RUM-1':35}RCUR"), ("RCN", f"{'E2E-1':35}OTHR"),
                ("MMO", "USD2" + "00000000002100"), ("CBE", "FR7630006000011234567890189"),
            ),
        )
    )  # fmt: skip
    assert (debit.operation, debit.counterparty_name) == ("direct_debit", "TELECOM SA")
    assert (debit.mandate_id, debit.end_to_end_id, debit.creditor_id) == ("RUM-1", "E2E-1", "FR46ZZZ005002")
    assert debit.counterparty_iban == "FR7630006000011234567890189"
    assert (debit.original_amount_minor, debit.original_currency) == (-2100, "USD")
    back = one_line(Move(-1000, DAY, code="B3", reject="20", complements=(("RCN", "NOTPROVIDED"),)))
    assert (back.operation, back.return_reason, back.end_to_end_id) == ("direct_debit_return", "AM04", None)


def test_zone_of_an_instant_transfer() -> None:
    assert one_line(Move(1, DAY, zone="SCTINST0001")).operation == "instant_transfer"
    assert one_line(Move(1, DAY, code="ZZ")).operation == "other"


def test_currency_that_no_record_names() -> None:
    lines = [line[:16] + "    " + line[20:] for line in records([Period(0, EVE, DAY, (Move(7, DAY),))])]
    content = "\n".join(lines).encode()
    file = read(content)
    assert file.transactions[0].currency == "EUR"
    assert ["taken as EUR" in finding.message for finding in file.warnings] == [True]
    told = read(content, currency="XPF")
    assert told.transactions[0].currency == "XPF"
    assert not told.warnings
    other = records([Period(7, DAY, date(2024, 5, 7), currency="USD")])
    neighbour = read("\n".join([*lines, *other]).encode())
    assert {read.statement.currency for read in neighbour.statements} == {"USD"}


def test_a_shifted_block_refuses_the_file_with_its_offset() -> None:
    content = cfonb(Period(0, EVE, DAY, (Move(1, DAY), Move(2, DAY))), newline="")
    with pytest.raises(BadInput, match="record 3 at byte 240"):
        read(content[:150] + content[151:])


def test_record_03_is_a_movement_with_a_warning() -> None:
    lines = records([Period(0, EVE, DAY, (Move(1, DAY),))])
    file = read("\n".join([lines[0], "03" + lines[1][2:], lines[2]]).encode())
    assert len(file.transactions) == 1
    assert "03" in file.warnings[0].message


def test_a_cut_file_gives_the_whole_statements_before_the_cut() -> None:
    first = Period(0, date(2024, 5, 4), EVE, (Move(1, EVE),))
    lines = records([first, Period(1, EVE, DAY, (Move(2, DAY),))])
    file = read("\n".join(lines[:-1]).encode())
    assert [finding.code for finding in file.set_aside] == ["statement_cut"]
    assert [line.amount_minor for line in file.transactions] == [1]


def test_a_record_of_another_account_sets_the_statement_aside() -> None:
    lines = records([Period(0, EVE, DAY, (Move(1, DAY),))])
    lines[1] = lines[1].replace("01234567890", "01234567891")
    assert read("\n".join(lines).encode()).set_aside[0].code == "account_differs"


def test_the_account_has_its_iban_and_must_agree_with_the_given_one() -> None:
    content = cfonb(Period(0, EVE, DAY))
    iban = "FR7630003012340123456789057"
    assert read(content).statements[0].account.iban == iban
    assert read(content, account="FR76 3000 3012 3401 2345 6789 057").statements[0].account.iban == iban
    with pytest.raises(BadInput, match="leave --account out"):
        read(content, account="FR7630006000011234567890189")
    with pytest.raises(BadInput, match="not an IBAN"):
        read(content, account="FR7600000")


def test_an_account_without_iban_keeps_its_raw_name() -> None:
    content = cfonb(Period(0, EVE, DAY, bank="1802A"))
    raw = read(content).statements[0].account
    assert (raw.iban, raw.provider_words) == (None, {"account": "1802A 01234 01234567890"})
    named = read(content, account="FR7630006000011234567890189").statements[0].account
    assert named.iban == "FR7630006000011234567890189"
    two = content + b"\r\n" + cfonb(Period(0, EVE, DAY, bank="1802A", account="00000000009"))
    with pytest.raises(BadInput, match="separate files"):
        read(two, account="FR7630006000011234567890189")


def test_a_missing_day_is_reported() -> None:
    later = Period(500, date(2024, 5, 8), date(2024, 5, 9))
    codes = {finding.code for finding in read(cfonb(Period(0, EVE, DAY), later)).warnings}
    assert codes == {"statement_gap"}


def test_a_statement_sent_twice_in_one_file_counts_once() -> None:
    period = Period(0, EVE, DAY, (Move(1, DAY), Move(1, DAY)))
    file = read(cfonb(period, period))
    assert len(file.transactions) == 2
    assert {finding.code for finding in file.warnings} == {"statement_repeated"}


def test_ids_carry_the_company_and_raw_record_without_depending_on_them() -> None:
    content = cfonb(Period(0, EVE, DAY, (Move(1, DAY),)))
    plain, owned = read(content), read(content, company_id="com_1", raw_id="raw_1")
    assert plain.transactions[0].id == owned.transactions[0].id
    line = owned.transactions[0]
    assert line.company_id == "com_1"
    assert line.source is not None
    assert line.source.raw_id == "raw_1"


def test_value_date_may_be_blank() -> None:
    lines = records([Period(0, EVE, DAY, (replace(Move(1, DAY)),))])
    lines[1] = lines[1][:42] + "000000" + lines[1][48:]
    assert read("\n".join(lines).encode()).transactions[0].value_date is None
