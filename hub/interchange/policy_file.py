"""Reads a policy from TOML; unknown keys and wrong types are refused by name."""

import tomllib
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.reconciliation import Policy
from core.reconciliation.settings import policy_of


def read_policy(path: Path) -> Policy:
    """Raises BadInput, naming the key, when the file does not hold a policy."""
    return policy_of(policy_values(path), where=path.name)


def policy_values(path: Path) -> dict[str, Any]:
    """The keys a file sets; raises BadInput when it is no TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: the policy cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name}: not a TOML file: {error}") from None
