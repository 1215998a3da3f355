"""What one tenant (and company) knows in one currency and direction while the fold goes on."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from core.reconciliation.accounts import Accounts
from core.reconciliation.index import Index, counters_of
from core.reconciliation.label import given
from core.reconciliation.likeness import REMEMBERED
from core.reconciliation.line import Item
from core.reconciliation.names import Debtors
from core.reconciliation.payer import UNKNOWN, Payer, joined
from core.reconciliation.spelling import COMMON, normalise


class Scope:
    """Items with their open amounts, debtors by name, accounts by history.

    `open` is what is open at the point the fold has reached; `reserved` is what standing decisions
    later in the fold will take, so that a line that arrives late cannot take it from them. `changes`
    counts how often an open amount has changed, and `changed_on` is the day of the line that last changed
    an item's.
    """

    def __init__(self, items: Sequence[Item], accounts: Iterable[tuple[str, str]]) -> None:
        self.index = Index(items)
        self.items = self.index.items
        self.open = [item.initial_minor for item in self.items]
        self.reserved = [0] * len(self.items)
        self.changes = 0
        self.changed_on: dict[int, date | None] = {}
        self.replaced = _replacements(self.index)
        self._by_open: dict[int, list[int]] = defaultdict(list)
        self._owed: dict[str, list[int]] = defaultdict(list)
        self._owed_at: dict[tuple[str, int], list[int]] = defaultdict(list)
        for n in range(len(self.open)):
            self._enter(n)
        self.has_credit_notes = any(i.amount_minor < 0 for i in self.items)
        self.partly_known = frozenset(i.debtor_id for i in self.items if not i.whole_turnover)
        self.debtors = Debtors((i.debtor_id, i.debtor_name) for i in self.items)
        self.sellers = Debtors(
            dict.fromkeys((i.seller_id, i.seller_name) for i in self.items if i.seller_name)
        )
        listed = dict.fromkeys((i.debtor_ibans, i.debtor_id) for i in self.items if i.debtor_ibans)
        known = dict.fromkeys(
            (iban, debtor_id) for text, debtor_id in listed for iban in ibans_of(text or "")
        )
        self.accounts = Accounts([*known, *accounts])
        self.aliases = Accounts(())
        self._searched: dict[str, tuple[Payer, str | None]] = {}

    def held(self, amount: int, *, most: int) -> tuple[int, ...] | None:
        """Items whose open amount is exactly this, in order; None when there are more than `most`."""
        found = self._by_open.get(amount, ())
        return tuple(found) if len(found) <= most else None

    def is_held(self, amount: int) -> bool:
        """Whether any item is open at exactly this amount."""
        return bool(self._by_open.get(amount))

    def with_counter(self, amount: int, counter: str) -> list[int]:
        """Of the items open at `amount`, those whose number ends with the counter."""
        at, ending = self._by_open.get(amount, ()), self.index.by_counter.get(counter, ())
        if len(at) < len(ending):
            return [n for n in at if counter in counters_of(self.index.numbers[n].groups)]
        return [n for n in ending if self.open[n] == amount and n not in self.replaced]

    def owed(self, debtor_id: str, *, most: int) -> tuple[int, ...] | None:
        """What the debtor owes, in order; None when that is more than `most` items."""
        found = self._owed.get(debtor_id, ())
        return tuple(found) if len(found) <= most else None

    def owed_at(self, debtor_id: str, amount: int, *, most: int) -> tuple[int, ...]:
        """Open items of the debtor at exactly this amount, in order: the first `most` when there are more."""
        return tuple(self._owed_at.get((debtor_id, amount), ())[:most])

    def change(self, n: int, amount: int) -> None:
        """Adds `amount` to what is open of item `n` (negative: it is used up)."""
        self._leave(n)
        self.open[n] += amount
        self.changes += 1
        self._enter(n)

    def _enter(self, n: int) -> None:
        """What was replaced is findable by its number only: the money goes to what replaces it."""
        amount, debtor_id = self.open[n], self.items[n].debtor_id
        if amount and n not in self.replaced:
            insort(self._by_open[amount], n)
            insort(self._owed[debtor_id], n)
            insort(self._owed_at[debtor_id, amount], n)

    def _leave(self, n: int) -> None:
        amount, debtor_id = self.open[n], self.items[n].debtor_id
        if amount and n not in self.replaced:
            _take_out(self._by_open[amount], n)
            _take_out(self._owed[debtor_id], n)
            _take_out(self._owed_at[debtor_id, amount], n)

    def can_take(self, n: int, amount: int) -> bool:
        """Whether a share uses item `n` up (it never adds to it) and leaves enough for the standing
        decisions to come."""
        left = self.open[n] - self.reserved[n] - amount
        sign = 1 if self.items[n].amount_minor > 0 else -1
        return amount * sign > 0 and left * sign >= 0

    def payer(self, name: str | None, iban: str | None, run: str) -> Payer:
        """Who is paying, by account history, then by name, then by a name inside the text.

        A name under which somebody paid before makes that debtor likely, and never sure: a treasury
        may pay for others tomorrow.
        """
        by_name = self._named(name) if name else self.debtors.in_text(run) if run else UNKNOWN
        return joined(self.accounts.debtors(normal_iban(iban)), by_name, named=bool(name))

    def _named(self, name: str) -> Payer:
        """Who bears the name, remembered because payers come back; else who paid under it before."""
        found = self._searched.get(name)
        if found is None:
            payer = self.debtors.find(name)
            found = payer, None if payer.likely else alias_of(name)
            if len(self._searched) < REMEMBERED:
                self._searched[name] = found
        payer, alias = found
        known_as = self.aliases.debtors(alias)
        return payer._replace(likely=known_as, has_paid=True) if known_as else payer

    def grade(self, payer: Payer, n: int) -> int:
        return payer.grade(self.items[n].debtor_id)

    def of_payer(self, payer: Payer, *, most: int) -> tuple[int, ...]:
        """Open items of every debtor the payer may be, in order: the first `most`, debtor by debtor,
        when there are more."""
        found: list[int] = []
        for debtor_id in sorted(payer.sure | payer.likely):
            found += self._owed.get(debtor_id, ())[: most - len(found)]
        return tuple(sorted(found))

    def of_payer_at(self, payer: Payer, amount: int, *, most: int) -> tuple[int, ...]:
        """Of those, the items open at exactly this amount."""
        found: list[int] = []
        for debtor_id in sorted(payer.sure | payer.likely):
            found += self._owed_at.get((debtor_id, amount), ())[: most - len(found)]
        return tuple(sorted(found))


def _take_out(places: list[int], n: int) -> None:
    """Removes one of some places in order."""
    del places[bisect_left(places, n)]


@lru_cache(maxsize=8192)
def alias_of(name: str | None) -> str | None:
    """The key under which a payer's name is learnt; None for one that names nobody."""
    words = normalise(name).words if name else ()
    return " ".join(words) if any(w not in COMMON and len(w) > 1 for w in words) else None


def normal_iban(iban: str | None) -> str | None:
    """An IBAN without blanks, upper case; None when the bank gave none."""
    text = given(iban)
    return text.replace(" ", "").upper() if text else None


def ibans_of(text: str) -> list[str]:
    """The accounts of a `|`-separated column."""
    return [n for part in text.split("|") if (n := normal_iban(part))]


class Lesson(NamedTuple):
    """What a payment teaches about who pays for a debtor: an account, a name."""

    transaction_id: str
    scope: Scope
    iban: str | None
    alias: str | None
    debtor_id: str

    def learn(self) -> None:
        """Counts it in."""
        if self.iban:
            self.scope.accounts.learn(self.iban, self.debtor_id)
        if self.alias:
            self.scope.aliases.learn(self.alias, self.debtor_id)

    def forget(self) -> None:
        """Takes it back exactly."""
        if self.iban:
            self.scope.accounts.forget(self.iban, self.debtor_id)
        if self.alias:
            self.scope.aliases.forget(self.alias, self.debtor_id)


def _replacements(index: Index) -> dict[int, int]:
    """The item that stands in the place of each replaced one, at the end of the chain."""
    next_of = {
        old: n
        for n, item in enumerate(index.items)
        if item.replaces and (old := index.position.get(item.replaces, n)) != n
        and index.items[old].debtor_id == item.debtor_id
    }  # fmt: skip
    ends: dict[int, int] = {}
    for old in next_of:
        at, seen = old, {old}
        while (following := next_of.get(at)) is not None and following not in seen:
            seen.add(following)
            at = following
        if following is None:
            ends[old] = at
    return ends
