"""How many examples property tests try here: quick, and the same on every machine."""

from hypothesis import settings

quick = settings(max_examples=40, deadline=None, derandomize=True)
