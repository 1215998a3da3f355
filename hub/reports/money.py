"""Where the money went: per currency, each figure from its own source, so that the sum proves something."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from core.model import BankTransaction
from hub.reports.known import Known
from hub.reports.value import Flow, Rate

PROVEN = ("E3", "E4")


@dataclass(frozen=True, slots=True)
class _Back:
    """What went back, by the line it had come with: after it was allocated, and before."""

    allocated: dict[str, int]
    unallocated: dict[str, int]


def flows(known: Known) -> tuple[Flow, ...]:
    """One flow per currency that has booked credits in the period, the busiest currency first."""
    back = _Back(taken_back(known), sent_back(known))
    return tuple(_flow(known, currency, lines, back) for currency, lines in _by_currency(known.credits()))


def _by_currency(lines: Iterable[BankTransaction]) -> list[tuple[str, list[BankTransaction]]]:
    groups: dict[str, list[BankTransaction]] = defaultdict(list)
    for line in lines:
        groups[line.currency].append(line)
    return sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))


def taken_back(known: Known) -> dict[str, int]:
    """Minor units of allocated money that later lines took back, by the line that had paid it."""
    found: dict[str, int] = defaultdict(int)
    for entry in known.allocations.values():
        paid_by = known.root(entry).transaction_id
        if paid_by != entry.transaction_id:
            found[paid_by] -= known.in_line_sign(entry)
    return dict(found)


def sent_back(known: Known) -> dict[str, int]:
    """Minor units that went back before they were allocated, by the line they had come with."""
    found: dict[str, int] = defaultdict(int)
    amounts = {line.id: line.amount_minor for line in known.lines}
    for decision in known.decisions.values():
        original = decision.explanation.get("returns")
        if decision.reason == "return_of_unallocated" and isinstance(original, str):
            found[original] -= amounts.get(decision.transaction_id, 0)
    return dict(found)


def _flow(known: Known, currency: str, lines: list[BankTransaction], back: _Back) -> Flow:
    decided = [(line, d) for line in lines if (d := known.decisions.get(line.id))]
    never = {line.id: min(back.unallocated.get(line.id, 0), d.unallocated_minor) for line, d in decided}
    received = sum(line.amount_minor for line in lines)
    taken = sum(back.allocated.get(line.id, 0) for line in lines)
    entries = (a for line in lines for a in known.by_transaction.get(line.id, ()))
    allocated = sum(known.in_line_sign(a) for a in entries) - taken
    unallocated = sum(d.unallocated_minor - never[line.id] for line, d in decided)
    returned = taken + sum(never.values())
    undecided = sum(line.amount_minor for line in lines if line.id not in known.decisions)
    return Flow(
        currency=currency,
        lines=len(lines),
        received_minor=received,
        allocated_minor=allocated,
        unallocated_minor=unallocated,
        returned_minor=returned,
        undecided_minor=undecided,
        waiting_minor=sum(d.unallocated_minor - never[x.id] for x, d in decided if d.outcome == "review"),
        not_receipt_minor=sum(d.unallocated_minor - never[x.id] for x, d in decided if d.tier == "T0"),
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
    return sum(known.in_line_sign(a) for a in standing)


def _straight_through(known: Known, line: BankTransaction) -> bool:
    decision = known.decisions.get(line.id)
    return decision is not None and decision.outcome == "auto" and decision.decided_by == "engine"
