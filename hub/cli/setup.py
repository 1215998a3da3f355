"""First steps: the schema, tenants, keys, companies, and what connectors there are."""

from typing import Annotated

import typer

from core.errors import BadInput, Conflict
from hub.cli.context import AsJson, ForCompany, ForTenant, company_of, opened, reachable, tenant_of
from hub.cli.frame import add, emit, say, warn


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    for name, help, command, action, *examples in (
        ("db", "The database schema.", "upgrade", db_upgrade, "lettrage db upgrade"),
        (
            "tenant", "Financing platforms that use this hub.", "create", tenant_create,
            "lettrage tenant create acme",
        ),
        (
            "key", "API keys.", "create", key_create,
            "lettrage key create acme", "lettrage key create acme --name reader --scope read",
        ),
        (
            "vault", "Secrets at rest.", "rewrap", vault_rewrap, "lettrage vault rewrap",
        ),
        (
            "company", "The SMEs of a tenant.", "create", company_create,
            'lettrage company create "Atelier Nordique SAS" --siren 990000002',
        ),
    ):  # fmt: skip
        group = typer.Typer(help=help, no_args_is_help=True)
        add(group, command, action, *examples)
        app.add_typer(group, name=name)
    add(app, "connect", connect, "lettrage connect qonto", "lettrage connect pennylane --company 990000002")
    add(app, "disconnect", end_connection, "lettrage disconnect con_7c2a")
    add(app, "connectors", connectors, "lettrage connectors")


def db_upgrade() -> None:
    """Brings the database to the newest schema."""
    from hub.settings import read_settings

    settings = read_settings()
    with reachable(settings):
        from hub.wiring import upgrade_database

        upgrade_database(settings)
    say("the database is at the newest schema")


def vault_rewrap(as_json: AsJson = False) -> None:
    """Wraps every data key by the first key of LETTRAGE_VAULT_KEYS, so that older ones can go."""
    from hub.store.vault import rewrap_all

    with opened() as hub:
        count = rewrap_all(hub.vault, [tenant.id for tenant in hub.directory.tenants()])
    emit({"rewrapped": count}) if as_json else say(f"{count} data keys are wrapped by the current key now")


def tenant_create(
    name: Annotated[str, typer.Argument(help="What the financing platform is called.")],
    as_json: AsJson = False,
) -> None:
    """Creates a tenant: a financing platform that uses this hub."""
    with opened() as hub:
        for known in hub.directory.tenants():
            if known.name == name:
                raise Conflict(f"there is a tenant called {name!r} already ({known.id}): choose another name")
        tenant = hub.keys.create_tenant(name)
    emit(tenant.model_dump(mode="json")) if as_json else say(f"tenant {tenant.id} ({name})")


def key_create(
    tenant: Annotated[str, typer.Argument(help="Tenant id or name.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "default",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, write, decide or webhooks; may be repeated. Default: read and write."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Creates an API key and shows it once."""
    from hub.api.access import SCOPES

    scopes = tuple(dict.fromkeys(scope or ("read", "write")))
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise BadInput(f"--scope {unknown[0]}: choose {', '.join(SCOPES)}")
    with opened() as hub:
        key = hub.keys.create_key(tenant_of(hub, tenant).id, name, scopes)
    if as_json:
        emit({"key": key, "name": name, "scopes": scopes})
    else:
        say(key)
        warn("keep it: it is not shown again")


def company_create(
    name: Annotated[str, typer.Argument(help="Legal name.")],
    siren: Annotated[str | None, typer.Option(help="Nine digits; checked against what is connected.")] = None,
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Creates a company: an SME whose invoices are financed."""
    from core.usecases.companies import add_company

    with opened() as hub:
        owner = tenant_of(hub, tenant)
        company, new = add_company(hub.store, owner.id, legal_name=name, siren=siren)
    known = "" if new else ", known already"
    emit(company.model_dump(mode="json")) if as_json else say(f"company {company.id} ({name}){known}")


def connect(
    provider: Annotated[str, typer.Argument(help="As `lettrage connectors` names it.")],
    company: ForCompany = None,
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Prints the link where the SME gives its consent."""
    from connectors.kit.registry import connectors
    from core.usecases.connect import start_connection

    if provider not in connectors():
        raise BadInput(f"there is no connector {provider!r}: choose {' or '.join(connectors())}")
    with opened() as hub:
        owner = tenant_of(hub, tenant)
        link = start_connection(
            hub.store, tenant_id=owner.id, company_id=company_of(hub, owner, company).id, provider=provider
        )
        settings = hub.settings
    url = f"{settings.public_url.rstrip('/')}/connect/{link.token}"
    if settings.provider(provider, "client_id") is None:
        warn(
            f"LETTRAGE_{provider.upper()}_CLIENT_ID is not set here: the link works only if `lettrage serve` has it"
        )
    if as_json:
        emit({"url": url, "connection_id": link.connection_id, "expires_at": link.expires_at.isoformat()})
    else:
        say(url)


def end_connection(
    connection: Annotated[str, typer.Argument(help="Connection id.")],
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Ends a consent at the provider and forgets its tokens; what was read stays."""
    from core.usecases.connect import disconnect

    with opened() as hub:
        ended = disconnect(
            hub.store,
            hub.vault,
            hub.driver,
            tenant_id=tenant_of(hub, tenant).id,
            connection_id=connection,
            actor="command line",
        )
    if as_json:
        emit(ended.model_dump(mode="json"))
    else:
        say(
            f"{ended.provider} {ended.id} is {ended.state}: its tokens are forgotten, nothing is read any more"
        )


def connectors(as_json: AsJson = False) -> None:
    """Lists every connector: streams, capabilities, quality level."""
    from connectors.kit.registry import capability_table

    rows = capability_table()
    if as_json:
        emit([{field: getattr(row, field) for field in row.__slots__} for row in rows])
        return
    for row in rows:
        say(f"{row.name} ({row.slug})", style="bold")
        say(f"  quality       {row.level}, checked against its documentation on {row.checked_on}")
        say(f"  streams       {', '.join(row.streams)}")
        say(f"  capabilities  {', '.join(row.capabilities) or 'none beyond reading'}")
