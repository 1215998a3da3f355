"""OFX 1 and 2: values -> file -> values in both syntaxes, and the defects banks send."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.model import BankTransaction
from mappings.statements import ofx, read_statements, same_lines
from mappings.statements.draft import Closed, Context, Line, Opened, Part, Unreadable
from mappings.statements.ofx_fields import NAME_WIDTH
from tests.mappings.statements.properties import quick

DAY = date(2024, 5, 6)


@dataclass(frozen=True)
class Bought:
    """A transaction in cents."""

    amount: int
    on: date
    fitid: str
    name: str
    memo: str = ""


def sgml(name: str, value: str) -> str:
    return f"<{name}>{value}\n"


def xml(name: str, value: str) -> str:
    return f"<{name}>{value}</{name}>"


def one_line_sgml(name: str, value: str) -> str:
    return f"<{name}>{value}"


HEADERS = {
    sgml: "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n",
    xml: '<?xml version="1.0" encoding="windows-1252"?><?OFX OFXHEADER="200" VERSION="211"?>\n',
    one_line_sgml: "OFXHEADER:100DATA:OFXSGMLENCODING:USASCIICHARSET:1252",
}
Leaf = Callable[[str, str], str]
BANK = (("BANKID", "30004"), ("BRANCHID", "00828"), ("ACCTID", "0001020304B"))


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def bought(leaf: Leaf, one: Bought) -> str:
    words = [
        ("TRNTYPE", "DEBIT" if one.amount < 0 else "CREDIT"), ("DTPOSTED", f"{one.on:%Y%m%d}120000[+1:CET]"),
        ("TRNAMT", f"{'-' if one.amount < 0 else ''}{abs(one.amount) // 100}.{abs(one.amount) % 100:02}"),
        ("FITID", one.fitid), ("NAME", escaped(one.name)), ("MEMO", escaped(one.memo)),
    ]  # fmt: skip
    return f"<STMTTRN>{''.join(leaf(*word) for word in words if word[1])}</STMTTRN>"


def written(
    leaf: Leaf, lines: list[Bought], *, account: tuple[tuple[str, str], ...] = BANK, ledger: str = "0.00",
    currency: str = "EUR", header: str | None = None,
) -> str:  # fmt: skip
    head = f"<BANKACCTFROM>{''.join(leaf(*word) for word in account)}</BANKACCTFROM>"
    listed = "".join(bought(leaf, one) for one in lines)
    balance = leaf("BALAMT", ledger) + leaf("DTASOF", "20240630")
    return (
        f"{HEADERS[leaf] if header is None else header}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>"
        f"{leaf('CURDEF', currency)}{head}<BANKTRANLIST>{listed}</BANKTRANLIST>"
        f"<LEDGERBAL>{balance}</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


def read(content: str | bytes, encoding: str = "cp1252") -> list[Part]:
    raw = content if isinstance(content, bytes) else content.encode(encoding)
    return list(ofx.parts("may.ofx", BytesIO(raw), Context("may.ofx")))


def lines_of(content: str | bytes) -> list[Line]:
    return [part for part in read(content) if isinstance(part, Line)]


def problem(content: str | bytes) -> str:
    [found] = [part for part in read(content) if isinstance(part, Unreadable)]
    return found.finding.code


texts = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabc0123456789 /-.é&<>€", max_size=40).map(
    lambda text: " ".join(text.split())
)
purchases = st.builds(
    Bought,
    amount=st.integers(-(10**12), 10**12),
    on=st.dates(date(1990, 1, 1), date(2089, 12, 31)),
    fitid=st.text(alphabet="ABC0123@-", min_size=1, max_size=12),
    name=texts,
    memo=texts,
)


@quick
@given(st.sampled_from([sgml, xml, one_line_sgml]), st.lists(purchases, max_size=6))
def test_values_come_back_from_a_written_file(leaf: Leaf, lines: list[Bought]) -> None:
    opened, *rest, closed = read(written(leaf, lines, ledger="-12.34"))
    assert isinstance(opened, Opened)
    assert opened.account.iban == "FR5430004008280001020304B50"
    assert isinstance(closed, Closed)
    assert closed.opening is None
    assert closed.closing is not None
    assert (closed.closing.minor, closed.closing.on) == (-1234, date(2024, 6, 30))
    for one, line in zip(lines, rest, strict=True):
        assert isinstance(line, Line)
        assert (line.amount_minor, line.booking_date, line.words["fitid"]) == (one.amount, one.on, one.fitid)
        assert line.more["text_lines"] == tuple(filter(None, (one.name, one.memo)))


def test_both_syntaxes_say_the_same() -> None:
    lines = [Bought(-100, DAY, "A1", "CAFÉ & CIE"), Bought(250, DAY, "A2", "VIR <DUVAL>")]
    assert lines_of(written(sgml, lines)) == lines_of(written(xml, lines))


@pytest.mark.parametrize(
    ("name", "memo", "joined"),
    [
        ("VIR DUVAL", "", "VIR DUVAL"),
        ("VIR DUVAL", "VIR DUVAL FACTURE 12", "VIR DUVAL FACTURE 12"),
        ("VIR DUVAL FACTURE 12", "FACTURE 12", "VIR DUVAL FACTURE 12"),
        ("VIR DUVAL FACT", "FACTURE 12", "VIR DUVAL FACTURE 12"),
        ("VIR DUVAL", "FACTURE 12", "VIR DUVAL FACTURE 12"),
        ("VIR SEPA ATELIERS DU NORD FA-20", "24-0117", "VIR SEPA ATELIERS DU NORD FA-20 24-0117"),
        ("VIR SEPA ATELIERS DU NORD FA-202", "4-0117", "VIR SEPA ATELIERS DU NORD FA-2024-0117"),
    ],
)
def test_name_and_memo_become_one_text(name: str, memo: str, joined: str) -> None:
    assert len(name) <= NAME_WIDTH
    assert lines_of(written(sgml, [Bought(1, DAY, "F", name, memo)]))[0].more["remittance"] == joined


@pytest.mark.parametrize(
    ("stated", "minor"),
    [("12.5", 1250), ("-1978,78", -197878), ("+3", 300), (",50", 50), ("7.", 700), ("4.00-", -400)],
)
def test_amounts_as_banks_write_them(stated: str, minor: int) -> None:
    content = written(sgml, [Bought(100, DAY, "F", "A")]).replace("1.00", stated)
    assert lines_of(content)[0].amount_minor == minor


@pytest.mark.parametrize("stated", ["1,234.56", "1 234,56", "12.345", "", "12-3", "NaN", "1e3", "٣"])
def test_an_amount_that_would_be_a_guess_sets_the_statement_aside(stated: str) -> None:
    content = written(sgml, [Bought(100, DAY, "F", "A")]).replace("1.00", stated)
    assert problem(content.encode("utf-8")) == "unreadable_amount"


@pytest.mark.parametrize(
    ("stated", "on"),
    [
        ("20240506", DAY), ("20240506235959", DAY), ("20240506083000.000[-8:PST]", DAY),
        ("20240506[+2:CEST]", DAY), ("202405062359", DAY),
    ],
)  # fmt: skip
def test_the_date_part_counts(stated: str, on: date) -> None:
    content = written(sgml, [Bought(100, DAY, "F", "A")]).replace("20240506120000[+1:CET]", stated)
    assert lines_of(content)[0].booking_date == on


@pytest.mark.parametrize("stated", ["20240230", "2024-05-06", "06052024", "", "202405"])
def test_an_unreadable_date_sets_the_statement_aside(stated: str) -> None:
    content = written(sgml, [Bought(100, DAY, "F", "A")]).replace("20240506120000[+1:CET]", stated)
    assert problem(content) == "unreadable_date"


@pytest.mark.parametrize(
    ("account", "raw", "iban"),
    [
        (BANK, "30004 00828 0001020304B", "FR5430004008280001020304B50"),
        ((*BANK, ("ACCTKEY", "50")), "30004 00828 0001020304B", "FR5430004008280001020304B50"),
        ((*BANK, ("ACCTKEY", "51")), "30004 00828 0001020304B", None),
        ((("ACCTID", "30004008280001020304B50"),), "30004 00828 0001020304B", "FR5430004008280001020304B50"),
        ((("ACCTID", "FR54 3000 4008 2800 0102 0304 B50"),), "FR5430004008280001020304B50",
         "FR5430004008280001020304B50"),
        ((("BANKID", "123"), ("ACCTID", "ABC-7")), "123 ABC-7", None),
        ((*BANK[:2], ("ACCTID", "000102030é1")), "30004 00828 000102030É1", None),
    ],
)  # fmt: skip
def test_the_account(account: tuple[tuple[str, str], ...], raw: str, iban: str | None) -> None:
    opened = read(written(sgml, [], account=account))[0]
    assert isinstance(opened, Opened)
    assert (opened.account.raw, opened.account.iban) == (raw, iban)


def test_a_card_number_is_never_kept_whole() -> None:
    content = written(xml, []).replace("STMTRS>", "CCSTMTRS>").replace("BANKACCTFROM", "CCACCTFROM")
    opened = read(content.replace("0001020304B", "4970101234567890"))[0]
    assert isinstance(opened, Opened)
    assert opened.account.raw == "card 497010******7890"


def test_a_head_that_comes_after_the_lines() -> None:
    content = written(sgml, [Bought(1, DAY, "F", "A")])
    head = content[content.index("<CURDEF>") : content.index("<BANKTRANLIST>")]
    moved = content.replace(head, "").replace("</STMTRS>", f"{head}</STMTRS>")
    assert read(moved)[1] == read(content)[1]
    assert isinstance(read(moved)[0], Opened)


def test_several_lists_of_lines_are_all_read() -> None:
    content = written(sgml, [Bought(1, DAY, "F", "A"), Bought(2, DAY, "G", "B")])
    parted = content.replace("</STMTTRN><STMTTRN>", "</STMTTRN></BANKTRANLIST><BANKTRANLIST><STMTTRN>")
    assert lines_of(parted) == lines_of(content)
    assert len(lines_of(parted)) == 2


def test_a_line_that_is_not_closed_ends_where_the_next_begins() -> None:
    content = written(sgml, [Bought(1, DAY, "F", "A"), Bought(2, DAY, "G", "B")])
    assert lines_of(content.replace("</STMTTRN><STMTTRN>", "<STMTTRN>")) == lines_of(content)


def test_bare_ampersands_entities_comments_and_cdata() -> None:
    content = written(xml, [Bought(1, DAY, "F", "NAME", "MEMO")])
    for said, meant in [
        ("A & B", "A & B"), ("R&D &eacute; &copy", "R&D &eacute; &copy"), ("&#233;t&#xE9; &#0;", "été &#0;"),
        ("<![CDATA[A <B> &amp; C]]>", "A <B> &amp; C"), ("A<!-- x > y -->B", "AB"), ("3 < 4", "3 < 4"),
    ]:  # fmt: skip
        assert lines_of(content.replace("MEMO<", f"{said}<"))[0].more["text_lines"] == ("NAME", meant)


@pytest.mark.parametrize("cut", ["</STMTRS>", "</BANKTRANLIST>", "<LEDGERBAL>"])
def test_a_file_that_is_cut_gives_nothing_of_the_statement(cut: str) -> None:
    content = written(sgml, [Bought(1, DAY, "F", "A")])
    assert problem(content[: content.index(cut)]) == "statement_cut"


def test_a_download_begun_again_within_another_sets_only_the_first_aside() -> None:
    content = written(sgml, [Bought(1, DAY, "F", "A")])
    doubled = content[: content.index("<LEDGERBAL>")] + content
    assert problem(doubled) == "statement_cut"
    assert isinstance(read(doubled)[-1], Closed)


def test_an_empty_ledger_balance_proves_nothing() -> None:
    closed = read(written(sgml, [], ledger=""))[-1]
    assert isinstance(closed, Closed)
    assert closed.closing is None


def test_a_ledger_balance_before_the_last_line_is_told() -> None:
    closed = read(written(sgml, [Bought(1, date(2024, 7, 1), "F", "A")]))[-1]
    assert isinstance(closed, Closed)
    assert [finding.code for finding in closed.findings] == ["balance_of_another_day"]


def test_an_id_that_is_used_twice_is_told_and_no_line_is_lost() -> None:
    same = Bought(-500, DAY, "7", "PARKING")
    parts = read(written(sgml, [same, same, Bought(-900, DAY, "7", "HOTEL")]))
    assert [type(part) for part in parts[1:-1]] == [Line, Line, Line]
    closed = parts[-1]
    assert isinstance(closed, Closed)
    assert ["kept" in f.message or "again" in f.message for f in closed.findings] == [True, True]


def transactions(*lines: Bought) -> tuple[BankTransaction, ...]:
    return read_statements("may.ofx", written(sgml, list(lines)).encode("cp1252")).transactions


PARKING = Bought(-500, DAY, "3", "PARKING NORD")
BAKERY = Bought(-500, DAY, "4", "BOULANGERIE")


@pytest.mark.parametrize(
    ("later", "fresh"),
    [
        ((PARKING, BAKERY), 0),
        ((replace(PARKING, fitid="8"), replace(BAKERY, fitid="9")), 0),  # numbered anew
        ((replace(PARKING, fitid="4"), replace(BAKERY, fitid="3")), 0),  # numbered anew, crosswise
        ((replace(PARKING, name="CB PARKING N"), BAKERY), 0),  # reworded
        ((PARKING, replace(PARKING, fitid="9"), BAKERY), 1),  # a second one like it
        ((replace(PARKING, on=date(2024, 5, 7)), BAKERY), 1),  # the id is used for another day
        ((replace(PARKING, amount=-600), BAKERY), 1),
        ((replace(PARKING, fitid="9", name="PEAGE"), BAKERY), 1),
    ],
)
def test_a_line_downloaded_again_is_the_same_line(later: tuple[Bought, ...], fresh: int) -> None:
    known, new = transactions(PARKING, BAKERY), transactions(*later)
    same = same_lines(known, new)
    assert len(new) - len(same) == fresh
    assert len(set(same.values())) == len(same)
    words = {line.id: line.remittance for line in (*known, *new)}
    assert all(words[a] == words[b] or words[a] == "CB PARKING N" for a, b in same.items())


def test_a_line_in_another_currency_is_not_added_up() -> None:
    content = written(xml, [Bought(1, DAY, "F", "A")])
    foreign = "<CURRENCY><CURRATE>1.1</CURRATE><CURSYM>USD</CURSYM></CURRENCY></STMTTRN>"
    assert problem(content.replace("</STMTTRN>", foreign)) == "mixed_currencies"
    converted = content.replace("</STMTTRN>", foreign.replace("CURRENCY", "ORIGCURRENCY"))
    assert lines_of(converted)[0].words["original_currency"] == "USD"


def test_pending_lines_have_their_own_status() -> None:
    content = written(xml, [Bought(1, DAY, "F", "A")])
    content = content.replace("STMTTRN>", "STMTTRNP>").replace("DTPOSTED", "DTTRAN")
    assert [line.status for line in lines_of(content)] == ["pending"]


@pytest.mark.parametrize(
    ("declared", "encoding", "told"),
    [("1252", "cp1252", False), ("1252", "utf-8", True), ("NONE", "cp1252", True), ("UTF-8", "utf-8", False),
     ("UTF-8", "cp1252", True), ("ISO-8859-15", "iso8859-15", False), ("1252", "ascii", False)],
)  # fmt: skip
def test_an_encoding_that_lies_is_told(declared: str, encoding: str, told: bool) -> None:
    name = "CAFE" if encoding == "ascii" else "CAFÉ €"
    content = written(sgml, [Bought(1, DAY, "F", name)]).replace("CHARSET:1252", f"CHARSET:{declared}")
    parts = read(content.encode(encoding))
    closed = parts[-1]
    assert isinstance(parts[1], Line)
    assert parts[1].more["remittance"] == name
    assert isinstance(closed, Closed)
    assert [finding.code for finding in closed.findings] == ["unusual_encoding"] * told


def test_utf16_is_read_with_its_mark_and_refused_without() -> None:
    content = written(xml, [Bought(1, DAY, "F", "É")])
    assert lines_of(content.encode("utf-16"))[0].more["remittance"] == "É"
    with pytest.raises(BadInput, match="is no plain text"):
        read(content.encode("utf-16-le"))


def refused(content: bytes) -> str:
    """What a refusal says; the name of the file where there is none."""
    try:
        read(content)
    except BadInput as refusal:
        return str(refusal)
    return "may.ofx is read"


SAMPLE = written(sgml, [Bought(n, DAY, f"F{n}", "CAFÉ & CIE", "MEMO") for n in range(4)]).encode("cp1252")


@quick
@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=9), st.integers(0, 90)), max_size=4))
def test_any_damage_is_a_part_or_a_refusal(changes: list[tuple[int, bytes, int]]) -> None:
    content = SAMPLE
    for place, new, cut in changes:
        start = place % (len(content) + 1)
        content = content[:start] + new + content[start + cut :]
    assert refused(content).startswith("may.ofx ")


@pytest.mark.parametrize(
    "hostile", [b"<", b"<A", b"<!--", b"<![CDATA[", b"<?", b"<STMTTRN>", b"&", b"<A>&#1;"]
)
def test_hostile_repetition_ends_at_once(hostile: bytes) -> None:
    body = hostile * (700_000 // len(hostile))
    assert "may.ofx " in refused(SAMPLE[:400] + body)
