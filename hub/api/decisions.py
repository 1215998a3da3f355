"""Decisions about bank lines, the cases that wait, and what a person answers."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from core.errors import BadInput
from core.model import BankTransaction, Decision, Invoice
from core.model.decision import Outcome
from core.usecases import decide
from hub.api.access import Decider, Reader, Wired
from hub.api.bodies import ResolveRequest, json_of, sends
from hub.api.lists import NOT_MODIFIED, Id, Page, Paging, Word, fact, page_of, single
from hub.api.once import WriteOnce
from hub.api.problems import documented
from hub.api.services import Caller, Services
from hub.reports.words import TIERS, because

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=WriteOnce)


class Case(BaseModel):
    """What waits for a person: the decision with its candidates, the bank line, the invoices named, and
    why no answer was certain. `id` is the decision's."""

    id: str
    company_id: str | None
    tier_words: str
    sentence: str
    decision: Decision
    transaction: BankTransaction | None
    invoices: list[Invoice]


@router.get("/decisions", responses=documented())
def list_decisions(
    services: Wired,
    caller: Reader,
    paging: Annotated[Paging, Depends()],
    outcome: Outcome | None = None,
    company_id: Word = None,
    transaction_id: Word = None,
) -> Page[Decision]:
    """Decisions, by id; one per booked bank line."""
    return page_of(
        services, caller, Decision, paging,
        outcome=outcome, company_id=company_id, transaction_id=transaction_id,
    )  # fmt: skip


@router.get("/decisions/{id}", response_model=Decision, responses=documented(404) | NOT_MODIFIED)
def get_decision(services: Wired, caller: Reader, request: Request, id: Id) -> Response:
    """One decision with its explanation: tokens and positions, signals, rivals, caps, versions."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        return single(request, fact(unit, Decision, id))


@router.post(
    "/decisions/{id}/resolve",
    responses=documented(404, 409, 413, 415),
    openapi_extra=sends(ResolveRequest),
)
def resolve_decision(
    services: Wired,
    caller: Decider,
    id: Id,
    asked: Annotated[ResolveRequest, Depends(json_of(ResolveRequest))],
) -> Decision:
    """A person decides. No run changes it afterwards; `undo` takes it back by contrary entries."""
    if asked.amounts is not None and asked.action != "accept":
        raise BadInput("`amounts` goes with the action accept only")
    return _answer(services, caller, id, asked)


def _answer(services: Services, caller: Caller, id: str, asked: ResolveRequest) -> Decision:
    store, tenant_id, rules = services.store, caller.tenant_id, services.rules
    rank = 1 if asked.rank is None else asked.rank
    if asked.action == "accept" and asked.amounts is not None:
        return decide.assign(store, tenant_id, id, person=asked.by, amounts=asked.amounts, rules=rules)
    if asked.action == "accept":
        return decide.accept(store, tenant_id, id, person=asked.by, rank=rank, rules=rules)
    if asked.action == "reject":
        return decide.reject(store, tenant_id, id, person=asked.by, rank=rank, rules=rules)
    last = {"not_ours": decide.not_ours, "undo": decide.undo}[asked.action]
    return last(store, tenant_id, id, person=asked.by, rules=rules)


@router.get("/cases", responses=documented())
def list_cases(
    services: Wired,
    caller: Reader,
    paging: Annotated[Paging, Depends()],
    company_id: Word = None,
) -> Page[Case]:
    """What waits for a person, with all that is needed to decide."""
    return cases(services, caller, paging, company_id=company_id)


def cases(services: Services, caller: Caller, paging: Paging, *, company_id: str | None = None) -> Page[Case]:
    """One page of decisions in REVIEW, each with its line and the invoices its candidates name."""
    waiting: Literal["review"] = "review"
    found = page_of(services, caller, Decision, paging, outcome=waiting, company_id=company_id)
    named = {s.item_id for d in found.data for c in d.candidates for s in c.shares}
    with services.store.begin(caller.tenant_id, write=False) as unit:
        lines = unit.get(BankTransaction, [d.transaction_id for d in found.data])
        invoices = unit.get(Invoice, sorted(named))
    shown = [_case(d, lines.get(d.transaction_id), invoices) for d in found.data]
    return Page(data=shown, next_cursor=found.next_cursor)


def _case(decision: Decision, line: BankTransaction | None, invoices: dict[str, Invoice]) -> Case:
    ids = dict.fromkeys(s.item_id for c in decision.candidates for s in c.shares)
    return Case(
        id=decision.id,
        company_id=decision.company_id,
        tier_words=TIERS[decision.tier],
        sentence=because(decision.reason),
        decision=decision,
        transaction=line,
        invoices=[invoices[id] for id in ids if id in invoices],
    )
