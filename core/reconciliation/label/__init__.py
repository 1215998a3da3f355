"""Reads the labels of bank lines: usable alone, without the engine."""

from core.reconciliation.label.folding import CUTS, EMPTY, WORD, fold_text, given
from core.reconciliation.label.noise import mask
from core.reconciliation.label.parse import Dated, ParsedLabel, Part, parse_label
from core.reconciliation.label.reading import HAS_DIGIT, Label, Stretch, Word, is_year, parted, read, words_in
from core.reconciliation.label.structured import Structured, valid_structured

__all__ = [
    "CUTS",
    "EMPTY",
    "HAS_DIGIT",
    "WORD",
    "Dated",
    "Label",
    "ParsedLabel",
    "Part",
    "Stretch",
    "Structured",
    "Word",
    "fold_text",
    "given",
    "is_year",
    "mask",
    "parse_label",
    "parted",
    "read",
    "valid_structured",
    "words_in",
]
