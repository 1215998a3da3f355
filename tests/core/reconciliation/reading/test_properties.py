"""What holds for any text: positions, delimiters, and work that is counted, not timed."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.reconciliation import Policy
from core.reconciliation.cite import cite
from core.reconciliation.cite.kinds import MAX_RANGE, MAX_WORDS
from core.reconciliation.index import Index
from core.reconciliation.label import fold_text, parse_label, read
from core.reconciliation.label.noise import BY_DIGIT, BY_WORD, is_plain, noise_in
from core.reconciliation.label.structured import structured_in
from core.reconciliation.label.zones import zones_of
from tests.core.reconciliation.build import item, line
from tests.core.reconciliation.reading.table import TABLE, Row, rows

LABELS = [r.label.replace("\\n", "\n") for r in rows(TABLE.read_text("utf-8")) if isinstance(r, Row)]
PIECES = (
    "/DE ", "/MOTIF ", "/REF ", "DE: ", "MOTIF: ", "VIR ", "FA-12", "FA", "12", "2024", " A ", " SAUF ",
    ", ", " ET ", "/", "-", "1/", "RF18 5390 0754 7034", "12/03/2024", "1 873,46 EUR", "TEL 0123456789",
    "\n", "é", "€", "ß", "中", "\x00", "FR7630001007941234567890185", "+++090/9337/55493+++", "IBAN ",
    "NOTPROVIDED", "DU ", "CB****1234", "1234567890S",
)  # fmt: skip
NUMBERS = ("FA-12", "FA-13", "FAC-2024-000123", "7530", "20240117")
texts = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.tuples(st.sampled_from(LABELS), st.text(max_size=8), st.integers(0, 90)).map(
        lambda t: t[0][: t[2]] + t[1] + t[0][t[2] :]
    ),
)
INDEX = Index(
    [item(n, 10 + k, id=n) for k, n in enumerate(["FA-12", "FA-13", "FAC-2024-000123", "7530", "20240117"])]
)


ALPHABET = " ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/.,:+*%€'"


def everything(items: Any) -> tuple[int, ...]:
    return tuple(items)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_folding_and_masking_move_nothing(text: str) -> None:
    folded = fold_text(text)
    masked, noise = noise_in(folded)
    assert len(folded) == len(masked) == len(text)
    assert all(m in (f, " ") for f, m in zip(folded, masked, strict=True))
    assert all(masked[n.start : n.end].strip() == "" for n in noise)
    assert [n.start for n in noise] == sorted(n.start for n in noise)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_zones_are_in_order_and_apart(text: str) -> None:
    at = 0
    for zone in zones_of(fold_text(text)).zones:
        assert at <= zone.start < zone.end <= len(text)
        at = zone.end


@settings(max_examples=300, deadline=None)
@given(texts, texts)
def test_every_part_is_the_text_at_its_place(text: str, other: str) -> None:
    label = parse_label(text, end_to_end_id=other)
    fields = {"remittance": text, "end_to_end_id": other}
    found = [label.payer, label.payee, *label.remittance, *label.references, *label.dates]
    for part in (*found, *label.bank_numbers, *label.noise):
        if part is not None:
            assert fields[part.field][part.start : part.end] == part.text


@settings(max_examples=300, deadline=None)
@given(texts)
def test_what_is_cited_is_delimited_and_outside_noise(text: str) -> None:
    label = read(line(text, 1), max_text=2000)
    folded = fold_text(text)
    noise = [n for n in noise_in(folded)[1] if n.kind in ("iban", "date", "company", "phone", "amount")]
    for citation in cite(label, INDEX, Policy(), everything).citations:
        piece = folded[citation.start : citation.end]
        assert "".join(c for c in piece if c.isalnum()) == citation.text.replace(" ", "")
        before, after = folded[: citation.start][-1:], folded[citation.end :][:1]
        assert not (before.isdigit() and piece[0].isdigit())
        assert not (after.isdigit() and piece[-1].isdigit())
        if citation.how != "structured":
            assert not any(n.start < citation.end and citation.start < n.end for n in noise)


class Counting(dict[str, Any]):
    """A dictionary that counts how often it is asked."""

    asked = 0

    def get(self, key: str, default: Any = None) -> Any:
        Counting.asked += 1
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        Counting.asked += 1
        return super().__contains__(key)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 50_000, "12 " * 20_000, "FA-12 " * 10_000, "FA12FA13" * 6_000, "F1 A " * 12_000,
        "FR76" * 12_000, "FA-12 A 13 SAUF 12 " * 3_000, "/DE " * 12_000, "DE: " * 12_000, "RF18 " * 10_000,
        "A1" * 25_000, "1/1/" * 12_000, "FACTFACTFACT" * 4_000 + "1",
        " ".join(f"FA-{n}" for n in range(4_000)),
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_work_is_bounded_by_count(text: str) -> None:
    index = Index([item("FA-12", 10), item("FA-13", 11)])
    for name in ("full", "loose", "digits", "folded", "orders", "by_counter"):
        setattr(index, name, Counting(getattr(index, name)))
    Counting.asked = 0
    label = read(line(text, 1, end_to_end_id=text), max_text=10_000)
    cited = cite(label, index, Policy(max_text=10_000), everything)
    assert Counting.asked <= 60 * MAX_WORDS
    assert len(cited.citations) <= Policy().max_references + MAX_RANGE
    assert sum(map(len, (cited.unknown, cited.counters, cited.cut, cited.alike))) <= 4 * MAX_WORDS
    assert cited.caps


def test_a_text_cut_beyond_the_last_word_that_is_read() -> None:
    text = f"/MOTIF {'1 ' * (MAX_WORDS - 2)}/REF {'2 ' * 18}".strip()
    label = read(line(text, 1), max_text=2_000)
    assert label.stretches[-1].cut
    assert cite(label, INDEX, Policy(), everything).caps == ["max_words"]


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from([pattern for _, pattern in (*BY_DIGIT, *BY_WORD)]))
def test_plain_texts_hold_no_noise_of_any_row(data: st.DataObject, pattern: str) -> None:
    """Looking at signs and words alone never passes over what the table would find."""
    written = data.draw(st.from_regex(rf"\A(?:{pattern})\Z", alphabet=st.sampled_from(ALPHABET)))
    text = data.draw(st.sampled_from(["{}", "MERCI {} FA-12", "FA 12 {} X"])).format(written)
    if noise_in(text)[1]:
        assert not is_plain(text)


@pytest.mark.parametrize("text", ["RF18 TIF", "FA-12 RF18 TIF", "090/9337/55493", "1/2/24", "A 1/2/24"])
def test_references_and_dates_are_not_plain(text: str) -> None:
    assert not is_plain(text)


@settings(max_examples=300, deadline=None)
@example("CBX0000")
@example("FA-12 CARTEXX 1234")
@example("SIRENA000000000")
@example("TVAFR40303265045")
@given(st.one_of(texts, st.text(alphabet=st.sampled_from(ALPHABET), max_size=40)))
def test_plain_texts_hold_no_noise(text: str) -> None:
    folded = fold_text(text)
    assert not (is_plain(folded) and (noise_in(folded)[1] or structured_in(folded)))
