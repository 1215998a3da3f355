"""The same money seen by two sources: which line is a copy of which."""

from collections.abc import Sequence

from core.reconciliation.line import Line


def tie(lines: Sequence[Line], *, standing: frozenset[str] = frozenset()) -> dict[str, str]:
    """Copies by id, each with the id of the line that is the book of record for that money."""
    return {}
