"""Opens the hub for one command, and finds the tenant and company it speaks of."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import BadInput, NotFound
from core.model import Company, Tenant
from hub.settings import read_settings
from hub.wiring import Hub, open_hub, upgrade_database


@contextmanager
def opened() -> Iterator[Hub]:
    """A wired hub. The embedded database is created and migrated at first use; PostgreSQL is not:
    there `lettrage db upgrade` is a step of its own."""
    settings = read_settings()
    if settings.is_sqlite:
        upgrade_database(settings)
    hub = open_hub(settings)
    try:
        yield hub
    finally:
        hub.close()


def tenant_of(hub: Hub, wanted: str | None) -> Tenant:
    """The tenant by id or name; without one, the only one there is."""
    tenants = hub.directory.tenants()
    if wanted is None and len(tenants) == 1:
        return tenants[0]
    found = [tenant for tenant in tenants if wanted in (tenant.id, tenant.name)]
    if len(found) == 1:
        return found[0]
    if not tenants:
        raise NotFound("there is no tenant yet: run `lettrage tenant create NAME`")
    if wanted is None:
        raise BadInput(f"there are {len(tenants)} tenants: choose one with --tenant")
    raise NotFound(f"no tenant (or more than one) is called {wanted!r}")


def company_of(hub: Hub, tenant: Tenant, wanted: str | None) -> Company:
    """The company by id or SIREN; without one, the only one there is."""
    with hub.store.begin(tenant.id, write=False) as unit:
        companies = unit.all(Company)
    if wanted is None and len(companies) == 1:
        return companies[0]
    found = [company for company in companies if wanted in (company.id, company.siren)]
    if len(found) == 1:
        return found[0]
    if not companies:
        raise NotFound("there is no company yet: run `lettrage company create NAME --siren SIREN`")
    if wanted is None:
        raise BadInput(f"there are {len(companies)} companies: choose one with --company")
    raise NotFound(f"no company has the id or SIREN {wanted!r}")
