"""Walls decided with a bulk: which lines can be told beforehand, and the fold over them and the rest."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from core.model.decision import Decision
from core.model.ids import canonical_json
from core.reconciliation.cite import Cited
from core.reconciliation.cite.finder import text_of
from core.reconciliation.cite.rest import leftovers
from core.reconciliation.columnar.bulk import Bulk, BulkFold, Stray, Told
from core.reconciliation.columnar.evidence import SILENT, Table
from core.reconciliation.decision import Versions, settle_nothing
from core.reconciliation.grouping import Key, by_id, grouped_accounts, grouped_items
from core.reconciliation.label import Label, read
from core.reconciliation.line import Item, Line, PayerAccount
from core.reconciliation.policy import Policy
from core.reconciliation.receipt import is_marked_return, no_receipt

_NO_IBANS: frozenset[str] = frozenset()


class Decided(NamedTuple):
    """What came of the lines: decisions as the engine makes them, and those that are only written."""

    decisions: list[Decision]
    told: list[Told]


def reconcile_in_bulk(
    lines: Iterable[Line],
    items: Iterable[Item],
    payer_accounts: Iterable[PayerAccount],
    policy: Policy,
    *,
    is_free: Callable[[Line], bool],
    until: Mapping[str, date],
) -> Decided:
    """As `reconcile`, without earlier decisions and without lines of several sources.

    `is_free` says that no line of the wall can be the return or the correction of this one; `until` is
    each tenant's last booking day.
    """
    by_wall: dict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        by_wall[line.tenant_id, line.company_id, line.currency].append(line)
    items_by_wall, accounts = grouped_items(items), grouped_accounts(payer_accounts)
    versions, done = Versions(policy.version), Decided([], [])
    for key in sorted(by_wall, key=str):
        fold = BulkFold(items_by_wall.get(key, []), accounts.get(key[0], []), policy, versions)
        ordinary = _sort_out(fold, by_wall[key], is_free)
        fold.remember({}, {}, {}, by_id(ordinary))
        done.decisions.extend(fold.run(ordinary, until=until.get(key[0], date.min)).values())
        done.told.extend(fold.bulk.told)
    return done


def _sort_out(fold: BulkFold, lines: Sequence[Line], is_free: Callable[[Line], bool]) -> list[Line]:
    """Searches the labels of the wall; returns the lines that are no strays, for the fold."""
    fold.bulk = bulk = Bulk()
    ordinary, possible = [], []
    for line in lines:
        label = _readable(fold, line) if is_free(line) and line.amount_minor > 0 else None
        if label is None:
            ordinary.append(line)
        else:
            possible.append((line, label))
    strays: dict[date, list[Stray]] = defaultdict(list)
    told, found = Table(fold.receivables.index).search([label for _, label in possible])
    for (line, label), verdict, one in zip(possible, told.tolist(), found, strict=True):
        reason = no_receipt(line, _NO_IBANS) if verdict == SILENT else None
        if reason:
            bulk.told.append(_no_receipt(fold, line, reason))
        elif verdict == SILENT and line.booking_date is not None:
            strays[line.booking_date].append(Stray(line, label, _uncited(fold, label)))
        else:
            bulk.labels[line.transaction_id] = label
            if one is not None:
                bulk.cited[line.transaction_id] = Cited([one])
            ordinary.append(line)
    bulk.strays = strays
    return ordinary


def _readable(fold: BulkFold, line: Line) -> Label | None:
    """The label of a line that can only pay for an item, with nothing special about it."""
    if line.status != "booked" or line.booking_date is None or is_marked_return(line):
        return None
    label = read(line, max_text=fold.policy.max_text)
    own = (line.end_to_end_id or "").strip()
    if label.structured or label.caps or own in fold.receivables.index.position:
        fold.bulk.labels[line.transaction_id] = label
        return None
    return label


def _no_receipt(fold: BulkFold, line: Line, reason: str) -> Told:
    decision = settle_nothing(line, reason, fold.versions)
    return Told(line, "T0", reason, canonical_json(decision.explanation))


def _uncited(fold: BulkFold, label: Label) -> Cited:
    """Numbers that are not held here and possible counters, for a label in which nothing was found."""
    cited = Cited()
    if label.stretches:
        leftovers(text_of(label, fold.receivables.index, fold.policy, tuple, cited))
    return cited
