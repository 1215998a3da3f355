"""What an account number means: the French chart of accounts as far as receivables and payables need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

Role = Literal[
    "customer", "supplier", "revenue", "cost", "vat", "advance", "treasury", "netting",
    "exchange", "write_off", "discount", "fee", "other",
]  # fmt: skip
ROOTS: Final[Mapping[str, Role]] = {
    "411": "customer",
    "401": "supplier", "404": "supplier",
    "7": "revenue",
    "6": "cost", "20": "cost", "21": "cost", "23": "cost",
    "445": "vat",
    "4191": "advance", "4091": "advance",
    "51": "treasury", "53": "treasury", "54": "treasury", "58": "treasury",
    "42": "netting", "455": "netting",
    "656": "exchange", "666": "exchange", "756": "exchange", "766": "exchange",
    "654": "write_off", "658": "write_off", "758": "write_off",
    "665": "discount", "765": "discount",
    "627": "fee",
}  # fmt: skip
"""Account roots to roles; the longest root of an account counts. Fixed assets are a cost here: what
matters is that a supplier invoiced them. 408 and 418 are accruals, no invoices: `other`."""
RETENTION: Final = ("4117", "4017")
"""Retained amounts (retenues de garantie) on the same customer or supplier."""


@dataclass(frozen=True)
class Chart:
    """A chart of accounts. `roots` may be replaced where a company books customers elsewhere."""

    roots: Mapping[str, Role] = field(default_factory=lambda: ROOTS)

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.roots), default=0)

    def role(self, account: str) -> Role:
        """What lines on this account are."""
        for length in range(min(len(account), self._longest), 0, -1):
            if role := self.roots.get(account[:length]):
                return role
        return "other"


def is_collective(account: str) -> bool:
    """Whether an account without an auxiliary one stands for all customers or suppliers (411000)."""
    return account.isdigit() and len(account.rstrip("0")) <= 4
