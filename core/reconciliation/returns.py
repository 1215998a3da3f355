"""The return path: money taken back finds its original and reopens exactly what that had closed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from core.model.decision import Decision, Share
from core.reconciliation.case import Proposal, share
from core.reconciliation.decision import LISTED, Versions, ranked, settle_nothing
from core.reconciliation.line import Line
from core.reconciliation.receipt import Quoted, ids_of, quoted, same_payer

MOST_READ: Final = 50
"""Earlier lines of an amount that are read for the name that a return quotes."""


class Originals:
    """Booked lines seen so far, findable by identifier and by amount."""

    def __init__(self, window_days: int) -> None:
        self._window = timedelta(days=window_days)
        self._by_id: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self._by_amount: dict[tuple[str, int], dict[str, Line]] = defaultdict(dict)
        self._returned: set[str] = set()
        self._copies: dict[str, tuple[Line, ...]] = {}

    def add(self, line: Line, copies: Iterable[Line] = ()) -> None:
        """Remembers a line; its `copies` say on which other account, under which other identifiers
        and with which payer the same money was seen."""
        self._copies[line.transaction_id] = tuple(copies)
        for face in self._faces(line):
            self._by_amount[face.account_id, line.amount_minor][line.transaction_id] = line
        for key in dict.fromkeys(key for face in self._faces(line) for key in ids_of(face)):
            self._by_id[key].append(line)

    def take_out(self, line: Line) -> None:
        """Takes back `add`; lines are taken out in the reverse order in which they were added."""
        for key in dict.fromkeys(key for face in self._faces(line) for key in ids_of(face)):
            self._by_id[key].pop()
        for face in self._faces(line):
            self._by_amount[face.account_id, line.amount_minor].pop(line.transaction_id, None)
        del self._copies[line.transaction_id]

    def _faces(self, line: Line) -> tuple[Line, ...]:
        return (line, *self._copies.get(line.transaction_id, ()))

    def _is_here(self, original: Line, line: Line) -> bool:
        return any(face.account_id == line.account_id for face in self._faces(original))

    def give_back(self, transaction_id: str) -> None:
        """From here on the line has been returned and is no original of another return."""
        self._returned.add(transaction_id)

    def is_returned(self, transaction_id: str) -> bool:
        """Whether the line was given back."""
        return transaction_id in self._returned

    def keep(self, transaction_id: str) -> None:
        """Takes `give_back` back."""
        self._returned.remove(transaction_id)

    def named_by(self, line: Line) -> list[Line]:
        """Earlier lines of opposite amount that share an identifier, those of the same account first."""
        found = {o.transaction_id: o for key in ids_of(line) for o in self._by_id.get(key, ())}
        named = [o for o in found.values() if self._fits(o, line)]
        here = [o for o in named if self._is_here(o, line)]
        return here or named

    def alike(self, line: Line) -> list[Line]:
        """Earlier lines of opposite amount on the same account."""
        same = self._by_amount.get((line.account_id, -line.amount_minor), {})
        return [o for o in same.values() if self._fits(o, line)]

    def _fits(self, original: Line, line: Line) -> bool:
        if original.amount_minor != -line.amount_minor or original.transaction_id in self._returned:
            return False
        first, then = original.booking_date, line.booking_date
        return first is not None and then is not None and first <= then <= first + self._window

    def of(self, line: Line) -> tuple[Line | None, list[Line]]:
        """The original if it is certain, and everything it might be."""
        named = self.named_by(line)
        if named:
            return (named[0] if len(named) == 1 else None), named
        similar = self.alike(line)
        mine = [o for o in similar if any(same_payer(face, line) for face in self._faces(o))]
        if not mine and len(similar) <= MOST_READ:
            mine = self._quoted(line, similar)
        return (mine[0] if len(mine) == 1 else None), (mine or similar)

    def _quoted(self, line: Line, similar: Sequence[Line]) -> list[Line]:
        """Those whose text the return repeats; else those whose payer it names, if all of them name one."""
        levels = [max(quoted(line, face) for face in self._faces(o)) for o in similar]
        level = Quoted.ALL if Quoted.ALL in levels else Quoted.NAME
        unsure = level is Quoted.NAME and Quoted.NAMELESS in levels
        return [] if unsure else [o for o, own in zip(similar, levels, strict=True) if own is level]


def take_back(
    line: Line,
    original: Line | None,
    possible: Sequence[Line],
    closed: Callable[[str], Decision | None],
    versions: Versions,
    rejected: tuple[frozenset[str], ...] = (),
) -> Decision:
    """The decision about a returned payment. `closed` tells what was decided about an earlier line."""
    reason: dict[str, Any] = {"return_reason": line.return_reason}
    if original is None:
        latest = possible[-LISTED:]
        proposals = [p for o in latest if (p := _proposal(line, o, closed(o.transaction_id))) is not None]
        return settle_nothing(
            line, "return_ambiguous" if possible else "return_without_original", versions,
            candidates=ranked(proposals, rejected),
            originals=sorted(o.transaction_id for o in possible)[:LISTED], **reason,
        )  # fmt: skip
    decided = closed(original.transaction_id)
    reason["returns"] = original.transaction_id
    if decided is None or not decided.shares or decided.outcome != "auto":
        return settle_nothing(line, "return_of_unallocated", versions, **reason)
    decision = settle_nothing(line, "return", versions, shares=_opposite(decided), **reason)
    allocated = -decided.allocated_minor
    return decision.model_copy(
        update={"allocated_minor": allocated, "unallocated_minor": line.amount_minor - allocated}
    )


def _opposite(decided: Decision) -> tuple[Share, ...]:
    return tuple([share(item_id=s.item_id, amount_minor=-s.amount_minor) for s in decided.shares])


def _proposal(line: Line, original: Line, decided: Decision | None) -> Proposal | None:
    """What it would reopen if this were the original: the same payer first, then the latest."""
    if decided is None or not decided.shares or decided.outcome != "auto":
        return None
    assert line.booking_date is not None
    assert original.booking_date is not None
    days = (line.booking_date - original.booking_date).days
    score = (0.9 if same_payer(line, original) else 0.5) / (1 + days / 30)
    why = {"because": "takes this payment back", "returns": original.transaction_id, "days": days}
    return Proposal(_opposite(decided), score, why)
