"""Which sources the kernel was built from, so that what is older than they are is not used."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "src"
RULES: Final = Path(__file__).parents[1]
MONEY: Final = Path(__file__).parents[2] / "money.py"


def fingerprint() -> str | None:
    """Of all Rust sources; None where they are not (an installed wheel)."""
    sources = sorted(FOLDER.rglob("*.rs"))
    return _digest(FOLDER, sources) if sources else None


def rules_fingerprint() -> str:
    """Of the rules in Python, from which the kernel has its words."""
    rules = sorted([*RULES.glob("*.py"), *RULES.glob("*/*.py")])
    return _digest(RULES.parent, [*rules, MONEY])


def _digest(folder: Path, sources: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
