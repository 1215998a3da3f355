"""One document in two tools: which is a copy of which when tools disagree, and what money does then."""

from typing import Any

import pytest

from core.model import Invoice, Party
from core.usecases.copies import copies_of
from core.usecases.finance import finance
from tests.core.usecases.made import T, day, invoice, line, world
from tests.core.usecases.test_reconcile import PAID, add, copy_of, decision_of, run, state, terms, types

ONE = invoice("FA-2026-0012", 120_050)
Z = "inv_FA-2026-0012_z"


@pytest.mark.parametrize(
    ("changes", "is_copy"),
    [
        ({}, True),
        ({"gross_minor": 110_000, "payable_minor": 110_000}, True),
        ({"issue_date": day(2, 3)}, True),
        ({"issue_date": day(2, 3), "gross_minor": 110_000}, False),
        ({"buyer": Party(name="KERVADEC")}, True),
        ({"buyer": Party()}, True),
        ({"buyer": Party(name="Lartigue Menuiserie SARL")}, False),
        ({"document_status": "deleted"}, False),
        ({"currency": "USD"}, False),
    ],
)
def test_tools_may_differ_in_one_point_but_not_in_who_owes(changes: dict[str, Any], is_copy: bool) -> None:
    assert (Z in copies_of([ONE, copy_of(ONE, **changes)], used={ONE.id})) == is_copy


def test_known_companies_must_be_the_same_company() -> None:
    first = ONE.model_copy(update={"buyer": Party(name="Groupe Alto", siren="552100554")})
    other = copy_of(ONE, buyer=Party(name="Groupe Alto", siren="732829320"))
    assert copies_of([first, other]) == {}


def test_an_edited_document_does_not_blur_the_series_of_another_year() -> None:
    """Numbers start anew each year: the edited one pairs with what is left, not with last year's."""
    old = invoice("FA-1", 5_000, id="inv_p25", issue_date=day(1, 2).replace(year=2025))
    new = invoice("FA-1", 5_000, id="inv_p26", issue_date=day(1, 2))
    copies = [copy_of(old), copy_of(new, gross_minor=6_000)]
    assert copies_of([old, new, *copies], used={"inv_p25", "inv_p26"}) == {
        "inv_p25_z": "inv_p25",
        "inv_p26_z": "inv_p26",
    }


def test_a_payer_of_the_other_tools_invoice_pays_that_one() -> None:
    """Two tools count alike: the same number, amount and day for two customers are two claims."""
    other = copy_of(ONE, buyer=Party(name="Lartigue Menuiserie"), counterparty_id=None)
    store = world(ONE, other)
    finance(store, T, [terms("FA-2026-0012")])
    add(store, line("1", 120_050, day(4, 7), "FA-2026-0012", counterparty_name="LARTIGUE MENUISERIE"))
    run(store)
    assert [s.item_id for s in decision_of(store, "1").shares] == [Z]
    assert types(store) == []


def test_when_one_tool_edits_the_amount_the_financed_document_still_counts() -> None:
    store = world(ONE, copy_of(ONE))
    finance(store, T, [terms("FA-2026-0012")])
    add(store, ONE.model_copy(update={"payable_minor": 110_000, "gross_minor": 110_000}), PAID)
    run(store)
    assert (decision_of(store, "1").outcome, decision_of(store, "1").reason) == ("review", "overpayment")
    assert state(store, "FA-2026-0012_z").state == "open"


def _deleted(one: Invoice) -> Invoice:
    return one.model_copy(update={"document_status": "deleted"})


def test_a_financed_document_deleted_in_one_tool_is_paid_through_the_other() -> None:
    store = world(ONE, copy_of(ONE))
    finance(store, T, [terms("FA-2026-0012")])
    add(store, _deleted(ONE), PAID)
    run(store)
    assert types(store) == ["payment.allocated", "invoice.paid", "repayment.due"]


def test_a_financed_document_deleted_and_made_again_is_one_claim() -> None:
    again = ONE.model_copy(update={"id": "inv_again"})
    store = world(ONE)
    finance(store, T, [terms("FA-2026-0012")])
    add(store, _deleted(ONE), again, PAID)
    run(store)
    assert types(store) == ["payment.allocated", "invoice.paid", "repayment.due"]
    (refused,) = finance(store, T, [terms("FA-2026-0012", "L-2", invoice={"id": "inv_again"})]).refused
    assert "financed already, by loan L-1" in str(refused.error)


def test_a_copy_is_not_financed_while_money_stands_on_the_document_that_counts() -> None:
    store = world(ONE, copy_of(ONE))
    add(store, PAID)
    run(store)
    (refused,) = finance(store, T, [terms("FA-2026-0012_z")]).refused
    assert "money stands on the same document under the id inv_FA-2026-0012" in str(refused.error)
