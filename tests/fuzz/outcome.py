"""What reading an input came to, and what must hold of every refusal and finding."""

import re
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from core.errors import BadInput
from core.ports import FileFinding

LONGEST_SENTENCE: Final = 400
LONGEST_PAYLOAD: Final = 100
"""Characters of an input that a sentence may repeat."""
_FIGURES: Final = re.compile(r"\d[\d.,]*|'[^']*'|`[^`]*`")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Outcome(NamedTuple):
    """`shape` tells inputs apart that took different ways: an input with a new one becomes a seed."""

    kind: Literal["accepted", "refused", "set aside"]
    shape: str


def refused(name: str, error: BadInput, content: bytes) -> Outcome:
    """A refusal is one sentence that begins with the file's name and says what is wrong with it."""
    sentence = str(error)
    assert sentence.startswith(name), f"the refusal does not begin with the file's name: {sentence[:200]}"
    assert len(sentence) > len(name) + 10, f"the refusal gives no reason: {sentence}"
    _check(sentence, content)
    return Outcome("refused", shape(sentence))


def read(
    format: str, aside: Iterable[FileFinding], warnings: Iterable[FileFinding], facts: int, content: bytes
) -> Outcome:
    """What was read, when each finding says where and what."""
    codes = {"aside": list(aside), "warning": list(warnings)}
    for finding in (*codes["aside"], *codes["warning"]):
        assert finding.code, finding
        assert finding.record, finding
        assert finding.message, finding
        _check(finding.message, content)
        _check(finding.record, content)
    told = sorted({f"{what} {f.code}: {shape(f.message)}" for what, each in codes.items() for f in each})
    return Outcome("set aside" if codes["aside"] else "accepted", f"{format}, {min(facts, 3)}: {told}")


def shape(sentence: str) -> str:
    """A sentence without figures and quoted words."""
    return _FIGURES.sub("#", sentence)[:120]


def _check(sentence: str, content: bytes) -> None:
    """A sentence a person can read: short, on one line, and it repeats hardly anything of the file."""
    assert len(sentence) <= LONGEST_SENTENCE, f"{len(sentence)} characters: {sentence[:200]!r}"
    assert not _UNPRINTABLE.search(sentence), f"control characters: {sentence[:200]!r}"
    if len(sentence) <= LONGEST_PAYLOAD:
        return
    text = content.decode("latin-1")
    for start in range(0, len(sentence) - LONGEST_PAYLOAD, 20):
        assert sentence[start : start + LONGEST_PAYLOAD] not in text, f"repeats the file: {sentence[:200]!r}"
