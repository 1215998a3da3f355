"""What every list and single resource shares: pages by cursor, filters, ETags, ids."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar, cast

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel

from core.errors import NotFound
from core.model import Fact, Record, Row
from core.ports import Unit
from hub.api.services import Caller, Services

M = TypeVar("M")
C = TypeVar("C", bound=Record)
F = TypeVar("F", bound=Fact)
R = TypeVar("R", bound=Row)

DEFAULT_LIMIT, LARGEST_LIMIT = 50, 200
WORD = r"^[A-Za-z0-9_.:~-]+$"

Id = Annotated[str, Path(max_length=128, pattern=WORD)]
Word = Annotated[str | None, Query(max_length=128, pattern=WORD)]


class Page(BaseModel, Generic[M]):
    """One page. `next_cursor` is null on the last one; pass it as `cursor` for the next."""

    data: list[M]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Paging:
    """Where to go on, and how many at most."""

    limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Query(max_length=512, pattern=r"^[A-Za-z0-9_|:+.=~-]+$")] = None


def page_of(
    services: Services, caller: Caller, kind: type[C], paging: Paging, **equal: str | None
) -> Page[C]:
    """One page of the tenant's records of `kind`; a filter that is None is not applied."""
    wanted: dict[str, Any] = {name: value for name, value in equal.items() if value is not None}
    with services.store.begin(caller.tenant_id, write=False) as unit:
        rows, after = unit.page(cast(Any, kind), after=paging.cursor, limit=paging.limit, **wanted)
    return Page(data=rows, next_cursor=after)


def fact(unit: Unit, kind: type[F], id: str) -> F:
    """The current version; raises NotFound."""
    found = unit.get(kind, [id]).get(id)
    if found is None:
        raise NotFound(f"no {kind.entity.replace('_', ' ')} has the id {id}")
    return found


def row(unit: Unit, kind: type[R], id: str) -> R:
    """The operational row; raises NotFound."""
    found = unit.load(kind, id)
    if found is None:
        raise NotFound(f"no {kind.entity.replace('_', ' ')} has the id {id}")
    return found


def single(request: Request, shown: BaseModel) -> Response:
    """The resource with its ETag, or 304 when the caller has it already."""
    body = shown.model_dump_json().encode("utf-8")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    asked = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in asked or "*" in asked:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag}, media_type="application/json")


NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "You have this version already"}}
