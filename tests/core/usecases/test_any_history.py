"""Whatever happens, in whatever order: verify finds nothing, money is conserved, a repeat is silent."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput, Conflict
from core.model import BankTransaction, Decision, Fact, SourceRef
from core.ports import Pulled, Store
from core.usecases.decide import accept, assign, not_ours, reject, undo
from core.usecases.finance import finance
from core.usecases.reconcile import STANDARD, Rules, reconcile
from core.usecases.verify import verify
from tests.core.usecases.made import COMPANY, T, account, connection, debtor, invoice, line, pulled
from tests.core.usecases.test_reconcile import check_invariants, run, terms
from tests.fakes import FixedClock, InMemoryStore, ScriptedSource

NUMBERS = range(1, 4)


def elsewhere(object: str, external_id: str) -> SourceRef:
    return SourceRef(provider="zenith", account="acct_9", object=object, external_id=external_id)


TOOL = account(id="acc_tool", iban=None, source=elsewhere("bank_accounts", "9"))
ACTIONS = (
    "pay",
    "pay_silently",
    "return",
    "remove",
    "restore",
    "edit",
    "accept",
    "reject",
    "undo",
    "not_ours",
    "wait",
    "mirror",
    "pending",
    "move",
    "copy",
    "delete",
    "assign",
)
STEPS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5), st.booleans()), max_size=15)


class History:
    """A company of tenant `T`, three financed invoices, and what happens to them."""

    def __init__(
        self, rules: Rules = STANDARD, *, store: Store | None = None, clock: FixedClock | None = None
    ) -> None:
        self.rules = rules
        self.clock = clock or FixedClock()
        self.store = store or InMemoryStore(self.clock)
        self.source = ScriptedSource()
        self.today = date(2026, 3, 5)
        self.lines: list[BankTransaction] = []
        with self.store.begin(T) as unit:
            unit.put([COMPANY])
            unit.save([connection()])
        self.learn(
            account(),
            TOOL,
            debtor(),
            *(invoice(f"FA-2026-010{n}", 30_000 + 1_000 * (n % 2)) for n in NUMBERS),
        )
        finance(self.store, T, [terms(f"FA-2026-010{n}", f"L-{n}") for n in NUMBERS])

    def learn(self, *facts: Fact) -> None:
        """A page of facts with their raw records, as sync stores it."""
        page: Pulled = pulled(*facts)
        for raw, fact in zip(page.raws, page.facts, strict=True):
            self.source.remapped[raw.id] = (fact,)
        with self.store.begin(T) as unit:
            unit.append(page.raws)
            unit.put(page.facts)

    def step(self, action: str, number: int, settle: bool) -> None:
        self.today += timedelta(days=3)
        self.clock.move(days=3)
        moves: dict[str, Callable[[int], None]] = {
            "pay": self.pay, "pay_silently": self.pay_silently, "return": self.give_back,
            "remove": self.remove, "restore": self.restore, "edit": self.edit, "wait": lambda _: None,
            "mirror": self.mirror, "pending": self.pending, "move": self.move, "copy": self.copy,
            "delete": self.delete, "assign": self.assign,
        }  # fmt: skip
        if action in moves:
            moves[action](number)
        else:
            self.decide(
                {"accept": accept, "reject": reject, "undo": undo, "not_ours": not_ours}[action], number
            )
        if settle:
            reconcile(self.store, T, rules=self.rules)

    def pay(self, number: int) -> None:
        self._line(31_000 if number % 2 else 30_000, f"VIR FA-2026-010{1 + number % 3}")

    def pay_silently(self, number: int) -> None:
        self._line(31_000 if number % 2 else 30_000, "VIREMENT")

    def _line(self, amount: int, text: str, **changes: Any) -> None:
        name = f"{len(self.lines)}"
        self.lines.append(
            line(name, amount, self.today, text, **{"end_to_end_id": f"E2E-{name:>04}", **changes})
        )
        self.learn(self.lines[-1])

    def give_back(self, number: int) -> None:
        paid = [one for one in self.lines if one.amount_minor > 0]
        if paid:
            one = paid[number % len(paid)]
            back = {"end_to_end_id": one.end_to_end_id, "operation": "return", "return_reason": "AC04"}
            self._line(-one.amount_minor, "RETOUR", **back)

    def remove(self, number: int) -> None:
        self._status(number, "removed")

    def restore(self, number: int) -> None:
        self._status(number, "booked")

    def _status(self, number: int, status: str) -> None:
        if self.lines:
            place = number % len(self.lines)
            self.lines[place] = self.lines[place].model_copy(update={"status": status})
            self.learn(self.lines[place])

    def pending(self, number: int) -> None:
        self._status(number, "pending")

    def mirror(self, number: int) -> None:
        """The accounting tool shows a line of the bank, a few days later and without its identifiers."""
        banked = [one for one in self.lines if one.account_id == "acc_1"]
        if not banked:
            return
        one = banked[number % len(banked)]
        seen = {x.id for x in self.lines}
        changes = {
            "id": f"{one.id}_tool", "account_id": TOOL.id, "counterparty_name": None, "end_to_end_id": None,
            "booking_date": (one.booking_date or self.today) + timedelta(days=number % 3),
            "source": elsewhere("transactions", one.id),
        }  # fmt: skip
        if changes["id"] not in seen:
            self.lines.append(one.model_copy(update=changes))
            self.learn(self.lines[-1])

    def move(self, number: int) -> None:
        """The bank corrects a value date."""
        if self.lines:
            place = number % len(self.lines)
            one = self.lines[place]
            day = (one.booking_date or self.today) - timedelta(days=number)
            self.lines[place] = one.model_copy(update={"value_date": day})
            self.learn(self.lines[place])

    def copy(self, number: int) -> None:
        """A second tool shows an invoice, or has deleted it."""
        n = 1 + number % 3
        one = invoice(f"FA-2026-010{n}", 30_000 + 1_000 * (n % 2))
        status = "deleted" if number > 3 else "issued"
        other = elsewhere("client_invoices", one.id)
        self.learn(one.model_copy(update={"id": f"{one.id}_z", "source": other, "document_status": status}))

    def delete(self, number: int) -> None:
        n = 1 + number % 3
        self.learn(invoice(f"FA-2026-010{n}", 30_000 + 1_000 * (n % 2), document_status="deleted"))

    def assign(self, number: int) -> None:
        amounts = {f"inv_FA-2026-010{1 + number % 3}": 10_000 * (1 + number % 3)}
        self.decide(partial(assign, amounts=amounts), number)

    def edit(self, number: int) -> None:
        n = 1 + number % 3
        self.learn(invoice(f"FA-2026-010{n}", 30_000 + 1_000 * number))

    def decide(self, act: Callable[..., Decision], number: int) -> None:
        reconcile(self.store, T, rules=self.rules)
        with self.store.begin(T, write=False) as unit:
            decisions = unit.all(Decision)
        fitting = [d for d in decisions if d.candidates] if act in (accept, reject) else decisions
        if fitting:
            try:
                act(self.store, T, fitting[number % len(fitting)].id, person="ada", rules=self.rules)
            except (Conflict, BadInput):
                return  # taken already, nothing to undo, not booked any more, or more than is open


def check_history(history: History, steps: Iterable[tuple[str, int, bool]]) -> None:
    """Lives it, then: all is settled, a repeat is silent, verify finds nothing, money is conserved."""
    for action, number, settle in steps:
        history.step(action, number, settle)
    run(history.store)
    assert [str(d) for d in verify(history.store, history.source, T)] == []
    check_invariants(history.store)


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_any_history_verifies(steps: list[tuple[str, int, bool]]) -> None:
    check_history(History(), steps)
