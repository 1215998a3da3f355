"""Several lines of one day that together pay what they cite: n lines for m items, when allowed."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from core.model.decision import Share
from core.reconciliation.case import Case, Ruling, share

MAX_LINES: Final = 8
"""Lines of one joint payment; more are not looked at together."""


def joint(cases: Iterable[Case]) -> list[list[tuple[Case, Ruling]]]:
    """Groups of lines that cite the same items, in part or all, and together pay them to the cent.

    The group closes all its items, so only the way the money is spread over them is a choice: line by
    line, over what each cites.
    """
    groups = [_ruled(group) for group in _connected([c for c in cases if _may_join(c)])]
    return [group for group in groups if group]


def _may_join(case: Case) -> bool:
    cited = case.cited
    return bool(cited.citations) and not (cited.caps or cited.unknown or case.refused)


def _connected(cases: list[Case]) -> list[list[tuple[Case, tuple[int, ...]]]]:
    """Lines linked by items of one debtor that they cite."""
    members: dict[int, list[tuple[Case, tuple[int, ...]]]] = {}
    group_of: dict[tuple[int, int], int] = {}
    for at, case in enumerate(cases):
        meaning = case.meaning()
        if meaning.ambiguous or meaning.settled or not meaning.items:
            continue
        links = [(id(case.scope), n) for n in meaning.items]
        joined = sorted({group_of[k] for k in links if k in group_of})
        group = [m for old in joined for m in members.pop(old)]
        members[at] = [*group, (case, meaning.items)]
        for one, items in members[at]:
            group_of.update({(id(one.scope), n): at for n in items})
    return [group for group in members.values() if 1 < len(group) <= MAX_LINES]


def _ruled(group: list[tuple[Case, tuple[int, ...]]]) -> list[tuple[Case, Ruling]]:
    scope = group[0][0].scope
    items = sorted({n for _, cited in group for n in cited})
    known = all(case.grade(n) >= 1 for case, cited in group for n in cited)
    one_debtor = len({scope.items[n].debtor_id for n in items}) == 1
    total = sum(case.paid for case, _ in group)
    if not (known and one_debtor) or total != sum(scope.open[n] for n in items):
        return []
    if any(scope.open[n] < 0 for n in items):
        return []
    spread = _spread(group)
    names = tuple(case.line.transaction_id for case, _ in group)
    return (
        [
            (case, Ruling("auto", "T3", "joint_sum", shares, together=tuple(n for n in names if n != own)))
            for (case, _), shares, own in zip(group, spread, names, strict=True)
        ]
        if spread
        else []
    )


def _spread(group: list[tuple[Case, tuple[int, ...]]]) -> list[tuple[Share, ...]]:
    """Each line's money over the items it cites, those with fewest first; nothing when it does not fit."""
    scope = group[0][0].scope
    left = {n: scope.open[n] for _, cited in group for n in cited}
    shares: dict[str, list[Share]] = defaultdict(list)
    for case, cited in sorted(group, key=lambda m: (len(m[1]), m[0].line.transaction_id)):
        money = case.paid
        for n in sorted(cited):
            part = min(money, left[n])
            if part:
                paid = share(item_id=scope.items[n].item_id, amount_minor=part)
                shares[case.line.transaction_id].append(paid)
            money, left[n] = money - part, left[n] - part
        if money:
            return []
    return [tuple(shares[case.line.transaction_id]) for case, _ in group]
