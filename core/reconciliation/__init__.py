"""Which payment pays which invoice: pure, deterministic, and never a guess."""

from core.reconciliation.decision import decision_id
from core.reconciliation.explain import explain, reason_in_words
from core.reconciliation.fold import reconcile
from core.reconciliation.line import BANK, FILE, LEDGER, Item, Line, PayerAccount, Prior
from core.reconciliation.lineage import tie
from core.reconciliation.policy import CODE_VERSION, Policy
from core.reconciliation.warm import Advance, WarmEngine

__all__ = [
    "BANK",
    "CODE_VERSION",
    "FILE",
    "LEDGER",
    "Advance",
    "Item",
    "Line",
    "PayerAccount",
    "Policy",
    "Prior",
    "WarmEngine",
    "decision_id",
    "explain",
    "reason_in_words",
    "reconcile",
    "tie",
]
