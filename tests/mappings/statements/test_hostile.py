"""Files that are damaged, of another kind, or made to hurt: one clear refusal, never a crash."""

import re
import time
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from mappings.statements import Format, StatementFile, read_statements, recognise
from mappings.statements import camt as camt_reader
from mappings.statements.draft import AccountName, Limits
from mappings.statements.mt940_tags import LINE, groups
from mappings.statements.source import Guarded
from tests.mappings.statements.golden import samples
from tests.mappings.statements.properties import quick
from tests.mappings.statements.writers import Move, Period, camt, cfonb

DAY = date(2024, 5, 6)
MOVES = tuple(Move(n, DAY, label=f"VIR {n}", complements=(("LCC", "F1"), ("RUM", "R"))) for n in range(1, 6))
PERIOD = Period(0, date(2024, 5, 5), DAY, MOVES)
NEXT = Period(15, DAY, date(2024, 5, 7), (Move(1, date(2024, 5, 7)),))
XML, TEXT = camt(PERIOD, NEXT), cfonb(PERIOD, NEXT)
BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">
<BkToCstmrStmt>&b;</BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \r\n\r\n ", "empty"),
        (b"<!DOCTYPE html><html><body>login</body></html>", "web page"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "ZIP"),
        (b"OFXHEADER:100\nDATA:OFXSGML\n", "holds no statement"),
        (b'<?xml version="1.0"?>\n<!-- a --><?OFX OFXHEADER="200"?><OFX>', "holds no statement"),
        (b"JournalCode\tJournalLib\tEcritureNum", "FEC"),
        (b"0302        12345", "CFONB 160"),
        (b"0360        LCR", "CFONB 160.*LCR"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>', "pain.001"),
        (b'<?xml version="1.0"?><Document><p:CstmrDrctDbtInitn>', "pain.008"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03">', "pain.002"),
        (b"date;amount\n2024-01-01;3\n", "no format"),
        (XML[:-200], "cut or damaged"),
        (XML[: len(XML) // 2], "cut or damaged"),
        (XML.replace(b"VIR 1", b"VIR \xe9"), "not well-formed"),
        (BOMB, "DOCTYPE"),
        (BOMB.decode().encode("utf-16"), "DOCTYPE"),
        (BOMB.replace(b'<?xml version="1.0"?>', b"<!-- " + b"x" * 70000 + b" -->"), "no format"),
        (TEXT.decode("latin-1").encode("utf-16"), "Latin-1"),
        (TEXT.replace(b"\r\n", b"")[:-1] + b"12345", "no record"),
        (b"<" * 1000, "no format"),
    ],
)
def test_one_sentence_says_what_is_wrong(content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        read_statements("x.dat", content)
    assert str(caught.value).startswith("x.dat ")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "start", [b"01300030    01234EUR2 01234567890  050524", b"A", b"<", b"<?xml ", b"<!-- a -->"]
)
def test_an_endless_line_is_refused_at_once(start: bytes) -> None:
    content = start * (49 * 1024 * 1024 // len(start))
    began = time.process_time()
    with pytest.raises(BadInput):
        read_statements("x.txt", content)
    assert time.process_time() - began < 2


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(BadInput, match="shorter period"):
        read_statements("x.txt", TEXT, limits=Limits(total_bytes=len(TEXT) - 1))


@pytest.mark.parametrize("size", [10_000, 200_000])
def test_an_entry_over_the_limit_is_refused_before_it_is_held(size: int) -> None:
    content = XML.replace(b"VIR 3", b"VIR 3" + b"</Ustrd><Ustrd>" * size)
    limits = Limits(entry_bytes=100_000)
    with pytest.raises(BadInput, match=r"an entry of more than 100,000 bytes before byte 1\d\d,"):
        read_statements("x.xml", content, limits=limits)
    assert len(read_statements("x.xml", XML * 1, limits=limits).transactions) == 6


@pytest.mark.parametrize("depth", [100, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    nested = b"<A>" * depth + b"</A>" * depth
    with pytest.raises(BadInput):
        read_statements("x.xml", XML.replace(b"<NtryDtls>", b"<NtryDtls>" + nested, 1))


def test_entities_and_doctypes_hidden_in_another_encoding_are_refused() -> None:
    body = BOMB.decode().removeprefix('<?xml version="1.0"?>').replace("<!", "+ADwAIQ-")
    content = '<?xml version="1.0" encoding="UTF-7"?>' + body
    with pytest.raises(BadInput):
        read_statements("x.xml", content.encode())


def outcome(content: bytes) -> StatementFile | None:
    """What every input must come to: a result whose statements add up, or a refusal."""
    try:
        file = read_statements("x", content)
    except BadInput:
        return None
    for read in file.statements:
        booked = sum(line.amount_minor for line in read.transactions)
        assert read.statement.opening_minor + booked == read.statement.closing_minor
    return file


@quick
@given(st.binary(max_size=2000))
def test_random_bytes(content: bytes) -> None:
    outcome(content)
    assert isinstance(recognise(content), Format)


@quick
@given(
    st.sampled_from([XML, TEXT, *(sample.read_bytes() for sample in samples())]),
    st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=6), st.integers(0, 130)), max_size=4),
)
def test_mutated_files(content: bytes, changes: list[tuple[int, bytes, int]]) -> None:
    for place, new, cut in changes:
        start = place % (len(content) + 1)
        content = content[:start] + new + content[start + cut :]
    outcome(content)


@quick
@given(st.lists(st.sampled_from(TEXT.split(b"\r\n")), max_size=12))
def test_records_in_any_order(lines: list[bytes]) -> None:
    outcome(b"\n".join(lines))


def test_a_record_of_121_characters_never_becomes_money() -> None:
    file = read_statements("x.txt", TEXT.replace(b"VIR 3", b"VIR 3X"))
    assert len(file.set_aside) == 1
    assert [line.amount_minor for line in file.transactions] == [1]


def test_entries_are_freed_as_they_are_read() -> None:
    many = camt(Period(0, DAY, DAY, tuple(Move(1, DAY, label="X" * 500) for _ in range(2000))))
    widest = 0
    for _, element in camt_reader._events("x.xml", Guarded("x.xml", BytesIO(many), Limits())):
        parent = element.getparent()
        assert parent is not None
        widest = max(widest, len(parent))
        camt_reader._forget(element)
    assert widest < 100


@pytest.mark.parametrize("damage", [b"</Stmt" + b"x" * 5_000 + b">", b"\0</Stmt>"])
def test_a_refusal_is_one_short_line_whatever_names_the_file_has(damage: bytes) -> None:
    with pytest.raises(BadInput, match=r"^x\.xml is not well-formed XML \(line \d+: ") as refused:
        read_statements("x.xml", XML.replace(b"</Stmt>", damage))
    assert len(str(refused.value)) < 300
    assert str(refused.value).isprintable()


def test_an_account_is_named_in_characters_that_can_be_printed() -> None:
    assert str(AccountName("30003\x1b[2J")) == "account ending  [2J"


@pytest.mark.parametrize(("told", "code"), [(b"0" * 5_000 + b"5", None), (b"9" * 5_000, "entry_count")])
def test_a_number_of_entries_of_any_length_is_compared(told: bytes, code: str | None) -> None:
    summary = b"<TxsSummry><TtlNtries><NbOfNtries>" + told + b"</NbOfNtries></TtlNtries></TxsSummry>"
    file = read_statements("x.xml", XML.replace(b"<Ntry>", summary + b"<Ntry>", 1))
    assert [one.code for one in file.warnings if one.code == "entry_count"] == ([code] if code else [])
    assert all(len(one.message) < 200 for one in file.warnings)


def test_an_amount_of_thousands_of_decimals_is_refused_in_a_short_sentence() -> None:
    [finding] = read_statements(
        "x.xml", re.sub(rb'(<Amt Ccy="EUR">)[^<]+', rb"\g<1>4." + b"05" * 2_000, XML, count=1)
    ).set_aside
    assert len(finding.message) < 200


def test_a_namespace_that_no_name_may_have_is_no_crash() -> None:
    outcome(XML.replace(b"urn:iso:", b"urn:i}so:"))


def test_a_line_of_mt940_without_end_is_not_tried() -> None:
    """The forms of the library take the square of a line's length."""
    line = "2406050605CR1250,00NTRFNONREF//POS1\n"
    assert groups(LINE, line + "x" * 900) is not None
    assert groups(LINE, line + "x" * 1_000) is None
