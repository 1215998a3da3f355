"""Line charts as SVG with logarithmic axes, for the page of measured results: no library, plain text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 400, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 30, 34, 44
TONES = {
    "lettrage": "#0b7a5b",
    "floor": "#8a8f98",
    "naive": "#c2620e",
    "splink": "#3b5bdb",
    "splink, careful": "#8f7ce8",
}
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}"
    ".axis{stroke:#8a8f98;stroke-width:1}.grid{stroke:#e3e6ea;stroke-width:1}.small{font-size:11px;fill:#57606a}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """One line: (x, y) with both above zero. `hollow` points are bounds, not measurements."""

    name: str
    points: tuple[tuple[float, float], ...]
    hollow: frozenset[float] = frozenset()


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: both axes are powers of ten."""

    title: str
    y_words: str
    series: tuple[Series, ...]
    y_range: tuple[float, float]
    x_range: tuple[float, float]


def charts(panels: Sequence[Panel], *, title: str, words: str) -> str:
    """Panels two in a row, and one legend below."""
    rows = (len(panels) + 1) // 2
    height = rows * HEIGHT + 34
    body = "".join(_panel(p, (n % 2) * WIDTH, (n // 2) * HEIGHT) for n, p in enumerate(panels))
    names = list(dict.fromkeys(s.name for p in panels for s in p.series))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {height}" role="img" '
        f'aria-labelledby="t d"><title id="t">{escape(title)}</title><desc id="d">{escape(words)}</desc>'
        f"<style>{STYLE}</style>"
        f'<rect width="{2 * WIDTH}" height="{height}" fill="#ffffff"/>{body}'
        f"{_legend(names, rows * HEIGHT + 14)}</svg>\n"
    )


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    span = log10(high) - log10(low)
    return lambda value: start + (end - start) * (log10(value) - log10(low)) / span


def _panel(panel: Panel, left: int, top: int) -> str:
    x = _scale(*panel.x_range, left + LEFT, left + WIDTH - RIGHT)
    y = _scale(*panel.y_range, top + HEIGHT - BOTTOM, top + TOP)
    parts = [f'<text class="title" x="{left + LEFT}" y="{top + 20}">{escape(panel.title)}</text>']
    for value in _powers(panel.y_range):
        at = f"{y(value):.1f}"
        parts.append(f'<path class="grid" d="M{left + LEFT} {at}H{left + WIDTH - RIGHT}"/>')
        parts.append(_label(left + LEFT - 6, y(value) + 4, "end", value))
    for value in _powers(panel.x_range):
        parts.append(_label(x(value), top + HEIGHT - BOTTOM + 18, "middle", value))
    low = top + HEIGHT - BOTTOM
    parts.append(f'<path class="axis" d="M{left + LEFT} {low}H{left + WIDTH - RIGHT}"/>')
    parts.append(
        f'<text class="small" x="{left + LEFT}" y="{top + HEIGHT - 8}">lines; {escape(panel.y_words)}</text>'
    )
    return "".join(parts) + "".join(_line(s, x, y) for s in panel.series)


def _label(x: float, y: float, anchor: str, value: float) -> str:
    shown = f"{value:,.0f}" if value >= 1 else f"{value:g}"
    return f'<text class="small" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{shown}</text>'


def _powers(bounds: tuple[float, float]) -> list[float]:
    first, last = round(log10(bounds[0])), round(log10(bounds[1]))
    return [10.0**n for n in range(first, last + 1)]


def _line(series: Series, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    tone = TONES.get(series.name, "#24292f")
    path = "L".join(f"{x(a):.1f} {y(b):.1f}" for a, b in series.points)
    dots = "".join(
        f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5" stroke="{tone}" stroke-width="1.5" '
        f'fill="{"#ffffff" if a in series.hollow else tone}"/>'
        for a, b in series.points
    )
    return f'<path d="M{path}" fill="none" stroke="{tone}" stroke-width="2"/>{dots}'


def _legend(names: Sequence[str], y: int) -> str:
    return "".join(
        f'<circle cx="{LEFT + n * 140}" cy="{y}" r="5" fill="{TONES.get(name, "#24292f")}"/>'
        f'<text x="{LEFT + n * 140 + 10}" y="{y}" dy="4">{escape(name)}</text>'
        for n, name in enumerate(names)
    )
