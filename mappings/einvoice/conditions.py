"""When and what to pay: due date, early-payment discount, retained amount."""

import re
from datetime import date, timedelta
from decimal import Decimal

from core.model.invoice import EarlyDiscount, Retention
from mappings.einvoice.reading import basis_points, day, minor_of, number
from mappings.einvoice.record import Document, Term, TermsRecord
from mappings.einvoice.result import Finding, Unreadable

_SKONTO = re.compile(r"#SKONTO#TAGE=(\d{1,3})#PROZENT=(\d{1,2}(?:\.\d{1,2})?)#(?:BASISBETRAG=[\d.]+#)?")
"""The structured text of German invoices, one line per offer."""
_DISCOUNT = re.compile(r"(?i)skonto|escompte|early.payment|discount")
_RETENTION = re.compile(
    r"(?i)\bretenue de garantie\b(?:\s+de)?(?:\s*\(?\d{1,2}(?:[.,]\d{1,2})?\s*%\)?)?"
    r"[^\d%]{0,40}?(\d{1,3}(?:[ \u00a0\u202f]?\d{3})*[.,]\d\d)\s*(?:EUR\b|€)"
)
"""An amount in a retention clause (note ABU). A percentage is not enough: parties differ on the base."""
_RELEASED = re.compile(r"(?i)lib[ée]r\w*[^\d]{0,40}(\d\d)/(\d\d)/(\d{4})")


def due_date(document: Document, findings: list[Finding]) -> date | None:
    """BT-9. Of several, the one without a discount; when that is not one, the latest, with a finding."""
    dated = [one for one in document.terms if one.due is not None]
    plain = [one for one in dated if len(dated) == 1 or not _is_discount(one)]
    days = sorted({day(one.due) for one in (plain or dated) if one.due is not None})
    if len(days) > 1:
        kind = "instalments" if any(one.part for one in dated) else "due dates"
        message = f"{len(days)} {kind}: the latest is taken as the due date"
        findings.append(Finding("several_due_dates", "warning", message, document.place))
    return days[-1] if days else None


def _is_discount(terms: TermsRecord) -> bool:
    return terms.discount_percent is not None or bool(terms.text and _DISCOUNT.search(terms.text.text))


def early_discount(document: Document, issued: date, findings: list[Finding]) -> EarlyDiscount | None:
    """The best offer that is written in figures; prose stays prose. Others are told, not lost."""
    offers = sorted(_offers(document, issued), key=lambda one: (-one.rate_bp, one.until))
    if len(offers) > 1:
        message = f"{len(offers)} discounts are offered: the highest is kept"
        findings.append(Finding("several_discounts", "info", message, document.place))
    return offers[0] if offers else None


def _offers(document: Document, issued: date) -> list[EarlyDiscount]:
    found: list[EarlyDiscount] = []
    for terms in document.terms:
        if terms.text is not None:
            found += _written(terms.text, issued)
        if terms.discount_percent is not None and (until := _until(terms, issued)) is not None:
            found.append(EarlyDiscount(rate_bp=basis_points(terms.discount_percent), until=until))
    return [one for one in dict.fromkeys(found) if one.rate_bp > 0]


def _written(text: Term, issued: date) -> list[EarlyDiscount]:
    return [
        EarlyDiscount(rate_bp=int(Decimal(percent) * 100), until=_after(issued, Decimal(days), text.place))
        for days, percent in _SKONTO.findall(text.text)
    ]


def _until(terms: TermsRecord, issued: date) -> date | None:
    """Days after the issue date, else the due date that goes with the discount."""
    days = terms.discount_days
    if days is not None and days.qualifier in ("", "DAY"):
        return _after(issued, number(days), days.place)
    return day(terms.due) if terms.due is not None and days is None else None


def _after(issued: date, days: Decimal, place: str) -> date:
    try:
        if days == days.to_integral_value():
            return issued + timedelta(days=int(days))
    except OverflowError:
        pass
    message = f"a discount until {days:f} days after {issued} ends on no day of the calendar"
    raise Unreadable("unreadable_date", message, place)


def retention(document: Document, currency: str, findings: list[Finding]) -> Retention | None:
    """The amount of a retention clause (note ABU) that states exactly one; else None."""
    clauses = [(note, one) for note in document.notes if note.qualifier == "ABU" for one in _amounts(note)]
    if len(clauses) != 1:
        return None
    note, text = clauses[0]
    amount = Decimal(re.sub(r"[ \u00a0\u202f]", "", text).replace(",", "."))
    released = _RELEASED.search(note.text)
    findings.append(
        Finding("retention_read", "info", f"a retention of {amount:f} is read from a note", note.place)
    )
    return Retention(
        amount_minor=minor_of(amount, currency, note.place),
        release_date=_release(released, note) if released else None,
    )


def _amounts(note: Term) -> list[str]:
    return _RETENTION.findall(note.text)


def _release(found: re.Match[str], note: Term) -> date:
    d, m, y = found.groups()
    return day(Term(f"{y}-{m}-{d}", note.place))
