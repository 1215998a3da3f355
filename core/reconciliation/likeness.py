"""How much two names have in common, word by word, rare words counting most."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from itertools import takewhile
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

RELEVANT: Final = 0.4
"""Likeness below this is of no interest and comes out as 0."""
LONG_WORD: Final = 6
"""Letters from which a word may have one slip."""
SHORTEST_CUT: Final = 3
"""Letters that must be left of a word that was cut."""
MOST_BEGUN: Final = 2_000
"""Words with one beginning that are looked at."""
REMEMBERED: Final = 100_000
"""Words and names whose answers are kept at hand."""


class Weighed(NamedTuple):
    """The different words of a name, in order, with their weights and the sum of those."""

    words: tuple[str, ...]
    weights: tuple[float, ...]
    whole: float


class Vocabulary:
    """The words of all known names: which of them a written word may be."""

    def __init__(self, words: Iterable[str]) -> None:
        self._sorted = sorted(words)
        self._shortened: dict[str, list[str]] = defaultdict(list)
        for word in self._sorted:
            for short in _shortened(word):
                self._shortened[short].append(word)
        self._like: dict[str, frozenset[str]] = {}
        self._begun: dict[str, frozenset[str]] = {}

    def like(self, word: str) -> frozenset[str]:
        """The word itself, and known words that are one slip away from it when both are long."""
        found = self._like.get(word)
        if found is None:
            near = {k for short in _shortened(word) for k in self._shortened.get(short, ())}
            slips = (k for k in near if Levenshtein.distance(k, word, score_cutoff=1) <= 1)
            found = frozenset((word, *slips))
            if len(self._like) < REMEMBERED:
                self._like[word] = found
        return found

    def begun(self, word: str) -> frozenset[str]:
        """Known words that begin so: the word may be one of them, cut."""
        found = self._begun.get(word)
        if found is None:
            at = bisect_left(self._sorted, word) if len(word) >= SHORTEST_CUT else len(self._sorted)
            found = frozenset(takewhile(lambda k: k.startswith(word), self._sorted[at : at + MOST_BEGUN]))
            if len(self._begun) < REMEMBERED:
                self._begun[word] = found
        return found


def _shortened(word: str) -> set[str]:
    """The word, and it without each of its letters: two words that are one slip apart share one of these."""
    if len(word) < LONG_WORD:
        return set()
    return {word, *(word[:n] + word[n + 1 :] for n in range(len(word)))}


class Paid(NamedTuple):
    """A written name to be compared: its words, known words that it has, and those each word may be."""

    name: Weighed
    has: Set[str]
    may_be: Sequence[Set[str]]


def paid(name: Weighed, vocabulary: Vocabulary) -> Paid:
    """A written name with what its words may be; only the last one may be cut for it to have a word."""
    like = [vocabulary.like(word) for word in name.words]
    begun = [vocabulary.begun(word) for word in name.words]
    has = frozenset().union(*like, begun[-1]) if like else frozenset()
    return Paid(name, has, [a | b for a, b in zip(like, begun, strict=True)])


def likeness(written: Paid, known: Iterable[Weighed]) -> float:
    """Shared weight over the weight of both, 0 to 1, for the name of these that is most alike."""
    most, has = 0.0, written.has
    for words, weights, whole in known:
        shared = 0.0
        for word, weight in zip(words, weights, strict=True):
            if word in has:
                shared += weight
        if shared >= RELEVANT * whole and whole:
            most = max(most, shared / (whole + _extra(written, words)))
    return most


def _extra(written: Paid, words: tuple[str, ...]) -> float:
    """The weight of written words that are none of these, nor the beginning of one."""
    weighed = zip(written.name.weights, written.may_be, strict=True)
    return sum(weight for weight, may_be in weighed if may_be.isdisjoint(words))
