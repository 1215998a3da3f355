"""Lines of money in made ready before their turn, and opened when it comes."""

from collections.abc import Sequence

from core.reconciliation.case import Case, Narrow, open_case
from core.reconciliation.cite import Cited, cite
from core.reconciliation.columnar.block import Ready
from core.reconciliation.label import Label
from core.reconciliation.line import Line
from core.reconciliation.names import Payer
from core.reconciliation.policy import Policy
from core.reconciliation.scope import Scope, alias_of, normal_iban


class _Noted:
    """Narrows, and notes whether it looked at the payer, and whether it may have looked at amounts."""

    def __init__(self, narrow: Narrow) -> None:
        self._narrow = narrow
        self.payer = self.amounts = False

    def __call__(self, items: Sequence[int]) -> tuple[int, ...]:
        self.payer = True
        self.amounts |= len(items) > self._narrow.cap
        return self._narrow(items)


def payer_of(line: Line, label: Label, scope: Scope) -> Payer:
    """Who pays, as far as is known now."""
    return scope.payer(label.payer, line.counterparty_iban, label.run)


def made_ready(
    line: Line,
    label: Label,
    payer: Payer,
    scope: Scope,
    policy: Policy,
    *,
    cited: Cited | None = None,
    reason: str | None = None,
) -> Ready:
    """What can be said of a line; `cited` if that is known, `reason` why it is no receipt."""
    narrow = _Noted(Narrow(scope, payer, line.amount_minor, policy.max_shared_key))
    cited = cited or cite(label, scope.index, policy, narrow)
    case = open_case(line, label, scope, policy, cited=cited, payer=payer)
    iban, alias = normal_iban(line.counterparty_iban), alias_of(label.payer)
    lasting = None if narrow.amounts else case.cited
    return Ready(label, lasting, payer, case.forwarding, iban, alias, narrow.payer, reason)


def opened(line: Line, ready: Ready, scope: Scope, policy: Policy) -> Case:
    """The case, read again as far as what was learnt since may change it."""
    taught = ready.iban in scope.accounts.learnt or ready.alias in scope.aliases.learnt
    cited = None if taught and ready.narrowed else ready.cited
    if taught or cited is None or line.declared_item_ids:
        return open_case(line, ready.label, scope, policy, cited=cited)
    paid, forwarding = line.amount_minor, ready.forwarding
    return Case(line, ready.label, scope, policy, ready.payer, cited, paid, forwarding=forwarding)
