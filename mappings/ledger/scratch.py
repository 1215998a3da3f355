"""Room to work in that costs little memory: a private database of which most may lie on disk."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final
from weakref import finalize

from core.errors import Misconfigured

Values = Sequence[str | int | None]
_PAGE: Final = 4_096
_NO_ROOM: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class Scratch:
    """A database that nobody else can see and that ends with this value.

    SQLite holds up to `held` bytes of it in memory and moves the rest to a temporary file (in the folder
    that TMPDIR names), which has no name from the moment it is opened: however reading ends, nothing of
    it is left. A small one never touches the disk. Raises Misconfigured when the disk is full.
    """

    def __init__(self, schema: str, *, held: int) -> None:
        connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        finalize(self, connection.close)
        self._connection = connection
        connection.executescript(schema)
        connection.execute(f"pragma cache_size = {max(held // _PAGE, 1)}")
        connection.execute("pragma journal_mode = off")
        connection.execute("begin")

    def add(self, statement: str, values: Values = ()) -> int:
        """Runs a statement that writes; returns the number of the row that was inserted last."""
        try:
            return self._connection.execute(statement, values).lastrowid or 0
        except sqlite3.OperationalError as error:
            raise _told(error) from error

    def rows(self, query: str, values: Values = ()) -> Iterator[Any]:
        """The rows of a query, read as they are asked for."""
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.OperationalError as error:
            raise _told(error) from error


def _told(error: sqlite3.OperationalError) -> Exception:
    """What an operator can mend; a mistake of ours stays what it is."""
    if error.sqlite_errorcode & 0xFF not in _NO_ROOM:
        return error
    return Misconfigured(
        f"a long ledger needs a temporary file, and there is no room for it ({error}): free some, or let"
        " TMPDIR name a folder that has as much room as the ledger has bytes"
    )
