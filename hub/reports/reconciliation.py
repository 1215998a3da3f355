"""The reconciliation report: one query over a unit, one frozen value."""

from collections import Counter
from datetime import date

from core.model import Connection, QualityIssue, Statement, StreamState
from core.ports import Unit
from hub.reports.invoices import ageing, financed, unpaid
from hub.reports.known import Known, Scope, know
from hub.reports.lines import left, matched, waiting
from hub.reports.money import flows, rates
from hub.reports.value import Account, Covered, Finding, ReconciliationReport
from hub.reports.words import plain

SEVERITIES = ("error", "warning", "info")


def reconciliation(
    unit: Unit, *, company_id: str | None = None, since: date | None = None, until: date | None = None
) -> ReconciliationReport:
    """What was matched and why, what waits, what is unpaid: for one company or all, by booking date."""
    scope = Scope(company_id, since, until)
    known = know(unit, scope)
    open_invoices, declared_paid = unpaid(known)
    names = (c.legal_name for c in known.companies.values() if company_id in (None, c.id))
    return ReconciliationReport(
        title="Reconciliation",
        revision=unit.revision,
        generated_at=unit.now,
        today=known.today,
        since=since,
        until=until,
        company_id=company_id,
        companies=tuple(sorted(plain(name) for name in names)),
        flows=flows(known),
        rates=rates(known),
        matched=matched(known),
        waiting=waiting(known),
        left=left(known),
        ageing=ageing(open_invoices),
        financed=financed(known),
        open_invoices=open_invoices,
        declared_paid=declared_paid,
        findings=_findings(unit, scope),
        connections=_connections(unit, known),
        accounts=_accounts(unit, known),
    )


def _findings(unit: Unit, scope: Scope) -> tuple[Finding, ...]:
    issues = unit.find(QualityIssue, **scope.equal())
    issues.sort(key=lambda i: (i.resolved_at is not None, SEVERITIES.index(i.severity), i.code, i.id))
    return tuple(
        Finding(
            code=plain(i.code),
            severity=i.severity,
            record=plain(i.record),
            message=plain(i.message),
            occurrences=i.occurrences,
            first_seen_at=i.first_seen_at,
            last_seen_at=i.last_seen_at,
            resolved_at=i.resolved_at,
        )
        for i in issues
    )


def _connections(unit: Unit, known: Known) -> tuple[Covered, ...]:
    return tuple(
        Covered(
            connection_id=c.id,
            provider=c.provider,
            company=plain(known.companies[c.company_id].legal_name)
            if c.company_id in known.companies
            else c.company_id,
            state=c.state,
            health=c.health,
            last_success_at=c.last_success_at,
            history_from=c.history_from,
            streams=tuple(s.stream for s in unit.find(StreamState, connection_id=c.id)),
            error=plain(c.error) if c.error else None,
        )
        for c in unit.find(Connection, **known.scope.equal())
    )


def _accounts(unit: Unit, known: Known) -> tuple[Account, ...]:
    booked: dict[str, list[date]] = {}
    for line in known.lines:
        if line.status == "booked" and line.booking_date:
            booked.setdefault(line.account_id, []).append(line.booking_date)
    statements = Counter(s.account_id for s in unit.all(Statement, as_of=None, **known.scope.equal()))
    return tuple(
        Account(
            account_id=a.id,
            label=plain(a.name or a.iban or a.id),
            provider=a.source.provider if a.source else None,
            currency=a.currency,
            lines=len(booked.get(a.id, ())),
            first_booking=min(booked.get(a.id, ()), default=None),
            last_booking=max(booked.get(a.id, ()), default=None),
            statements=statements[a.id],
        )
        for a in known.accounts.values()
    )
