"""How much two names have in common, word by word, rare words counting most."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from sys import maxunicode
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

RELEVANT: Final = 0.4
"""Likeness below this is of no interest and comes out as 0."""
ROUNDING: Final = 1e-9
"""More than sums of weights are off by being added in another order."""
LONG_WORD: Final = 6
"""Letters from which a word may have one slip."""
SHORTEST_CUT: Final = 3
"""Letters that must be left of a word that was cut."""
MOST_BEGUN: Final = 2_000
"""Words with one beginning that are looked at."""
_BEHIND_ALL: Final = chr(maxunicode)
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
        self._words = frozenset(self._sorted)
        self._shortened: dict[str, list[str]] = defaultdict(list)
        for word in self._sorted:
            for short in _shortened(word):
                self._shortened[short].append(word)

    def like(self, word: str) -> frozenset[str]:
        """The word itself, if it is known, and known words one slip away from it when both are long."""
        near = [
            known for short in self._shortened.keys() & _shortened(word) for known in self._shortened[short]
        ]
        slips = [known for known in near if Levenshtein.distance(known, word, score_cutoff=1) <= 1]
        return self._words.intersection((word, *slips))

    def begun(self, word: str) -> frozenset[str]:
        """Known words that begin so: the word may be one of them, cut."""
        if len(word) < SHORTEST_CUT:
            return frozenset()
        at, end = bisect_left(self._sorted, word), bisect_left(self._sorted, word + _BEHIND_ALL)
        return frozenset(self._sorted[at : min(end, at + MOST_BEGUN)])


def _shortened(word: str) -> set[str]:
    """The word, and it without each of its letters: two words that are one slip apart share one of these."""
    if len(word) < LONG_WORD:
        return set()
    return {word, *[word[:n] + word[n + 1 :] for n in range(len(word))]}


class Spelt(NamedTuple):
    """A written word: its weight, the known words it has, those it may be, and what it shares at most."""

    weight: float
    has: frozenset[str]
    may_be: frozenset[str]
    most: float


def spelt(word: str, weight: Callable[[str], float], vocabulary: Vocabulary, *, last: bool) -> Spelt:
    """A written word with what it may be; only the last one of a name may be cut for it to have a word."""
    like = vocabulary.like(word)
    may_be = like | vocabulary.begun(word)
    has = may_be if last else like
    return Spelt(weight(word), has, may_be, sum(map(weight, has)))


class Written(NamedTuple):
    """A written name to be compared: its different words, and the known words it has."""

    words: Sequence[Spelt]
    has: frozenset[str]


def written(words: Sequence[Spelt]) -> Written:
    """A written name, of one word at least."""
    return Written(words, words[-1].has.union(*[word.has for word in words[:-1]]))


def needed(name: Written, bound: float) -> list[frozenset[str]] | None:
    """Sets of words, of each of which a known name has one if it is as alike as the bound; None when no
    name can be.

    Whatever a known name does not have counts against it, and it weighs at least what it shares.
    """
    least = (bound - ROUNDING) / (1 - bound)
    most = sum([word.most for word in name.words])
    against = least * sum([word.weight for word in name.words if not word.may_be])
    if most < against:
        return None
    return [w.may_be for w in name.words if w.may_be and most - w.most < against + least * w.weight]


def likeness(name: Written, known: Iterable[Weighed]) -> float:
    """Shared weight over the weight of both, 0 to 1, for the name of these that is most alike."""
    most, has = 0.0, name.has
    for words, weights, whole in known:
        shared = 0.0
        for word, weight in zip(words, weights, strict=True):
            if word in has:
                shared += weight
        if shared >= RELEVANT * whole and whole:
            most = max(most, shared / (whole + _extra(name, words)))
    return most


def _extra(name: Written, words: tuple[str, ...]) -> float:
    """The weight of written words that are none of these, nor the beginning of one."""
    return sum(word.weight for word in name.words if word.may_be.isdisjoint(words))
