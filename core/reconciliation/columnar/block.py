"""What goes to a reader of lines and comes back from it: plain values that cross between processes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from core.reconciliation.cite import Cited
from core.reconciliation.label import Label
from core.reconciliation.line import Line
from core.reconciliation.names import Payer


class Block(NamedTuple):
    """Lines of a wall for some whole days, as columns of equal length named as those of `Line`.

    A line is `free` when no line of the wall could
    return or correct it; it is `asked` when it is money out, free, without identifiers and all ASCII, so
    that only what its text cites can make it more than that.
    """

    columns: Mapping[str, Sequence[Any]]
    free: Sequence[bool]
    asked: Sequence[bool]

    def line(self, place: int) -> Line:
        """The engine's line at this place of the block."""
        return Line(**{name: column[place] for name, column in self.columns.items()})


class Ready(NamedTuple):
    """A line of money in, read: all of its case that depends neither on open amounts nor on lessons.

    `cited` is None when it depends on open amounts; `iban` and `alias` are the keys under which the payer
    may have been learnt meanwhile. `narrowed`: items that share a number were told apart by the payer;
    `reason` why the line is no receipt, unless it cites a full number.
    """

    label: Label
    cited: Cited | None
    payer: Payer
    forwarding: frozenset[str]
    iban: str | None
    alias: str | None
    narrowed: bool
    reason: str | None


class Strays(NamedTuple):
    """Lines of one day that cite nothing held here, of payers nobody knows, as columns.

    `places` count in the block; `ibans` and `aliases` as in `Ready`; `counted` says of each line whether it
    has digits that may be the end of a number; `explanations` (JSON) are those of lines that pay nothing.
    `ready` are those at whose amount an item is open to begin with, by their place in these columns.
    """

    places: list[int]
    amounts: list[int]
    ibans: list[str | None]
    aliases: list[str | None]
    counted: list[bool]
    explanations: list[str]
    ready: dict[int, Ready]


class Found(NamedTuple):
    """What reading told of the lines of a block, each by its place in the block.

    `debits` are plain money out, `no_receipts` pay nothing for the reason given. All others are decided
    by the fold: `ready` ones are read already.
    """

    debits: list[int]
    no_receipts: dict[str, list[int]]
    strays: dict[date, Strays]
    ready: dict[int, Ready]
    others: list[int]
