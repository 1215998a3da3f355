"""Every case of the tables comes out as it should, alone and among other invoices."""

import re

import pytest

from tests.core.reconciliation.cases import (
    gaps,
    lists,
    numbers,
    payers,
    policies,
    reference,
    returns,
    reviews,
    silent,
)
from tests.core.reconciliation.cases.table import Case, outcome

TABLES = (reference, numbers, lists, gaps, payers, silent, policies, returns, reviews)
CASES = [case for table in TABLES for case in table.CASES]


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "among others"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(case: Case, alone: bool) -> None:
    if case.alone and not alone:
        return
    found = outcome(case, alone=alone)
    assert found == case.right if ":" in case.right else found.split(":")[0] == case.right


def test_every_case_of_the_reference_is_here_and_sixty_more() -> None:
    ids = [case.title.split()[0] for case in CASES]
    assert len(ids) == len(set(ids))
    assert {re.sub(r"[a-z]$", "", i) for i in ids if i[0] == "D"} == {f"D{n:02d}" for n in range(1, 31)}
    assert sum(i[0] != "D" for i in ids) >= 60
