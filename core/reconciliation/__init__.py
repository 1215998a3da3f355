"""Which payment pays which invoice: pure, deterministic, and never a guess.

Here is what goes in. The rules are imported from where they stand (`fold`, `warm`, `explain`): over files the
compiled kernel decides, and need not wait for them.
"""

from core.reconciliation.line import BANK, FILE, LEDGER, Item, Line, PayerAccount, Prior
from core.reconciliation.policy import CODE_VERSION, Policy

__all__ = [
    "BANK",
    "CODE_VERSION",
    "FILE",
    "LEDGER",
    "Item",
    "Line",
    "PayerAccount",
    "Policy",
    "Prior",
]
