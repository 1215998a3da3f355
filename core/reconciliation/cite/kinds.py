"""What citing finds, and the text it looks at, word by word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from core.reconciliation.index import Index
from core.reconciliation.label import Word
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
"""Keeps, of items that share a key, those the payer or the amount point to; else all."""


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

    `unknown` are numbers that are not held, `counters` digits that may be the end of one, `cut` what stands
    where the text was cut, `alike` digits that look like numbers we hold, `spans` what `a - b` means when it
    is a range.
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

    `cut` are places of words that end where a bank may have cut the text.
    """

    words: Sequence[Word]
    cut: frozenset[int]
    index: Index
    policy: Policy
    narrow: Narrow
    cited: Cited
    used: list[bool] = field(init=False)
    plain: list[bool] = field(init=False)
    """Whether each word has letters only."""
    joins: list[bool] = field(init=False)
    """Whether each word may go on the number of the word before."""

    def __post_init__(self) -> None:
        words = self.words
        self.used = [False] * len(words)
        self.plain = [word.text.isalpha() for word in words]
        self.joins = [word.glue in JOINS for word in words]

    def use(self, first: int, after: int) -> None:
        self.used[first:after] = [True] * (after - first)

    def word_before(self, at: int) -> str:
        """The word before the one at `at` in its zone, as far as both may belong together."""
        return self.words[at - 1].text if at and self.joins[at] else ""

    def is_other_paper(self, prefix: str | None) -> bool:
        """Whether a word before a number tells that it is no invoice's, unless ours begin so."""
        return prefix in OTHER_PAPERS and prefix not in self.index.prefixes

    def free_digits(self) -> list[int]:
        """The places of words with digits that are not spoken for."""
        return [
            n
            for n, (used, plain) in enumerate(zip(self.used, self.plain, strict=True))
            if not used and not plain
        ]

    def joined(self, first: int, after: int) -> str:
        """The words as one, as numbers are compared."""
        return "".join(w.text for w in self.words[first:after])

    def add(self, first: int, after: int, strength: int, items: tuple[int, ...], how: str) -> None:
        """Notes a citation."""
        begin, end = self.words[first], self.words[after - 1]
        text = " ".join(w.text for w in self.words[first:after])
        self.cited.citations.append(Citation(text, begin.field, begin.start, end.end, strength, items, how))

    def printed(self, first: int, after: int) -> str:
        """The words with what stands between them."""
        words = self.words[first:after]
        return words[0].text + "".join(w.glue + w.text for w in words[1:])

    def whole(self, first: int, after: int) -> Word:
        """The words as one word, for what is not held."""
        begin, end = self.words[first], self.words[after - 1]
        return begin._replace(text=self.joined(first, after), end=end.end)
