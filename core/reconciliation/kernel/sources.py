"""Which sources the kernel was built from, so that one that is older than they are is not used."""

import hashlib
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "src"


def fingerprint() -> str | None:
    """Of all Rust sources; None where they are not (an installed wheel)."""
    sources = sorted(FOLDER.rglob("*.rs"))
    if not sources:
        return None
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
