"""Which texts number a document, and the words of openings, credits, rejects and factors."""

import pytest

from mappings.ledger.numbers import is_credit, is_factor, is_number, is_opening, is_rejected, number_in


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("Facture FA-2026-0012", "FA-2026-0012"),
        ("F202500012 ACHETEUR", "F202500012"),
        ("RAPEFIVAL SARL F.374", "F.374"),
        ("facture n°2026/117, du 3 mars", "2026/117"),
        ("VIR FA-001 ET FA-002", None),
        ("Prestations de mars", None),
        ("Lot 12", None),
        ("", None),
    ],
)
def test_one_number_in_a_label_is_the_documents(label: str, number: str | None) -> None:
    assert number_in(label) == number


@pytest.mark.parametrize("piece", ["FA-1", "2026/117", "000123", "A7"])
def test_a_reference_with_digits_is_a_number(piece: str) -> None:
    assert is_number(piece)


@pytest.mark.parametrize("piece", ["", "SANS_PIECE_REF", "FAE", "01/17", "1-3"])
def test_words_and_months_are_no_numbers(piece: str) -> None:
    assert not is_number(piece)


@pytest.mark.parametrize(
    ("journal", "label", "opening"),
    [
        ("AN", "A nouveaux", True),
        ("RAN", "REPORT A NOUVEAU", True),
        ("00", "À-nouveaux détaillés", True),
        ("OUV", "Bilan", True),
        ("VE", "Ventes à nouveau client", False),
        ("VE", "Ventes", False),
        ("BQ", "Banque", False),
    ],
)
def test_openings(journal: str, label: str, opening: bool) -> None:
    assert is_opening(journal, label) is opening


def test_words_of_credits_rejects_and_factors() -> None:
    assert is_credit("Avoir AV-12")
    assert is_credit("AV 2026-3")
    assert not is_credit("AVANCE CHANTIER")
    assert is_rejected("REJET PRLV AM04")
    assert is_rejected("Chèque impayé")
    assert not is_rejected("VIR RETOURNEMENT SARL")
    assert is_factor("Société d'affacturage")
    assert not is_factor("Facteur Cheval SAS")
