"""The cyclic garbage collector rests while much is made that stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def all_alive() -> Iterator[None]:
    """Pauses the cyclic collector: a run makes millions of values (a start thousands of functions and
    classes), all alive, and walking them again and again would cost as much as deciding."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
