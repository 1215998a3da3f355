"""A benchmark's result: two measurements taken in turn, and their ratio."""

import gc
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table. `ratio` is ours to the yardstick's (higher is better); None where there is
    no yardstick to compare with."""

    what: str
    ours: str
    yardstick: str = ""
    ratio: float | None = None
    aim: str = ""

    def cells(self) -> tuple[str, ...]:
        """The cells as printed; the ratio is cut and not rounded, so that none reaches an aim it missed."""
        return (
            self.what,
            self.ours,
            self.yardstick,
            "" if self.ratio is None else f"{math.floor(self.ratio * 100) / 100:.2f}",
            self.aim,
        )


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; `note` says how it was measured."""

    title: str
    lines: tuple[Line, ...]
    note: str = ""

    def markdown(self) -> str:
        """The table as Markdown."""
        head = "| what | ours | yardstick | ratio | aim |\n|---|---|---|---|---|\n"
        rows = "\n".join("| " + " | ".join(line.cells()) + " |" for line in self.lines)
        return f"## {self.title}\n\n{head}{rows}\n\n{self.note}\n"


@dataclass(frozen=True, slots=True)
class Grid:
    """A titled table of any columns; `note` stands above it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """The table as Markdown; a bar in a cell would end it."""
        head = (self.columns, ("---",) * len(self.columns))
        lines = (
            "| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in (*head, *self.rows)
        )
        return f"## {self.title}\n\n{self.note}\n\n" + "\n".join(lines) + "\n"


def seconds(work: Callable[[], object]) -> float:
    """Wall seconds of one call, garbage collected before."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def side_by_side(
    ours: Callable[[], object], yardstick: Callable[[], object], *, rounds: int = 3
) -> tuple[float, float, float]:
    """Runs the two in turn; returns median seconds of each and the median of the pairwise ratios
    (yardstick / ours: 0.5 means we take twice as long). The first round is cold and counts."""
    pairs = [(seconds(ours), seconds(yardstick)) for _ in range(rounds)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(b / a for a, b in pairs),
    )
