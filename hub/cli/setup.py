"""First steps: the schema, tenants, keys, companies, and what connectors there are."""

from typing import Annotated

import typer
from core.usecases.connect import start_connection

from connectors.kit.registry import capability_table
from core.errors import BadInput
from core.model.identifiers import is_siren
from core.usecases.companies import add_company
from hub.cli.context import company_of, opened, tenant_of
from hub.cli.frame import emit, say
from hub.settings import read_settings
from hub.wiring import upgrade_database

Tenant = Annotated[str | None, typer.Option("--tenant", envvar="LETTRAGE_TENANT", help="Tenant id or name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]

ALL_SCOPES = ("read", "write")


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    for name, help, command, action in (
        ("db", "The database schema.", "upgrade", db_upgrade),
        ("tenant", "Financing platforms that use this hub.", "create", tenant_create),
        ("key", "API keys.", "create", key_create),
        ("company", "The SMEs of a tenant.", "create", company_create),
    ):
        group = typer.Typer(help=help, no_args_is_help=True)
        group.command(command)(action)
        app.add_typer(group, name=name)
    app.command("connect")(connect)
    app.command("connectors")(connectors)


def db_upgrade() -> None:
    """Brings the database to the newest schema. Example: `lettrage db upgrade`"""
    upgrade_database(read_settings())
    say("the database is at the newest schema")


def tenant_create(name: str, as_json: AsJson = False) -> None:
    """Creates a tenant. Example: `lettrage tenant create acme`"""
    with opened() as hub:
        tenant = hub.keys.create_tenant(name)
    emit(tenant.model_dump(mode="json")) if as_json else say(f"tenant {tenant.id} ({name})")


def key_create(
    tenant: str,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "default",
    scope: Annotated[list[str] | None, typer.Option(help="read, write; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Creates an API key and shows it once. Example: `lettrage key create acme`"""
    scopes = tuple(scope or ALL_SCOPES)
    if unknown := sorted(set(scopes) - set(ALL_SCOPES)):
        raise BadInput(f"unknown scope {unknown[0]!r}: use {' or '.join(ALL_SCOPES)}")
    with opened() as hub:
        key = hub.keys.create_key(tenant_of(hub, tenant).id, name, scopes)
    emit({"key": key}) if as_json else say(f"{key}\nkeep it: it is not shown again")


def company_create(
    name: str,
    siren: Annotated[str | None, typer.Option(help="Nine digits; checked against what is connected.")] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Creates a company. Example: `lettrage company create "Atelier Nordique SAS" --siren 990000003`"""
    if siren is not None and not is_siren(siren):
        raise BadInput(f"{siren} is not a SIREN: its check digit does not hold")
    with opened() as hub:
        owner = tenant_of(hub, tenant)
        company, _ = add_company(hub.store, owner.id, legal_name=name, siren=siren)
    emit(company.model_dump(mode="json")) if as_json else say(f"company {company.id} ({name})")


def connect(
    provider: str,
    company: Annotated[str | None, typer.Option(help="Company id or SIREN.")] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Prints the link where the SME gives its consent. Example: `lettrage connect qonto`"""
    with opened() as hub:
        owner = tenant_of(hub, tenant)
        link = start_connection(
            hub.store, tenant_id=owner.id, company_id=company_of(hub, owner, company).id, provider=provider
        )
        url = f"{hub.settings.public_url.rstrip('/')}/connect/{link.token}"
    emit({"url": url, "connection_id": link.connection_id}) if as_json else say(url)


def connectors(as_json: AsJson = False) -> None:
    """Lists every connector: streams, capabilities, quality level. Example: `lettrage connectors`"""
    rows = capability_table()
    if as_json:
        emit([{field: getattr(row, field) for field in row.__slots__} for row in rows])
        return
    for row in rows:
        say(f"[bold]{row.name}[/] ({row.slug})  quality: {row.level}  checked on {row.checked_on}")
        say(f"  streams       {', '.join(row.streams)}")
        say(f"  capabilities  {', '.join(row.capabilities) or 'none beyond reading'}")
