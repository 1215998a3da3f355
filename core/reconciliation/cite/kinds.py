"""What citing finds, and the text it looks at, word by word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from core.reconciliation.index import Index
from core.reconciliation.label import Stretch, Word
from core.reconciliation.policy import Policy

JOINS: Final = frozenset({"", " ", "-", "/", ".", "_", " - ", " / ", "- ", " -", ". ", ":", " : ", ": "})
"""What may stand inside a number that is written in several words."""
TIGHT: Final = frozenset({"-", "/", ".", "_"})
"""What makes one number of two words, or of a number and more."""
_PAPERS: Final = (
    "CDE CMD COMMANDE PO BC BL BON DEVIS C CLI CLIENT CLT CONTRAT DOSSIER CHANTIER AFFAIRE LOT ORDER"
)
OTHER_PAPERS: Final = frozenset(_PAPERS.split())
"""Words before the number of a paper that is no invoice."""
MAX_WORDS: Final = 400
MAX_RANGE: Final = 200

Narrow = Callable[[Sequence[int]], tuple[int, ...]]
"""Keeps, of items that share a key, those the payer or the amount point to; else all, or none of too many."""


class Citation(NamedTuple):
    """A stretch of text and the items it may mean.

    `how`: full, zeros, digits, folded, glued, order (the buyer's), list, range, structured; and from
    `nearly` only: cut, typo.
    """

    text: str
    field: str
    start: int
    end: int
    strength: int
    items: tuple[int, ...]
    how: str


@dataclass(slots=True)
class Cited:
    """Everything a text says about invoices.

    `unknown` are numbers that are not held, or by too many to tell anything, `counters` digits that may be
    the end of one, `cut` what stands where the text was cut, `alike` digits that look like numbers we hold,
    `spans` what `a - b` means when it is a range.
    """

    citations: list[Citation] = field(default_factory=list)
    unknown: list[Word] = field(default_factory=list)
    counters: list[Word] = field(default_factory=list)
    cut: list[Word] = field(default_factory=list)
    alike: list[Word] = field(default_factory=list)
    spans: list[tuple[int, ...]] = field(default_factory=list)
    caps: list[str] = field(default_factory=list)


class Hit(NamedTuple):
    """Words `first` to `after` (excluded) are a number that these items have."""

    strength: int
    first: int
    after: int
    items: Sequence[int]
    how: str


@dataclass(slots=True)
class Text:
    """The words of one label that may cite, which of them are spoken for, and what they are looked up in.

    Word `n` is `texts[n]` in stretch `zones[n]`; it begins at `starts[n]` of its field, `glues[n]` before it.
    `cut` are places of words that end where a bank may have cut the text.
    """

    texts: list[str]
    starts: list[int]
    glues: list[str]
    zones: list[int]
    cut: frozenset[int]
    stretches: Sequence[Stretch]
    index: Index
    policy: Policy
    narrow: Narrow
    cited: Cited
    used: list[bool] = field(init=False)
    plain: list[bool] = field(init=False)
    """Whether each word has letters only."""
    joins: list[bool] = field(init=False)
    """Whether each word may go on the number of the word before."""
    free: dict[int, None] = field(init=False)
    """The places of words with digits that are not spoken for, in their order."""

    def __post_init__(self) -> None:
        self.used = [False] * len(self.texts)
        self.plain = [text.isalpha() for text in self.texts]
        self.joins = [glue in JOINS for glue in self.glues]
        self.free = {n: None for n, plain in enumerate(self.plain) if not plain}

    def use(self, first: int, after: int) -> None:
        for at in range(first, after):
            self.used[at] = True
            self.free.pop(at, None)

    def word_before(self, at: int) -> str:
        """The word before the one at `at` in its zone, as far as both may belong together."""
        return self.texts[at - 1] if at and self.joins[at] else ""

    def is_other_paper(self, prefix: str | None) -> bool:
        """Whether a word before a number tells that it is no invoice's, unless ours begin so."""
        return prefix in OTHER_PAPERS and prefix not in self.index.prefixes

    def joined(self, first: int, after: int) -> str:
        """The words as one, as numbers are compared."""
        return "".join(self.texts[first:after])

    def printed(self, first: int, after: int) -> str:
        """The words with what stands between them."""
        glued = zip(self.glues[first + 1 : after], self.texts[first + 1 : after], strict=True)
        return self.texts[first] + "".join(glue + text for glue, text in glued)

    def field_of(self, at: int) -> str:
        """The field in which a word stands."""
        return self.stretches[self.zones[at]].field

    def end(self, after: int) -> int:
        """Where the word before `after` ends in its field."""
        return self.starts[after - 1] + len(self.texts[after - 1])

    def add(self, first: int, after: int, strength: int, items: tuple[int, ...], how: str) -> None:
        """Notes a citation."""
        text = " ".join(self.texts[first:after])
        place = self.field_of(first), self.starts[first], self.end(after)
        self.cited.citations.append(Citation(text, *place, strength, items, how))

    def whole(self, first: int, after: int) -> Word:
        """The words as one word, for what is not held."""
        return self.word(first, self.joined(first, after), self.end(after))

    def word(self, at: int, text: str, end: int) -> Word:
        """A word that begins where the one at `at` does."""
        return Word(text, self.starts[at], end, self.field_of(at), self.zones[at], self.glues[at])
