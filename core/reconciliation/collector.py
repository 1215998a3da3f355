"""The cyclic garbage collector rests while decisions are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def all_alive() -> Iterator[None]:
    """Pauses the cyclic collector: a run makes millions of values, all alive and free of cycles, and walking
    them again and again would cost as much as deciding."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
