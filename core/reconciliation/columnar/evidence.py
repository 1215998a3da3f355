"""What the labels of a wall cite, all at once: the index of its items as a table, and the search in it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.reconciliation.cite import Citation
from core.reconciliation.columnar import kernel
from core.reconciliation.columnar.kernel import CITED, SILENT, UNSURE
from core.reconciliation.index import FULL, Index, strength_of
from core.reconciliation.label import WORD, Label, Stretch
from core.reconciliation.label.structured import structured_in

__all__ = ["CITED", "SILENT", "UNSURE", "Table"]

_LONGEST = 62
"""Numbers whose printed parts go beyond are left to the engine."""


class Table:
    """The keys under which the items of one wall can be found in a text."""

    def __init__(self, index: Index) -> None:
        whole = list(index.full)
        kinds = [index.orders, index.loose, index.digits, index.folded]
        texts = [*whole, *(key for kind in kinds for key in kind)]
        numbers = [len(whole), *map(len, kinds)]
        self._positions = [index.full[number][0] for number in whole]
        self._strengths = [strength_of(number) for number in whole]
        unique = [at if len(index.full[number]) == 1 else -2 for at, number in enumerate(whole)]
        size = 1 << max(4, (2 * len(texts)).bit_length())
        self._keys, self._values = kernel.build(
            _bytes("".join(f"{text}\n" for text in texts)),
            np.repeat(np.arange(1, 6, dtype=np.int64), numbers),
            np.array([*unique, *[-3] * (len(texts) - len(whole))], np.int64),
            size,
        )
        self._known = _bytes("".join(whole))
        self._places = np.cumsum([len(number) for number in whole], dtype=np.int64)
        parts = [index.numbers[position] for position in self._positions]
        self._breaks = np.array([sum(1 << b for b in n.breaks if b <= _LONGEST) for n in parts], np.int64)
        self._leads = np.array([len(n.groups[0]) if n.groups[0].isalpha() else 0 for n in parts], np.int64)
        self._most = index.max_words

    def silent(self, texts: Sequence[str]) -> list[bool]:
        """For each folded text whether it cites nothing at all that could be held here, however it is
        parted."""
        if not texts:
            return []
        told, _ = self._search(texts, np.arange(1, len(texts) + 1, dtype=np.int64))
        return [
            verdict == SILENT and not structured_in(text)
            for verdict, text in zip(told.tolist(), texts, strict=True)
        ]

    def search(self, labels: Sequence[Label]) -> tuple[NDArray[np.int8], list[Citation | None]]:
        """For each label SILENT, CITED or UNSURE, and what is cited."""
        stretches = [stretch.text for label in labels for stretch in label.stretches]
        ends = np.cumsum([len(label.stretches) for label in labels], dtype=np.int64)
        told, hits = self._search(stretches, ends)
        firsts = [0, *ends.tolist()]
        found: list[Citation | None] = [None] * len(labels)
        for at in np.flatnonzero(told == CITED).tolist():
            value, stretch, start, end = hits[at].tolist()
            found[at] = self._citation(labels[at].stretches[stretch - firsts[at]], value, start, end)
        return told, found

    def _search(
        self, stretches: Sequence[str], ends: NDArray[np.int64]
    ) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
        told = np.zeros(len(ends), np.int8)
        hits = np.full((len(ends), 4), -1, np.int64)
        kernel.search(
            _bytes("".join(stretches)), np.cumsum([len(text) for text in stretches], dtype=np.int64), ends,
            self._keys, self._values, self._known, self._places, self._breaks, self._leads, self._most,
            told, hits,
        )  # fmt: skip
        return told, hits

    def _citation(self, stretch: Stretch, value: int, start: int, end: int) -> Citation | None:
        """As `cite` would note it; a number without letters, or one that may be cut, is left to it."""
        if stretch.cut or self._strengths[value] < FULL:
            return None
        text = " ".join(WORD.findall(stretch.text[start:end]))
        begin, position = stretch.start, self._positions[value]
        return Citation(
            text, stretch.field, begin + start, begin + end, self._strengths[value], (position,), "full"
        )


def _bytes(text: str) -> NDArray[np.uint8]:
    """One byte a character: what is not ASCII is no part of a number, whatever it is."""
    return np.frombuffer(text.encode("ascii", "replace"), np.uint8)
