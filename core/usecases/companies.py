"""Registers companies (SMEs): identifiers checked, the same company twice is one."""

from datetime import date

from core.errors import BadInput, Conflict
from core.model import Company, stable_id
from core.model.identifiers import is_siren, is_siret
from core.ports import Store


def add_company(
    store: Store,
    tenant_id: str,
    *,
    legal_name: str,
    siren: str | None = None,
    siret: str | None = None,
    vat_number: str | None = None,
    country: str | None = None,
    created_on: date | None = None,
) -> tuple[Company, bool]:
    """The company and whether it is new. Its id is made of the SIREN, else of the name.

    Raises BadInput for an identifier whose check digits do not hold, Conflict when the company is
    known with other facts. A SIREN implies the country FR.
    """
    _check(siren, siret)
    siren = siren or (siret[:9] if siret else None)
    id = stable_id("com", tenant_id, siren or legal_name)
    company = Company(
        id=id,
        company_id=id,
        legal_name=legal_name,
        siren=siren,
        siret=siret,
        vat_number=vat_number,
        country=country or ("FR" if siren else None),
        created_on=created_on,
    )
    with store.begin(tenant_id) as unit:
        known = unit.get(Company, [id]).get(id)
        if known is None:
            unit.put([company])
            return company, True
    names = ("legal_name", "siren", "siret", "vat_number", "country", "created_on")
    given = {name: value for name in names if (value := getattr(company, name)) is not None}
    differing = [name for name, value in given.items() if getattr(known, name) != value]
    if differing:
        raise Conflict(f"company {id} is known with other facts: {', '.join(differing)} differ")
    return known, False


def _check(siren: str | None, siret: str | None) -> None:
    if siren is not None and not is_siren(siren):
        raise BadInput(f"{siren} is not a SIREN: nine digits whose check digit holds")
    if siret is not None and not is_siret(siret):
        raise BadInput(f"{siret} is not a SIRET: fourteen digits whose check digit holds")
    if siren and siret and not siret.startswith(siren):
        raise BadInput("the SIRET is of another company than the SIREN")
