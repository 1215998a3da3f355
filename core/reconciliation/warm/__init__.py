"""A reconciliation that goes on: what was decided so far is kept as it stands, and new facts are added."""

from core.reconciliation.warm.engine import Advance, WarmEngine

__all__ = ["Advance", "WarmEngine"]
