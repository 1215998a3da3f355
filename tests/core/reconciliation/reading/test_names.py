"""Who is paying: grades by name, for names as banks write, cut and misspell them."""

from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from core.reconciliation.likeness import LONG_WORD, Vocabulary
from core.reconciliation.names import Debtors, normalise

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
