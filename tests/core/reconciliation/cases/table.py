"""How a case is written: what is owed, what the bank says, and the outcome that is right, in words.

    Case("D13 charges", owed=[item("FA-801", 1972)], paid=line("FA-801", 1957, payer="ATELIERS BRUNOY"),
         right="AUTO T4: FA-801 1957.00 (15.00 charges)", policy=Policy(charges_tolerance_minor=2500))

`right` is `AUTO tier: shares`, `REVIEW reason: first candidate` (or no candidate named: any), or
`NONE reason`. Amounts are euros; items are named by their id, which is their number unless said otherwise.
`before` and `after` are other bank lines. Each case is decided alone and among three hundred invoices of
other debtors, and must come out the same, unless `alone` says that it is about a scope of its own.
"""

from dataclasses import KW_ONLY, dataclass
from decimal import Decimal

from core.model.decision import Decision, Share
from core.reconciliation import Item, Line, PayerAccount, Policy
from tests.core.reconciliation.build import DEFAULTS, background, decided

BRUNOY = "ATELIERS BRUNOY"
"""The usual payer: its invoices are those of `Ateliers Brunoy SAS`."""


@dataclass(frozen=True)
class Case:
    """One situation. The title begins with its id."""

    title: str
    _: KW_ONLY
    owed: list[Item]
    paid: Line
    right: str
    accounts: tuple[PayerAccount, ...] = ()
    policy: Policy = DEFAULTS
    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()
    alone: bool = False


def outcome(case: Case, *, alone: bool) -> str:
    """What the engine says of the case, in the words of `right`."""
    items = [*case.owed, *([] if alone else background())]
    lines = [*case.before, case.paid, *case.after]
    return told(decided(lines, items, case.accounts, policy=case.policy)[case.paid.transaction_id])


def told(decision: Decision) -> str:
    """A decision in the words of a case."""
    if decision.outcome == "auto":
        return f"AUTO {decision.tier}: {_shares(decision.shares)}"
    if decision.outcome == "none":
        return f"NONE {decision.reason}"
    first = f": {_shares(decision.candidates[0].shares)}" if decision.candidates else ""
    return f"REVIEW {decision.reason}{first}"


def _shares(shares: tuple[Share, ...]) -> str:
    return " + ".join(_share(s) for s in sorted(shares, key=lambda s: s.item_id))


def _share(share: Share) -> str:
    gap = f" ({_euros(share.gap_minor)} {share.gap_reason})" if share.gap_reason else ""
    return f"{share.item_id} {_euros(share.amount_minor)}{gap}"


def _euros(minor: int) -> str:
    return f"{Decimal(minor) / 100:.2f}"
