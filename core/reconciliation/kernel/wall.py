"""One wall that the kernel holds, and decides again and again."""

import json
import weakref
from collections.abc import Iterator, Sequence
from ctypes import POINTER, byref, c_bool, c_int32, c_size_t, c_void_p
from datetime import date
from functools import cache
from typing import Any, Final

from core.reconciliation.kernel.library import BLOCK, Bytes, Declined, given, loaded, policy_text, taken
from core.reconciliation.kernel.words import characters
from core.reconciliation.policy import Policy

AT_ONCE: Final = 1_000_000
"""Decisions of so many characters are read at once: those of a year would fill memory."""
THREADS: Final = 2
"""Lines are read by so many threads when they are many."""


@cache
def _library() -> Any:
    """The library, told how its walls are called; None where there is none."""
    library = loaded()
    if library is None:
        return None
    library.lettrage_unknown_in.argtypes = (Bytes, POINTER(Bytes))
    library.lettrage_wall_open.restype = c_void_p
    library.lettrage_wall_open.argtypes = (*[Bytes] * 5, POINTER(Bytes))
    for name in ("take", "note", "back", "go_on"):
        getattr(library, f"lettrage_wall_{name}").restype = c_bool
    library.lettrage_wall_take.argtypes = (c_void_p, Bytes, c_size_t, POINTER(Bytes))
    library.lettrage_wall_note.argtypes = (c_void_p, Bytes, POINTER(Bytes))
    library.lettrage_wall_back.argtypes = (c_void_p, c_int32, POINTER(c_int32), POINTER(Bytes))
    library.lettrage_wall_go_on.argtypes = (
        c_void_p, Bytes, c_size_t, c_size_t, POINTER(Bytes), POINTER(Bytes),
    )  # fmt: skip
    library.lettrage_wall_close.argtypes = (c_void_p,)
    return library


class Wall:
    """A wall from sheets of its receivables, payables and accounts (see `sheets`), without lines at first.

    Not for several threads at once. Whatever the kernel cannot do raises Declined, and the wall is of no
    use any more then.
    """

    def __init__(
        self, receivables: str, payables: str, accounts: str, *, currency: str, policy: Policy
    ) -> None:
        self._call = _library()
        if self._call is None:
            raise Declined("it was not built here, or from other sources than are here")
        failed = Bytes()
        items = self._known(receivables), self._known(payables)
        others = self._known(accounts), given(currency), given(policy_text(policy, earned=()))
        self._at = self._call.lettrage_wall_open(*items, *others, byref(failed))
        if not self._at:
            raise Declined(taken(self._call, failed))
        weakref.finalize(self, self._call.lettrage_wall_close, self._at).atexit = False

    def take(self, lines: str, first: int) -> None:
        """Takes a sheet of lines; rows count from `first` on: after all others, or in the place of one."""
        failed = Bytes()
        self._check(self._call.lettrage_wall_take(self._at, self._known(lines), first, byref(failed)), failed)

    def note(self, notes: str) -> None:
        """Takes what stands about lines, and what people said no to, in place of what was known of them."""
        failed = Bytes()
        self._check(self._call.lettrage_wall_note(self._at, self._known(notes), byref(failed)), failed)

    def back(self, since: date) -> date | None:
        """Goes back to this day; returns the last day that was left as it was."""
        failed, reached = Bytes(), c_int32()
        done = self._call.lettrage_wall_back(self._at, since.toordinal(), byref(reached), byref(failed))
        self._check(done, failed)
        return date.fromordinal(reached.value) if reached.value else None

    def go_on(self, plan: str) -> tuple[date | None, bool, Iterator[Sequence[Any]]]:
        """Decides what the plan says. Returns the last day reached, whether a case waits, and decisions as
        lists (see `Fold::tell` in `warm.rs`)."""
        failed, found = Bytes(), Bytes()
        done = self._call.lettrage_wall_go_on(
            self._at, self._known(plan), THREADS, BLOCK, byref(found), byref(failed)
        )
        self._check(done, failed)
        head, _, decided = taken(self._call, found).partition("\n")
        reached, waits = json.loads(head)
        return date.fromordinal(reached) if reached else None, waits, _read(decided)

    def _known(self, text: str) -> Bytes:
        """The text for one call; the kernel is told first what its characters are."""
        try:
            told = given(text)
        except UnicodeEncodeError as error:
            raise Declined("a text holds half a character") from error
        if not text.isascii():
            unknown = Bytes()
            self._call.lettrage_unknown_in(told, byref(unknown))
            if found := taken(self._call, unknown):
                self._call.lettrage_characters(given(characters(found)))
        return told

    def _check(self, is_done: bool, failed: Bytes) -> None:
        if not is_done:
            raise Declined(taken(self._call, failed))


def _read(decided: str) -> Iterator[Sequence[Any]]:
    """Decisions from lines of JSON; those read together share their keys."""
    first = 0
    while first < len(decided):
        end = decided.find("\n", first + AT_ONCE)
        last = len(decided) if end < 0 else end
        yield from json.loads(f"[{decided[first:last].replace(chr(10), ',')}]")
        first = last + 1
