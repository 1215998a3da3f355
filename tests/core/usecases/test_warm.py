"""Processes that keep engines warm write what one that begins anew each time writes."""

from collections.abc import Iterable
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given, settings

from core.model import Allocation, Decision, Event
from core.reconciliation import Item, Line, PayerAccount, Policy, Prior
from core.reconciliation.fold import reconcile as whole
from core.reconciliation.warm import WarmEngine
from core.usecases.reconcile import Rules, reconcile
from core.usecases.verify import verify
from core.usecases.warm import WarmEngines
from tests.core.reconciliation.build import item, line
from tests.core.usecases.made import T, day, invoice, world
from tests.core.usecases.made import line as bank_line
from tests.core.usecases.test_any_history import STEPS, History
from tests.core.usecases.test_reconcile import add, check_invariants, run
from tests.fakes import CrashError, InMemoryStore


class InTurn:
    """Several engines, each asked in its turn: as many processes share the work."""

    def __init__(self, *engines: Any) -> None:
        self._turns = cycle(engines)

    def __call__(self, *asked: Any) -> tuple[Decision, ...]:
        decided: tuple[Decision, ...] = next(self._turns)(*asked)
        return decided


class Checked:
    """A warm engine whose every answer is compared with the whole run's."""

    def __init__(self) -> None:
        self._warm = WarmEngines(most=1_000)

    def __call__(
        self,
        lines: Iterable[Line],
        items: Iterable[Item],
        payer_accounts: Iterable[PayerAccount] = (),
        prior: Prior = Prior(),  # noqa: B008 (frozen value)
        policy: Policy = Policy(),  # noqa: B008
    ) -> tuple[Decision, ...]:
        asked = (tuple(lines), tuple(items), tuple(payer_accounts), prior, policy)
        decided = self._warm(*asked)
        assert [d.content() for d in decided] == [d.content() for d in whole(*asked)]
        return decided


def written(store: InMemoryStore) -> list[object]:
    """All that followed from the facts, with the revisions at which it was written."""
    with store.begin(T, write=False) as unit:
        versions = [
            (v.revision, v.fact.content()) for d in unit.all(Decision) for v in unit.history(Decision, d.id)
        ]
        return [versions, unit.entries(Allocation), unit.entries(Event)]


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_two_warm_processes_write_what_a_cold_one_writes(steps: list[tuple[str, int, bool]]) -> None:
    cold, warm = History(), History(Rules(engine=InTurn(Checked(), Checked(), whole)))
    for action, number, settle in steps:
        cold.step(action, number, settle)
        warm.step(action, number, settle)
    assert written(warm.store) == written(cold.store)
    run(warm.store)
    assert [str(d) for d in verify(warm.store, warm.source, T)] == []
    check_invariants(warm.store)


def test_what_was_rolled_back_is_decided_again() -> None:
    store = world(invoice("FA-2026-0012", 120_050))
    rules = Rules(engine=Checked())
    reconcile(store, T, rules=rules)
    add(store, bank_line("1", 120_050, day(4, 7), "VIREMENT FA-2026-0012"))
    store.fail_at(1)
    with pytest.raises(CrashError):
        reconcile(store, T, rules=rules)
    assert reconcile(store, T, rules=rules).decisions == 1


ITEMS = [item(f"FA-{n}", 700 + n) for n in range(9)]
LINES = [line(f"FA-{n}", 700 + n, id=f"p{n}") for n in range(9)]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines each engine that is kept is newly told of, call by call."""
    told: list[int] = []

    class Counting(WarmEngine):
        def advance(self, **new: Any) -> Any:
            told.append(len(new["lines"]))
            return super().advance(**new)

    monkeypatch.setattr("core.usecases.warm.WarmEngine", Counting)
    return told


def test_only_what_is_new_is_told_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    told, warm = counted(monkeypatch), WarmEngines(most=20)
    first = warm(LINES[:8], ITEMS)
    warm(LINES, ITEMS, (), Prior(decisions=first))
    assert told == [8, 1]
    others = [line("x", 1, id="o", company_id="other")]
    warm(others, [])
    warm(LINES, ITEMS, (), Prior(decisions=whole(LINES, ITEMS)))
    assert told == [8, 1, 1, 0], "both are held: 19 and 1"
    warm([*others, line("y", 1, id="o2", company_id="other")], [])
    warm(LINES, ITEMS)
    assert told[4:] == [2, 9], "one too many: the company asked about longest ago was let go of"
    assert len(warm(LINES * 1, [*ITEMS, *(item(f"B-{n}", n + 1) for n in range(9))])) == 9
    assert told[6:] == [], "a company above the bound is decided as a whole"


def test_anything_that_is_not_one_whole_company_is_decided_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, warm = counted(monkeypatch), WarmEngines(most=20)
    assert warm([], []) == ()
    assert len(warm([LINES[0], line("x", 1, id="o", company_id="other")], ITEMS)) == 2
    with pytest.raises(ValueError, match="two lines have the id p0"):
        warm([LINES[0], line("x", 1, id="p0")], ITEMS)
    decided = whole(LINES[:1], ITEMS)
    assert len(warm(LINES[1:], ITEMS, (), Prior(decisions=decided, lines=tuple(LINES[:1])))) == 8
    assert told == []
