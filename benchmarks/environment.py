"""The environment of every program that a benchmark starts, whatever the caller's own says about bytecode.

An installed program is compiled once. Where the caller forbids Python to keep what it compiled, or read-only
folders do, each start would compile a thousand modules again, and that would be measured.
"""

import os
import tempfile
from pathlib import Path


def room() -> Path:
    """The folder that benchmarks write to."""
    folder = Path(tempfile.gettempdir()) / "lettrage-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def environment(**own: str) -> dict[str, str]:
    """The caller's variables and the program's own; what Python compiles is kept for the next start."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "PYTHONPYCACHEPREFIX": str(room() / "bytecode"), **own}
