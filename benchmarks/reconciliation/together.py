"""Scores ours over several worlds of which nothing was read, and adds them up: one world of 100,000 lines
holds too few allocations to tell 99.99 %.

`python -m benchmarks.reconciliation.together 100000` writes one JSON file a shape to results/together/.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.environment import room
from benchmarks.reconciliation.files import SHAPES, Shape, World, made
from benchmarks.reconciliation.measure import RESULTS
from benchmarks.reconciliation.score import Score, outputs, report
from benchmarks.reconciliation.systems import ours

SEEDS = tuple(range(501, 509))
FOLDER = RESULTS / "together"


def scored(world: World) -> dict[str, Any]:
    """What the scorer says of one world."""
    files = made(world)
    with tempfile.TemporaryDirectory(dir=room()) as out:
        ours.main(files.transactions.parent, Path(out))
        return dict(report(files, outputs(Path(out))))


def added(reports: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The counts of all reports added up, in all and by tier, and the rates that follow."""
    counts: Counter[str] = Counter()
    tiers: dict[str, Counter[str]] = {}
    for one in reports:
        counts.update(one["counts"])
        for tier in one["tiers"]:
            found = {name: count for name, count in tier.items() if name != "tier"}
            tiers.setdefault(tier["tier"], Counter()).update(found)
    by_tier = [{"tier": name, **tiers[name]} for name in sorted(tiers)]
    return {"counts": dict(counts), "rates": Score(**counts).rates, "tiers": by_tier}


def keep(shape: Shape, lines: int, seeds: Sequence[int]) -> Path:
    """Measures the held-out worlds of these seeds, and writes their sum."""
    found = added(scored(World(shape, lines, "held_out", seed)) for seed in seeds)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{shape}-{lines}.json"
    row = {"system": "lettrage", "shape": shape, "lines": lines, "seeds": list(seeds), **found}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    return path


def main() -> None:
    """Measures both shapes at one size."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("lines", type=int)
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    given = parser.parse_args()
    for shape in SHAPES:
        print(keep(shape, given.lines, given.seeds).read_text("utf-8"))


if __name__ == "__main__":
    main()
