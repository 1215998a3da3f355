"""A policy from plain values: unknown keys and wrong types are refused by name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from core.errors import BadInput
from core.reconciliation.policy import Policy

MOST: Final = 1_000_000_000
MOST_DAYS: Final = 36_500
_TIERS: Final = Policy().automatic_tiers


def policy_of(values: Mapping[str, Any], *, where: str) -> Policy:
    """The policy with these keys set; `where` names their source in the BadInput that a wrong one raises."""
    defaults = Policy()
    known = {f.name for f in fields(Policy)}
    if unknown := sorted(set(values) - known):
        names = ", ".join(sorted(known))
        raise BadInput(f"{where}: unknown policy key {', '.join(unknown)}; the keys are {names}")
    return Policy(**{name: _value(where, name, v, getattr(defaults, name)) for name, v in values.items()})


def _value(where: str, name: str, value: Any, default: Any) -> Any:
    fits, expected = _check(name, value, default)
    if not fits:
        raise BadInput(f"{where}: {name} is {str(value)[:40]!r}: expected {expected}")
    return tuple(value) if isinstance(value, list) else value


def _check(name: str, value: Any, default: Any) -> tuple[bool, str]:
    """Whether a value may stand for a key, and what would."""
    if isinstance(default, bool):
        return isinstance(value, bool), "true or false"
    if isinstance(default, float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and 0 <= value <= 1, "a number between 0 and 1"
    if isinstance(default, int):
        most = MOST_DAYS if name.endswith("_days") else MOST
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and 0 <= value <= most, f"a whole number, zero or more, at most {most}"
    return isinstance(value, list) and all(v in _TIERS for v in value), f"a list of {', '.join(_TIERS)}"
