"""Scripted stories over a World: what happened, step by step, told the same way by every simulator."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connectors.kit.world import Account, Company, Document, Movement, Partner, World


@dataclass(frozen=True)
class Step:
    """One thing that happens, so long after the step before."""

    after: timedelta
    words: str
    act: Callable[[], object]


class Story:
    """Steps played one by one; `told` says what has happened so far."""

    def __init__(self, world: World, steps: tuple[Step, ...]) -> None:
        self._world, self._steps = world, list(steps)
        self.told: list[str] = []

    def next(self) -> str | None:
        """Plays one step and returns its words; None when the story is over."""
        if not self._steps:
            return None
        step = self._steps.pop(0)
        self._world.advance(step.after)
        step.act()
        self.told.append(step.words)
        return step.words

    def play(self) -> list[str]:
        """Plays to the end."""
        while self.next() is not None:
            pass
        return self.told


@dataclass(frozen=True)
class Cast:
    """Who is in the standard story."""

    company: Company
    account: Account
    customer: Partner
    invoice: Document


def standard_cast(world: World) -> Cast:
    """A workshop, its account, a customer, and an invoice of 5,000.00 EUR due in 30 days."""
    company = world.company("Atelier Nordique SAS")
    account = world.account(company, balance_minor=4_821_037)
    customer = world.partner(company, "Menuiserie Duval SARL")
    return Cast(company, account, customer, world.invoice(customer, "FA-2026-0412", 500_000))


def late_in_two_then_recalled(world: World, cast: Cast) -> Story:
    """Invoice issued; paid late in two transfers, matched in the tool; the second one recalled."""
    paid: list[Movement] = []

    def pay(amount_minor: int) -> None:
        paid.append(world.pay(cast.invoice, cast.account, amount_minor))
        world.match(cast.invoice, paid[-1])

    def recall() -> None:
        world.recall(paid[-1])
        world.unmatch(cast.invoice, paid[-1])

    return Story(
        world,
        (
            Step(timedelta(days=41), "first transfer, eleven days late", lambda: pay(300_000)),
            Step(timedelta(days=6), "second transfer settles the invoice", lambda: pay(200_000)),
            Step(timedelta(days=3), "the second transfer is recalled", recall),
        ),
    )
