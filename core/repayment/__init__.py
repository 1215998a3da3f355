"""From allocations to repayment events: a pure step."""

from core.repayment.derive import derive_events
from core.repayment.finality import WatchPolicy
from core.repayment.watch import Claim, Moment, Surplus, Watch

__all__ = ["Claim", "Moment", "Surplus", "Watch", "WatchPolicy", "derive_events"]
