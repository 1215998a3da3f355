"""Calls the compiled library: tables go in and out by the Arrow C data interface, so nothing is copied."""

import ctypes
from collections.abc import Sequence
from contextlib import contextmanager
from ctypes import POINTER, Structure, byref, c_bool, c_char_p, c_size_t, c_void_p, py_object, pythonapi
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, Final, Protocol

from core.reconciliation.kernel.kept import told
from core.reconciliation.kernel.sources import fingerprint
from core.reconciliation.kernel.words import RECORD, UNIT, characters
from core.reconciliation.policy import CODE_VERSION, Policy

MOST_MINOR: Final = 10**12
"""Amounts beyond this, in minor units, are left to the Python, whose whole numbers have no end."""
BLOCK: Final = 2_000
"""Lines of a wall that are read at once; one of ten blocks or more is read ahead by several threads."""
_HERE: Final = Path(__file__).parent
_STREAM: Final = b"arrow_array_stream"


class Declined(Exception):
    """The kernel could not decide these tables; the message says why. The Python can."""


class Table(Protocol):
    """A table as a stream of the Arrow C data interface; one batch."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class Bytes(Structure):
    """A text that either side hands over."""

    _fields_ = (("at", c_void_p), ("size", c_size_t))


class _Stream(Structure):
    _fields_ = tuple((name, c_void_p) for name in ("schema", "next", "error", "release", "private"))


class _Handed:
    """A table that the kernel made; it can be read once."""

    def __init__(self, streams: Any, n: int) -> None:
        self._streams, self._n = streams, n

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        make = pythonapi.PyCapsule_New
        make.restype, make.argtypes = py_object, (c_void_p, c_char_p, c_void_p)
        return make(ctypes.addressof(self._streams[self._n]), _STREAM, None)


@cache
def loaded() -> ctypes.CDLL | None:
    """The library with its words; None where it was not built, or not from the sources that are here."""
    found = [p for suffix in EXTENSION_SUFFIXES if (p := _HERE / f"_kernel{suffix}").exists()]
    if not found:
        return None
    library = ctypes.CDLL(str(found[0]))
    library.lettrage_sources.argtypes = (POINTER(Bytes),)
    library.lettrage_free.argtypes = (Bytes,)
    built_from = Bytes()
    library.lettrage_sources(byref(built_from))
    if fingerprint() not in (None, taken(library, built_from)):
        return None
    library.lettrage_open.restype = c_void_p
    library.lettrage_open.argtypes = (c_void_p, c_void_p, c_void_p, POINTER(Bytes))
    library.lettrage_unknown.restype = c_bool
    library.lettrage_unknown.argtypes = (c_void_p, c_size_t, POINTER(Bytes), POINTER(Bytes))
    library.lettrage_decide.restype = c_bool
    library.lettrage_decide.argtypes = (c_void_p, Bytes, c_size_t, c_size_t, c_void_p, POINTER(Bytes))
    library.lettrage_close.argtypes = (c_void_p,)
    for name in ("lettrage_words", "lettrage_characters"):
        getattr(library, name).argtypes = (Bytes,)
    known = told()
    library.lettrage_words(given(known.words))
    library.lettrage_characters(given(known.characters))
    return library


def is_available() -> bool:
    """Whether the kernel was built here."""
    return loaded() is not None


def decide(
    lines: Table, items: Table, accounts: Table, policy: Policy, *, threads: int, block: int = BLOCK
) -> Sequence[Table]:
    """Decisions, allocations and candidates, in the order of the files, of which the tables have the columns.
    `threads` and `block` change nothing but the time.

    Raises Declined when the tables are not such, or hold something that the kernel was not made for.
    """
    library = loaded()
    if library is None:
        raise Declined("it was not built here, or from other sources than are here")
    failed = Bytes()
    streams = (_Stream * 3)()
    with _piece_of(library, (lines, items, accounts), failed) as piece:
        _tell_characters(library, piece, threads, failed)
        told = given(policy_text(policy, earned=policy.earned_tiers))
        if not library.lettrage_decide(piece, told, threads, block, byref(streams), byref(failed)):
            raise Declined(taken(library, failed))
    return [_Handed(streams, n) for n in range(3)]


@contextmanager
def _piece_of(library: ctypes.CDLL, tables: Sequence[Table], failed: Bytes) -> Any:
    capsules = [table.__arrow_c_stream__() for table in tables]
    piece = library.lettrage_open(*map(_pointer, capsules), byref(failed))
    if not piece:
        raise Declined(taken(library, failed))
    try:
        yield piece
    finally:
        library.lettrage_close(piece)


def _pointer(capsule: object) -> int:
    pointer = pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = c_void_p, (py_object, c_char_p)
    found: int = pointer(capsule, _STREAM)
    return found


def _tell_characters(library: ctypes.CDLL, piece: int, threads: int, failed: Bytes) -> None:
    """Tells what the characters beyond ASCII that occur are in a folded text, and in ASCII letters."""
    unknown = Bytes()
    if not library.lettrage_unknown(piece, threads, byref(unknown), byref(failed)):
        raise Declined(taken(library, failed))
    if found := taken(library, unknown):
        library.lettrage_characters(given(characters(found)))


def policy_text(policy: Policy, *, earned: Sequence[str]) -> str:
    """The policy as records; `earned` are tiers that are still to be earned, and closed until then."""
    told = {"version": policy.version, "code": CODE_VERSION, "earned_tiers": list(earned)}
    values = {**policy.values(), **told}
    texts = {key: value if isinstance(value, list) else [value] for key, value in values.items()}
    return RECORD.join(UNIT.join((key, *map(str, value))) for key, value in texts.items())


def given(text: str) -> Bytes:
    """Bytes for one call; they live as long as the structure."""
    content = text.encode()
    given = Bytes(ctypes.cast(ctypes.c_char_p(content), c_void_p), len(content))
    given.content = content
    return given


def taken(library: ctypes.CDLL, bytes_: Bytes) -> str:
    """The text of bytes that the kernel made, which has them back."""
    if not bytes_.at:
        return ""
    text = ctypes.string_at(bytes_.at, bytes_.size).decode()
    library.lettrage_free(bytes_)
    return text
