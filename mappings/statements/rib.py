"""French account numbers (RIB: bank 5, branch 5, account 11, key 2) as files give them, with their IBAN."""

import re
from functools import lru_cache
from typing import Final

from core.model.identifiers import french_iban, is_iban
from mappings.statements.draft import AccountName

_WHOLE: Final = re.compile(r"(\d{5})(\d{5})([0-9A-Z]{11})(\d{2})", re.ASCII)


@lru_cache(maxsize=256)
def account(bank: str, branch: str, number: str) -> AccountName:
    """The account under the bank's own name of it, with its IBAN where the number can have one."""
    raw = f"{bank} {branch} {number}"
    try:
        iban = french_iban(bank, branch, number)
    except ValueError:  # a factor's internal account may be no French account number
        return AccountName(raw=raw)
    return AccountName(raw=raw, iban=iban if is_iban(iban) else None)


def whole(text: str) -> AccountName | None:
    """The account of a RIB written in one, whose key holds; None for any other text.

    >>> whole("30004008280001020304B50").iban
    'FR5430004008280001020304B50'
    """
    parts = _WHOLE.fullmatch(text)
    if parts is None:
        return None
    found = account(*parts.groups()[:3])
    return found if found.iban is not None and found.iban.endswith(parts[4]) else None
