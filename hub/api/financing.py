"""Financed invoices: register what was advanced, read what is watched."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from core.model import FinancedInvoice
from core.model.invoice import Direction
from core.usecases.finance import Terms, finance
from hub.api.access import Reader, Wired, Writer
from hub.api.bodies import json_of, sends
from hub.api.lists import NOT_MODIFIED, Id, Page, Paging, Word, fact, page_of, single
from hub.api.once import WriteOnce
from hub.api.problems import documented

KNOWN: dict[int | str, dict[str, Any]] = {200: {"model": FinancedInvoice, "description": "Known already"}}

router = APIRouter(prefix="/v1/financed-invoices", tags=["financing"], route_class=WriteOnce)


@router.post(
    "",
    status_code=201,
    response_model=FinancedInvoice,
    responses=documented(404, 409, 413, 415) | KNOWN,
    openapi_extra=sends(Terms),
)
def register_financed_invoice(
    services: Wired, caller: Writer, terms: Annotated[Terms, Depends(json_of(Terms))]
) -> Response:
    """Registers one advance and freezes the invoice's snapshot. The same loan reference with the same
    terms answers 200 and changes nothing; with other terms 409."""
    done = finance(services.store, caller.tenant_id, [terms.model_dump(mode="json")])
    for refused in done.refused:
        raise refused.error
    registered = (*done.registered, *done.known)[0]
    status = 201 if done.registered else 200
    return Response(registered.model_dump_json(), status, media_type="application/json")


@router.get("", responses=documented())
def list_financed_invoices(
    services: Wired,
    caller: Reader,
    paging: Annotated[Paging, Depends()],
    company_id: Word = None,
    invoice_id: Word = None,
    direction: Direction | None = None,
) -> Page[FinancedInvoice]:
    """Financed invoices, by id."""
    return page_of(
        services, caller, FinancedInvoice, paging,
        company_id=company_id, invoice_id=invoice_id, direction=direction,
    )  # fmt: skip


@router.get("/{id}", response_model=FinancedInvoice, responses=documented(404) | NOT_MODIFIED)
def get_financed_invoice(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One financed invoice with its frozen snapshot."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        return single(request, fact(unit, FinancedInvoice, id))
