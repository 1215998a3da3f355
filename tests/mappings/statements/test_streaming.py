"""A long file is read twice and kept in no part: the same facts, numbers and findings as a short one."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from mappings.statements import StatementFile, numbered, open_statements, proving, read_statements, same_lines
from tests.mappings.statements.golden import SAMPLES
from tests.mappings.statements.properties import quick
from tests.mappings.statements.test_ofx import Bought, sgml, written
from tests.mappings.statements.writers import Move, Period, camt, cfonb
from tests.samples import shared

FIRST = date(2024, 5, 1)
SHARED = shared("samples/bank")
FILES = sorted(
    path
    for folder in (SAMPLES, SHARED)
    if folder is not None
    for path in folder.rglob("*")
    if path.suffix in (".txt", ".xml", ".cfo", ".sta", ".ofx")
)


@pytest.fixture
def long() -> object:
    """Every file is long: nothing is kept from the first reading."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proving, "KEPT", 0)
        yield patch


def both(content: bytes) -> tuple[StatementFile, StatementFile]:
    """The file read from what was kept, and read twice."""
    kept = read_statements("file", content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proving, "KEPT", 0)
        return kept, read_statements("file", content)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_sample_reads_the_same_twice(path: Path) -> None:
    try:
        kept, again = both(path.read_bytes())
    except BadInput:
        return
    assert kept == again


moves = st.builds(
    Move,
    amount=st.sampled_from([100, 100, -250, 99_999]),
    on=st.integers(1, 4).map(lambda day: FIRST + timedelta(days=day)),
    label=st.sampled_from(["CB SHOP", "VIR A"]),
    value_on=st.integers(1, 9).map(lambda day: FIRST + timedelta(days=day)),
    status=st.sampled_from(["BOOK", "BOOK", "BOOK", "PDNG", "INFO"]),
)


def _period(opening: int, start: int, moves: list[Move]) -> Period:
    booked = sum(move.amount for move in moves if move.status == "BOOK")
    day = FIRST + timedelta(days=start)
    return Period(opening, day, day + timedelta(days=1), tuple(moves), closing=opening + booked)


periods = st.lists(
    st.builds(_period, st.sampled_from([0, 500]), st.integers(0, 3), st.lists(moves, max_size=6)),
    min_size=1,
    max_size=4,
)


@quick
@given(periods)
def test_numbers_are_those_the_facts_would_get(several: list[Period]) -> None:
    """The compact numbering of a file is that of its facts, statement by statement."""
    for write in (camt, cfonb):
        booked = [replace(p, moves=tuple(m for m in p.moves if m.status == "BOOK")) for p in several]
        kept, again = both(write(*(several if write is camt else booked)))
        assert kept == again == numbered(again, lines=(), statements=())


@quick
@given(periods, periods)
def test_numbers_fit_what_is_stored(earlier: list[Period], later: list[Period]) -> None:
    known = read_statements("earlier", camt(*earlier))
    stated = {read.statement.id: read.statement for read in known.statements}
    seen: dict[str, list[tuple[int, object]]] = {}
    for line in known.transactions:
        assert line.source is not None
        origin = stated[line.source.external_version or ""]
        seen.setdefault(line.fingerprint, []).append((line.occurrence, origin))
    content = camt(*later)
    opened = open_statements("later", BytesIO(content)).fitted(seen=seen, homes={})  # type: ignore[arg-type]
    whole = numbered(
        read_statements("later", content), lines=known.transactions, statements=list(stated.values())
    )
    lines = [line for portion in opened.portions() for line in portion if line.status == "booked"]
    assert lines == list(whole.transactions)
    assert same_lines(known.transactions, lines) == same_lines(known.transactions, whole.transactions)


def test_the_same_file_on_other_accounts(long: object) -> None:
    content = camt(Period(0, FIRST, FIRST, (Move(5, FIRST),)))
    opened = open_statements("x", BytesIO(content))
    [account] = opened.accounts
    moved = opened.fitted(seen={}, homes={account.id: "acc_other"})
    [[line]] = moved.portions()
    [[own]] = opened.portions()
    assert (line.id, line.account_id, own.account_id) == (own.id, "acc_other", account.id)
    assert [statement.account_id for statement in moved.statements] == ["acc_other"]


def _fewer(content: bytes) -> bytes:
    return content.replace(b"<Ntry>", b"<Nope>").replace(b"</Ntry>", b"</Nope>")


def _more(content: bytes) -> bytes:
    entry = content[content.index(b"<Ntry>") : content.index(b"</Ntry>") + len(b"</Ntry>")]
    return content.replace(b"</Stmt>", entry + b"</Stmt>")


@pytest.mark.parametrize("change", [_fewer, _more])
def test_a_file_that_changes_between_the_readings_is_refused(
    change: Callable[[bytes], bytes], long: object
) -> None:
    content = camt(Period(0, FIRST, FIRST, (Move(5, FIRST), Move(6, FIRST))))
    file = BytesIO(content)
    opened = open_statements("x", file)
    file.seek(0)
    file.truncate()
    file.write(change(content))
    with pytest.raises(BadInput, match="changed while it was read"):
        list(opened.portions())


def _ofx(period: Period) -> bytes:
    lines = [Bought(move.amount, move.on, str(n), move.label) for n, move in enumerate(period.moves)]
    return written(sgml, lines).encode()


WRITERS: dict[str, Callable[[Period], bytes]] = {
    "CFONB 120": cfonb,
    "CFONB 120 without line breaks": lambda period: cfonb(period, newline=""),
    "OFX": _ofx,
}


def _peak(path: Path, lines: int, writer: Callable[[Period], bytes] = camt) -> int:
    beside = (("LIB", "X" * 70),) * 4
    moves = tuple(
        Move(100 + n, FIRST, label=f"VIR {n} {'X' * 300}", complements=beside) for n in range(lines)
    )
    path.write_bytes(writer(Period(0, FIRST, FIRST, moves)))
    del moves
    tracemalloc.start()
    with path.open("rb") as file:
        assert sum(map(len, open_statements("x", file).portions(100))) == lines
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_file(tmp_path: Path, long: object) -> None:
    short, far = _peak(tmp_path / "short.xml", 100), _peak(tmp_path / "far.xml", 1100)
    assert far - short < 300_000  # the file grows by 1 MB, its facts by 4


@pytest.mark.slow
@pytest.mark.parametrize("format", WRITERS)
def test_nor_do_the_other_streams(tmp_path: Path, long: object, format: str) -> None:
    short, far = (_peak(tmp_path / f"{lines}", lines, WRITERS[format]) for lines in (1000, 3000))
    assert far - short < 1_000_000  # keys of up to 4,096 lines, and ids of OFX; the facts grow by 8 MB
