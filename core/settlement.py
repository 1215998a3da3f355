"""How far an invoice is paid: a pure function of its allocations known at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core.model import Allocation, Invoice
from core.model.decision import Grade
from core.model.event import Settlement as SettlementState

E_INVOICE_PAID = frozenset({"211", "212"})
"""E-invoicing statuses by which a party says it paid (211) or was paid (212): claims, grade E2."""


@dataclass(frozen=True, slots=True)
class Live:
    """An allocation that still stands and what is left of it; `amount_minor` > 0 pays the invoice."""

    allocation: Allocation
    amount_minor: int
    grade: Grade


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where an invoice stands, in minor units of `currency`; all amounts are 0 or more.

    `paid_on` is the day (value date, else booking date) on which cash reached what was owed.
    `grade` is that of the weakest cash that counts, None without cash.
    """

    invoice_id: str
    currency: str
    payable_minor: int
    cash_minor: int
    non_cash_minor: int
    open_minor: int
    excess_minor: int
    state: SettlementState
    grade: Grade | None
    paid_on: date | None
    live: tuple[Live, ...]

    @property
    def is_paid(self) -> bool:
        """Nothing is open and cash took part."""
        return self.state in ("settled", "overpaid")


def standing(
    allocations: Iterable[Allocation], *, sign: int = 1, agreed: frozenset[str] = frozenset()
) -> tuple[Live, ...]:
    """The allocations that still count, by date then id; each is netted with its contrary entries
    and counts for nothing once more than all of it was taken back (a return, then its original).

    `allocations` come in the order they were written. `agreed` names the transactions that a
    provider ties to this invoice too. `sign` is -1 for a credit note, whose entries are negative.
    """
    roots: dict[str, str] = {}
    first: dict[str, Allocation] = {}
    net: dict[str, int] = {}
    for entry in allocations:
        root = roots.get(entry.reverses, entry.id) if entry.reverses else entry.id
        roots[entry.id] = root
        first.setdefault(root, entry)
        net[root] = net.get(root, 0) + sign * entry.amount_minor
    left = (
        Live(first[root], amount, _grade(first[root], agreed)) for root, amount in net.items() if amount > 0
    )
    return tuple(sorted(left, key=lambda one: (one.allocation.occurred_on, one.allocation.id)))


def _grade(allocation: Allocation, agreed: frozenset[str]) -> Grade:
    """Bank cash is E3, and E4 while a provider's ledger ties the same transaction to the invoice."""
    if allocation.grade not in ("E3", "E4"):
        return allocation.grade
    return "E4" if allocation.transaction_id in agreed else "E3"


def settle(
    invoice: Invoice, allocations: Iterable[Allocation], *, agreed: frozenset[str] = frozenset()
) -> Settlement:
    """The settlement of `invoice` after its `allocations` (in the order they were written).

    Entries in another currency than the invoice's are no settlement of it and are left out.
    """
    sign = -1 if invoice.kind == "credit_note" else 1
    own = [a for a in allocations if a.invoice_id == invoice.id and a.currency == invoice.currency]
    live = standing(own, sign=sign, agreed=agreed)
    cash = [one for one in live if one.allocation.kind == "cash"]
    cash_minor = sum(one.amount_minor for one in cash)
    non_cash_minor = sum(one.amount_minor for one in live) - cash_minor
    rest = invoice.payable_minor - cash_minor - non_cash_minor
    return Settlement(
        invoice_id=invoice.id,
        currency=invoice.currency,
        payable_minor=invoice.payable_minor,
        cash_minor=cash_minor,
        non_cash_minor=non_cash_minor,
        open_minor=max(rest, 0),
        excess_minor=max(-rest, 0),
        state=_state(rest, cash_minor, non_cash_minor),
        grade=min((one.grade for one in cash), default=None),
        paid_on=_paid_on(invoice.payable_minor - non_cash_minor, cash) if rest <= 0 else None,
        live=live,
    )


def _state(rest: int, cash_minor: int, non_cash_minor: int) -> SettlementState:
    if rest > 0:
        return "partial" if cash_minor or non_cash_minor else "open"
    if rest < 0:
        return "overpaid"
    return "non_cash" if non_cash_minor and not cash_minor else "settled"


def _paid_on(needed: int, cash: Sequence[Live]) -> date | None:
    reached = 0
    for one in cash:
        reached += one.amount_minor
        if reached >= needed:
            return one.allocation.occurred_on
    return None


def says_paid(invoice: Invoice) -> bool:
    """Whether e-invoicing statuses say that all of the invoice was paid or collected; where amounts are
    stated, a part of it (or a collection taken back) says no such thing."""
    state = invoice.einvoice
    if state is None:
        return False
    if state.payment is None:
        return state.code in E_INVOICE_PAID
    return 0 < invoice.payable_minor <= state.payment.minor


def claimed_grade(invoice: Invoice, *, matched: bool) -> Grade | None:
    """The best claim of payment that is no cash: E2 (e-invoicing), E1 (ledger match), E0 (flag)."""
    if says_paid(invoice):
        return "E2"
    if matched:
        return "E1"
    return "E0" if invoice.declared.paid else None
