"""Plays the demo: lets the story happen over the public API and checks how it ended."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import LettrageError
from core.model import Money
from hub.demo.browser import Browser
from hub.demo.stage import Say, Stage, empty, set_stage
from hub.demo.statement import account_iban, statement
from hub.demo.story import Story
from hub.demo.summary import summary

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the demo ended; `trouble` says what is not as it should be."""

    report: Path
    delivered: int
    verified: int
    trouble: str | None = None

    @property
    def well(self) -> bool:
        """Every event was delivered and verified, and the log proved."""
        return self.trouble is None


def play(folder: Path, *, now: datetime, say: Say, stay: bool = False) -> Outcome:
    """The whole story into `folder` (emptied first); returns how it ended."""
    empty(folder)
    with ExitStack() as stack:
        stage = set_stage(stack, folder, Story(now), say)
        _connect(stage)
        _first_look(stage)
        _advance(stage)
        say("\n[bold]First act[/]: money comes in")
        stage.story.first_act()
        _read_and_settle(stage)
        say("\n[bold]Second act[/]: the rest of a late payment; a transfer is taken back")
        stage.story.second_act()
        _read_and_settle(stage, imports=True)
        outcome = _finish(stage)
        if stay:
            _stay(stage)
    return outcome


def _connect(stage: Stage) -> None:
    """The company is created, consents at both providers on their own pages; a partner subscribes."""
    say, platform = stage.say, stage.platform
    world_company = stage.story.company
    company = platform.post(
        "/v1/companies",
        {"legal_name": world_company.legal_name, "siren": world_company.siren, "country": "FR"},
    )
    stage.company_id = company["id"]
    endpoint = platform.post("/v1/webhook-endpoints", {"url": stage.partner.url})
    stage.partner.secret = endpoint["secret"]
    say(f"\n[bold]{world_company.legal_name}[/] (SIREN {world_company.siren}) connects its tools")
    for provider in ("pennylane", "qonto"):
        link = platform.post("/v1/connect-sessions", {"company_id": company["id"], "provider": provider})
        with Browser() as browser:
            browser.open(link["url"]).submit().submit().submit()
    for connection in platform.all("/v1/connections"):
        stage.connections[connection["provider"]] = connection["id"]
        proof = connection["entity_proof"] or {}
        say(f"  {connection['provider']:12} {connection['state']}, proven by SIREN {proof.get('siren')}")


def _first_look(stage: Stage) -> None:
    stage.say("\n[bold]First reading[/] of what was there before any money came in")
    _sync(stage, before={})  # the consent began to read already, and the story's clock stands still


def _sync(stage: Stage, *, before: dict[str, Any]) -> None:
    for connection in stage.connections.values():
        stage.platform.post(f"/v1/connections/{connection}/sync", {})
    _wait(lambda: _synced(stage, before), "the synchronisation")
    counts = ", ".join(
        f"{len(stage.platform.all(f'/v1/{name}'))} {name}" for name in ("invoices", "transactions")
    )
    stage.say(f"  synchronised: {counts} known")


def _runs(stage: Stage) -> dict[str, Any]:
    return {row["id"]: row["last_success_at"] for row in stage.platform.all("/v1/connections")}


def _synced(stage: Stage, before: dict[str, Any]) -> bool:
    now = _runs(stage)
    return all(now[id] is not None and now[id] != before.get(id) for id in now) and _idle(stage)


def _idle(stage: Stage) -> bool:
    return not any(stage.hub.jobs.backlog().values())


def _advance(stage: Stage) -> None:
    """The platform registers what it financed, over the API."""
    stage.say("\n[bold]The platform finances[/] some of the invoices")
    for advance in stage.story.advances():
        invoice = advance.invoice
        stage.platform.post(
            "/v1/financed-invoices",
            {
                "loan_reference": advance.loan_reference,
                "invoice": {
                    "company": stage.story.company.siren,
                    "direction": invoice.direction,
                    "number": invoice.number,
                },
                "advance_minor": advance.advance_minor,
                "currency": "EUR",
                "basis": "gross",
                "assignment": "silent",
                "disbursed_on": invoice.issue_date.isoformat(),
                "recourse": True,
            },
        )
        advanced = Money(advance.advance_minor, "EUR")
        stage.say(f"  {advance.loan_reference}  {invoice.number:14} {advanced} advanced")


def _read_and_settle(stage: Stage, *, imports: bool = False) -> None:
    if imports:
        content = statement(stage.story.statement_lines(), stage.hub.clock.now().date())
        file = stage.folder / "statement.cfonb"
        file.write_bytes(content)
        [done] = stage.platform.upload("/v1/imports", file.name, content, company_id=stage.company_id)[
            "files"
        ]
        stage.say(f"  imported {file.name} ({done['format']}, {account_iban()}): {done['new']} lines")
    known = {event["id"] for event in stage.platform.all("/v1/events")}
    _sync(stage, before=_runs(stage))
    events = stage.platform.all("/v1/events")
    for event in events:
        if event["id"] not in known:
            stage.say(_line(event))
    expected = {event["id"] for event in events}
    _wait(lambda: expected <= set(stage.partner.received.verified), "the partner's webhooks")
    stage.say(f"  partner: {len(expected)} webhooks received, every signature verified")


def _line(event: dict[str, Any]) -> str:
    withdrawn = "withdrawn" if event["attributes"].get("withdrawn") else None
    timing = event["attributes"].get("timing") or withdrawn
    how = f" ({timing.replace('_', ' ')})" if timing else ""
    return f"  {event['occurred_on']}  {event['loan_reference']}  [cyan]{event['type']}[/]{how}"


def _finish(stage: Stage) -> Outcome:
    """The report, the proof, and the platform's view of it all."""
    report = stage.folder / "reconciliation.html"
    for format in ("html", "csv", "xlsx", "json"):
        content = stage.platform.download("/v1/reports/reconciliation", format=format)
        report.with_suffix(f".{format}").write_bytes(content)
    events = stage.platform.all("/v1/events")
    (stage.folder / "events.json").write_text(json.dumps(events, indent=2, ensure_ascii=False), "utf-8")
    trouble = summary(stage.hub, stage.partner, events, say=stage.say)
    stage.say(f"\nreport: [bold]{report.resolve()}[/]")
    return Outcome(
        report=report, delivered=len(events), verified=len(stage.partner.received.verified), trouble=trouble
    )


def _wait(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > end:
            raise LettrageError(f"{what} did not end within {PATIENCE_SECONDS:.0f} seconds")
        time.sleep(0.1)


def _stay(stage: Stage) -> None:
    stopping = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    address = stage.hub.settings.public_url
    key = stage.hub.keys.create_key(stage.hub.directory.tenants()[0].id, "visitor", ("read", "write"))
    stage.say(f"\nops desk: {address}/desk (any user name, the key as password)\nAPI key:  {key}")
    stage.say(f"still serving at {address} (process {os.getpid()}); stop with Ctrl-C")
    while not stopping.wait(0.5):
        pass
