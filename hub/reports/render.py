"""One report value, four forms."""

from collections.abc import Callable
from typing import Final, Literal, get_args

from core.errors import BadInput
from hub.reports.html import to_html
from hub.reports.table import to_csv
from hub.reports.value import ReconciliationReport
from hub.reports.workbook import to_xlsx

Format = Literal["html", "csv", "xlsx", "json"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

MEDIA_TYPES: Final[dict[str, str]] = {
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def to_json(report: ReconciliationReport) -> bytes:
    """The whole value with the canonical words: amounts in minor units, ISO dates, null = unknown."""
    return report.model_dump_json(indent=2).encode("utf-8")


_RENDERINGS: Final[dict[str, Callable[[ReconciliationReport], bytes]]] = {
    "html": to_html,
    "csv": to_csv,
    "xlsx": to_xlsx,
    "json": to_json,
}


def render(report: ReconciliationReport, format: str) -> bytes:
    """The report as `html`, `csv`, `xlsx` or `json`; raises BadInput for another word."""
    rendering = _RENDERINGS.get(format)
    if rendering is None:
        raise BadInput(f"there is no format {format[:40]!r}: use one of {', '.join(FORMATS)}")
    return rendering(report)
