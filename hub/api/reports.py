"""Reports, in the form asked for."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from core.errors import BadInput, NotFound
from hub.api.access import Reader, Wired
from hub.api.lists import Word
from hub.api.once import WriteOnce
from hub.api.problems import documented
from hub.reports import MEDIA_TYPES, REPORTS, Format, ReconciliationReport, render

router = APIRouter(prefix="/v1/reports", tags=["reports"], route_class=WriteOnce)

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report, as `format` says",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
            MEDIA_TYPES["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.get("", responses=documented())
def list_reports(caller: Reader) -> dict[Literal["data"], list[str]]:
    """The names of the reports there are."""
    return {"data": sorted(REPORTS)}


@router.get("/{name}", response_model=ReconciliationReport, responses=documented(404) | FORMS)
def get_report(
    services: Wired,
    caller: Reader,
    name: Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9-]+$", examples=["reconciliation"])],
    format: Annotated[Format, Query()] = "json",
    company_id: Word = None,
    since: Annotated[date | None, Query(description="First booking date.")] = None,
    until: Annotated[date | None, Query(description="Last booking date.")] = None,
) -> Response:
    """A report over all companies or one, for a period of booking dates."""
    if name not in REPORTS:
        raise NotFound(f"there is no report {name!r}: use one of {', '.join(sorted(REPORTS))}")
    if since and until and since > until:
        raise BadInput("`since` must not be after `until`")
    with services.store.begin(caller.tenant_id, write=False) as unit:
        report = REPORTS[name](unit, company_id=company_id, since=since, until=until)
    headers = {
        "Content-Disposition": f"{'inline' if format in ('html', 'json') else 'attachment'}; "
        f'filename="{name}-{report.today}.{format}"',
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
    }
    return Response(render(report, format), headers=headers, media_type=MEDIA_TYPES[format])
