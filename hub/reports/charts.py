"""Small charts as inline SVG: each carries its own words, so that it can be read without being seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH = 420
BAR_ROW = 34
FLOW_HEIGHT = 190
SLOT = 40
RIBBON_FROM, RIBBON_TO = 16, 190
RING = 2 * 3.141592653589793 * 52


@dataclass(frozen=True, slots=True)
class Part:
    """One bar or stream: `tone` names a colour class, `words` is the figure as a person reads it."""

    label: str
    value: int
    words: str
    tone: str


def bars(parts: Sequence[Part], *, name: str, title: str) -> Markup:
    """Horizontal bars on one scale, label to the left, figure at the right edge."""
    top = max((p.value for p in parts), default=0)
    rows = Markup("").join(_bar(p, i * BAR_ROW, top) for i, p in enumerate(parts))
    return _svg(name, title, _words(parts), len(parts) * BAR_ROW, rows)


def _bar(part: Part, y: int, top: int) -> Markup:
    span = WIDTH - 112 - 118
    width = span * part.value / top if top else 0
    return Markup(
        '<text x="0" y="{ty}" class="label">{label}</text>'
        '<rect x="112" y="{y}" width="{span}" height="18" rx="3" class="track"/>'
        '<rect x="112" y="{y}" width="{width:.1f}" height="18" rx="3" class="{tone}"/>'
        '<text x="{right}" y="{ty}" class="figure" text-anchor="end">{words}</text>'
    ).format(
        y=y + 6,
        ty=y + 20,
        span=span,
        width=width,
        right=WIDTH,
        label=part.label,
        tone=part.tone,
        words=part.words,
    )


def flow(whole: Part, parts: Sequence[Part], *, name: str, title: str) -> Markup:
    """One amount parting into streams whose thickness is their share."""
    shown = [p for p in parts if p.value > 0]
    heights = [FLOW_HEIGHT * p.value / whole.value if whole.value else 0 for p in shown]
    slots = [max(h, SLOT) for h in heights]
    total = max(round(sum(slots)) + 8 * max(len(shown) - 1, 0), 60)
    source, target = (total - sum(heights)) / 2, 0.0
    drawn: list[Markup] = [_source(source, sum(heights))]
    for part, height, slot in zip(shown, heights, slots, strict=True):
        drawn.append(_ribbon(part, source, target + (slot - height) / 2, height, target + slot / 2))
        source, target = source + height, target + slot + 8
    return _svg(name, title, _words([whole, *parts]), total, Markup("").join(drawn))


def _source(y: float, height: float) -> Markup:
    return Markup('<rect x="0" y="{:.1f}" width="12" height="{:.1f}" rx="2" class="source"/>').format(
        y, max(height, 1)
    )


def _ribbon(part: Part, y0: float, y1: float, height: float, middle: float) -> Markup:
    bend = (RIBBON_FROM + RIBBON_TO) // 2
    thick = max(height, 1.5)
    path = (
        f"M{RIBBON_FROM} {y0:.1f}C{bend} {y0:.1f} {bend} {y1:.1f} {RIBBON_TO} {y1:.1f}"
        f"V{y1 + thick:.1f}C{bend} {y1 + thick:.1f} {bend} {y0 + thick:.1f} {RIBBON_FROM} {y0 + thick:.1f}Z"
    )
    return Markup(
        '<path d="{path}" class="{tone} ribbon"/>'
        '<rect x="{x}" y="{y:.1f}" width="12" height="{h:.1f}" rx="2" class="{tone}"/>'
        '<text x="{tx}" y="{ty:.1f}" class="label">{label}</text>'
        '<text x="{tx}" y="{fy:.1f}" class="figure strong">{words}</text>'
    ).format(
        path=path,
        tone=part.tone,
        x=RIBBON_TO + 4,
        y=y1,
        h=thick,
        tx=RIBBON_TO + 28,
        ty=middle - 3,
        fy=middle + 14,
        label=part.label,
        words=part.words,
    )


def ring(basis_points: int | None, *, words: str, name: str, title: str) -> Markup:
    """A share as a ring; an unknown share is an empty ring that says so."""
    filled = RING * (basis_points or 0) / 10_000
    body = Markup(
        '<circle cx="70" cy="70" r="52" class="track-line"/>'
        '<circle cx="70" cy="70" r="52" class="good-line" stroke-dasharray="{:.2f} {:.2f}" '
        'transform="rotate(-90 70 70)"/>'
        '<text x="70" y="77" text-anchor="middle" class="big">{}</text>'
    ).format(filled, RING - filled, words)
    return _svg(name, title, words, 140, body, width=140)


def meter(part: int, whole: int, *, tone: str = "good") -> Markup:
    """How much of `whole` is done, as a thin line; decoration beside a figure that says the same."""
    width = 100 * min(max(part, 0), whole) / whole if whole > 0 else 0
    return Markup(
        '<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="100" height="4" class="track"/>'
        '<rect width="{:.2f}" height="4" class="{}"/></svg>'
    ).format(width, tone)


def _words(parts: Sequence[Part]) -> str:
    return "; ".join(f"{p.label}: {p.words}" for p in parts)


def _svg(name: str, title: str, words: str, height: int, body: Markup, *, width: int = WIDTH) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{title}</title>'
        '<desc id="{name}-d">{words}</desc>{body}</svg>'
    ).format(name=name, width=width, height=height, title=title, words=words, body=body)
