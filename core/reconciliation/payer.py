"""Who paid, as far as is known: debtors surely, maybe, and clearly nobody else."""

from typing import Final, NamedTuple

from core.reconciliation.accounts import NOBODY


class Payer(NamedTuple):
    """What is known of who paid: debtors surely he is (2), debtors he may be (1), any clear debtor; and
    whether he has paid here before, for anybody, under this account or name."""

    sure: frozenset[str]
    likely: frozenset[str]
    clearly: frozenset[str]
    has_paid: bool = False

    def grade(self, debtor_id: str) -> int:
        """2 = this debtor, 1 = clearly nearest, 0 = unknown, -1 = clearly another known debtor."""
        if debtor_id in self.sure:
            return 2
        if debtor_id in self.likely:
            return 1
        return -1 if self.clearly else 0


UNKNOWN: Final = Payer(NOBODY, NOBODY, NOBODY)


def joined(by_account: frozenset[str], by_name: Payer, *, named: bool) -> Payer:
    """Account history and name together: an account that is known makes its debtors sure.

    It makes them rivals of all others only where no name stands beside it: under somebody else's name, or
    one that is only near, it is that of a treasury, a factor or a relative, who paid for them once and pays
    for others too.
    """
    if not by_account:
        return by_name
    clearly = by_name.clearly if named else by_name.clearly | by_account
    return Payer(by_name.sure | by_account, by_name.likely, clearly, has_paid=True)
