"""The ops desk, read-only: what waits for a person, and the report. The browser asks for the API key."""

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from hub.api.access import Wired, services_of
from hub.api.decisions import cases
from hub.api.lists import Paging
from hub.api.problems import Refused
from hub.api.reports import POLICY
from hub.api.services import Caller
from hub.api.web import page
from hub.reports import REPORTS, render

router = APIRouter(prefix="/desk", include_in_schema=False)

CHALLENGE = {"WWW-Authenticate": 'Basic realm="Lettrage desk: any name, the API key as password"'}


def analyst(request: Request) -> Caller:
    """The caller by HTTP Basic: any user name, an API key with the scope read as password."""
    word, _, coded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(coded, validate=True).decode() if word.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    caller = services_of(request).authenticate(given.partition(":")[2]) if given else None
    if caller is None or "read" not in caller.scopes:
        raise Refused(401, "give an API key with the scope read as password", CHALLENGE)
    return caller


Analyst = Annotated[Caller, Depends(analyst)]


@router.get("")
def show_desk(services: Wired, caller: Analyst, paging: Annotated[Paging, Depends()]) -> Response:
    """What waits for a person."""
    found = cases(services, caller, paging)
    numbers = {invoice.id: invoice.number for case in found.data for invoice in case.invoices}
    return page("desk.html.j2", cases=found.data, numbers=numbers, next_cursor=found.next_cursor)


@router.get("/reconciliation")
def show_report(services: Wired, caller: Analyst) -> Response:
    """The reconciliation report of all companies."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        report = REPORTS["reconciliation"](unit)
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(render(report, "html"), media_type="text/html; charset=utf-8", headers=headers)
