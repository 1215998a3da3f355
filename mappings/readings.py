"""Readings that several providers' tables share: whole cents, French numbers, names, French days."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core.model import Identifier, Party
from core.model.identifiers import is_siren, is_siret
from mappings.grammar import UnreadableError

PARIS = ZoneInfo("Europe/Paris")


def names(text: str) -> frozenset[str]:
    """Field names written as words of one text."""
    return frozenset(text.split())


def french_day(instant: datetime) -> date:
    """The calendar day of an instant in France."""
    return instant.astimezone(PARIS).date()


def whole(value: Any) -> int | None:
    """Cents: an integer, or its digits in text."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    try:
        if isinstance(value, str | Decimal) and Decimal(value) == int(Decimal(value)):
            return int(Decimal(value))
    except (ArithmeticError, ValueError):
        pass
    raise UnreadableError(f"cents: expected a whole number, found {type(value).__name__}")


def signed(side: int | None, amount: int | None) -> int | None:
    return None if side is None or amount is None else side * amount


def texts(*parts: Any) -> tuple[str, ...]:
    return tuple(part for part in parts if isinstance(part, str))


def siren_of(number: Any) -> str | None:
    """The SIREN in a legal number or a French tax number (SIREN or SIRET); None for anything else."""
    digits = str(number or "").replace(" ", "")
    if is_siret(digits) or is_siren(digits):
        return digits[:9]
    return None


def identifiers(number: Any, vat: Any) -> tuple[Identifier, ...]:
    found = []
    if number is not None:
        digits = str(number).replace(" ", "")
        scheme: Any = "siren" if is_siren(digits) else "siret" if is_siret(digits) else "other"
        found.append(Identifier(scheme=scheme, value=digits, verified=scheme != "other"))
    if vat is not None:
        found.append(Identifier(scheme="vat", value=str(vat).replace(" ", ""), verified=False))
    return tuple(found)


def full_name(name: Any, given: Any, family: Any) -> str | None:
    return name or " ".join(texts(given, family)) or None


def party(name: str | None, number: Any, vat: str | None, country: str | None) -> Party:
    return Party(name=name, siren=siren_of(number), vat_number=vat, country=country)


def difference(whole_minor: int | None, part_minor: int | None) -> int | None:
    return None if whole_minor is None or part_minor is None else whole_minor - part_minor


def payable(gross: int | None, withheld: int | None) -> int | None:
    return None if gross is None else gross - (withheld or 0)
