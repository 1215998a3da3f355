"""Which lines of a file are equal, told by 32 bytes a line, and the occurrence number of each."""

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from struct import iter_unpack

from core.model import Statement
from mappings.statements.draft import Line
from mappings.statements.identity import chronology, disjoint, free_numbers, rank

_WIDTH = 16
"""Bytes of a key, and of a rank."""
_SMALL = 4096
"""So few lines are put in order at once; more are split by the first byte of their key."""
Seen = Mapping[str, Sequence[tuple[int, Statement]]]
"""Stored lines by fingerprint: their occurrence, and the statement they were first read from."""


@dataclass(frozen=True, slots=True)
class Span:
    """The lines of one statement among those of its file: from `start` up to `end`."""

    statement: Statement | None
    start: int
    end: int


class Marks:
    """Key and rank of every line, in the order of the file.

    Only equal lines are asked for their rank, so it is worked out then: until `let_go` the lines are
    held for it.
    """

    def __init__(self) -> None:
        self._keys = bytearray()
        self._ranks = bytearray()
        self._held: list[Line] | None = []

    def __len__(self) -> int:
        return len(self._keys) // _WIDTH

    def add(self, key: bytes, line: Line) -> None:
        self._keys += key
        if self._held is None:
            self._ranks += _rank(line)
        else:
            self._held.append(line)

    def let_go(self) -> None:
        """Holds no line any more, those to come neither: they are too many."""
        for line in self._held or ():
            self._ranks += _rank(line)
        self._held = None

    def drop(self, start: int) -> None:
        """Forgets the lines from `start` on."""
        del self._keys[start * _WIDTH :]
        del self._ranks[start * _WIDTH :]
        if self._held is not None:
            del self._held[start:]

    def key(self, place: int) -> bytes:
        return bytes(self._keys[place * _WIDTH : (place + 1) * _WIDTH])

    def fingerprints(self) -> Iterator[str]:
        """Every key in hexadecimal."""
        return (key.hex() for (key,) in iter_unpack(f"{_WIDTH}s", self._keys))

    def rank(self, place: int) -> bytes:
        if self._held is not None:
            return _rank(self._held[place])
        return bytes(self._ranks[place * _WIDTH : (place + 1) * _WIDTH])

    def sorted_keys(self, start: int) -> Iterator[str]:
        """The keys from `start` on in ascending order, in hexadecimal."""
        for places in self._buckets(start):
            for key in sorted(map(self.key, places)):
                yield key.hex()

    def groups(self, seen: Seen) -> Iterator[tuple[bytes, list[int]]]:
        """Each key that stands more than once, or is among `seen`, with its places, ascending."""
        for places in self._buckets(0):
            keys = [self.key(place) for place in places]
            if not seen and len(set(keys)) == len(keys):
                continue
            found: dict[bytes, list[int]] = {}
            for key, place in zip(keys, places, strict=True):
                found.setdefault(key, []).append(place)
            yield from ((key, found[key]) for key in found if len(found[key]) > 1 or key.hex() in seen)

    def _buckets(self, start: int) -> Iterator[Sequence[int]]:
        end = len(self)
        if end - start <= _SMALL:
            yield range(start, end)
            return
        buckets = [array("I") for _ in range(256)]
        for place in range(start, end):
            buckets[self._keys[place * _WIDTH]].append(place)
        yield from buckets


def _rank(line: Line) -> bytes:
    more = line.more
    return rank(more.get("value_date"), more.get("bank_reference"), line.words, more.get("transaction_time"))


def numbers(marks: Marks, spans: Sequence[Span], seen: Seen) -> "array[int]":
    """The occurrence of each line; negative when an earlier statement of the file states that line.

    Equal lines of two statements are one line when the statements overlap and two when one ends
    before the other begins (a bank may book a second equal fee on a day it has already closed).
    """
    given = array("i", [1]) * len(marks)
    starts = [span.start for span in spans]
    for key, places in marks.groups(seen):
        by_span: dict[int, list[int]] = defaultdict(list)
        for place in places:
            by_span[bisect_right(starts, place) - 1].append(place)
        several = sorted(by_span, key=lambda index: (_order(spans[index].statement), index))
        earlier = list(seen.get(key.hex(), ()))
        for index in several:
            own = sorted(by_span[index], key=marks.rank)
            for place, number in zip(own, _free(spans[index].statement, earlier), strict=False):
                given[place] = number
            if (statement := spans[index].statement) is not None:
                earlier += [(given[place], statement) for place in own]
        _mark_repeats(given, places)
    return given


def _order(statement: Statement | None) -> tuple[date, date, str]:
    return (date.max, date.max, "") if statement is None else (*chronology(statement), statement.id)


def _free(statement: Statement | None, earlier: Sequence[tuple[int, Statement]]) -> Iterator[int]:
    taken = {number for number, origin in earlier if statement is not None and disjoint(origin, statement)}
    return free_numbers(taken)


def _mark_repeats(given: "array[int]", places: Sequence[int]) -> None:
    met: set[int] = set()
    for place in places:
        if given[place] in met:
            given[place] = -given[place]
        else:
            met.add(given[place])
