"""The comparison of parsers: how readers are asked, how their sums are made, what the tables say."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.parsers.answers import Answer, answer_of, answers
from benchmarks.parsers.formats import FORMATS, GOLDEN, OURS, Format, Marks, Parser
from benchmarks.parsers.readers import lettrage
from benchmarks.parsers.readers.serving import balance, totals
from benchmarks.parsers.tables import Compared, every_file, gives_more, less_than_others, summary

OTHER = Parser("other", "MIT", "other")
GOOD, BAD = Path("good.txt"), Path("bad.txt")
READER = """
import json, os, sys, time
for line in sys.stdin:
    name = line.strip()
    if name == "dies":
        os._exit(3)
    if name == "hangs":
        time.sleep(60)
    print(json.dumps({"version": "1", "error": name}), flush=True)
"""


def _told(*balances: object) -> dict[str, object]:
    return {"version": "1", "entries": 2, "balances": balances, "kept_back": []}


def test_sums_are_exact() -> None:
    held, broken = [["0.3", "0.1", "0.2"]], [["0.3", "0.1", "0.2"], ["1", "2"]]
    assert answer_of(_told(held, broken)) == Answer("1", entries=2, proven=1, failing=1)


def test_a_balance_needs_both_ends() -> None:
    one, two = Decimal(1), Decimal(2)
    assert balance(one, [one], two) == (((two, one, one),),)
    assert balance(None, [one], two) == balance(one, [one], None) == ()


def test_what_is_due_follows_from_the_totals() -> None:
    net, tax, gross, prepaid, rounding, due = map(Decimal, ("10", "2", "12", "5", "0.01", "7.01"))
    found = totals(net=net, tax=tax, gross=gross, prepaid=prepaid, rounding=rounding, due=due)
    assert all(total == sum(parts) for total, *parts in found)


def test_a_reader_that_dies_or_hangs_is_a_row_and_the_next_file_is_read() -> None:
    files = [Path(name) for name in ("a", "dies", "b", "hangs", "c")]
    found = [one.error for one in answers((sys.executable, "-c", READER), files, seconds=2)]
    assert found == ["a", "crash: its process ended", "b", "no answer in 2 s", "c"]


@pytest.fixture
def compared() -> Compared:
    ours = {GOOD: Answer(entries=2, proven=1), BAD: Answer(kept_back=("does not add | up",))}
    other = {GOOD: Answer("9", error="Odd: <x at 0x7f00>"), BAD: Answer("9", entries=3, failing=1)}
    return Compared("X", "", {GOOD: Marks(2, 1), BAD: Marks(3, 1)}, {OURS: ours, OTHER: other})


def test_a_summary_has_a_row_for_each_parser(compared: Compared) -> None:
    stand, ours, other = summary(compared).rows
    assert stand[2:5] == ("2", "5", "of 2")
    assert ours == ("Lettrage", "this project's", "1", "2", "1", "0", "1")
    assert other == ("other 9", "MIT", "1", "3", "0", "1", "0")


def test_every_file_has_a_row(compared: Compared) -> None:
    good, bad = every_file(compared).rows
    assert good == ("`good.txt`", "2", "2, 1 proven", "**fails**: Odd: ‹x›")
    assert bad[3] == "3, 1 not adding up"
    assert "| 0, 1 kept back: does not add / up |" in every_file(compared).markdown()


def test_what_ours_lacks_is_listed_by_name(compared: Compared) -> None:
    assert [row[:2] for row in less_than_others([compared]).rows] == [("`bad.txt`", "other")]
    assert not gives_more(Answer(entries=2), Answer(entries=2, proven=1))


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_each_format_has_golden_files_with_entries(format: Format) -> None:
    golden = [path for path in format.files() if path.is_relative_to(GOLDEN)]
    assert golden
    assert all(format.marks(path.read_bytes()).entries for path in golden)


def test_entries_stand_in_a_file_whoever_reads_it() -> None:
    camt, cfonb, *_ = FORMATS
    statements = GOLDEN / "statements" / "samples"
    assert camt.marks((statements / "camt053_v02_french.xml").read_bytes()) == (4, 1)
    content = (statements / "cfonb120_every_qualifier.txt").read_bytes()
    assert b"\n" not in content
    lines = b"\n".join(content[at : at + 120] for at in range(0, len(content), 120))
    assert cfonb.marks(content) == cfonb.marks(lines)


@pytest.mark.parametrize(
    ("sample", "entries", "proofs"),
    [
        ("statements/samples/cfonb120_two_days.txt", 9, 2),
        ("statements/samples/ofx_sgml.ofx", 4, 0),
        ("einvoice/samples/ubl_final_invoice.xml", 1, 1),
    ],
)
def test_ours_gives_what_stands_in_its_samples(sample: str, entries: int, proofs: int) -> None:
    given = lettrage.read(GOLDEN / sample)
    assert (given.entries, len(given.balances), given.kept_back) == (entries, proofs, ())
    assert all(total == sum(parts) for one in given.balances for total, *parts in one)
