"""The engine of a process that reconciles the same companies again and again: it keeps what it worked out."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Self

from core.model import Decision
from core.reconciliation import Item, Line, PayerAccount, Policy, Prior
from core.reconciliation.warm import WarmEngine, cold

Company = tuple[str, str | None]
"""A tenant, and one of its companies."""
NOTHING: Final = Prior()
STANDARD: Final = Policy()


@dataclass(frozen=True, slots=True)
class Given:
    """All that is known of a company. `company` is None when it is not one, or not all: several are
    meant, an id occurs twice, or lines were left out because they are decided."""

    company: Company | None
    lines: tuple[Line, ...]
    items: tuple[Item, ...]
    accounts: tuple[PayerAccount, ...]
    decisions: tuple[Decision, ...]
    policy: Policy

    @classmethod
    def of(
        cls,
        lines: tuple[Line, ...],
        items: tuple[Item, ...],
        accounts: tuple[PayerAccount, ...],
        prior: Prior,
        policy: Policy,
    ) -> Self:
        """What a call of the engine is given."""
        companies = {(x.tenant_id, x.company_id) for x in lines} | {
            (x.tenant_id, x.company_id) for x in items
        }
        ids = len({line.transaction_id for line in lines}) + len({item.item_id for item in items})
        whole = len(companies) == 1 and ids == len(lines) + len(items) and not prior.lines
        return cls(companies.pop() if whole else None, lines, items, accounts, prior.decisions, policy)

    @property
    def size(self) -> int:
        """Lines and items."""
        return len(self.lines) + len(self.items)


@dataclass(slots=True)
class Held:
    """A warm engine and what it was given, by id; `seen` are its decisions as they were read back."""

    engine: WarmEngine
    accounts: tuple[PayerAccount, ...]
    lines: dict[str, Line] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    seen: dict[str, Decision] = field(default_factory=dict)

    def is_part_of(self, given: Given) -> bool:
        """Whether nothing that it was given, or decided, is missing from what is known now."""
        return (
            (self.engine.policy, self.accounts) == (given.policy, given.accounts)
            and self.lines.keys() <= {line.transaction_id for line in given.lines}
            and self.engine.decided.keys() <= {decision.transaction_id for decision in given.decisions}
        )

    def decide(self, given: Given) -> tuple[Decision, ...]:
        """Tells the engine what is new; decisions that did not change come back as they were read."""
        items = {item.item_id: item for item in given.items}
        moved = (i for i in self.items.values() if _wall_of(i) != _wall_of(items.get(i.item_id)))
        advance = self.engine.advance(
            lines=[line for line in given.lines if self.lines.get(line.transaction_id) != line],
            items=[item for item in given.items if self.items.get(item.item_id) != item],
            withdrawn=tuple(moved),
            payer_accounts=() if self.size else self.accounts,
            decisions=[decision for decision in given.decisions if self._is_news(decision)],
        )
        changed = {decision.transaction_id: decision for decision in advance.decisions}
        decisions = {decision.transaction_id: decision for decision in given.decisions}
        self.lines, self.items = {line.transaction_id: line for line in given.lines}, items
        self.seen = {id: decision for id, decision in decisions.items() if id not in changed}
        return tuple(changed.get(id) or decisions[id] for id in sorted(self.lines))

    def _is_news(self, decision: Decision) -> bool:
        """Whether the engine knows another decision, or none. What it decided itself comes back from the
        store with other containers in its explanation: the first time, contents are compared."""
        id = decision.transaction_id
        if self.seen.get(id) == decision:
            return False
        own = self.engine.decided.get(id)
        return own is None or own.content() != decision.content()

    @property
    def size(self) -> int:
        """Lines and items."""
        return len(self.lines) + len(self.items)


def _wall_of(item: Item | None) -> str | None:
    return item.currency if item else None


class WarmEngines:
    """Decides as `reconcile` does, company by company, and only what is new since the last time.

    Each call is told all that is known, as `reconcile` is, and what is held is compared with it, value
    by value: an answer rests on nothing that another process, or a transaction that was rolled back, may
    have changed meanwhile. Whatever does not fit is worked out from the beginning. Companies asked about
    longest ago are let go of when more than `most` lines and items are held. Several threads may call
    it; none waits for another.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._held: OrderedDict[Company, Held] = OrderedDict()

    def __call__(
        self,
        lines: Iterable[Line],
        items: Iterable[Item],
        payer_accounts: Iterable[PayerAccount] = (),
        prior: Prior = NOTHING,
        policy: Policy = STANDARD,
    ) -> tuple[Decision, ...]:
        """As `reconcile`, whose words these are."""
        given = Given.of(tuple(lines), tuple(items), tuple(payer_accounts), prior, policy)
        if given.company is None or given.size > self._most:
            return cold.reconcile(given.lines, given.items, given.accounts, prior, policy)
        held = self._take(given.company, given)
        decided = held.decide(given)
        self._keep(given.company, held)
        return decided

    def _take(self, company: Company, given: Given) -> Held:
        """What is held of a company, for this caller alone; new when nothing is, or when it does not fit."""
        with self._lock:
            held = self._held.pop(company, None)
        fits = held is not None and held.is_part_of(given)
        return held if held is not None and fits else Held(WarmEngine(given.policy), given.accounts)

    def _keep(self, company: Company, held: Held) -> None:
        with self._lock:
            self._held.pop(company, None)
            self._held[company] = held
            while sum(each.size for each in self._held.values()) > self._most:
                self._held.popitem(last=False)
