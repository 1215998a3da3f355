"""What people look at: why something is as it is, the reports, the event log."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer

from core.errors import BadInput, NotFound
from core.model import Endpoint, Event
from core.ports import Unit
from core.usecases.explain import explain as explain_record
from core.usecases.verify import verify as verify_events
from hub.cli.context import opened, tenant_of
from hub.cli.frame import FAILED, emit, progress, say
from hub.cli.setup import AsJson, Tenant
from hub.delivery import Range, replay
from hub.reports import REPORTS, Format, render

PAGE = 500


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    app.command("explain")(explain)
    app.command("report")(report)
    events = typer.Typer(help="The event log: list, send again, prove.", no_args_is_help=True)
    events.command("list")(list_events)
    events.command("replay")(replay_events)
    events.command("verify")(verify)
    app.add_typer(events, name="events")


def explain(id: str, tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Why a decision, event, allocation or financed invoice is what it is. Example: `lettrage explain dec_4kq7…`"""
    with opened() as hub, hub.store.begin(tenant_of(hub, tenant).id, write=False) as unit:
        told = explain_record(unit, id)
    emit(
        {
            "id": told.id,
            "kind": told.kind,
            "text": told.text,
            "records": told.records,
            "details": told.details,
        }
    ) if as_json else typer.echo(told.text)


def report(
    name: str,
    format: Annotated[str, typer.Option(help="html, csv, xlsx or json.")] = "html",
    out: Annotated[Path | None, typer.Option(help="Where to write it (default: NAME.FORMAT here).")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First booking date.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last booking date.")] = None,
    company: Annotated[str | None, typer.Option(help="Only this company id.")] = None,
    tenant: Tenant = None,
) -> None:
    """Writes a report for ops. Example: `lettrage report reconciliation --format xlsx`"""
    if name not in REPORTS:
        raise NotFound(f"there is no report {name!r}: choose {', '.join(sorted(REPORTS))}")
    chosen = _format(format)
    with opened() as hub, hub.store.begin(tenant_of(hub, tenant).id, write=False) as unit:
        made = REPORTS[name](unit, company_id=company, since=_day(since), until=_day(until))
    path = out or Path(f"{name}.{format}")
    path.write_bytes(render(made, chosen))
    say(f"{path.resolve()}")


def _format(wanted: str) -> Format:
    known: tuple[Format, ...] = get_args(Format)
    for one in known:
        if one == wanted:
            return one
    raise BadInput(f"--format {wanted}: choose {', '.join(known)}")


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


def _events(unit: Unit, type: str | None, subject: str | None) -> list[Event]:
    found: list[Event] = []
    after: str | None = None
    while True:
        page, after = unit.page(Event, after=after, limit=PAGE)
        found += [
            e for e in page if type in (None, e.type) and subject in (None, e.subject, e.loan_reference)
        ]
        if after is None:
            return found


def list_events(
    type: Annotated[str | None, typer.Option(help="Only this type.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only this financed invoice or loan reference.")] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Lists events in the order the hub learnt them. Example: `lettrage events list --type invoice.paid`"""
    with opened() as hub, hub.store.begin(tenant_of(hub, tenant).id, write=False) as unit:
        found = _events(unit, type, subject)
    if as_json:
        emit([event.model_dump(mode="json") for event in found])
        return
    for event in found:
        say(_line(event))
    say(f"{len(found)} events")


def _line(event: Event) -> str:
    grade = event.evidence.grade or "--"
    return f"{event.occurred_on}  {event.loan_reference:14} #{event.sequence:<3} {event.type:36} {grade}  {event.id}"


def replay_events(
    endpoint: Annotated[str, typer.Option(help="Endpoint id.")],
    event: Annotated[list[str] | None, typer.Option(help="Event id; may be repeated.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Detected from this instant on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Detected before this instant (UTC).")] = None,
    request: Annotated[str, typer.Option(help="The same request sends once.")] = "command-line",
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Sends events to an endpoint once more. Example: `lettrage events replay --endpoint end_7c2a --since 2026-11-01`"""
    if not event and since is None and until is None:
        raise BadInput("name events with --event, or a range with --since and --until")
    span = Range(since=since and since.replace(tzinfo=UTC), until=until and until.replace(tzinfo=UTC))
    with opened() as hub:
        owner = tenant_of(hub, tenant).id
        with hub.store.begin(owner, write=False) as unit:
            if unit.load(Endpoint, endpoint) is None:
                raise NotFound(f"no webhook endpoint has the id {endpoint}")
        made = replay(hub.store, tenant_id=owner, endpoint_id=endpoint, request=request, events=event or span)
    emit({"deliveries": made}) if as_json else say(f"{len(made)} deliveries registered; a worker sends them")


def verify(tenant: Tenant = None, as_json: AsJson = False) -> None:
    """Re-derives every event from the raw records and compares. Example: `lettrage events verify`"""
    with opened() as hub, progress("verify", quiet=as_json) as report_progress:
        owner = tenant_of(hub, tenant).id
        found = verify_events(
            hub.store, hub.driver, owner, statements=hub.statements, progress=report_progress
        )
        with hub.store.begin(owner, write=False) as unit:
            checked = len(unit.entries(Event))
    if as_json:
        emit({"events": checked, "differences": [str(one) for one in found]})
    else:
        for one in found:
            typer.echo(str(one))
        say(f"{checked} events derived again from the raw records: {len(found)} differences")
    if found:
        raise typer.Exit(FAILED)
