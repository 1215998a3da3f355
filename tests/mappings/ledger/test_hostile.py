"""Damaged and hostile ledgers: each refusal says where and why, and the good rest goes on."""

import tracemalloc
from collections.abc import Iterator
from datetime import date
from io import BytesIO, RawIOBase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from mappings.ledger import Finding, LedgerLine, entries, is_ledger, read_entries, read_ledger, read_lines
from mappings.ledger.finding import UNTOLD_AFTER
from mappings.ledger.values import Amounts
from tests.mappings.ledger.fuzzing import TOKENS, check, seeds
from tests.mappings.ledger.writers import NAMES, Dialect, Row, fec, marked_up, sale
from tests.mappings.statements.properties import quick

DAY = date(2026, 2, 1)
GOOD = [*sale("FA-1", DAY, 1200), *sale("FA-2", DAY, 2400)]
TEXT = fec(GOOD)
XML = marked_up(GOOD)
HEADER, *LINES = TEXT.splitlines(keepends=True)


def findings(content: bytes) -> list[Finding]:
    return [part for part in read_lines("x.txt", BytesIO(content)) if isinstance(part, Finding)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\r\n \r\n", "is empty"),
        (b"a\tb\tc\n", "must name the columns"),
        (b"JournalCode\tCompteNum\tDebit\n", "no column EcritureDate"),
        (b"JournalCode\tEcritureDate\tCompteNum\tMontant\n", "Debit and Credit"),
        (TEXT.decode().encode("utf-16"), "UTF-16"),
        (b"<?xml version='1.0'?><Document/>", "root is not `comptabilite`"),
        (XML[:-40], "cut or damaged"),
        (XML.replace(b"UTF-8", b"UTF-99"), "encoding that is not read"),
        (XML.replace(b"UTF-8", b"Shift_JIS"), "encoding that is not read"),
        (XML.replace(b"<exercice>", b"<!-- a --><exercice>" + b"<a>" * 20), "nested too deep"),
        (XML.replace(b"Facture FA-1", b"F" * 70_000, 1), "too long"),
        (XML.replace(b"<exercice>", b"<!--" + b"x" * 2_000_000 + b"--><exercice>"), "tag or comment"),
        (XML.replace(b"<exercice>", b"<exercice a='" + b"x" * 2_000_000 + b"'>"), "tag or comment"),
        (XML.replace(b"<ligne>", b"".join(b"<a%d/>" % n for n in range(2_000)), 1), "more kinds of tags"),
        (b"<!DOCTYPE comptabilite [<!ENTITY a 'aaa'><!ENTITY b '&a;&a;&a;'>]>" + XML, "DOCTYPE"),
        (b"x" * 1_000_000, "is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        list(read_lines("x.txt", BytesIO(content)))
    assert str(caught.value).startswith("x.txt ")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        (b"20260201\t411000", b"20260231\t411000", "EcritureDate", "no day of the calendar"),
        (b"20260201\t411000", b"1 fevrier\t411000", "EcritureDate", "no date"),
        (b"20260201\t411000", b"\t411000", "EcritureDate", "blank"),
        (b"\t411000\t", b"\t\t", "CompteNum", "blank"),
        (b"\t12,00\t", b"\t12;00\t", "Debit", "no amount"),
        (b"\t12,00\t", b"\t1.200,00\t", "Debit", "no amount"),
        (b"\t12,00\t", b"\t12,001\t", "Debit", "two decimals"),
        (b"\t12,00\t", b"\t-12,00-\t", "Debit", "two signs"),
        (b"\t12,00\t", b"\t" + b"9" * 40 + b"\t", "Debit", "no amount"),
        (b"\t12,00\t", b"\t100000000000,00\t", "Debit", "no amount"),
        (b"20260201\t411000", b"99991231\t411000", "EcritureDate", "between 1950 and 2099"),
        (b"\t12,00\t", "\t١٢,00\t".encode(), "Debit", "no amount"),
        (b"\t12,00\t", b"\t\t", "Debit", "blank"),
        (b"\t411000\t", b"\t411000\t\t", "PieceDate", "no date"),
        (b"\r\n", b"\tx\r\n", None, "19 fields and the header 18"),
        (b"\t411000\tCOMPTE\t", b"\t411000\t", None, "fields"),
        (b"KERV", b"K" * 70_000, None, "longer than"),
    ],
)
def test_an_unreadable_line_is_told_and_the_others_are_read(
    old: bytes, new: bytes, column: str | None, reason: str
) -> None:
    content = HEADER + LINES[0].replace(old, new, 1) + b"".join(LINES[1:])
    [finding] = findings(content)
    assert (finding.code, finding.file, finding.line, finding.column) == ("line_refused", "x.txt", 2, column)
    assert reason in finding.message
    file = read_ledger("x.txt", BytesIO(content))
    assert [invoice.number for invoice in file.invoices] == ["FA-2"]
    assert {f.code for f in file.set_aside} == {"line_refused", "entry_unbalanced"}


def test_a_wrong_side_is_refused() -> None:
    content = fec(GOOD, Dialect(signed=("D", "C"))).replace(b"12,00\tD", b"12,00\tX", 1)
    [finding] = findings(content)
    assert (finding.column, finding.line) == ("Sens", 2)


def test_a_line_of_many_megabytes_costs_no_memory_and_hides_nothing_behind_it() -> None:
    class Endless(RawIOBase):
        """A header, a line of 64 MB, and the rest."""

        def __init__(self) -> None:
            self.parts: Iterator[bytes] = iter(
                [HEADER, LINES[0], *[b"x" * 1_000_000] * 64, b"\n", *LINES[1:]]
            )

        def read(self, size: int = -1) -> bytes:
            return next(self.parts, b"")

    tracemalloc.start()
    read = list(read_lines("x.txt", Endless()))  # type: ignore[arg-type]  # has all that is used
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(isinstance(part, LedgerLine) for part in read) == len(LINES)
    assert [part.line for part in read if isinstance(part, Finding)] == [3]
    assert peak < 10_000_000


def test_zero_bytes_and_blank_lines_do_not_matter() -> None:
    content = TEXT.replace(b"KERV", b"K\0E\0RV").replace(b"\r\n", b"\r\n\r\n")
    read = list(read_lines("x.txt", BytesIO(content)))
    assert [part.code for part in read if isinstance(part, Finding)] == ["nul_bytes"]
    lines = [part for part in read if isinstance(part, LedgerLine)]
    assert {line.auxiliary for line in lines} == {"KERV", ""}
    assert lines[0].number == 3


@pytest.mark.parametrize(
    ("text", "encoding", "codes"),
    [
        ("Cœur à 40 €", "utf-8", []),
        ("Cœur à 40 €", "iso8859-15", []),
        ("Cœur à 40 € – ‘x’", "cp1252", ["windows_encoding"]),
    ],
)
def test_encodings_are_told_by_their_bytes(text: str, encoding: str, codes: list[str]) -> None:
    rows = [Row("OD", "1", DAY, "600000", 100, label=text), Row("OD", "1", DAY, "512000", -100, label=text)]
    read = list(read_lines("x.txt", BytesIO(fec(rows, Dialect(encoding=encoding)))))
    assert [part.code for part in read if isinstance(part, Finding)] == codes
    assert {part.label for part in read if isinstance(part, LedgerLine)} == {text}


def test_a_change_of_encoding_inside_a_file_is_told() -> None:
    """Two files glued together: no guess is silent."""
    filler = b"".join(LINES) * 2_000
    content = HEADER + LINES[0].replace(b"Facture", "Facturé".encode()) + filler
    content += LINES[0].replace(b"Facture", "Facturé".encode("latin-1"))
    assert "mixed_encodings" in {f.code for f in findings(content)}


def test_other_columns_other_order_and_missing_ones() -> None:
    keep = [n for n in range(18) if NAMES[n] not in ("Montantdevise", "Idevise", "ValidDate")][::-1]
    lines = [line.decode().rstrip("\r\n").split("\t") for line in TEXT.splitlines()]
    turned = ["\t".join(fields[n] for n in keep) + "\tx" for fields in lines]
    turned[0] = turned[0].removesuffix("x") + "Analytique"
    read = list(read_lines("x.txt", BytesIO("\n".join(turned).encode())))
    assert {p.code for p in read if isinstance(p, Finding)} == {"columns_missing", "columns_unknown"}
    first = next(p for p in read if isinstance(p, LedgerLine))
    assert (first.debit_minor, first.piece, first.validated_on) == (1200, "FA-1", None)


def test_thousands_of_bad_lines_are_counted_not_listed() -> None:
    bad = b"x\ty\n" * 5_000
    file = read_ledger("x.txt", BytesIO(HEADER + bad + b"".join(LINES)))
    assert len(file.set_aside) == UNTOLD_AFTER + 1
    assert f"{5_000 - UNTOLD_AFTER} more" in file.set_aside[-1].message
    assert len(file.invoices) == 2


def test_entries_that_wait_for_their_other_half_do_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(entries, "MOST_WAITING", 100)
    count = 500
    rows = (Row("OD", str(n), DAY, "600000", 1) for n in range(1, count + 1))
    read = list(read_entries("x.txt", BytesIO(fec(list(rows)))))
    assert all(isinstance(part, Finding) and part.code == "entry_unbalanced" for part in read)
    assert len(read) == count


def test_short_entries_that_wait_make_room_for_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST_WAITING", 100)
    short = [Row("OD", str(n), DAY, "600000", 1) for n in range(1, 101)]
    long = [Row("OD", str(n // 50), DAY, "600000", 1) for n in range(50_000, 50_150)]
    half = [Row("OD", "60", DAY, "512000", -1)]
    read = list(read_entries("x.txt", BytesIO(fec([*short, *long, *half]))))
    assert len(read) == 100 + 3 + 1
    assert all(isinstance(part, Finding) for part in read), "entry 60 no longer waited for its other half"


def test_an_amount_behind_thousands_of_zeros_is_read_and_not_remembered() -> None:
    amounts = Amounts()
    assert (amounts["0" * 50_000 + "12,00"], amounts["12,00"]) == (1200, 1200)
    assert list(amounts) == ["12,00"]


def test_the_largest_amounts_add_up() -> None:
    rows = [Row("VE", "1", DAY, "411000", 99_999_999_999_99, "F-001", auxiliary=f"K{n}") for n in range(50)]
    total = sum(row.minor for row in rows)
    rows += [Row("VE", "1", DAY, "706000", -99_999_999_999_99, "F-001") for _ in range(50)]
    file = read_ledger("x.txt", BytesIO(fec(rows)))
    assert (file.debit_minor, file.set_aside, len(file.invoices)) == (total, (), 50)


def test_an_entry_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "LONGEST_ENTRY", 10)
    rows = [Row("OD", "1", DAY, "600000", 1) for _ in range(95)]
    [told] = read_entries("x.txt", BytesIO(fec(rows)))
    assert isinstance(told, Finding)
    assert "none of its 95 lines" in told.message


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (TEXT[:200], True),
        (b"\xef\xbb\xbf" + TEXT[:200], True),
        (b"\r\n" + TEXT[:200], True),
        (fec(GOOD, Dialect(header="spaced", separator="|"))[:300], True),
        (b"journalcode;journallib;ecriturenum;ecrituredate\r\n", True),
        (XML[:300], True),
        (XML.decode().encode("utf-16")[:600], True),
        (b"<?xml version='1.0'?><Document>", False),
        (b"date;amount\n", False),
        (b"%PDF-1.4", False),
        (b"", False),
    ],
)
def test_a_ledger_is_recognised_by_its_first_line(head: bytes, known: bool) -> None:
    assert is_ledger(head) is known


def test_an_unreadable_field_of_xml_is_told_with_its_line() -> None:
    content = XML.replace(b"<Debit>12.00", b"<Debit>12.00.1")
    [finding] = findings(content)
    assert (finding.line, finding.column) == (7, "Debit")
    file = read_ledger("x.xml", BytesIO(content))
    assert [invoice.number for invoice in file.invoices] == ["FA-2"]


@given(start=st.sampled_from((b"", HEADER, HEADER + LINES[0], XML[:400])), noise=st.binary(max_size=400))
@quick
def test_noise_is_read_or_refused(start: bytes, noise: bytes) -> None:
    check(start + noise)


@given(
    seed=st.sampled_from(seeds()),
    cuts=st.lists(
        st.tuples(
            st.integers(0, 20_000), st.integers(0, 30), st.sampled_from(TOKENS) | st.binary(max_size=6)
        ),
        max_size=8,
    ),
)
@quick
def test_a_damaged_ledger_is_read_as_far_as_it_goes(seed: bytes, cuts: list[tuple[int, int, bytes]]) -> None:
    for place, length, piece in cuts:
        place %= len(seed) + 1
        seed = seed[:place] + piece + seed[place + length :]
    check(seed)


def test_an_entry_is_named_in_characters_that_can_be_printed() -> None:
    rows = [Row("V\x1aE", "1" * 500, DAY, "411000", 1200)]
    file = read_ledger("x.txt", BytesIO(fec(rows)))
    [message] = [one.message for one in file.set_aside]
    assert message.startswith(f"entry {'1' * 40}… of journal V E on 2026-02-01 does not balance: ")
    lettered = fec(sale("FA-1", DAY, 1200, letter="A" * 500)).replace(b"411000", b"411" + b"0" * 500)
    [told] = [one for one in read_ledger("x.txt", BytesIO(lettered)).warnings if "letter" in one.message]
    assert len(told.message) < 250
