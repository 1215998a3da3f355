"""The companies (SMEs) of a tenant."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from core.model import Company
from core.usecases.companies import add_company
from hub.api.access import Reader, Wired, Writer
from hub.api.bodies import CompanyRequest, json_of, sends
from hub.api.lists import NOT_MODIFIED, Id, Page, Paging, fact, page_of, single
from hub.api.once import WriteOnce
from hub.api.problems import documented

router = APIRouter(prefix="/v1/companies", tags=["companies"], route_class=WriteOnce)

KNOWN: dict[int | str, dict[str, Any]] = {200: {"model": Company, "description": "Known already"}}


@router.post(
    "",
    status_code=201,
    response_model=Company,
    responses=documented(409, 413, 415) | KNOWN,
    openapi_extra=sends(CompanyRequest),
)
def create_company(
    services: Wired, caller: Writer, asked: Annotated[CompanyRequest, Depends(json_of(CompanyRequest))]
) -> Response:
    """Registers a company. The same one again answers 200; with contradicting facts 409."""
    company, is_new = add_company(services.store, caller.tenant_id, **dict(asked))
    return Response(company.model_dump_json(), 201 if is_new else 200, media_type="application/json")


@router.get("", responses=documented())
def list_companies(services: Wired, caller: Reader, paging: Annotated[Paging, Depends()]) -> Page[Company]:
    """Companies, by id."""
    return page_of(services, caller, Company, paging)


@router.get("/{id}", response_model=Company, responses=documented(404) | NOT_MODIFIED)
def get_company(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One company and what proves its identifiers."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        return single(request, fact(unit, Company, id))
