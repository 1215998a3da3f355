"""MT940 and MT942: values -> file -> values, the marks and dates of `:61:`, the dialects of `:86:`."""

from dataclasses import dataclass
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from mappings.statements import mt940, read_statements
from mappings.statements.draft import Closed, Context, Line, Opened, Part, Unreadable
from tests.mappings.statements.properties import quick

DAY = date(2024, 5, 6)
IBAN = "FR5430004008280001020304B50"
FRENCH = ("VIR SEPA RECU /DE ATELIERS DU NORD SARL /MOTIF FA-2024-0117 ET FA", "-2024-0118 SOLDE /REF 4711")


@dataclass(frozen=True)
class Booked:
    """A movement in minor units."""

    amount: int
    on: date = DAY
    value_on: date | None = None
    reference: str = "NONREF"
    bank_reference: str = ""
    details: tuple[str, ...] = ()
    mark: str = ""


def comma(amount: int, decimals: int = 2) -> str:
    digits = f"{abs(amount):0{decimals + 1}d}"
    return f"{digits[: len(digits) - decimals]},{digits[len(digits) - decimals :]}"


def movement(one: Booked, decimals: int = 2) -> str:
    mark = one.mark or ("D" if one.amount < 0 else "C")
    value = one.value_on or one.on
    bank = f"//{one.bank_reference}" if one.bank_reference else ""
    said = "\r\n".join(one.details)
    head = f":61:{value:%y%m%d}{one.on:%m%d}{mark}{comma(one.amount, decimals)}NTRF{one.reference}{bank}"
    return head + (f"\r\n:86:{said}" if said else "")


def balance(tag: str, amount: int, on: date, currency: str, decimals: int) -> str:
    return f":{tag}:{'D' if amount < 0 else 'C'}{on:%y%m%d}{currency}{comma(amount, decimals)}"


def message(
    *moves: Booked, opening: int = 0, closing: int | None = None, account: str = IBAN, currency: str = "EUR",
    decimals: int = 2,
) -> str:  # fmt: skip
    end = opening + sum(one.amount for one in moves) if closing is None else closing
    return "\r\n".join(
        [
            ":20:REF1", f":25:{account}", ":28C:1/1", balance("60F", opening, DAY, currency, decimals),
            *(movement(one, decimals) for one in moves),
            balance("62F", end, DAY, currency, decimals), "-", "",
        ]
    )  # fmt: skip


def read(content: str | bytes, currency: str | None = None) -> list[Part]:
    raw = content if isinstance(content, bytes) else content.encode("cp1252")
    return list(mt940.parts("may.sta", BytesIO(raw), Context("may.sta", currency=currency)))


def lines_of(content: str) -> list[Line]:
    return [part for part in read(content) if isinstance(part, Line)]


def closed_of(content: str) -> Closed:
    [found] = [part for part in read(content) if isinstance(part, Closed)]
    return found


def problem(content: str | bytes) -> tuple[str, str]:
    [found] = [part for part in read(content) if isinstance(part, Unreadable)]
    return found.finding.code, found.finding.record


booked = st.builds(
    lambda amount, on, late, reference, bank, text: Booked(
        amount, on, on.replace(day=min(28, late)), reference, bank, text
    ),
    st.integers(-(10**11), 10**11),
    st.dates(date(1980, 2, 1), date(2079, 11, 30)),
    st.integers(1, 28),
    st.text(alphabet="ABC123-", min_size=1, max_size=16),
    st.text(alphabet="ABC123", max_size=16),
    st.lists(st.text(alphabet="ABCDEFGHIJ 0123456789.-", min_size=1, max_size=65), max_size=4).map(tuple),
)
currencies = st.sampled_from([("EUR", 2), ("JPY", 0), ("TND", 3)])


@quick
@given(st.lists(booked, max_size=5), st.integers(-(10**12), 10**12), currencies)
def test_values_come_back_from_a_written_file(
    moves: list[Booked], opening: int, money: tuple[str, int]
) -> None:
    opened, *lines, closed = read(message(*moves, opening=opening, currency=money[0], decimals=money[1]))
    assert isinstance(opened, Opened)
    assert opened.account.iban == IBAN
    assert isinstance(closed, Closed)
    assert closed.opening is not None
    assert closed.closing is not None
    assert (closed.opening.minor, closed.currency) == (opening, money[0])
    assert closed.closing.minor == opening + sum(one.amount for one in moves)
    for one, line in zip(moves, lines, strict=True):
        assert isinstance(line, Line)
        assert (line.amount_minor, line.booking_date, line.status) == (one.amount, one.on, "booked")
        assert line.more["value_date"] == one.value_on
        assert line.more["bank_reference"] == (one.bank_reference or None)


@pytest.mark.parametrize(
    ("mark", "currency", "minor", "told"),
    [
        ("C", "EUR", 150000, False), ("D", "EUR", -150000, False), ("CR", "EUR", 150000, False),
        ("DR", "EUR", -150000, False), ("RC", "EUR", -150000, False), ("RD", "EUR", 150000, False),
        ("RCR", "EUR", -150000, False), ("CD", "USD", 150000, False), ("c", "EUR", 150000, False),
        ("CR", "USD", 150000, True),
    ],
)  # fmt: skip
def test_the_mark_and_the_letter_of_the_currency(mark: str, currency: str, minor: int, told: bool) -> None:
    content = message(Booked(150000, mark=mark), closing=0, currency=currency)
    assert lines_of(content)[0].amount_minor == minor
    assert [f.code for f in closed_of(content).findings] == ["unusual_record"] * told


@pytest.mark.parametrize(("stated", "minor"), [("12,", 1200), (",5", 50), ("0012,30", 1230), ("7", 700)])
def test_amounts_as_banks_write_them(stated: str, minor: int) -> None:
    assert lines_of(message(Booked(100)).replace("C1,00N", f"C{stated}N"))[0].amount_minor == minor


@pytest.mark.parametrize("stated", ["1,2,3", ",", "12,345"])
def test_an_unreadable_amount_sets_the_message_aside_with_its_line(stated: str) -> None:
    assert problem(message(Booked(100)).replace("C1,00N", f"C{stated}N")) == ("unreadable_amount", "line 5")


def test_a_line_of_no_form_sets_the_message_aside() -> None:
    assert problem(message(Booked(100)).replace(":61:24", ":61:2X")) == ("unreadable_line", "line 5")


@pytest.mark.parametrize(
    ("dates", "value_on", "booked_on", "told"),
    [
        ("2405060507", date(2024, 5, 6), date(2024, 5, 7), False),
        ("2412310102", date(2024, 12, 31), date(2025, 1, 2), False),
        ("2501021231", date(2025, 1, 2), date(2024, 12, 31), False),
        ("240506", date(2024, 5, 6), date(2024, 5, 6), False),
        ("240506    ", date(2024, 5, 6), date(2024, 5, 6), False),
        ("2302300301", date(2023, 2, 28), date(2023, 3, 1), True),
        ("2302280230", date(2023, 2, 28), date(2023, 2, 28), True),
        ("2406310630", date(2024, 6, 30), date(2024, 6, 30), True),
    ],
)
def test_dates(dates: str, value_on: date, booked_on: date, told: bool) -> None:
    content = message(Booked(100)).replace(":61:2405060506", f":61:{dates}")
    line = lines_of(content)[0]
    assert (line.more["value_date"], line.booking_date) == (value_on, booked_on)
    assert ["last day" in f.message for f in closed_of(content).findings] == [True] * told


@pytest.mark.parametrize("dates", ["2413010101", "2405320506", "2405061350"])
def test_a_date_that_is_none_sets_the_message_aside(dates: str) -> None:
    content = message(Booked(100)).replace(":61:2405060506", f":61:{dates}")
    assert problem(content) == ("unreadable_date", "line 5")


def test_german_sub_fields() -> None:
    line = lines_of(
        message(
            Booked(
                -4990,
                details=(
                    "105?00SEPA-LASTSCHRIFT?10931?20EREF+E2E-2024-0117?21MREF+MD-0042?",
                    "22CRED+FR46ZZZ005002?23SVWZ+ABONNEMENT MAI FACTU?24RE 4711?30AGRI",
                    "FRPP?31FR5430004008280001020304B50?32TELECOM DU MIDI?33 SA",
                ),
            )
        )
    )[0]
    assert line.operation == "direct_debit"
    assert line.more["end_to_end_id"] == "E2E-2024-0117"
    assert (line.more["mandate_id"], line.more["creditor_id"]) == ("MD-0042", "FR46ZZZ005002")
    assert (line.more["counterparty_name"], line.more["counterparty_iban"]) == ("TELECOM DU MIDI SA", IBAN)
    assert line.more["remittance"] == "ABONNEMENT MAI FACTURE 4711"
    assert line.words["bic"] == "AGRIFRPP"


@pytest.mark.parametrize(("code", "reason"), [("914", "MS03"), ("901", "AC01"), ("912", "912")])
def test_a_german_return_has_its_reason_where_a_bank_spells_it_out(code: str, reason: str) -> None:
    details = (f"109?00RUECKLASTSCHRIFT?20EREF+E1?21SVWZ+RETOURE?32DUVALLON?34{code}",)
    line = lines_of(message(Booked(-100, details=details)))[0]
    assert (line.operation, line.more["return_reason"]) == ("direct_debit_return", reason)
    assert line.words["reject_code"] == code


def test_slash_words() -> None:
    line = lines_of(
        message(
            Booked(
                100,
                details=(
                    "/EREF/FA-2024-0117//CNTP/FR5430004008280001020304B50/BNPAFRPP/ATE",
                    "LIERS DU NORD/LILLE//REMI/USTD//FACTURE FA-2024-0117//RTRN/MS03/",
                ),
            )
        )
    )[0]
    assert line.more["end_to_end_id"] == "FA-2024-0117"
    assert (line.more["counterparty_name"], line.more["counterparty_iban"]) == ("ATELIERS DU NORD", IBAN)
    assert (line.more["remittance"], line.more["return_reason"]) == ("FACTURE FA-2024-0117", "MS03")


def test_free_text_that_was_cut_in_the_middle_of_a_number() -> None:
    line = lines_of(message(Booked(100, details=FRENCH)))[0]
    assert "FA-2024-0118 SOLDE" in str(line.more["remittance"])
    assert line.more["text_lines"] == FRENCH


def test_supplementary_details_references_and_what_belongs_to_the_whole_message() -> None:
    content = message(Booked(100, reference="FA-7", bank_reference="B1")).replace(
        "//B1", "//B1\r\nREMISE CHQ 6"
    )
    line = lines_of(content.replace("-\r\n", ":86:INTEREST RATE 1\r\n-\r\n"))[0]
    assert line.more["remittance"] == "REMISE CHQ 6"
    assert (line.words["customer_reference"], line.more["bank_reference"]) == ("FA-7", "B1")
    assert lines_of(message(Booked(100)))[0].more["bank_reference"] is None


@pytest.mark.parametrize(
    ("account", "iban"),
    [(IBAN, IBAN), (f"{IBAN}EUR", IBAN), ("30004008280001020304B50", IBAN),
     ("30004/00828/0001020304B50", IBAN), ("50880050/0194787400888", None), ("517852257", None)],
)  # fmt: skip
def test_the_account(account: str, iban: str | None) -> None:
    opened = read(message(account=account))[0]
    assert isinstance(opened, Opened)
    assert (opened.account.raw, opened.account.iban) == (account, iban)


def test_messages_are_read_one_by_one() -> None:
    broken = message(Booked(100)).replace(":61:24", ":61:XX")
    envelope = "{1:F01BANKFRPPXXXX0000000000}{2:I940BANKFRPPXXXXN}{4:\r\n"
    content = message(Booked(1)) + broken + "BANKFRPP\r\n940\r\n" + envelope + message(Booked(2)) + "\x01"
    kinds = [type(part).__name__ for part in read(content)]
    assert kinds == ["Opened", "Line", "Closed", "Unreadable", "Opened", "Line", "Closed"]


FEE = Booked(-450, details=("FRAIS",))
PAGES = (
    message(FEE, opening=1000).replace(":60F:C240506", ":60F:C240505").replace(":62F:", ":62M:"),
    message(FEE, opening=550).replace(":60F:", ":60M:").replace(":62F:", ":62M:"),
    message(FEE, opening=100).replace(":60F:", ":60M:"),
)


def test_the_pages_of_a_statement_are_one_statement() -> None:
    file = read_statements("may.sta", "".join(PAGES).encode())
    assert not file.set_aside
    assert not file.warnings
    [read] = file.statements
    assert (read.statement.opening_minor, read.statement.closing_minor) == (1000, -350)
    assert [line.occurrence for line in read.transactions] == [1, 2, 3]


@pytest.mark.parametrize(
    ("pages", "lines"),
    [(PAGES[:2], (2,)), (PAGES[1:], (2,)), ((PAGES[0], PAGES[2]), (1, 1)), (PAGES[:1] * 2, (1,))],
)
def test_pages_that_do_not_meet_are_read_alone(pages: tuple[str, ...], lines: tuple[int, ...]) -> None:
    file = read_statements("may.sta", "".join(pages).encode())
    assert not file.set_aside
    assert tuple(len(read.transactions) for read in file.statements) == lines


def interim(*moves: Booked, debits: int | None = None) -> str:
    spent = -sum(min(0, one.amount) for one in moves) if debits is None else debits
    got = sum(max(0, one.amount) for one in moves)
    return "\r\n".join(
        [
            ":20:REF1", f":25:{IBAN}", ":28C:7/1", ":34F:EUR0,", ":13D:2405061430+0200",
            *(movement(one) for one in moves), f":90D:1EUR{comma(spent)}", f":90C:1EUR{comma(got)}", "-",
        ]
    )  # fmt: skip


def test_an_interim_report_is_pending_and_its_sums_hold() -> None:
    content = interim(Booked(250), Booked(-100))
    assert [(line.amount_minor, line.status) for line in lines_of(content)] == [
        (250, "pending"),
        (-100, "pending"),
    ]
    assert closed_of(content).opening is closed_of(content).closing is None
    assert closed_of(content).currency == "EUR"
    assert problem(interim(Booked(-100), debits=90)) == ("balance_mismatch", "line 7")


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_may_hold_statements_and_interim_reports(order: int) -> None:
    """Each is read as in a file of its own, whichever comes first."""
    alone = (message(Booked(100)), interim(Booked(250), Booked(-100)))
    together = read_statements("may.sta", "\r\n".join(alone[::order]).encode())
    statement, report = (read_statements("may.sta", one.encode()) for one in alone)
    assert not together.set_aside
    assert together.transactions == statement.transactions
    assert [one.statement for one in together.statements] == [one.statement for one in statement.statements]
    assert [(one.kind, one.transactions) for one in together.notices] == [
        (one.kind, one.transactions) for one in report.notices
    ]
    assert [line.source and line.source.object for line in together.notices[0].transactions] == ["mt942"] * 2


def test_an_expected_line_is_only_planned() -> None:
    content = interim(Booked(250, mark="EC"))
    assert [(line.amount_minor, line.status) for line in lines_of(content)] == [(250, "planned")]


def test_an_interim_report_without_currency_has_that_of_the_account() -> None:
    content = interim(Booked(250)).replace(":34F:EUR0,\r\n", "").split(":90D:")[0]
    assert problem(content) == ("unknown_currency", "line 1")
    [_, line, _] = read(content, currency="CHF")
    assert isinstance(line, Line)
    assert line.currency == "CHF"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_letters_with_accents(encoding: str) -> None:
    line = read(message(Booked(1, details=("CAFÉ DE L'ÉTOILE",))).encode(encoding))[1]
    assert isinstance(line, Line)
    assert line.more["remittance"] == "CAFÉ DE L'ÉTOILE"


def test_a_byte_that_is_no_letter_is_told() -> None:
    closed = read(message(Booked(1, details=("CAF#",))).encode().replace(b"#", b"\x81"))[-1]
    assert isinstance(closed, Closed)
    assert ["no set" in finding.message for finding in closed.findings] == [True]


SAMPLE = (
    message(Booked(100, details=FRENCH), Booked(-5, details=("166?00A?20EREF+B?21SVWZ+C?32D",)))
    + interim(Booked(3, details=("/EREF/1//REMI/USTD//X/",)))
).encode()


@quick
@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=9), st.integers(0, 60)), max_size=4))
def test_any_damage_is_a_part_or_a_refusal(changes: list[tuple[int, bytes, int]]) -> None:
    content = SAMPLE
    for place, new, cut in changes:
        start = place % (len(content) + 1)
        content = content[:start] + new + content[start + cut :]
    try:
        assert all(isinstance(part, Opened | Line | Closed | Unreadable) for part in read(content))
    except BadInput:
        assert b"\x00" in content


@pytest.mark.parametrize(
    "hostile", [b":61:", b":86:103?20", b":86:/EREF/", b"\n:61:2405060506C", b"\n:86:?", b":20:", b"1"]
)
def test_hostile_repetition_ends_at_once(hostile: bytes) -> None:
    read(SAMPLE[:200] + hostile * (200_000 // len(hostile)))
