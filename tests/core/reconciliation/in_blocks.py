"""The columnar engine over lines in memory: what it is given, and what it told, as text. Needs numba."""

from collections.abc import Sequence
from dataclasses import fields
from itertools import groupby

from core.model.decision import Decision
from core.model.ids import canonical_json
from core.reconciliation import Item, Line, Policy
from core.reconciliation.columnar.block import Block
from core.reconciliation.columnar.bulk import Told
from core.reconciliation.columnar.walls import decide_wall
from core.reconciliation.grouping import grouped_items, grouped_lines, horizons
from tests.core.reconciliation.build import DAY


class Kept:
    """A sink that keeps everything, as text."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def _keep(self, transaction_id: str, text: str) -> None:
        assert self.found.setdefault(transaction_id, text) is text, "decided twice"

    def add(self, decision: Decision, /) -> None:
        self._keep(decision.transaction_id, canonical_json(decision.model_dump()))

    def tell(self, told: Told, /) -> None:
        for place, explanation in zip(told.places, told.explanations, strict=False):
            line = told.block.line(place)
            text = f"none {told.tier} {told.reason} {line.amount_minor} {explanation}"
            self._keep(line.transaction_id, text)


def block_of(lines: Sequence[Line], free: frozenset[str]) -> Block:
    columns = {f.name: [getattr(x, f.name) for x in lines] for f in fields(Line)}
    return Block(columns, [x.transaction_id in free for x in lines], [False] * len(lines))


def in_bulk(lines: list[Line], items: list[Item], policy: Policy, days: int = 2) -> dict[str, str]:
    """All walls, some days at a time."""
    amounts = {(x.tenant_id, x.currency, x.amount_minor) for x in lines}
    free = frozenset(
        x.transaction_id for x in lines if (x.tenant_id, x.currency, -x.amount_minor) not in amounts
    )
    kept, until, owed = Kept(), horizons(lines), grouped_items(items)
    for key, wall in grouped_lines(lines).items():
        by_day = sorted(wall, key=lambda x: x.booking_date or DAY)
        parts = groupby(by_day, key=lambda x: ((x.booking_date or DAY) - DAY).days // days)
        blocks = [block_of(list(part), free) for _, part in parts]
        decide_wall(blocks, owed.get(key, []), [], policy, until=until.get(key[0], DAY), sink=kept)
    assert len(kept.found) == len(lines)
    return kept.found
