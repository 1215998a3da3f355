"""Writes docs/matching-measured.md and its plot from results/, each time whole."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

from benchmarks.reconciliation.chart import Panel, Series, charts
from benchmarks.reconciliation.files import Shape
from benchmarks.reconciliation.measure import RESULTS, SEEDS
from benchmarks.reconciliation.noise import TABLE
from benchmarks.reconciliation.together import FOLDER
from benchmarks.reconciliation.together import SEEDS as ADDED

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "matching-measured.md"
PLOT = DOCS / "images" / "matching-measured.svg"
TEXT = Path(__file__).with_name("page.md")
OURS = "lettrage"
SHAPES: dict[Shape, str] = {"tenants": "Many small tenants", "account": "One big collection account"}
RATES = ("strict precision", "allocation precision", "automatic rate")
COUNTS = {
    "paying": "payments that pay an item",
    "decidable": "of these decidable",
    "autos": "automatic decisions",
    "allocations": "allocations",
    "reviews": "reviews",
}
TARGETS = {
    "strict precision": "99.7 %",
    "allocation precision": "99.99 %",
    "automatic rate": "72 %",
    "automatic rate, single item cited intact": "99 %",
    "right items automatic or in the first three": "94 %",
    "reviews with a true item": "60 %",
}
CAUSES = 24
Row = dict[str, Any]


def read(profile: str = "held_out") -> list[Row]:
    """All rows kept of one profile, smallest worlds first."""
    rows = [row for path in sorted(RESULTS.glob("*.json")) for row in json.loads(path.read_text("utf-8"))]
    mine = [row for row in rows if row["profile"] == profile]
    return sorted(mine, key=lambda row: (list(SHAPES).index(row["shape"]), row["lines"], row["seed"]))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first to the right."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, marks, *rows)) + "\n"


def share(value: float | None, digits: int = 2) -> str:
    """A rate as a percentage; two digits more where it is nearly whole."""
    if value is None:
        return ""
    return f"{100 * value:.{digits + 1 if 0.99 <= value < 1 else digits - 1}f} %"


def side_by_side(rows: list[Row]) -> Iterator[str]:
    """For each shape, the systems at each size."""
    for shape, words in SHAPES.items():
        mine = [row for row in rows if row["shape"] == shape]
        if not mine:
            continue
        yield f"### {words}\n"
        head = ("lines, system", "seconds", "CPU", "lines/s", "peak MB", *RATES)
        yield table(head, (_system(row) for row in mine))


def _system(row: Row) -> tuple[str, ...]:
    rates = row.get("rates", {})
    name = f"**{row['system']}**" if row["system"] == OURS else row["system"]
    speed = f"{row['lines'] / row['seconds']:,.0f}"
    first = f"{row['lines']:,} {name}"
    marks = (share(rates.get(name)) for name in RATES)
    return (first, f"{row['seconds']:.1f}", f"{row['cpu_seconds']:.1f}", speed, f"{row['peak_mb']:,}", *marks)


def ours(rows: list[Row]) -> str:
    """Every rate of ours, worlds as columns."""
    mine = [row for row in rows if row["system"] == OURS]
    head = ("", "target", *(f"{row['shape']} {row['lines']:,}" for row in mine))
    rates = (
        (name, TARGETS.get(name, ""), *(share(row["rates"][name]) for row in mine))
        for name in (mine[0]["rates"] if mine else ())
    )
    counts = ((words, "", *(f"{row['counts'][name]:,}" for row in mine)) for name, words in COUNTS.items())
    return table(head, [*rates, *counts])


def summed() -> list[Row]:
    """The sums over several worlds, by shape and size."""
    rows = [json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")]
    return sorted(rows, key=lambda row: (list(SHAPES).index(row["shape"]), row["lines"]))


def proven(rows: list[Row]) -> str:
    """What the worlds of each sum prove together: the two precisions, each with its lower bound."""
    head = ("worlds", "precision", "decided", "wrong", "share", "at least")
    return table(head, (cells for row in rows for cells in _proven(row)))


def _proven(row: Row) -> Iterator[tuple[str, ...]]:
    counts, worlds = row["counts"], f"{row['shape']}, {len(row['seeds'])} × {row['lines']:,}"
    for words, all_, good in (
        ("strict", "autos", "autos_right"),
        ("allocation", "allocations", "allocations_right_or_twin"),
    ):
        of, right = counts[all_], counts[good]
        yield worlds, words, f"{of:,}", f"{of - right:,}", share(right / of), share(lower_bound(right, of))


def ratios(rows: list[Row]) -> str:
    """Time of the others over ours, ours over the floor's, and ours over ours at a tenth of the size; by
    the clock, and by processor time in brackets."""
    known = {(row["shape"], row["lines"], row["system"]): row for row in rows}
    head = ("world", "times quicker than splink", "times the floor", "times its time at a tenth")
    body = []
    for (shape, lines, system), mine in known.items():
        if system == OURS:
            splink, below = known.get((shape, lines, "splink")), known.get((shape, lines, "floor"))
            tenth = known.get((shape, lines // 10, OURS))
            body.append(
                (f"{shape} {lines:,}", _ratio(splink, mine), _ratio(mine, below), _ratio(mine, tenth))
            )
    return table(head, body)


def _ratio(part: Row | None, whole: Row | None) -> str:
    if not part or not whole:
        return ""
    clock, processor = (part[name] / whole[name] for name in ("seconds", "cpu_seconds"))
    return f"{clock:.1f} ({processor:.1f})"


def tiers(rows: list[Row]) -> str:
    """Each tier over all held-out worlds together: decisions, wrong ones, and the bound that these prove."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        for tier in row.get("tiers", ()) if row["system"] == OURS else ():
            mine = sums.setdefault(tier["tier"], [0, 0, 0, 0])
            for at, name in enumerate(("autos", "right", "allocations", "allocations_right")):
                mine[at] += tier[name] or 0
    head = ("tier", "decisions", "wrong", "allocations", "wrong", "strict precision, at least")
    body = (
        (name, f"{a:,}", f"{a - b:,}", f"{c:,}", f"{c - d:,}", share(lower_bound(b, a)))
        for name, (a, b, c, d) in sorted(sums.items(), key=lambda pair: int(pair[0][1:]))
    )
    return table(head, body)


def lower_bound(right: int, of: int) -> float:
    """Wilson's lower bound at 95 % (one-sided) of a share; with no error about 1 − 2.7/n."""
    if not of:
        return 0.0
    z, p = 1.645, right / of
    middle, spread = p + z * z / (2 * of), z * ((p * (1 - p) + z * z / (4 * of)) / of) ** 0.5
    return float((middle - spread) / (1 + z * z / of))


def left(rows: list[Row]) -> str:
    """Decidable payments left to a person, by reason, in the largest world of each shape."""
    last = {row["shape"]: row for row in rows if row["system"] == OURS}
    reasons = list(dict.fromkeys(reason for row in last.values() for reason in row.get("left", ())))
    head = ("reason given", *(f"{row['shape']} {row['lines']:,}" for row in last.values()))
    counts = ((r, *(f"{row.get('left', {}).get(r, 0):,}" for row in last.values())) for r in reasons)
    return table(head, ((name.replace("_", " "), *rest) for name, *rest in counts))


def causes(rows: list[Row]) -> Iterator[str]:
    """What becomes of each kind of payment, in the largest world of each shape."""
    for shape, words in SHAPES.items():
        mine = [row for row in rows if row["shape"] == shape and row["system"] == OURS]
        if not mine:
            continue
        row = mine[-1]
        yield f"### {words}, {row['lines']:,} lines\n"
        found = sorted(row["causes"], key=lambda c: c["right"] + c["wrong"] - c["payments"])
        head = (
            "what happened, how it is cited",
            "payments",
            "decidable",
            "right",
            "wrong",
            "proposed",
            "not shown",
        )
        yield table(head, (_cause(c) for c in found[:CAUSES]))


def _cause(cause: Row) -> tuple[str, ...]:
    numbers = (f"{cause[n]:,}" for n in ("payments", "decidable", "right", "wrong", "shown", "lost"))
    return (f"{cause['kind']}, {cause['cited']}".replace("_", " "), *numbers)


def noise() -> str:
    """The noise table."""
    sections = tomllib.loads(TABLE.read_text("utf-8"))
    body = (
        (f"{section}: {name}".replace("_", " "), f"{tuning:g}", f"{held_out:g}")
        for section, rates in sections.items()
        for name, (tuning, held_out) in rates.items()
    )
    return table(("rate", "tuning", "held out"), body)


def seeds() -> str:
    """Which seeds were looked at while rules changed, and which only reported."""
    used = {**SEEDS, "held out, sums only": ADDED}
    return "; ".join(f"{name.replace('_', ' ')}: {', '.join(map(str, mine))}" for name, mine in used.items())


def plot(rows: list[Row]) -> str:
    """Time and wrong decisions against size, for both shapes."""
    sizes = [row["lines"] for row in rows] or [10_000]
    low = floor(log10(min(sizes)))
    x_range = (10.0**low, 10.0 ** max(low + 1, ceil(log10(max(sizes)))))
    panels = []
    for shape, words in SHAPES.items():
        mine = [row for row in rows if row["shape"] == shape]
        panels.append(
            Panel(f"{words}: time", "processor seconds", _series(mine, _processor), (0.1, 1000.0), x_range)
        )
    for shape, words in SHAPES.items():
        scored = [row for row in rows if row["shape"] == shape and row.get("counts", {}).get("autos")]
        unit = "wrong of 10,000 automatic decisions"
        panels.append(Panel(f"{words}: wrong", unit, _series(scored, _wrong), (0.1, 10_000.0), x_range))
    told = "; ".join(f"{r['shape']} {r['lines']} {r['system']} {r['cpu_seconds']} s" for r in rows)
    return charts(panels, title="Reconciliation measured: time and wrong decisions against size", words=told)


def _processor(row: Row) -> float:
    return float(row["cpu_seconds"])


def _wrong(row: Row) -> float:
    """Per 10,000; without any error the bound 3/n that so many prove."""
    counts = row["counts"]
    wrong = max(counts["autos"] - counts["autos_right"], 3)
    return float(10_000 * wrong / counts["autos"])


def _series(rows: list[Row], value: Any) -> tuple[Series, ...]:
    found: dict[str, dict[float, float]] = {}
    hollow: dict[str, set[float]] = {}
    for row in rows:
        found.setdefault(row["system"], {})[float(row["lines"])] = value(row)
        if value is _wrong and row["counts"]["autos"] - row["counts"]["autos_right"] < 3:
            hollow.setdefault(row["system"], set()).add(float(row["lines"]))
    return tuple(
        Series(name, tuple(sorted(points.items())), frozenset(hollow.get(name, ())))
        for name, points in found.items()
        if not (value is _processor and name.endswith("careful"))
    )


def page(rows: list[Row], sums: list[Row]) -> str:
    """The page's text with its tables filled in, from single worlds and from sums over several."""
    text = TEXT.read_text("utf-8")
    filled = {
        "SIDE_BY_SIDE": "\n".join(side_by_side(rows)), "RATIOS": ratios(rows),
        "OURS": ours(rows), "PROVEN": proven(sums), "TIERS": tiers([*rows, *sums]), "LEFT": left(rows),
        "CAUSES": "\n".join(causes(rows)), "NOISE": noise(), "SEEDS": seeds(),
    }  # fmt: skip
    for name, content in filled.items():
        text = text.replace(f"{{{{{name}}}}}", content.rstrip("\n"))
    return text


def main() -> None:
    """Refreshes both files."""
    rows = read()
    PAGE.write_text(page(rows, summed()), "utf-8")
    PLOT.write_text(plot(rows), "utf-8")


if __name__ == "__main__":
    main()
