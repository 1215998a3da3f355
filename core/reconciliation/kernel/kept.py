"""What the rules tell the kernel, kept from when it was built: so that a start need not load the rules."""

import os
from pathlib import Path
from typing import Final, NamedTuple

from core.reconciliation.kernel.sources import rules_fingerprint
from core.reconciliation.kernel.words import USUAL, characters, words

NAME: Final = "_kernel.words"
_HERE: Final = Path(__file__).parent
_PART: Final = "\x1d"


class Told(NamedTuple):
    """All words, and the usual characters beyond ASCII, as the module `words` writes them."""

    words: str
    characters: str


def told() -> Told:
    """As it was kept, if the rules are still the same; else by the rules."""
    return read() or by_the_rules()


def read(folder: Path = _HERE) -> Told | None:
    """What was kept; None where nothing was, or the rules have changed since."""
    try:
        fingerprint, *parts = (folder / NAME).read_bytes().decode().split(_PART)
    except FileNotFoundError:
        return None
    return Told(*parts) if fingerprint == rules_fingerprint() else None


def by_the_rules() -> Told:
    """As they are now, which loads the rules."""
    return Told(words(), characters(USUAL))


def keep(folder: Path = _HERE) -> None:
    """Keeps it for the starts to come, until a rule is changed. Who reads meanwhile reads all or nothing."""
    partial = folder / f"{NAME}.part"
    partial.write_bytes(_PART.join((rules_fingerprint(), *by_the_rules())).encode())
    os.replace(partial, folder / NAME)
