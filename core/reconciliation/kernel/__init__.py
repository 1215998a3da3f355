"""The compiled half of the engine: it decides whole tables as the fold does, many times as fast.

It is written in Rust, module by module as the Python is, and compared with it byte by byte. Words, patterns
and numbers of the rules stand in the Python only. Where it was not built, the Python decides.
"""

from core.reconciliation.kernel.library import MOST_MINOR, Declined, Table, decide, is_available

__all__ = ["MOST_MINOR", "Declined", "Table", "decide", "is_available"]
