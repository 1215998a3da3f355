"""Runs the benchmarks and writes their tables: `python -m benchmarks [NAME …]`."""

import importlib
import pkgutil
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import benchmarks
from benchmarks.table import Grid, Table

RESULTS = Path(__file__).parent / "results"


def names() -> list[str]:
    """The benchmark modules: those that offer `tables()`."""
    skip = {"__main__", "table"}
    return sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in skip)


def run(name: str) -> list[Table | Grid]:
    """The tables of one benchmark; [] for a module that is not one."""
    module = importlib.import_module(f"benchmarks.{name}")
    return list(module.tables()) if hasattr(module, "tables") else []


def main() -> None:
    """Prints each table and keeps it in results/NAME.md."""
    RESULTS.mkdir(exist_ok=True)
    day = datetime.now(tz=UTC).date().isoformat()
    head = f"<!-- {day}, Python {platform.python_version()}, {platform.machine()} -->\n"
    for name in sys.argv[1:] or names():
        if found := run(name):
            text = "\n".join(table.markdown() for table in found)
            print(text, flush=True)
            (RESULTS / f"{name}.md").write_text(head + text, "utf-8")


if __name__ == "__main__":
    main()
