"""The Python of the environment that holds what is only compared with; `make bench` makes it."""

import os
from pathlib import Path

PYTHON = Path(
    os.environ.get("LETTRAGE_BENCH_PYTHON")
    or Path(__file__).resolve().parents[1] / ".venv-bench" / "bin" / "python"
)
