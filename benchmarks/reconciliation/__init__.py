"""The published benchmark of reconciliation: worlds with known truth, a scorer, and rivals side by side."""

from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.table import Line, Table

SIZES = (10_000, 100_000)
AIMS = {"floor": "≥ 0.10", "splink": "≥ 10 at 100,000"}
NOTE = (
    "Read to written, each system in a process of its own, start of the interpreter included. Precision, "
    "automatic rates and causes: docs/matching-measured.md."
)


def tables() -> list[Table]:
    """The sizes that fit everywhere, one table a shape; the whole figures go to the page."""
    from benchmarks.reconciliation import measure, page

    found = []
    for shape in page.SHAPES:
        worlds = [measure.measured_world(shape, size) for size in SIZES]
        lines = tuple(line for rows in worlds for line in _lines(rows))
        found.append(Table(f"Reconciliation in files: {page.SHAPES[shape].lower()}", lines, NOTE))
    page.main()
    return found


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[Line]:
    by_system = {row["system"]: row for row in rows}
    ours = by_system["lettrage"]
    for name in ("floor", "naive", "splink"):
        if row := by_system.get(name):
            what, aim = f"{ours['lines']:,} lines, against {name}", AIMS.get(name, "")
            yield Line(what, _speed(ours), _speed(row), row["seconds"] / ours["seconds"], aim)


def _speed(row: dict[str, Any]) -> str:
    return f"{row['lines'] / row['seconds']:,.0f} lines/s"
