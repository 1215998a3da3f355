"""Reads a policy from TOML; unknown keys and wrong types are refused by name."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.reconciliation import Policy


def read_policy(path: Path) -> Policy:
    """Raises BadInput, naming the key, when the file does not hold a policy."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: the policy cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name}: not a TOML file: {error}") from None
    defaults = Policy()
    known = {f.name for f in fields(Policy)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise BadInput(
            f"{path.name}: unknown policy key {', '.join(unknown)}; the keys are {', '.join(sorted(known))}"
        )
    return Policy(**{name: _value(path.name, name, v, getattr(defaults, name)) for name, v in given.items()})


def _value(file: str, name: str, value: Any, default: Any) -> Any:
    if isinstance(default, bool):
        fits, expected = isinstance(value, bool), "true or false"
    elif isinstance(default, float):
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        expected = "a number, zero or more"
    elif isinstance(default, int):
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        expected = "a whole number, zero or more"
    else:
        known = set(default)
        fits = isinstance(value, list) and all(v in known for v in value)
        expected = f"a list of {', '.join(default)}"
    if not fits:
        raise BadInput(f"{file}: {name} is {str(value)[:40]!r}: expected {expected}")
    return tuple(value) if isinstance(value, list) else value
