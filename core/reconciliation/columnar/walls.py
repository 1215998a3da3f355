"""Walls decided with a bulk: which lines can be told beforehand, and the fold over them and the rest."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from core.model.decision import Decision
from core.model.ids import canonical_json
from core.reconciliation.cite import Cited
from core.reconciliation.cite.finder import text_of
from core.reconciliation.cite.rest import leftovers
from core.reconciliation.columnar.bulk import Bulk, BulkFold, Debit, Stray, Told
from core.reconciliation.columnar.evidence import SILENT, Table
from core.reconciliation.decision import Versions, settle_nothing
from core.reconciliation.grouping import Key, by_id, grouped_accounts, grouped_items
from core.reconciliation.label import Label, fold_text, given, read
from core.reconciliation.line import Item, Line, PayerAccount
from core.reconciliation.policy import Policy
from core.reconciliation.receipt import is_marked_return, no_receipt

_NO_IBANS: Final[frozenset[str]] = frozenset()


class Decided(NamedTuple):
    """What came of the lines: decisions as the engine makes them, and those that are only written; the
    places of plain debits."""

    decisions: list[Decision]
    told: list[Told]
    debits: list[int]


def _no_line(place: int) -> Line:
    raise LookupError(place)


_NO_DEBITS: Final[Mapping[Key, Sequence[Debit]]] = MappingProxyType({})


def reconcile_in_bulk(
    lines: Iterable[Line],
    items: Iterable[Item],
    payer_accounts: Iterable[PayerAccount],
    policy: Policy,
    *,
    is_free: Callable[[Line], bool],
    until: Mapping[str, date],
    debits: Mapping[Key, Sequence[Debit]] = _NO_DEBITS,
    line_of: Callable[[int], Line] = _no_line,
) -> Decided:
    """As `reconcile`, without earlier decisions and without lines of several sources.

    `is_free` says that no line of the wall can be the return or the correction of this one; `until` is
    each tenant's last booking day. `debits` close nothing unless they refund a credit note that they
    cite: those that cite nothing come back as such, the others become lines by `line_of`.
    """
    by_wall: dict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        by_wall[line.tenant_id, line.company_id, line.currency].append(line)
    items_by_wall, accounts = grouped_items(items), grouped_accounts(payer_accounts)
    versions, done = Versions(policy.version), Decided([], [], [])
    for key in sorted({*by_wall, *debits}, key=str):
        fold = BulkFold(items_by_wall.get(key, []), accounts.get(key[0], []), policy, versions)
        table, wall = Table(fold.receivables.index), by_wall.get(key, [])
        plain = debits.get(key, ())
        for debit, is_silent in zip(plain, table.silent([d.text for d in plain]), strict=True):
            if is_silent:
                done.debits.append(debit.place)
            else:
                wall.append(line_of(debit.place))
        ordinary = _sort_out(fold, table, wall, is_free)
        fold.remember({}, {}, {}, by_id(ordinary))
        done.decisions.extend(fold.run(ordinary, until=until.get(key[0], date.min)).values())
        done.told.extend(fold.bulk.told)
    return done


def _sort_out(
    fold: BulkFold, table: Table, lines: Sequence[Line], is_free: Callable[[Line], bool]
) -> list[Line]:
    """Searches the labels of the wall; returns the lines that are no strays, for the fold."""
    fold.bulk = bulk = Bulk()
    credits = [line for line in lines if line.amount_minor > 0 and is_free(line) and _is_plain(line)]
    aside = _no_receipts(fold, table, credits)
    credits = [line for line in credits if line.transaction_id not in aside]
    possible = [(line, label) for line in credits if (label := _readable(fold, line)) is not None]
    apart = aside | {line.transaction_id for line, _ in possible}
    ordinary = [line for line in lines if line.transaction_id not in apart]
    strays: dict[date, list[Stray]] = defaultdict(list)
    told, found = table.search([label for _, label in possible])
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


def _is_plain(line: Line) -> bool:
    return line.status == "booked" and line.booking_date is not None and not is_marked_return(line)


def _no_receipts(fold: BulkFold, table: Table, credits: Iterable[Line]) -> set[str]:
    """Tells the lines that say they are no receipt and cite nothing held here; returns their ids."""
    found = [
        (line, reason, fold_text(line.remittance or ""))
        for line in credits
        if (reason := no_receipt(line, _NO_IBANS)) and not _is_referenced(line)
    ]
    silent = table.silent([text for _, _, text in found])
    aside = set()
    for (line, reason, text), is_silent in zip(found, silent, strict=True):
        if is_silent and len(text) <= fold.policy.max_text:
            aside.add(line.transaction_id)
            fold.bulk.told.append(_no_receipt(fold, line, reason))
    return aside


def _is_referenced(line: Line) -> bool:
    """Whether there is more to look at than the text."""
    return any(map(given, (line.end_to_end_id, line.creditor_reference, line.bank_reference)))


def _no_receipt(fold: BulkFold, line: Line, reason: str) -> Told:
    decision = settle_nothing(line, reason, fold.versions)
    return Told(line, "T0", reason, canonical_json(decision.explanation))


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
