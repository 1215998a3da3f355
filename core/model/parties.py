"""Who is involved: the SME (company), its customers and suppliers (counterparties)."""

from datetime import date
from typing import ClassVar, Literal

from core.model.base import Fact, Value

CounterpartyRole = Literal["customer", "supplier"]


class Company(Fact):
    """The SME. `proofs` says where each identifier was proven: {"siren": "pennylane:/me"}."""

    entity: ClassVar[str] = "company"
    legal_name: str
    siren: str | None = None
    siret: str | None = None
    vat_number: str | None = None
    country: str | None = None
    created_on: date | None = None
    proofs: dict[str, str] = {}


class CompanyProfile(Company):
    """The company as one source describes it: kept beside the company, never merged into it."""

    entity: ClassVar[str] = "company_profile"


class Identifier(Value):
    """An identifier as one source gave it; `verified` when its check digits hold."""

    scheme: Literal["siren", "siret", "vat", "other"]
    value: str
    verified: bool


class Counterparty(Fact):
    """A customer or supplier as one source describes it; several may be linked, none is overwritten."""

    entity: ClassVar[str] = "counterparty"
    role: CounterpartyRole
    legal_name: str
    aliases: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    ibans: tuple[str, ...] = ()
    country: str | None = None
    is_business: bool | None = None


class Party(Value):
    """Seller or buyer as printed on a document."""

    counterparty_id: str | None = None
    name: str | None = None
    siren: str | None = None
    vat_number: str | None = None
    country: str | None = None
