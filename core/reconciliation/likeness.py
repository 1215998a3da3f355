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
    least = RELEVANT * known.whole
    shared = possible = 0.0
    missing = []
    last = paid.words[-1] if paid.words else ""
    for word, weight in zip(known.words, known.weights, strict=True):
        if word in paid.words:
            shared += weight
        elif len(word) >= LONG_WORD or (len(last) >= SHORTEST_CUT and word.startswith(last)):
            missing.append((word, weight))
            possible += weight
    if not known.whole or shared + possible < least:
        return 0.0
    shared += sum(weight for word, weight in missing if _is_written(word, paid.words))
    if shared < least:
        return 0.0
    extra = sum(
        weight
        for word, weight in zip(paid.words, paid.weights, strict=True)
        if word not in known.words and not _begins_one(word, known.words)
    )
    return shared / (known.whole + extra)


def _is_written(wanted: str, words: tuple[str, ...]) -> bool:
    """Whether the last of the words is a cut `wanted`, or one of them is it with a slip."""
    if len(words[-1]) >= SHORTEST_CUT and wanted.startswith(words[-1]):
        return True
    return any(_is_slip(word, wanted) for word in words)


def _begins_one(word: str, known: tuple[str, ...]) -> bool:
    cut = len(word) >= SHORTEST_CUT and any(k.startswith(word) for k in known)
    return cut or any(_is_slip(word, k) for k in known)


def _is_slip(one: str, other: str) -> bool:
    """One character more, less or another. It leaves the first or the last three letters as they are."""
    if one[:3] != other[:3] and one[-3:] != other[-3:]:
        return False
    if len(one) < LONG_WORD or len(other) < LONG_WORD:
        return False
    return Levenshtein.distance(one, other, score_cutoff=1) <= 1
