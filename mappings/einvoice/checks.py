"""The arithmetic of EN 16931 that concerns money: exact, reported, never repaired.

The seller's figures are the claim and are kept as they are; a difference is told with the rule's own
name and both figures. What the norm tolerates (a rounding per line, one unit of VAT) is told as `info`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext

from mappings.einvoice.codes import CATEGORIES, UNTAXED, profile_name
from mappings.einvoice.reading import number
from mappings.einvoice.record import Document, Syntax, Term
from mappings.einvoice.result import Finding

_CENT, _UNIT, _ZERO, _ANY = Decimal("0.01"), Decimal(1), Decimal(0), Decimal("Infinity")
_DIGITS = 120
"""Of the product of two numbers, each of 36 digits at most, and of any sum of them: nothing is rounded."""
Group = tuple[str, Decimal | None]


def money_findings(document: Document) -> list[Finding]:
    """Every rule of money that the document breaks; raises Unreadable for an amount that is none."""
    with localcontext(prec=_DIGITS):
        rules = (_sums, _totals, _breakdown, _bases, _decimals)
        return [found for rule in rules for found in rule(document)]


def _round(amount: Decimal) -> Decimal:
    """To cents, half away from zero."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _value(term: Term | None) -> Decimal:
    return _ZERO if term is None else number(term)


def tax_total(document: Document) -> Term | None:
    """BT-110: the tax total in the document's currency, told by its currency and not by its position."""
    currency = document.currency.text if document.currency else ""
    found = [one for one in document.totals.taxes if one.qualifier in ("", currency)]
    return found[0] if found else None


def _tolerance(document: Document) -> Decimal:
    """EXTENDED lets sums deviate by a cent for each amount that was added."""
    if document.profile is None or not (profile_name(document.profile.text) or "").startswith("EXTENDED"):
        return _ZERO
    return _CENT * (len(document.lines) + len(document.extras))


def _is(document: Document, profile: str) -> bool:
    return document.profile is not None and profile_name(document.profile.text) == profile


def _has_third_parties(document: Document) -> bool:
    """The extension of XRechnung adds payments of third parties, which are not read, to what is payable."""
    profile = document.profile.text.lower() if document.profile else ""
    return "xrechnung" in profile and "#conformant#" in profile


def _compare(
    rule: str, what: str, stated: Term | None, computed: Decimal, *, place: str, tolerance: Decimal = _ZERO
) -> Iterator[Finding]:
    difference = _value(stated) - computed
    if difference:
        message = f"{what}: stated {_value(stated):f}, computed {computed:f}, difference {difference:f}"
        severity = "info" if abs(difference) <= tolerance else "error"
        yield Finding(rule, severity, message, stated.place if stated else place)  # type: ignore[arg-type]  # one of two words


def _sums(document: Document) -> Iterator[Finding]:
    """BR-CO-10 to 12: the sums of lines, allowances and charges."""
    totals, tolerance, place = document.totals, _tolerance(document), document.place
    counted = [_value(line.net) for line in document.lines if line.counts]
    if counted:
        total = _round(sum(counted, _ZERO))
        yield from _compare(
            "BR-CO-10", "sum of the lines", totals.lines, total, place=place, tolerance=tolerance
        )
    for rule, stated, is_charge in (
        ("BR-CO-11", totals.allowances, False),
        ("BR-CO-12", totals.charges, True),
    ):
        extras = [number(one.amount) for one in document.extras if one.is_charge is is_charge]
        if document.lines or extras:
            what = "sum of the charges" if is_charge else "sum of the allowances"
            total = _round(sum(extras, _ZERO))
            yield from _compare(rule, what, stated, total, place=place, tolerance=tolerance)


def _totals(document: Document) -> Iterator[Finding]:
    """BR-CO-13, 15 and 16: net, gross and payable."""
    totals, tolerance, place = document.totals, _tolerance(document), document.place
    if totals.lines is not None and totals.net is not None:
        net = number(totals.lines) - _value(totals.allowances) + _value(totals.charges)
        yield from _compare("BR-CO-13", "net total", totals.net, net, place=place, tolerance=tolerance)
    if totals.net is not None and totals.gross is not None:
        gross = number(totals.net) + _value(tax_total(document))
        yield from _compare("BR-CO-15", "gross total", totals.gross, gross, place=place, tolerance=tolerance)
    if totals.gross is not None and totals.payable is not None and not _is(document, "MINIMUM"):
        payable = number(totals.gross) - _value(totals.prepaid) + _value(totals.rounding)
        allowed = _ANY if _has_third_parties(document) else _ZERO
        yield from _compare(
            "BR-CO-16", "payable amount", totals.payable, payable, place=place, tolerance=allowed
        )


def _breakdown(document: Document) -> Iterator[Finding]:
    """BR-CO-14 and 17, BR-x-09: the tax of each group and their sum, and the sum of the bases."""
    if not document.taxes:
        return
    place = document.place
    total = _round(sum((_value(one.tax) for one in document.taxes), _ZERO))
    yield from _compare("BR-CO-14", "VAT total", tax_total(document), total, place=place)
    if document.totals.net is not None:
        bases = sum((_value(one.base) for one in document.taxes), _ZERO)
        net = number(document.totals.net)
        if bases != net:
            message = f"sum of the VAT bases: {bases:f}, net total {net:f}"
            severity = "info" if abs(bases - net) <= max(_tolerance(document), _CENT) else "error"
            yield Finding("VAT-BASES", severity, message, document.totals.net.place)  # type: ignore[arg-type]  # one of two words
    for one in document.taxes:
        code = one.category.text if one.category else ""
        if code in UNTAXED:
            yield from _compare(f"BR-{code}-09", f"VAT of category {code}", one.tax, _ZERO, place=place)
        elif one.rate is not None and one.base is not None:
            tax = _round(number(one.base) * number(one.rate) / 100)
            what = f"VAT at {number(one.rate).normalize():f} %"
            yield from _compare("BR-CO-17", what, one.tax, tax, place=place, tolerance=_UNIT)


def _bases(document: Document) -> Iterator[Finding]:
    """BR-S-08 and its sisters: the base of a category and rate is what lines and extras add up to."""
    lines = [line for line in document.lines if line.counts]
    if not document.taxes or not lines or any(line.category is None for line in lines):
        return
    sums: dict[Group, Decimal] = defaultdict(Decimal)
    stated: dict[Group, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[_group(line.category, line.rate)] += _value(line.net)
    for extra in document.extras:
        amount = number(extra.amount)
        sums[_group(extra.category, extra.rate)] += amount if extra.is_charge else -amount
    for one in document.taxes:
        stated[_group(one.category, one.rate)] += _value(one.base)
    for group in sorted({*sums, *stated}, key=str):
        difference = stated[group] - sums[group]
        if difference:
            allowed = max(_UNIT, _tolerance(document))
            severity = "info" if abs(difference) <= allowed else "error"
            code = group[0] if group[0] in CATEGORIES else "S"
            message = (
                f"VAT base of category {code}: stated {stated[group]:f}, lines and allowances add up to"
                f" {sums[group]:f}"
            )
            yield Finding(f"BR-{code}-08", severity, message, document.place)  # type: ignore[arg-type]  # one of two words


def _group(category: Term | None, rate: Term | None) -> Group:
    """`20` and `20.00` are one rate; outside the scope of VAT there is none, though some write 0."""
    code = category.text if category else ""
    if code in UNTAXED or rate is None:
        return code, None
    return code, number(rate).normalize()


def _decimals(document: Document) -> Iterator[Finding]:
    """BR-DEC: amounts have two decimals at most."""
    long = [one for one in _amounts(document) if number(one) != _round(number(one))]
    if long:
        message = f"{len(long)} amounts have more than two decimals"
        yield Finding("BR-DEC", "info", message, long[0].place)


def _amounts(document: Document) -> Iterable[Term]:
    totals = document.totals
    named = (totals.lines, totals.net, totals.gross, totals.prepaid, totals.rounding, totals.payable)
    yield from (one for one in (*named, *(line.net for line in document.lines)) if one is not None)
    if document.syntax is not Syntax.ZUGFERD1:
        yield from totals.taxes
