"""How much two names have in common, word by word, rare words counting most."""

from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

RELEVANT: Final = 0.4
"""Likeness below this is of no interest and comes out as 0."""
LONG_WORD: Final = 6
"""Letters from which a word may have one slip."""
SHORTEST_CUT: Final = 3
"""Letters that must be left of a word that was cut."""


class Weighed(NamedTuple):
    """The different words of a name, in order, with their weights and the sum of those."""

    words: tuple[str, ...]
    weights: tuple[float, ...]
    whole: float


def likeness(paid: Weighed, known: Weighed) -> float:
    """Shared weight over the weight of both, 0 to 1; a last word that was cut counts when it begins one."""
    shared = 0.0
    missing = []
    for word, weight in zip(known.words, known.weights, strict=True):
        if word in paid.words:
            shared += weight
        else:
            missing.append((word, weight))
    others = [n for n, word in enumerate(paid.words) if word not in known.words]
    if others and missing:
        written = [paid.words[n] for n in others]
        shared += sum(weight for word, weight in missing if _is_among(word, written, paid.words[-1]))
    if shared < RELEVANT * known.whole or not known.whole:
        return 0.0
    extra = sum(paid.weights[n] for n in others if not _begins_one(paid.words[n], known.words))
    return shared / (known.whole + extra)


def _is_among(wanted: str, written: list[str], last: str) -> bool:
    """Whether one of the words is `wanted` with a slip, or the last one is it cut."""
    cut = len(last) >= SHORTEST_CUT and wanted.startswith(last)
    return cut or any(_is_slip(word, wanted) for word in written)


def _begins_one(word: str, known: tuple[str, ...]) -> bool:
    cut = len(word) >= SHORTEST_CUT
    return any((cut and other.startswith(word)) or _is_slip(word, other) for other in known)


def _is_slip(one: str, other: str) -> bool:
    """One character more, less or another. It leaves the first or the last three letters as they are."""
    if one[:3] != other[:3] and one[-3:] != other[-3:]:
        return False
    if len(one) < LONG_WORD or len(other) < LONG_WORD:
        return False
    return Levenshtein.distance(one, other, score_cutoff=1) <= 1
