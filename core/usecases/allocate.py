"""From decisions to allocations: what is missing is added, what no longer holds is reversed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.model import Allocation, BankTransaction, Decision, Invoice, stable_id
from core.model.decision import AllocationSource, GapReason
from core.usecases.ledger import fits, stands

Key = tuple[str, str]
"""An invoice and a kind of allocation."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An amount that a decision attributes; `undoes` is the allocation a return takes back."""

    amount_minor: int
    gap_minor: int = 0
    gap_reason: GapReason | None = None
    undoes: Allocation | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """What the entries are made from. `log` is every allocation in the order it was written."""

    lines: Mapping[str, BankTransaction]
    invoices: Mapping[str, Invoice]
    log: Sequence[Allocation]
    agreed: frozenset[tuple[str, str]] = frozenset()


def entries_for(decisions: Iterable[Decision], book: Book) -> list[Allocation]:
    """The entries that make the log agree with the decisions; none when it does already.

    Payments come first, by booking day, then returns, so that what is undone is there to be undone.
    """
    by_line: dict[str, list[Allocation]] = defaultdict(list)
    for entry in book.log:
        by_line[entry.transaction_id].append(entry)
    concerned = [d for d in decisions if by_line.get(d.transaction_id) or (stands(d) and d.shares)]
    fresh: list[Allocation] = []
    for decision in sorted(concerned, key=lambda d: _order(d, book)):
        written = by_line[decision.transaction_id]
        wanted = _wanted(decision, book, by_line)
        entries = _difference(decision, book, written, wanted)
        written.extend(entries)
        fresh += entries
    return fresh


def _order(decision: Decision, book: Book) -> tuple[bool, date, str]:
    line = book.lines[decision.transaction_id]
    return (is_return(decision, book), _day(line), line.id)


def _day(line: BankTransaction) -> date:
    """The date that counts for interest: value date, else booking date."""
    return line.value_date or line.booking_date or date.max


def is_return(decision: Decision, book: Book) -> bool:
    """A decision whose shares run against their items: money that goes back."""
    return any(share.amount_minor * _sign(book, share.item_id) < 0 for share in decision.shares)


def _sign(book: Book, invoice_id: str) -> int:
    invoice = book.invoices.get(invoice_id)
    return -1 if invoice is not None and invoice.kind == "credit_note" else 1


def _wanted(
    decision: Decision, book: Book, by_line: Mapping[str, list[Allocation]]
) -> dict[Key, list[Wanted]]:
    line = book.lines[decision.transaction_id]
    if not stands(decision) or not fits(decision, line):
        return {}
    if is_return(decision, book):
        return _returned(decision, by_line)
    return _paid(decision, book)


def _paid(decision: Decision, book: Book) -> dict[Key, list[Wanted]]:
    """Shares as amounts by invoice and kind: what a credit note contributes is no cash."""
    credit = _credit_by_invoice(decision, book)
    wanted: dict[Key, list[Wanted]] = {}
    for share in decision.shares:
        if _sign(book, share.item_id) < 0:
            wanted[share.item_id, "credit"] = [Wanted(share.amount_minor)]
            continue
        part = credit.get(share.item_id, 0)
        cash = Wanted(share.amount_minor - part, share.gap_minor, share.gap_reason)
        if cash.amount_minor:
            wanted[share.item_id, "cash"] = [cash]
        if part:
            wanted[share.item_id, "credit"] = [Wanted(part)]
    return wanted


def _credit_by_invoice(decision: Decision, book: Book) -> dict[str, int]:
    """Where set-off credit notes count: first on the invoices they name, then on the largest."""
    left = {s.item_id: s.amount_minor for s in decision.shares if _sign(book, s.item_id) > 0}
    used: dict[str, int] = defaultdict(int)
    for share in decision.shares:
        if _sign(book, share.item_id) > 0:
            continue
        note = book.invoices[share.item_id]
        named = {r.invoice_id for r in note.references}
        rest = -share.amount_minor
        for id in sorted(left, key=lambda id: (id not in named, -left[id], id)):
            part = min(rest, left[id])
            used[id] += part
            left[id] -= part
            rest -= part
    return used


def _returned(decision: Decision, by_line: Mapping[str, list[Allocation]]) -> dict[Key, list[Wanted]]:
    """Contrary amounts against what the original line still has on each invoice."""
    original = original_of(decision, by_line)
    wanted: dict[Key, list[Wanted]] = {}
    for share in decision.shares:
        rest = abs(share.amount_minor)
        for entry in _standing(by_line.get(original, []), share.item_id):
            part = min(rest, abs(entry.amount_minor))
            if part:
                amount = part if share.amount_minor > 0 else -part
                wanted.setdefault((share.item_id, entry.kind), []).append(Wanted(amount, undoes=entry))
                rest -= part
    return wanted


def _standing(entries: Sequence[Allocation], invoice_id: str) -> list[Allocation]:
    """Payments of one line on one invoice that its own decision did not take back."""
    undone = {e.reverses for e in entries if e.reverses}
    return [e for e in entries if e.invoice_id == invoice_id and not e.reverses and e.id not in undone]


def original_of(decision: Decision, by_line: Mapping[str, list[Allocation]]) -> str:
    """The line whose payment a return takes back: named by the decision, else the one that fits."""
    named = decision.explanation.get("returns")
    if isinstance(named, str):
        return named
    wanted = {s.item_id: abs(s.amount_minor) for s in decision.shares}
    for id, entries in sorted(by_line.items()):
        held: dict[str, int] = defaultdict(int)
        for entry in entries:
            held[entry.invoice_id] += abs(entry.amount_minor)
        if id != decision.transaction_id and all(held.get(i) == amount for i, amount in wanted.items()):
            return id
    return ""


def _difference(
    decision: Decision, book: Book, written: Sequence[Allocation], wanted: Mapping[Key, list[Wanted]]
) -> list[Allocation]:
    """Contrary entries for what is no longer wanted, then entries for what is missing."""
    live: dict[Key, list[Allocation]] = defaultdict(list)
    undone, own = {e.reverses for e in written if e.reverses}, {e.id for e in written}
    for entry in written:
        if entry.id not in undone and entry.reverses not in own:
            live[entry.invoice_id, entry.kind].append(entry)
    line = book.lines[decision.transaction_id]
    entries: list[Allocation] = []
    for key in sorted({*live, *wanted}):
        have = [(e.amount_minor, e.occurred_on, e.reverses) for e in live.get(key, [])]
        want = [(w.amount_minor, _counts_on(line, w), w.undoes and w.undoes.id) for w in wanted.get(key, [])]
        if have != want:
            entries += [_contrary(decision, entry, book) for entry in live.get(key, [])]
            entries += _missing(decision, book, [*written, *entries], key, wanted.get(key, []))
    return sorted(entries, key=lambda e: e.reverses is None)


def _counts_on(line: BankTransaction, wanted: Wanted) -> date:
    """The line's day; a return counts no earlier than what it takes back."""
    return max(_day(line), wanted.undoes.occurred_on) if wanted.undoes else _day(line)


def _contrary(decision: Decision, entry: Allocation, book: Book) -> Allocation:
    line = book.lines[entry.transaction_id]
    return entry.model_copy(
        update={
            "id": stable_id("alc", entry.id, "contrary"),
            "decision_id": decision.id,
            "amount_minor": -entry.amount_minor,
            "source": _source(decision),
            "gap_minor": 0,
            "gap_reason": None,
            "reverses": entry.id,
            "reason_code": "decision_changed" if line.status == "booked" else "line_removed",
        }
    )


def _source(decision: Decision) -> AllocationSource:
    return "matcher" if decision.decided_by == "engine" else "person"


def _missing(
    decision: Decision, book: Book, written: Sequence[Allocation], key: Key, wanted: Sequence[Wanted]
) -> list[Allocation]:
    invoice_id, kind = key
    earlier = sum((e.invoice_id, e.kind) == key for e in written)
    return [
        _entry(decision, book, invoice_id, kind, one, number)
        for number, one in enumerate(wanted, earlier + 1)
    ]


def _entry(
    decision: Decision, book: Book, invoice_id: str, kind: str, wanted: Wanted, number: int
) -> Allocation:
    line = book.lines[decision.transaction_id]
    undoes = wanted.undoes
    return Allocation.model_validate(
        {
            "id": stable_id("alc", line.id, invoice_id, kind, str(number)),
            "company_id": line.company_id,
            "decision_id": decision.id,
            "transaction_id": line.id,
            "invoice_id": invoice_id,
            "amount_minor": wanted.amount_minor,
            "currency": line.currency,
            "kind": kind,
            "source": _source(decision),
            "grade": "E4" if (line.id, invoice_id) in book.agreed else "E3",
            "occurred_on": _counts_on(line, wanted),
            "gap_minor": wanted.gap_minor,
            "gap_reason": wanted.gap_reason,
            "reverses": undoes.id if undoes else None,
            "reason_code": line.return_reason if undoes else None,
        }
    )
