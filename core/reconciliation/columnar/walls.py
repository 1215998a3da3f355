"""One wall decided with a bulk, block by block: what can be told beforehand, and the fold over the rest."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from core.model.ids import canonical_json
from core.reconciliation.cite import Cited
from core.reconciliation.cite.finder import text_of
from core.reconciliation.cite.rest import leftovers
from core.reconciliation.columnar.bulk import Bulk, BulkFold, Debit, Sink, Stray, Told
from core.reconciliation.columnar.evidence import SILENT, Table
from core.reconciliation.decision import Versions, settle_nothing
from core.reconciliation.label import Label, fold_text, given, read
from core.reconciliation.line import Item, Line
from core.reconciliation.policy import Policy
from core.reconciliation.receipt import is_marked_return, no_receipt
from core.reconciliation.wall import Wall

_NO_IBANS: Final[frozenset[str]] = frozenset()


class Block(NamedTuple):
    """Lines of a wall for some whole days.

    `free` are the ids of those that no line of the wall could return or correct. `debits` are more lines,
    of money out, free and without identifiers.
    """

    lines: Sequence[Line]
    free: frozenset[str]
    debits: Sequence[Debit] = ()


def decide_wall(
    blocks: Iterable[Block],
    items: Sequence[Item],
    accounts: list[tuple[str, str]],
    policy: Policy,
    *,
    until: date,
    sink: Sink,
) -> None:
    """Decides one tenant's lines of one currency as `reconcile` does when nothing was decided before.

    Blocks come in the order of their days. `accounts` are (IBAN, debtor) pairs, `until` is the tenant's
    last booking day, `sink` takes each decision as soon as nothing can change it any more.
    """
    fold = BulkFold(Wall(items, accounts), policy, Versions(policy.version), sink)
    table = Table(fold.receivables.index)
    fold.run_blocks(((_sorted_out(fold, table, block), block.free) for block in blocks), until=until)


def _sorted_out(fold: BulkFold, table: Table, block: Block) -> list[Line]:
    """Searches the labels of a block; returns the lines that are no strays, for the fold."""
    fold.bulk = bulk = Bulk()
    lines = [*block.lines, *_citing(fold, table, block.debits)]
    plain = [x for x in lines if x.amount_minor > 0 and x.transaction_id in block.free and _is_plain(x)]
    aside = _no_receipts(fold, table, plain)
    credits = (line for line in plain if line.transaction_id not in aside)
    possible = [(line, label) for line in credits if (label := _readable(fold, line)) is not None]
    apart = aside | {line.transaction_id for line, _ in possible}
    ordinary = [line for line in lines if line.transaction_id not in apart]
    told, found = table.search([label for _, label in possible])
    strays: dict[date, list[Stray]] = defaultdict(list)
    for (line, label), verdict, one in zip(possible, told.tolist(), found, strict=True):
        if verdict == SILENT and line.booking_date is not None and no_receipt(line, _NO_IBANS) is None:
            strays[line.booking_date].append(Stray(line, label, _uncited(fold, label)))
            continue
        bulk.labels[line.transaction_id] = label
        if one is not None:
            bulk.cited[line.transaction_id] = Cited([one])
        ordinary.append(line)
    bulk.strays = strays
    return ordinary


def _citing(fold: BulkFold, table: Table, debits: Sequence[Debit]) -> Iterator[Line]:
    """Money out closes nothing, unless it refunds a credit note that it cites: those may, as lines."""
    for debit, silent in zip(debits, table.silent([debit.text for debit in debits]), strict=True):
        if silent:
            fold.sink.debit(debit.place)
        else:
            yield debit.line()


def _is_plain(line: Line) -> bool:
    return line.status == "booked" and line.booking_date is not None and not is_marked_return(line)


def _no_receipts(fold: BulkFold, table: Table, credits: Iterable[Line]) -> set[str]:
    """Tells the lines that say they are no receipt and cite nothing held here; returns their ids."""
    found = [
        (line, reason, fold_text(line.remittance or ""))
        for line in credits
        if (reason := no_receipt(line, _NO_IBANS)) and not _is_referenced(line)
    ]
    aside = set()
    for (line, reason, text), silent in zip(found, table.silent([f[2] for f in found]), strict=True):
        if silent and len(text) <= fold.policy.max_text:
            aside.add(line.transaction_id)
            explanation = settle_nothing(line, reason, fold.versions).explanation
            fold.sink.tell(Told(line, "T0", reason, canonical_json(explanation)))
    return aside


def _is_referenced(line: Line) -> bool:
    """Whether there is more to look at than the text."""
    return any(map(given, (line.end_to_end_id, line.creditor_reference, line.bank_reference)))


def _readable(fold: BulkFold, line: Line) -> Label | None:
    """The label of a line that can only pay for an item, if there is nothing special about it."""
    label = read(line, max_text=fold.policy.max_text)
    own = (line.end_to_end_id or "").strip()
    if label.structured or label.caps or own in fold.receivables.index.position:
        fold.bulk.labels[line.transaction_id] = label
        return None
    return label


def _uncited(fold: BulkFold, label: Label) -> Cited:
    """Numbers that are not held here and possible counters, for a label in which nothing was found."""
    cited = Cited()
    if label.stretches:
        leftovers(text_of(label, fold.receivables.index, fold.policy, tuple, cited))
    return cited
