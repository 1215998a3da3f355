"""What is kept of a case is what would be found again."""

from core.reconciliation import Policy
from core.reconciliation.case import Case, open_case
from core.reconciliation.label import read
from core.reconciliation.memory import for_good, until_paid
from core.reconciliation.scope import Scope
from tests.core.reconciliation.build import item, line


def _case() -> Case:
    paid, scope = line("VIR FAC-2024-000123", "120.00"), Scope([item("FAC-2024-000123", "120.00")], ())
    return open_case(paid, read(paid, max_text=2_000), scope, Policy())


def test_what_rests_on_open_amounts_is_found_anew_when_one_changes() -> None:
    case, asked = _case(), []

    @until_paid
    def left(case: Case) -> int:
        asked.append(case)
        return case.scope.open[0]

    assert [left(case), left(case)] == [12_000, 12_000]
    assert len(asked) == 1
    case.scope.change(0, -2_000)
    assert [left(case), left(case)] == [10_000, 10_000]
    assert len(asked) == 2


def test_what_does_not_change_is_found_once() -> None:
    case, asked = _case(), []

    @for_good
    def nothing(case: Case) -> None:
        asked.append(case)

    nothing(case)
    case.scope.change(0, -2_000)
    nothing(case)
    assert len(asked) == 1


def test_a_citation_means_nothing_once_its_item_is_settled() -> None:
    case = _case()
    assert case.meaning().items == (0,)
    case.scope.change(0, -12_000)
    assert (case.meaning().items, case.meaning().settled) == ((), (0,))
