"""Reconciliation over files: no connector, no database, no server."""

from hub.interchange import memory  # noqa: F401  (before any module that loads Polars)
from hub.interchange.policy_file import read_policy
from hub.interchange.run import FORMATS, Summary, run_files

__all__ = ["FORMATS", "Summary", "read_policy", "run_files"]
