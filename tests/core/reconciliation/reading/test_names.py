"""Who is paying: grades by name, for names as banks write, cut and misspell them."""

from math import log
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from core.reconciliation.likeness import LONG_WORD, Vocabulary
from core.reconciliation.names import CUTS_OF_NAMES, Debtors
from core.reconciliation.spelling import COMMON, normalise

DEBTORS = Debtors(
    [
        ("brunoy", "Ateliers Brunoy SAS"),
        ("kervadec", "Kervadec SARL"),
        ("durand", "Durand Bois SARL|Ets Durand"),
        ("durand2", "Durand Bois SA"),
        ("viandes", "Viandes Bost|Boucheries Bost Nord|VB Nord"),
        ("maconnerie", "SARL Maçonnerie Saumiges Pau"),
        ("muller", "Müller Transports GmbH"),
        ("martin-a", "Martin Frères"),
        ("martin-b", "Martin Frères Nord"),
        ("meridia", "Meridia Logistique"),
    ]
)


@pytest.mark.parametrize(
    ("written", "debtor", "grade"),
    [
        ("ATELIERS BRUNOY", "brunoy", 2),
        ("S.A.S. Ateliers Brunoy", "brunoy", 2),
        ("BRUNOY ATELIERS", "brunoy", 2),
        ("ATELIERS BRUNOY S", "brunoy", 2),  # the bank cut the legal form
        ("ATELIERS BRUNOI", "brunoy", 1),  # one slip
        ("KERVADEC", "kervadec", 1),  # one word is never sure
        ("DURAND BOIS", "durand", 1),  # shared by two
        ("DURAND BOIS SARL", "durand", 2),  # told apart by the legal form
        ("DURAND BOIS SARL", "durand2", -1),
        ("VB NORD", "viandes", 2),  # an alias
        ("SARL MACONNERIE SAUMIGES", "maconnerie", 2),  # cut at 24 letters
        ("MACONNERIE SAUMIGES", "maconnerie", 1),  # not cut: only near
        ("MULLER TRANSPORTS", "muller", 2),
        ("MUELLER TRANSPORTS", "muller", 1),
        ("MERIDIA TRESORERIE GROUPE", "brunoy", 0),  # a treasury is nobody's rival
        ("MERIDIA LOGISTIQUE", "brunoy", -1),
        ("FACTOFRANCE KERVADEC", "brunoy", 0),
        ("TRESORERIE GENERALE", "brunoy", 0),
        ("TRANSPORTS LOGISTIQUE INCONNUS", "brunoy", 0),  # two known words, nobody's name
        ("", "brunoy", 0),
        ("-" * 18, "brunoy", 0),  # as long as a name that the bank cut
        ("-" * 19, "brunoy", 0),
    ],
)
def test_grade_of_a_name(written: str, debtor: str, grade: int) -> None:
    assert DEBTORS.find(written).grade(debtor) == grade


@pytest.mark.parametrize(
    ("text", "debtor", "grade"),
    [
        ("ATELIERS BRUNOY SAS FA-801 MERCI", "brunoy", 2),
        ("ATELIERS BRU", "brunoy", 0),
        ("REGLEMENT ATELIERS BRUNOY FA-801", "brunoy", 1),
        ("MARTIN FRERES NORD FA-801", "martin-b", 2),
        ("MARTIN FRERES FA-801", "martin-a", 1),  # not sure: another name begins so
        ("FACTURE DU MOIS", "brunoy", 0),
    ],
)
def test_grade_of_a_name_inside_a_text(text: str, debtor: str, grade: int) -> None:
    assert DEBTORS.in_text(text).grade(debtor) == grade


def test_many_namesakes_are_nobody() -> None:
    crowd = Debtors((f"d{n}", "Boulangerie du Port") for n in range(40))
    assert crowd.find("BOULANGERIE DU PORT").likely == frozenset()
    assert crowd.find("BOULANGERIE DU LAC").likely == frozenset()


def test_the_legal_form_is_kept_apart() -> None:
    assert normalise("S.A.R.L. Côté & Fils") == normalise("COTE FILS SARL")
    assert normalise("SARL").words == ("SARL",)


words = st.text(alphabet=ascii_uppercase[:4], min_size=1, max_size=9)


@given(st.sets(words, max_size=12), words)
def test_words_that_are_near_are_all_found(known: set[str], word: str) -> None:
    near = {
        k for k in known
        if k == word or (min(len(k), len(word)) >= LONG_WORD and Levenshtein.distance(k, word) <= 1)
    }  # fmt: skip
    found = Vocabulary(known).like(word)
    assert found & known == near
    assert Vocabulary(known).begun(word) == {k for k in known if len(word) >= 3 and k.startswith(word)}


some = ["ALPINE", "ALPINES", "BOREAL", "BOREALE", "CORSE", "CORSAIRE", "DELTA", "DE"]
names = st.lists(st.sampled_from(some), max_size=4)
bearers = st.lists(st.lists(names.filter(bool), min_size=1, max_size=2), min_size=1, max_size=7)


def _nearest(debtors: list[list[list[str]]], words: list[str]) -> frozenset[str]:
    """The definition: of those who share a word, the one whose name is clearly the most alike."""
    known = sorted({word for aliases in debtors for name in aliases for word in name})
    bearing = [{word for name in aliases for word in name} for aliases in debtors]
    rare = {w: log(1 + (1 + len(debtors)) / (1 + sum(w in b for b in bearing))) for w in {*known, *words}}
    vocabulary = Vocabulary(known)
    asked = list(dict.fromkeys(words))
    may_be = [vocabulary.like(w) | vocabulary.begun(w) for w in asked]
    has = frozenset().union(*map(vocabulary.like, asked), vocabulary.begun(asked[-1]))

    def weight(word: str) -> float:
        return 0.05 if word in COMMON else rare[word]

    def alike(name: list[str]) -> float:
        whole = sum(weight(w) for w in set(name))
        more = sum(weight(w) for w, may in zip(asked, may_be, strict=True) if may.isdisjoint(name))
        shared = sum(weight(w) for w in set(name) if w in has)
        return shared / (whole + more) if shared >= 0.4 * whole else 0.0

    sharing = [n for n, words_of in enumerate(bearing) if words_of & (set(words) - COMMON)]
    scores = {f"d{n}": max(map(alike, debtors[n])) for n in sharing}
    best = max(scores.values(), default=0.0)
    near = frozenset(d for d, score in scores.items() if score >= best - 0.2)
    return near if best >= 0.6 and len(near) == 1 else frozenset()


@given(bearers, names.filter(bool))
def test_nothing_that_is_near_is_ruled_out(debtors: list[list[list[str]]], words: list[str]) -> None:
    known = Debtors((f"d{n}", "|".join(map(" ".join, aliases))) for n, aliases in enumerate(debtors))
    text = " ".join(words)
    bearing = [name for aliases in debtors for name in aliases]
    short = len(text) + 1 < min(CUTS_OF_NAMES)
    if all(set(name) != set(words) for name in bearing) and (short or any(words[-1] in n for n in bearing)):
        uncut = text if short else text + "." * max(CUTS_OF_NAMES)
        assert known.find(uncut).likely == _nearest(debtors, words)
    assert known.surely(text) == known.find(text).sure


@given(bearers, st.lists(st.sampled_from(["ALPINE", "BOREAL", "CORSE", "DELTA", "DE", "FA12"]), max_size=6))
def test_whole_names_inside_a_text_are_found(debtors: list[list[list[str]]], words: list[str]) -> None:
    known = Debtors((f"d{n}", "|".join(map(" ".join, aliases))) for n, aliases in enumerate(debtors))
    inside = frozenset(
        f"d{n}" for n, aliases in enumerate(debtors)
        if any(set(name) <= set(words) and set(name) != {"DE"} for name in aliases)
    )  # fmt: skip
    expected = inside if len(inside) == 1 else frozenset()
    assert known.in_text(" ".join(["FACTURE", *words])).likely == expected
