"""The three kinds of record: facts (versioned), entries (append-only) and rows (operational state)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, ClassVar, ParamSpec, Self, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict

from core.ids import canonical_json
from core.money import MAX_MINOR, exponent


def _known_currency(code: str) -> str:
    exponent(code)
    return code


def _fits(minor: int) -> int:
    if abs(minor) > MAX_MINOR:
        raise ValueError("amount is out of range")
    return minor


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return instant


Currency = Annotated[str, AfterValidator(_known_currency)]
"""ISO 4217 alphabetic code."""
Minor = Annotated[int, AfterValidator(_fits)]
"""Integer minor units of the record's `currency`."""
Instant = Annotated[datetime, AfterValidator(_aware)]
"""A moment with a zone; stored and sent as UTC."""


class Value(BaseModel):
    """Frozen, closed, strict about types: a value object or the base of a record."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ser_json_inf_nan="strings")

    def canonical(self) -> str:
        """The record as one canonical JSON text: what hashes and exports are made of."""
        return canonical_json(self.model_dump(mode="json"))


_P = ParamSpec("_P")
_V = TypeVar("_V", bound=Value)


def trusted(kind: Callable[_P, _V]) -> Callable[_P, _V]:
    """A maker of values of this kind that takes its fields as they are: for code that is type checked and
    hands on what was validated at the border, many times over.

    What it makes equals what the kind itself makes of the same fields. Fields with a default that can
    change in place (a dict) are to be given.
    """
    model = cast(type[_V], kind)
    defaults = {name: field.default for name, field in model.model_fields.items()}
    new, put = object.__new__, object.__setattr__

    def make(*_: _P.args, **fields: _P.kwargs) -> _V:
        made = new(model)
        put(made, "__dict__", {**defaults, **fields})
        put(made, "__pydantic_fields_set__", set(fields))
        put(made, "__pydantic_extra__", None)
        put(made, "__pydantic_private__", None)
        return made

    return make


class Record(Value):
    """Anything the store keeps under an `id`. `entity` names it in the API, exports and tables."""

    entity: ClassVar[str]
    id: str


class SourceRef(Value):
    """Where a fact came from: enough to find it again at the provider.

    `account` is the provider's own id of the company (or the IBAN for files), so a reconnection
    of the same company yields the same ids. `raw_id` names the raw record it was read from.
    """

    provider: str
    account: str
    object: str
    external_id: str
    external_version: str | None = None
    url: str | None = None
    raw_id: str | None = None


class Fact(Record):
    """A canonical record. The store keeps every version with `valid_from` (when it became true in
    the world, None when unknown) and the revision and instant at which the hub learnt it.

    Two facts with equal `content()` are the same version: writing the second is silent.
    """

    company_id: str | None = None
    source: SourceRef | None = None
    valid_from: Instant | None = None
    provider_words: dict[str, str] = {}

    def content(self) -> str:
        """What makes a version: everything but the time, version and raw record of the source."""
        plain = self.model_dump(
            mode="json", exclude={"valid_from": True, "source": {"raw_id", "external_version"}}
        )
        return canonical_json(plain)


class Entry(Record):
    """A line of an append-only log: written once, never changed; a repeat of its id is silent."""


class Row(Record):
    """Operational state that changes in place (a connection, a cursor, a delivery)."""

    def but(self, **changes: object) -> Self:
        """A copy with some fields changed, validated again."""
        return type(self).model_validate({**dict(self), **changes})
