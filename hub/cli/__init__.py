"""The command line: the same use cases as the API, for people and scripts."""

from hub.cli.main import main

__all__ = ["main"]
