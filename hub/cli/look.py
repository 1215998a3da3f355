"""What people look at: why something is as it is, the reports, the event log."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from core.errors import BadInput, NotFound
from hub.cli.context import AsJson, ForCompany, ForTenant, company_of, opened, tenant_of
from hub.cli.frame import FAILED, add, emit, progress, say

if TYPE_CHECKING:
    from core.model import Event
    from core.ports import Unit

PAGE = 500
STDOUT = Path("-")


def register(app: typer.Typer) -> None:
    """Adds the commands of this group."""
    add(app, "explain", explain, "lettrage explain LOAN-1001", "lettrage explain dec_7h2k --json")
    add(
        app,
        "report",
        report,
        "lettrage report reconciliation",
        "lettrage report reconciliation --format xlsx --out june.xlsx --since 2026-06-01 --until 2026-06-30",
    )
    events = typer.Typer(help="The event log: list, send again, prove.", no_args_is_help=True)
    add(
        events, "list", list_events, "lettrage events list --type invoice.paid", "lettrage events list --json"
    )
    add(
        events,
        "replay",
        replay_events,
        "lettrage events replay --endpoint end_7c2a --since 2026-11-01 --until 2026-11-08",
        "lettrage events replay --endpoint end_7c2a --event evt_3k2q --event evt_5m1x",
    )
    add(events, "verify", verify, "lettrage events verify")
    app.add_typer(events, name="events")


def explain(
    id: Annotated[
        str, typer.Argument(help="A decision, allocation, event or financed invoice, or a loan reference.")
    ],
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Why a decision, an event or a loan is what it is, for a person."""
    from core.model import Event
    from core.usecases.explain import explain as explain_record

    with opened() as hub, hub.store.begin(tenant_of(hub, tenant).id, write=False) as unit:
        told = explain_record(unit, id)
        log = unit.entries(Event, subject=told.id) if told.kind == "financed_invoice" else ()
    if as_json:
        emit({field: getattr(told, field) for field in ("id", "kind", "text", "records", "details")})
        return
    say(told.text)
    for event in log:
        say(f"  {_line(event)}")


def report(
    name: Annotated[str, typer.Argument(help="Which report: reconciliation.")],
    format: Annotated[str, typer.Option(help="html, csv, xlsx or json.")] = "html",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write it (default: NAME.FORMAT here; - is stdout)."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(metavar="DAY", formats=["%Y-%m-%d"], help="First booking date.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(metavar="DAY", formats=["%Y-%m-%d"], help="Last booking date.")
    ] = None,
    company: ForCompany = None,
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Writes a report for ops, and prints where."""
    from hub.reports import FORMATS, REPORTS, render

    if name not in REPORTS:
        raise NotFound(f"there is no report {name!r}: choose {', '.join(sorted(REPORTS))}")
    chosen = next((one for one in FORMATS if one == format), None)
    if chosen is None:
        raise BadInput(f"--format {format}: choose {', '.join(FORMATS)}")
    if since and until and until < since:
        raise BadInput(f"--until {until.date()} is before --since {since.date()}: exchange them")
    with opened() as hub:
        owner = tenant_of(hub, tenant)
        only = company_of(hub, owner, company).id if company else None
        with hub.store.begin(owner.id, write=False) as unit:
            made = REPORTS[name](unit, company_id=only, since=_day(since), until=_day(until))
    _write(render(made, chosen), out or Path(f"{name}.{format}"), as_json=as_json)


def _write(content: bytes, path: Path, *, as_json: bool) -> None:
    if path == STDOUT:
        sys.stdout.buffer.write(content)
        return
    beside = path.with_name(f".{path.name}.part")  # a full disk must not leave half a report
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BadInput(f"--out {path}: the report cannot be written there: {error.strerror}") from None
    emit({"path": str(path.resolve())}) if as_json else say(str(path.resolve()))


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


def _events(unit: "Unit", type: str | None, subject: str | None) -> "list[Event]":
    from core.model import Event

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
    type: Annotated[str | None, typer.Option(help="Only this type, as docs/events.md names it.")] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this financed invoice or loan reference.")
    ] = None,
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Lists events in the order the hub learnt them."""
    from core.repayment.catalogue import CATALOGUE

    if type is not None and type not in CATALOGUE:
        raise BadInput(f"--type {type}: choose {', '.join(CATALOGUE)}")
    with opened() as hub, hub.store.begin(tenant_of(hub, tenant).id, write=False) as unit:
        found = _events(unit, type, subject)
    if as_json:
        emit([event.model_dump(mode="json") for event in found])
        return
    for event in found:
        say(_line(event))
    say(f"{len(found)} events")


def _line(event: "Event") -> str:
    grade = event.evidence.grade or "--"
    return f"{event.occurred_on}  {event.loan_reference:14} #{event.sequence:<3} {event.type:36} {grade}  {event.id}"


def replay_events(
    endpoint: Annotated[str, typer.Option(metavar="ID", help="Webhook endpoint id.")],
    event: Annotated[list[str] | None, typer.Option(metavar="ID", help="Event id; may be repeated.")] = None,
    since: Annotated[
        datetime | None, typer.Option(metavar="INSTANT", help="Detected from this instant on (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(metavar="INSTANT", help="Detected before this instant (UTC).")
    ] = None,
    request: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The same name sends nothing twice. Default: a new one."),
    ] = None,
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Sends events to an endpoint once more: those named, or those of a range."""
    from core.model import Endpoint
    from hub.delivery import Range, replay

    if not event and since is None and until is None:
        raise BadInput("name events with --event, or a range with --since and --until")
    span = Range(since=since and since.replace(tzinfo=UTC), until=until and until.replace(tzinfo=UTC))
    with opened() as hub:
        owner = tenant_of(hub, tenant).id
        with hub.store.begin(owner, write=False) as unit:
            if unit.load(Endpoint, endpoint) is None:
                raise NotFound(f"no webhook endpoint has the id {endpoint}")
        made = replay(
            hub.store,
            tenant_id=owner,
            endpoint_id=endpoint,
            request=request or f"command-line:{uuid4()}",
            events=event or span,
        )
    emit({"deliveries": made}) if as_json else say(f"{len(made)} deliveries registered; a worker sends them")


def verify(tenant: ForTenant = None, as_json: AsJson = False) -> None:
    """Re-derives every event from the raw records and compares; exit status 1 on a difference."""
    from core.model import Event
    from core.usecases.verify import prove
    from hub.store.audit import end_missing

    with opened() as hub, progress("verify", quiet=as_json) as report_progress:
        owner = tenant_of(hub, tenant).id
        proof = prove(
            hub.store,
            hub.driver,
            owner,
            statements=hub.statements,
            ledgers=hub.ledgers,
            einvoices=hub.einvoices,
            progress=report_progress,
        )
        found, given = [str(one) for one in proof.differences], proof.given
        with hub.store.begin(owner, write=False) as unit:
            checked = len(unit.entries(Event))
            found += [str(one) for one in end_missing(unit)]
    if as_json:
        emit({"events": checked, "taken_as_given": given, "differences": found})
    else:
        for one in found:
            say(one)
        if given:
            say(f"{given} decisions of an earlier version of engine or policy were taken as given")
        say(f"{checked} events derived again from the raw records: {len(found)} differences")
    if found:
        raise typer.Exit(FAILED)
