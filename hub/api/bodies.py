"""What callers may send: closed schemas, read strictly as JSON (no number as text, no float as amount)."""

import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field, ValidationError

from core.errors import BadInput
from core.model import Value
from core.model.base import Instant, Minor
from core.model.event import EventType
from core.usecases.finance import Terms
from hub.api.problems import Refused

M = TypeVar("M", bound=Value)

TEXT = r"^[^\x00-\x1f\x7f]+$"
ID = r"^[A-Za-z0-9_.:~-]+$"
IdText = Annotated[str, Field(max_length=128, pattern=ID)]
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The escape of the one character that PostgreSQL cannot store in a text."""


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class CompanyRequest(Value):
    """A company (SME) of the tenant. Identifiers are checked; what is left out stays unknown."""

    model_config = _example(legal_name="Ateliers Brunoy SAS", siren="732829320", country="FR")

    legal_name: str = Field(min_length=1, max_length=200, pattern=TEXT)
    siren: str | None = Field(None, pattern=r"^\d{9}$")
    siret: str | None = Field(None, pattern=r"^\d{14}$")
    vat_number: str | None = Field(None, pattern=r"^[A-Z]{2}[A-Z0-9]{2,13}$")
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    created_on: date | None = None


class ConnectRequest(Value):
    """Asks for a one-time link at which the company consents to be read at a provider."""

    model_config = _example(company_id="com_3kq7", provider="qonto")

    company_id: str = Field(max_length=128, pattern=ID)
    provider: str = Field(max_length=40, pattern=r"^[a-z0-9_]+$")
    return_url: str | None = Field(None, max_length=2000, pattern=r"^https://[^\s\x00-\x1f]+$")


class ResolveRequest(Value):
    """A person's answer. `accept` and `reject` speak of the candidate of that `rank` (the first, when
    left out); `accept` with `amounts` (minor units by invoice id) splits the line as the person says."""

    model_config = _example(action="accept", rank=1, by="Inès Moreau")

    action: Literal["accept", "reject", "not_ours", "undo"]
    by: str = Field(min_length=1, max_length=120, pattern=TEXT)
    rank: int | None = Field(None, ge=1, le=100)
    amounts: dict[IdText, Minor] | None = Field(None, min_length=1, max_length=200)


class EndpointRequest(Value):
    """A partner's webhook address. `types` empty means every event type."""

    model_config = _example(url="https://partner.example/hooks", types=["invoice.paid"])

    url: str = Field(max_length=2048, pattern=TEXT)
    types: tuple[EventType, ...] = Field((), max_length=50)


class EndpointChange(Value):
    """What to change of an endpoint; what is left out stays."""

    model_config = _example(enabled=False)

    url: str | None = Field(None, max_length=2048, pattern=TEXT)
    types: tuple[EventType, ...] | None = Field(None, max_length=50)
    enabled: bool | None = None


class ReplayRequest(Value):
    """Sends events once more to one endpoint: those named, or those detected in a range."""

    model_config = _example(endpoint_id="end_7c2a", since="2026-11-01T00:00:00Z")

    endpoint_id: str = Field(max_length=128, pattern=ID)
    event_ids: tuple[IdText, ...] | None = Field(None, min_length=1, max_length=1000)
    since: Instant | None = None
    until: Instant | None = None
    subject: str | None = Field(None, max_length=128, pattern=ID)


PolicyKeys = Annotated[dict[str, bool | int | float | list[str]], Field(max_length=50)]


class PolicyRequest(Value):
    """The keys to set, as in a policy file; every other key has its default."""

    model_config = _example(values={"allow_partial": False, "earned_tiers": ["T6", "T7"]}, by="Inès Moreau")

    values: PolicyKeys
    by: str = Field(min_length=1, max_length=120, pattern=TEXT)


class TrialRequest(Value):
    """The keys of the policy to try."""

    model_config = _example(values={"charges_tolerance_minor": 2500})

    values: PolicyKeys


REQUESTS: Final[tuple[type[Value], ...]] = (
    CompanyRequest, ConnectRequest, EndpointChange, EndpointRequest, PolicyRequest, ReplayRequest,
    ResolveRequest, Terms, TrialRequest,
)  # fmt: skip


def json_of(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads the body as `model`, strictly."""

    async def read(request: Request) -> M:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise Refused(415, "send the body as application/json")
        body = await request.body()
        if _NUL.search(body):
            raise BadInput("the body has a NUL character in a text: leave it out")
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in found]) from None

    return read


def sends(model: type[Value]) -> dict[str, Any]:
    """The `openapi_extra` of a route whose body is read by `json_of(model)`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def is_ordered(since: datetime | None, until: datetime | None) -> bool:
    """True unless both are given and in the wrong order."""
    return since is None or until is None or since < until
