"""One wall decided block by block: its lines are read ahead, then the fold takes what reading left open."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from core.reconciliation.columnar.ahead import Reader
from core.reconciliation.columnar.block import Block, Found
from core.reconciliation.columnar.bulk import BulkFold, Sink
from core.reconciliation.decision import Versions
from core.reconciliation.line import Item
from core.reconciliation.policy import Policy
from core.reconciliation.wall import Wall

Read = Callable[[Block], Found]
Ahead = Callable[[Read, Iterable[Block]], Iterable[tuple[Block, Found]]]
"""Reads blocks and gives each with what was found, in order: when and where it reads is its own affair."""


def in_turn(read: Read, blocks: Iterable[Block]) -> Iterable[tuple[Block, Found]]:
    """Each block when it is needed, in this process."""
    return ((block, read(block)) for block in blocks)


def decide_wall(
    blocks: Iterable[Block],
    items: Sequence[Item],
    accounts: list[tuple[str, str]],
    policy: Policy,
    *,
    until: date,
    sink: Sink,
    ahead: Ahead = in_turn,
) -> None:
    """Decides one tenant's lines of one currency as `reconcile` does when nothing was decided before.

    Blocks come in the order of their days. `accounts` are (IBAN, debtor) pairs, `until` is the tenant's
    last booking day, `sink` takes each decision as soon as nothing can change it any more.
    """
    versions = Versions(policy.version)
    fold = BulkFold(Wall(items, accounts), policy, versions, sink)
    reader = Reader(fold.receivables, policy, versions)
    fold.run_blocks(ahead(reader.read, blocks), until=until)
