"""Finds sample files that are not part of the repository; tests that need one skip when it is absent."""

import os
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parent.parent


def shared(path: str) -> Path | None:
    """A file or folder under LETTRAGE_SAMPLES, or under `shared` beside the repository."""
    root = Path(os.environ.get("LETTRAGE_SAMPLES") or _REPOSITORY.parent / "shared")
    found = root / path
    return found if found.exists() else None
