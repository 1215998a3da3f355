"""Opens the hub for one command, and finds the tenant and company it speaks of.

Commands import what they run on when they run: help and file mode should not wait for the database,
job and web libraries (seconds).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from core.collector import all_alive
from core.errors import BadInput, Misconfigured, NotFound

if TYPE_CHECKING:
    from core.model import Company, Tenant
    from hub.settings import Settings
    from hub.wiring import Hub

ForTenant = Annotated[
    str | None, typer.Option("--tenant", envvar="LETTRAGE_TENANT", help="Tenant id or name.")
]
ForCompany = Annotated[str | None, typer.Option("--company", metavar="ID", help="Company id or SIREN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


@contextmanager
def opened() -> Iterator["Hub"]:
    """A wired hub. The embedded database is created and migrated at first use; PostgreSQL is not:
    there `lettrage db upgrade` is a step of its own."""
    from hub.settings import read_settings

    settings = read_settings()
    with all_alive(), reachable(settings):
        keep_quiet()
        from hub.wiring import open_hub, upgrade_database

        if settings.is_sqlite:
            upgrade_database(settings)
        hub = open_hub(settings)
    try:
        yield hub
    finally:
        hub.close()


def keep_quiet() -> None:
    """Of the hub's own logs only the critical are shown, unless `--debug` asked for more."""
    import structlog

    from hub.logs import configure_logs

    if not structlog.is_configured():
        configure_logs("CRITICAL")


@contextmanager
def reachable(settings: "Settings") -> Iterator[None]:
    """Says in one line that the database cannot be opened; the driver's words may name the user."""
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    try:
        yield
    except (ArgumentError, NoSuchModuleError):
        raise Misconfigured(
            "LETTRAGE_DATABASE_URL is not an address: give `sqlite:///PATH` or `postgresql+psycopg://…`"
        ) from None
    except (DBAPIError, OSError) as error:
        advice = (
            "opened: is it a database of ours, in a folder that may be written"
            if settings.is_sqlite
            else "reached: is it up, are user and password right"
        )
        raise Misconfigured(f"the database of LETTRAGE_DATABASE_URL cannot be {advice}?") from error


def tenant_of(hub: "Hub", wanted: str | None) -> "Tenant":
    """The tenant by id or name; without one, the only one there is."""
    tenants = hub.directory.tenants()
    if not tenants:
        raise NotFound("there is no tenant yet: run `lettrage tenant create NAME`")
    if wanted is None:
        if len(tenants) > 1:
            raise BadInput(f"there are {len(tenants)} tenants: choose one with --tenant or LETTRAGE_TENANT")
        return tenants[0]
    found = [tenant for tenant in tenants if wanted in (tenant.id, tenant.name)]
    if len(found) > 1:
        raise BadInput(f"{len(found)} tenants are called {wanted!r}: give an id, {_either(found)}")
    if not found:
        raise NotFound(f"no tenant has the id or name {wanted!r}: there is {_either(tenants)}")
    return found[0]


def _either(tenants: "list[Tenant]") -> str:
    shown = [f"{tenant.id} ({tenant.name})" for tenant in tenants[:5]]
    return " or ".join([*shown, *(["…"] if len(tenants) > len(shown) else [])])


def company_of(hub: "Hub", tenant: "Tenant", wanted: str | None) -> "Company":
    """The company by id or SIREN; without one, the only one there is."""
    from core.model import Company

    with hub.store.begin(tenant.id, write=False) as unit:
        companies = unit.all(Company)
    if not companies:
        raise NotFound("there is no company yet: run `lettrage company create NAME --siren SIREN`")
    if wanted is None:
        if len(companies) > 1:
            raise BadInput(f"there are {len(companies)} companies: choose one with --company")
        return companies[0]
    for company in companies:
        if wanted in (company.id, company.siren):
            return company
    raise NotFound(f"no company of {tenant.name} has the id or SIREN {wanted!r}")
