"""What a tenant allows the engine to do by itself; every key has a default that is safe."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from core.ids import content_hash

CODE_VERSION: Final = "reconciliation-9"
"""Named in every explanation; changes whenever the rules can decide differently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Keys of the policy file, with their defaults. Amounts are minor units of the line's currency."""

    allow_partial: bool = True
    """T8: a known payer's partial payment citing one full number is allocated automatically."""
    charges_tolerance_minor: int = 0
    """T4: bank charges up to this much may be missing; 0 allows none."""
    rounding_tolerance_minor: int = 2
    """T4: a gap up to this much is labelled `rounding`."""
    exchange_tolerance_bp: int = 100
    """T4: what may be missing, in basis points, when the line says that the money was changed."""
    commission_allowed: bool = False
    """T4: an agent's commission explains a gap, if the text says so and the gross belongs to one item."""
    legal_order: bool = False
    """T6, T7: of equal items the oldest that is due is paid first, by the civil code (1342-10)."""
    joint_decisions: bool = False
    """T3: several lines of one day that together pay what they cite are decided at once (n:m)."""
    indirect_collection: bool = False
    """A seller may forward what his debtors paid him; otherwise money from a seller is a REVIEW."""
    hold_days: int = 0
    """Business days that a payment without reference (T6, T7) waits for a stronger claim, counted from
    its booking day and never from the clock; 0 decides at once."""
    max_coincidence: float = 0.001
    """Upper bound of the matches that chance alone would give, for decisions that lean on numbers."""
    automatic_tiers: tuple[str, ...] = ("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8")
    """Tiers that may decide alone; a tier left out prepares a REVIEW instead."""
    earned_tiers: tuple[str, ...] = ()
    """Of these, tiers that a tenant's own people must first have confirmed often enough: until then what
    they would decide waits in REVIEW. Over files nothing was confirmed, so they stay closed."""
    precision_floor: float = 0.999
    """How precise an earned tier must be shown to be (lower 95 % bound) before it opens; any tier closes
    when it is shown not to be (upper bound)."""
    confirmed_after_days: int = 90
    """A decision that nobody reversed for so long, counted in booking days, counts as confirmed."""
    early_days: int = 7
    """How long before its issue date an invoice may be paid; before, it is another one of that number."""
    return_window_days: int = 400
    """How far back the original of a returned payment is looked for (13 months)."""
    max_text: int = 2000
    """Characters of a text that are read."""
    max_references: int = 60
    """References of one text that are looked up."""
    max_owed: int = 2_000
    """Open items of one payer among which a cut or mistyped number is looked up."""
    max_group_items: int = 40
    """Items among which a group that sums is searched."""
    max_group_size: int = 8
    """Items of such a group, when they are not all cited."""
    max_group_steps: int = 20_000
    """Steps of one such search."""
    max_shared_key: int = 50
    """A reference or counter that more items share points nowhere."""

    def values(self) -> dict[str, Any]:
        """Every key with its value, as a policy file would have it."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @property
    def version(self) -> str:
        """Derived from the content: equal policies have equal versions."""
        return f"policy-{content_hash(asdict(self))[:12]}"
