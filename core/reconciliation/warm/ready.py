"""Lines of money in made ready before their turn, and opened when it comes."""

from collections.abc import Sequence
from typing import NamedTuple

from core.reconciliation.case import Case, Narrow, open_case
from core.reconciliation.cite import Cited, cite
from core.reconciliation.label import Label, read
from core.reconciliation.line import Line
from core.reconciliation.payer import Payer
from core.reconciliation.policy import Policy
from core.reconciliation.scope import Scope, alias_of, normal_iban


class Ready(NamedTuple):
    """A line of money in, read: all of its case that depends neither on open amounts nor on lessons.

    `cited` is None when it depends on open amounts; `iban` and `alias` are the keys under which the payer
    may have been learnt meanwhile. `narrowed`: items that share a number were told apart by the payer.
    """

    label: Label
    cited: Cited | None
    payer: Payer
    forwarding: frozenset[str]
    iban: str | None
    alias: str | None
    narrowed: bool


class _Noted:
    """Narrows, and notes whether it looked at the payer, and whether it may have looked at amounts."""

    def __init__(self, narrow: Narrow) -> None:
        self._narrow = narrow
        self.payer = self.amounts = False

    def __call__(self, items: Sequence[int]) -> tuple[int, ...]:
        self.payer = True
        self.amounts |= len(items) > self._narrow.cap
        return self._narrow(items)


def made_ready(line: Line, scope: Scope, policy: Policy) -> Ready:
    """What can be said of a line now."""
    label = read(line, max_text=policy.max_text)
    payer = scope.payer(label.payer, line.counterparty_iban, label.run)
    narrow = _Noted(Narrow(scope, payer, line.amount_minor, policy.max_shared_key))
    cited = cite(label, scope.index, policy, narrow)
    case = open_case(line, label, scope, policy, cited=cited, payer=payer)
    iban, alias = normal_iban(line.counterparty_iban), alias_of(label.payer)
    lasting = None if narrow.amounts else case.cited
    return Ready(label, lasting, payer, case.forwarding, iban, alias, narrow.payer)


def opened(line: Line, ready: Ready, scope: Scope, policy: Policy) -> Case:
    """The case, read again as far as what was learnt since may change it."""
    taught = ready.iban in scope.accounts.learnt or ready.alias in scope.aliases.learnt
    cited = None if taught and ready.narrowed else ready.cited
    if taught or cited is None or line.declared_item_ids:
        return open_case(line, ready.label, scope, policy, cited=cited)
    paid, forwarding = line.amount_minor, ready.forwarding
    return Case(line, ready.label, scope, policy, ready.payer, cited, paid, forwarding=forwarding)
