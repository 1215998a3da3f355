"""What one tenant (and company) knows in one currency and direction while the fold goes on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from core.reconciliation.index import Index
from core.reconciliation.label import given
from core.reconciliation.line import Item
from core.reconciliation.names import UNKNOWN, Accounts, Debtors, Payer, joined


class Scope:
    """Items with their open amounts, debtors by name, accounts by history.

    `open` is what is open at the point the fold has reached; `reserved` is what standing decisions
    later in the fold will take, so that a line that arrives late cannot take it from them.
    """

    def __init__(self, items: Sequence[Item], accounts: Iterable[tuple[str, str]]) -> None:
        self.index = Index(items)
        self.items = self.index.items
        self.open = [item.initial_minor for item in self.items]
        self.reserved = [0] * len(self.items)
        self._by_open: dict[int, dict[int, None]] = defaultdict(dict)
        for n, amount in enumerate(self.open):
            if amount:
                self._by_open[amount][n] = None
        self.debtors = Debtors((i.debtor_id, i.debtor_name) for i in self.items)
        known = [(ib, i.debtor_id) for i in self.items if i.debtor_ibans for ib in ibans_of(i.debtor_ibans)]
        self.accounts = Accounts([*dict.fromkeys(known), *accounts])

    def held(self, amount: int, *, most: int) -> tuple[int, ...] | None:
        """Items whose open amount is exactly this, in order; None when there are more than `most`."""
        found = self._by_open.get(amount, {})
        return tuple(sorted(found)) if len(found) <= most else None

    def with_counter(self, amount: int, counter: str) -> list[int]:
        """Of the items open at `amount`, those whose number ends with the counter."""
        return [n for n in self.index.by_counter.get(counter, ()) if self.open[n] == amount]

    def change(self, n: int, amount: int) -> None:
        """Adds `amount` to what is open of item `n` (negative: it is used up)."""
        self._by_open[self.open[n]].pop(n, None)
        self.open[n] += amount
        if self.open[n]:
            self._by_open[self.open[n]][n] = None

    def can_take(self, n: int, amount: int) -> bool:
        """Whether a share of item `n` leaves enough for the standing decisions to come."""
        left = self.open[n] - self.reserved[n] - amount
        return left * (1 if self.items[n].amount_minor > 0 else -1) >= 0

    def payer(self, name: str | None, iban: str | None, run: str) -> Payer:
        """Who is paying, by account history, then by name, then by a name inside the text."""
        by_account = self.accounts.debtors(normal_iban(iban))
        by_name = self.debtors.find(name) if name else self.debtors.in_text(run) if run else UNKNOWN
        return joined(by_account, by_name)

    def grade(self, payer: Payer, n: int) -> int:
        return payer.grade(self.items[n].debtor_id)

    def of_payer(self, payer: Payer) -> list[int]:
        """Open items of every debtor the payer may be, in order."""
        debtors = payer.sure | payer.likely
        if not debtors:
            return []
        return sorted(n for d in debtors for n in self.index.by_debtor.get(d, ()) if self.open[n])


def normal_iban(iban: str | None) -> str | None:
    """An IBAN without blanks, upper case; None when the bank gave none."""
    text = given(iban)
    return text.replace(" ", "").upper() if text else None


def ibans_of(text: str) -> list[str]:
    """The accounts of a `|`-separated column."""
    return [n for part in text.split("|") if (n := normal_iban(part))]
