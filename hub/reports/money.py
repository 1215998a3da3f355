"""Where the money went: per currency, each figure from its own source, so that the sum proves something."""

from collections import defaultdict
from collections.abc import Iterable

from core.model import Allocation, BankTransaction
from hub.reports.known import Known
from hub.reports.value import Flow, Rate

PROVEN = ("E3", "E4")


def went_back(known: Known, contrary: Allocation) -> bool:
    """True when a contrary entry was caused by money leaving again (a return), not by a changed mind."""
    original = known.original(contrary)
    return original is not None and original.transaction_id != contrary.transaction_id


def flows(known: Known) -> tuple[Flow, ...]:
    """One flow per currency that has booked credits in the period, the busiest currency first."""
    back = taken_back(known)
    return tuple(_flow(known, currency, lines, back) for currency, lines in _by_currency(known.credits()))


def _by_currency(lines: Iterable[BankTransaction]) -> list[tuple[str, list[BankTransaction]]]:
    groups: dict[str, list[BankTransaction]] = defaultdict(list)
    for line in lines:
        groups[line.currency].append(line)
    return sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def taken_back(known: Known) -> dict[str, int]:
    """Minor units that later lines took back, by the transaction whose allocation was reversed."""
    found: dict[str, int] = defaultdict(int)
    for contrary in known.allocations.values():
        original = known.original(contrary)
        if original is not None and went_back(known, contrary):
            found[original.transaction_id] -= contrary.amount_minor
    return dict(found)


def _flow(known: Known, currency: str, lines: list[BankTransaction], back: dict[str, int]) -> Flow:
    received = sum(line.amount_minor for line in lines)
    returned = sum(back.get(line.id, 0) for line in lines)
    allocated = (
        sum(a.amount_minor for line in lines for a in known.by_transaction.get(line.id, ())) - returned
    )
    decided = [d for line in lines if (d := known.decisions.get(line.id))]
    unallocated = sum(d.unallocated_minor for d in decided)
    undecided = sum(line.amount_minor for line in lines if line.id not in known.decisions)
    return Flow(
        currency=currency,
        lines=len(lines),
        received_minor=received,
        allocated_minor=allocated,
        unallocated_minor=unallocated,
        returned_minor=returned,
        undecided_minor=undecided,
        waiting_minor=sum(d.unallocated_minor for d in decided if d.outcome == "review"),
        not_receipt_minor=sum(d.unallocated_minor for d in decided if d.tier == "T0"),
        difference_minor=received - allocated - unallocated - returned - undecided,
    )


def rates(known: Known) -> tuple[Rate, ...]:
    """Reconciliation and straight-through rates per currency, in the order of the flows."""
    back = taken_back(known)
    counted = (line for line in known.credits() if not _is_no_receipt(known, line))
    return tuple(_rate(known, currency, lines, back) for currency, lines in _by_currency(counted))


def _is_no_receipt(known: Known, line: BankTransaction) -> bool:
    decision = known.decisions.get(line.id)
    return decision is not None and decision.tier == "T0"


def _rate(known: Known, currency: str, lines: list[BankTransaction], back: dict[str, int]) -> Rate:
    proven = [_proven(known, line) - back.get(line.id, 0) for line in lines]
    return Rate(
        currency=currency,
        population_lines=len(lines),
        population_minor=sum(line.amount_minor for line in lines),
        allocated_lines=sum(1 for minor in proven if minor > 0),
        allocated_minor=sum(proven),
        straight_through_lines=sum(1 for line in lines if _straight_through(known, line)),
    )


def _proven(known: Known, line: BankTransaction) -> int:
    """Minor units of `line` allocated with grade E3 or better, what it undid itself netted."""
    standing = (a for a in known.by_transaction.get(line.id, ()) if a.grade in PROVEN)
    return sum(a.amount_minor for a in standing)


def _straight_through(known: Known, line: BankTransaction) -> bool:
    decision = known.decisions.get(line.id)
    return decision is not None and decision.outcome == "auto" and decision.decided_by == "engine"
