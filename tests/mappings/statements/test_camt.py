"""camt.05x: versions, statuses, signs, batches, returns, balances, dates."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.model import BankTransaction
from mappings.statements import StatementFile, read_statements
from tests.mappings.statements.properties import quick
from tests.mappings.statements.writers import Move, Period, camt

DAY = date(2024, 5, 6)
EVE = date(2024, 5, 5)


def read(content: bytes, **options: str) -> StatementFile:
    return read_statements("may.xml", content, **options)


def edited(period: Period, old: str, new: str) -> StatementFile:
    content = camt(period).decode()
    assert old in content
    return read(content.replace(old, new).encode())


def one_line(period: Period, old: str, new: str) -> BankTransaction:
    [line] = edited(period, old, new).transactions
    return line


ONE = Period(0, DAY, DAY, (Move(100_00, DAY, label="FACTURE F24-001", name="CLIENT SAS"),))
moves = st.builds(
    Move,
    amount=st.integers(-(10**14), 10**14),
    on=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    label=st.text(
        alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=99
    ),
    end_to_end=st.none() | st.text(alphabet="ABC123-", min_size=3, max_size=35),
    name=st.none() | st.just("DUPONT & FILS <SARL>"),
)
currencies = st.sampled_from(["EUR", "JPY", "TND"])


@quick
@given(
    st.builds(
        lambda code, opening, moves: Period(opening, EVE, DAY, tuple(moves), currency=code),
        currencies, st.integers(-(10**14), 10**14), st.lists(moves, max_size=5),
    ),
    st.integers(2, 14),
)  # fmt: skip
def test_values_come_back_from_a_written_file_of_every_version(period: Period, version: int) -> None:
    file = read(camt(period, version=version))
    assert not file.set_aside
    [got] = file.statements
    assert got.statement.format == f"camt.053.001.{version:02d}"
    assert (got.statement.opening_minor, got.statement.closing_minor) == (period.opening, period.end)
    for move, line in zip(period.moves, got.transactions, strict=True):
        assert (line.amount_minor, line.booking_date, line.currency) == (
            move.amount,
            move.on,
            period.currency,
        )
        assert (line.text_lines, line.end_to_end_id) == ((move.label.strip(),), move.end_to_end)


batches = st.lists(st.integers(1, 10**9), min_size=2, max_size=4)
entries = st.one_of(
    moves,
    st.builds(lambda move, status: replace(move, status=status), moves, st.sampled_from(["PDNG", "INFO"])),
    st.builds(lambda move, shares: replace(move, amount=sum(shares), children=tuple(shares)), moves, batches),
)


@quick
@given(st.integers(-(10**12), 10**12), st.lists(entries, max_size=6), st.integers(2, 14))
def test_batches_and_announced_entries_come_back_as_written(
    opening: int, written: list[Move], version: int
) -> None:
    booked = [move for move in written if move.status == "BOOK"]
    closing = opening + sum(move.amount for move in booked)
    file = read(camt(Period(opening, EVE, DAY, tuple(written), closing=closing), version=version))
    [got] = file.statements
    shares = [(move.on, share) for move in booked for share in move.children or (move.amount,)]
    assert [(line.booking_date, line.amount_minor) for line in got.transactions] == shares
    announced = {notice.kind: [line.amount_minor for line in notice.transactions] for notice in file.notices}
    for kind, status in (("pending_entries", "PDNG"), ("information_entries", "INFO")):
        assert announced.get(kind, []) == [move.amount for move in written if move.status == status]


def test_version_one_has_its_details_directly_in_the_entry() -> None:
    content = camt(ONE, version=1).decode().replace("<NtryDtls>", "").replace("</NtryDtls>", "")
    content = content.replace("BkToCstmrStmt>", "BkToCstmrStmtV01>")
    [line] = read(content.encode()).transactions
    assert (line.counterparty_name, line.remittance) == ("CLIENT SAS", "FACTURE F24-001")


def test_a_reversal_keeps_the_sign_of_its_indicator() -> None:
    period = Period(500, DAY, DAY, (Move(-300, DAY),))
    line = one_line(period, "<Sts>", "<RvslInd>true</RvslInd><Sts>")
    assert line.amount_minor == -300


@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
def test_entries_that_are_not_booked_never_become_money(status: str) -> None:
    period = Period(0, DAY, DAY, (Move(5, DAY), Move(9, DAY, status=status)), closing=5)
    file = read(camt(period))
    assert [line.amount_minor for line in file.transactions] == [5]
    [notice] = file.notices
    assert {line.status for line in notice.transactions} == {"pending"}


def test_an_unknown_status_sets_the_statement_aside_with_its_line() -> None:
    file = edited(ONE, "<Sts>BOOK", "<Sts>MAYBE")
    assert [finding.code for finding in file.set_aside] == ["unknown_status"]
    assert file.set_aside[0].record == "line 1"


@pytest.mark.parametrize(("kind", "name"), [(52, "interim_report"), (54, "notification")])
def test_reports_and_notifications_are_read_but_never_booked(kind: int, name: str) -> None:
    file = read(camt(ONE, kind=kind))
    assert not file.statements
    assert not file.transactions
    assert [(notice.kind, len(notice.transactions)) for notice in file.notices] == [(name, 1)]


def test_a_batch_becomes_its_children_only_when_they_add_up() -> None:
    batch = Period(0, DAY, DAY, (Move(600, DAY, children=(100, 200, 300)),))
    assert [line.amount_minor for line in read(camt(batch)).transactions] == [100, 200, 300]
    wrong = Period(0, DAY, DAY, (Move(600, DAY, label="REMISE", children=(100, 200, 299)),))
    file = read(camt(wrong))
    [line] = file.transactions
    assert line.amount_minor == 600
    assert line.text_lines == ("REMISE 0", "REMISE 1", "REMISE 2")
    assert "kept as one line" in file.warnings[0].message


def test_children_net_of_their_charges() -> None:
    batch = Period(0, DAY, DAY, (Move(290, DAY, children=(100, 200)),))
    charge = '<Chrgs><Rcrd><Amt Ccy="EUR">0.05</Amt></Rcrd></Chrgs><RmtInf>'
    file = edited(batch, "<RmtInf>", charge)
    assert [line.amount_minor for line in file.transactions] == [95, 195]


def test_the_balance_sums_entries_and_not_details() -> None:
    odd = Period(0, DAY, DAY, (Move(600, DAY, children=(100, 100)),))
    assert not read(camt(odd)).set_aside


def test_a_return_names_its_reason_and_the_other_side() -> None:
    period = Period(0, DAY, DAY, (Move(-100, DAY),))
    details = (
        "<RltdPties><Dbtr><Nm>CLIENT SAS</Nm></Dbtr></RltdPties><RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"
    )
    content = camt(period).decode().replace("<RmtInf>", details + "<RmtInf>")
    content = content.replace(
        "<BkTxCd>",
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn>",
    )
    [line] = read(content.encode()).transactions
    assert (line.operation, line.return_reason) == ("direct_debit_return", "AM04")
    assert line.counterparty_name == "CLIENT SAS"


def test_structured_references_ultimate_parties_and_original_amounts() -> None:
    old = "<RmtInf><Ustrd>FACTURE F24-001</Ustrd>"
    new = (
        '<AmtDtls><InstdAmt><Amt Ccy="USD">110.00</Amt></InstdAmt></AmtDtls>'
        "<RltdPties><UltmtDbtr><Nm>FILIALE SARL</Nm></UltmtDbtr></RltdPties>"
        "<RmtInf><Ustrd>F24-001</Ustrd><Strd><RfrdDocInf><Nb>F24-002</Nb></RfrdDocInf>"
        "<CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>"
    )
    content = camt(ONE).decode().replace("<RltdPties><Dbtr><Nm>CLIENT SAS</Nm></Dbtr></RltdPties>", "")
    [line] = read(content.replace(old, new).encode()).transactions
    assert line.creditor_reference == "RF18539007547034"
    assert line.text_lines == ("F24-001", "F24-002", "RF18539007547034", "FILIALE SARL")
    assert line.provider_words["ultimate_debtor"] == "FILIALE SARL"
    assert (line.original_amount_minor, line.original_currency) == (11000, "USD")


def test_remittance_cut_at_140_characters_is_joined_without_a_seam() -> None:
    head = "X" * 136 + " F23"
    content = camt(ONE).decode().replace("FACTURE F24-001", f"{head}</Ustrd><Ustrd>866 SOLDE")
    [line] = read(content.encode()).transactions
    assert line.remittance == head + "866 SOLDE"


@pytest.mark.parametrize(
    ("stated", "day", "moment"),
    [
        ("2024-05-06T00:00:00Z", DAY, None),
        ("2024-05-06T00:00:00+0200", DAY, None),
        ("2024-05-05T22:00:00Z", DAY, datetime(2024, 5, 5, 22, tzinfo=UTC)),
        ("2024-12-05T23:30:00Z", date(2024, 12, 6), datetime(2024, 12, 5, 23, 30, tzinfo=UTC)),
        ("2024-05-06T12:35:33.115965+00:00", DAY, datetime(2024, 5, 6, 12, 35, 33, 115965, tzinfo=UTC)),
        ("2024-05-06T12:00:00", DAY, None),
        ("2024-05-06T12:35:33.123456789Z", DAY, datetime(2024, 5, 6, 12, 35, 33, 123456, tzinfo=UTC)),
    ],
)
def test_moments_become_local_dates(stated: str, day: date, moment: datetime | None) -> None:
    line = one_line(ONE, f"<BookgDt><Dt>{DAY}</Dt></BookgDt>", f"<BookgDt><DtTm>{stated}</DtTm></BookgDt>")
    assert (line.booking_date, line.transaction_time) == (day, moment)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (f"<BookgDt><Dt>{DAY}</Dt></BookgDt>", "", "unreadable_date"),
        (f"<BookgDt><Dt>{DAY}</Dt>", "<BookgDt><Dt>06-05-2024</Dt>", "unreadable_date"),
        (f"<BookgDt><Dt>{DAY}</Dt>", "<BookgDt><DtTm>9999-12-31T23:59:59Z</DtTm>", "unreadable_date"),
        ('<Ntry><Amt Ccy="EUR">100.00', '<Ntry><Amt Ccy="EUR">1e2', "unreadable_amount"),
        ('<Ntry><Amt Ccy="EUR">100.00', '<Ntry><Amt Ccy="EUR">-100.00', "unreadable_amount"),
        ('<Ntry><Amt Ccy="EUR">100.00', '<Ntry><Amt Ccy="EUR">100.001', "unreadable_amount"),
        ('<Ntry><Amt Ccy="EUR">', '<Ntry><Amt Ccy="USD">', "mixed_currencies"),
        ('<Ntry><Amt Ccy="EUR">', '<Ntry><Amt Ccy="EURO">', "unknown_currency"),
        ('<Ntry><Amt Ccy="EUR">100.00', '<Ntry><Amt Ccy="EUR">99.00', "balance_mismatch"),
        ("<IBAN>FR7630003012340123456789057</IBAN>", "", "no_account"),
    ],
)
def test_a_statement_that_cannot_be_read_is_set_aside_alone(old: str, new: str, code: str) -> None:
    content = camt(ONE).decode()
    assert old in content
    other = camt(Period(7, DAY, DAY)).decode()
    good = other[other.index("<Stmt>") : other.index("</Stmt>") + 7]
    both = content.replace(old, new, 1).replace("</Stmt>", "</Stmt>" + good)
    file = read(both.encode())
    assert [finding.code for finding in file.set_aside] == [code]
    assert len(file.statements) == 1
    assert not file.transactions


def test_previous_closing_stands_in_for_the_opening_balance() -> None:
    file = edited(ONE, "OPBD", "PRCD")
    assert len(file.statements) == 1
    assert not file.warnings


def test_a_balance_that_is_missing_leaves_the_statement_unproven() -> None:
    file = edited(ONE, "OPBD", "OPAV")
    assert {finding.code for finding in file.warnings} == {"balance_unproven"}
    assert (file.statements[0].statement.opening_minor, file.statements[0].statement.opening_on) == (0, None)
    content = camt(ONE).decode().replace("OPBD", "OPAV").replace("CLBD", "CLAV")
    assert [finding.code for finding in read(content.encode()).set_aside] == ["no_balance"]


def test_copies_are_flagged() -> None:
    file = edited(ONE, "<Acct>", "<CpyDplctInd>DUPL</CpyDplctInd><Acct>")
    assert {finding.code for finding in file.warnings} == {"statement_copy"}


def test_an_account_without_iban_is_named_by_the_caller() -> None:
    content = (
        camt(ONE)
        .decode()
        .replace("<IBAN>FR7630003012340123456789057</IBAN>", "<Othr><Id>11111111</Id></Othr>")
    )
    assert read(content.encode()).statements[0].account.iban is None
    iban = "FR7630006000011234567890189"
    assert read(content.encode(), account=iban).statements[0].account.iban == iban


def test_one_account_whatever_the_format() -> None:
    from tests.mappings.statements.writers import cfonb

    xml = read(camt(ONE)).statements[0].account
    text = read(cfonb(ONE)).statements[0].account
    assert xml.id == text.id


def test_prefixes_and_comments_do_not_matter() -> None:
    content = camt(ONE).decode().replace("<", "<n:").replace("<n:/", "</n:").replace("<n:?", "<?")
    content = content.replace("xmlns=", "xmlns:n=").replace("<n:Ntry>", "<!-- a <Ntry> --><n:Ntry>")
    assert len(read(content.encode()).transactions) == 1


def test_no_statement_at_all_is_refused() -> None:
    with pytest.raises(BadInput, match="no statement"):
        read(camt())
