"""Money, identifiers and ids."""

import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.model import Money, MoneyError, stable_id, to_major, to_minor
from core.model.base import trusted
from core.model.decision import Share
from core.model.identifiers import (
    compact,
    french_iban,
    is_creditor_reference,
    is_iban,
    is_siren,
    is_siret,
)
from core.money import EXPONENTS

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(-(2**62), 2**62)


@given(minors, currencies)
def test_minor_units_survive_the_way_through_major_units(minor: int, currency: str) -> None:
    assert to_minor(str(to_major(minor, currency)), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("1.005", "EUR"),
        ("1." + "0" * 36 + "1", "EUR"),
        ("0.5", "JPY"),
        ("x", "EUR"),
        ("1", "EURO"),
        ("NaN", "EUR"),
        ("1e999", "EUR"),
        ("", "EUR"),
    ],
)
def test_an_amount_that_cannot_be_exact_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(MoneyError):
        to_minor(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1875.6", "EUR", 187560), (Decimal("12.345"), "TND", 12345), (7, "JPY", 7), ("-0.01", "EUR", -1)],
)
def test_each_currency_has_its_own_exponent(amount: str | int | Decimal, currency: str, minor: int) -> None:
    assert to_minor(amount, currency) == minor


def test_money_of_two_currencies_does_not_add() -> None:
    with pytest.raises(MoneyError):
        Money(1, "EUR") + Money(1, "USD")
    assert str(Money(187346, "EUR")) == "1 873.46 EUR"


@given(st.from_regex(r"[0-9]{5}", fullmatch=True), st.from_regex(r"[0-9]{5}", fullmatch=True),
       st.from_regex(r"[0-9A-Z]{11}", fullmatch=True))  # fmt: skip
def test_a_french_iban_has_valid_check_digits(bank: str, branch: str, account: str) -> None:
    iban = french_iban(bank, branch, account)
    assert len(iban) == 27
    assert is_iban(iban)
    swapped = iban[:-1] + str((int(iban[-1]) + 1) % 10)
    assert not is_iban(swapped)


def test_published_examples_of_identifiers() -> None:
    assert french_iban("20041", "01005", "0500013M026") == "FR1420041010050500013M02606"
    assert is_creditor_reference("RF18 5390 0754 7034")
    assert not is_creditor_reference("RF19 5390 0754 7034")
    assert is_siren("732829320")
    assert not is_siren("732829321")
    assert is_siret("73282932000074")
    assert is_siret("35600000000048")
    assert not is_siret("73282932000075")


def test_compact_folds_accents_and_separators() -> None:
    assert compact("Fac-2024/000 123é") == "FAC2024000123E"


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_stable_ids_differ_when_parts_differ(one: list[str], other: list[str]) -> None:
    assert (stable_id("x", *one) == stable_id("x", *other)) == (one == other)


def test_a_trusted_value_is_the_value_that_validation_makes() -> None:
    fields: dict[str, Any] = {"item_id": "inv_1", "amount_minor": 1200, "gap_reason": "charges"}
    plain, made = Share(**fields), trusted(Share)(**fields)
    assert made == plain
    assert made.model_fields_set == plain.model_fields_set
    assert made.canonical() == plain.canonical()
    assert pickle.loads(pickle.dumps(made)) == plain
    with pytest.raises(ValidationError):
        made.amount_minor = 1  # type: ignore[misc]  # frozen, too
