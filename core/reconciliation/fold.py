"""The fold over booking days: standing decisions replayed, then each day tier by tier."""

from collections.abc import Iterable

from core.model.decision import Decision
from core.reconciliation.line import Item, Line, PayerAccount, Prior
from core.reconciliation.policy import Policy

NOTHING = Prior()
DEFAULTS = Policy()


def reconcile(
    lines: Iterable[Line],
    items: Iterable[Item],
    payer_accounts: Iterable[PayerAccount] = (),
    prior: Prior = NOTHING,
    policy: Policy = DEFAULTS,
) -> tuple[Decision, ...]:
    """One decision per line, ordered by transaction id; standing decisions come back unchanged.

    `allocated_minor` + `unallocated_minor` = the line's amount, in the line's sign. Shares are in the
    item's sign: positive closes an invoice, negative uses up a credit note; a return carries the
    opposite. Copies of the same money (see `tie`) are decided NONE, T0, `copy`.
    """
    raise NotImplementedError
