"""Bytes of a FEC to lines of text, a block at a time: line ends, encodings, a limit for each line."""

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from core.errors import BadInput
from mappings.ledger.columns import MARKS
from mappings.ledger.finding import Finding

BLOCK: Final = 262_144
LONGEST_LINE: Final = 65_536
"""Bytes of a line that is still read: real lines have some hundred."""
_CP1252_ONLY: Final = re.compile(rb"[\x80-\x9f]")
Lines = tuple[int, list[str]]
"""The number of the first line (from 1) and the lines, without their ends."""


def blocks_of(stream: BinaryIO) -> Iterator[bytes]:
    """The file, a block at a time."""
    while block := stream.read(BLOCK):
        yield block


def lines_of(file: str, blocks: Iterable[bytes]) -> Iterator[Lines | Finding]:
    """Lines in blocks, blank ones kept so that numbers hold; memory is that of one block.

    A line ends with CR, LF, CR LF or CR CR LF (A47 A-1, VI: "retour chariot et/ou fin de ligne").
    """
    reader = _Reader(file)
    for block in blocks:
        yield from reader.read(block)
    yield from reader.end()


class _Reader:
    """Cuts blocks at line ends and decodes them; knows the encoding that the bytes have shown so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rest = b""
        self.next = 1
        self.skipping = False
        self.encoding: str | None = None
        self.seen: set[str] = set()

    def read(self, block: bytes) -> Iterator[Lines | Finding]:
        block = self.rest + block
        if self.next == 1:
            block = self._without_mark(block)
        cut = max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1)) + 1
        whole, self.rest = block[:cut], block[cut:]
        if whole:
            yield from self._whole(whole)
        if len(self.rest) > LONGEST_LINE:
            if not self.skipping:
                yield self._too_long(self.next)
            self.skipping, self.rest = True, b""

    def end(self) -> Iterator[Lines | Finding]:
        if self.rest or self.skipping:
            yield from self._whole(self.rest)

    def _without_mark(self, block: bytes) -> bytes:
        if block.startswith(MARKS[1:]):
            raise BadInput(
                f"{self.file} is UTF-16 text, which the law does not allow for a FEC: export it as"
                " ISO 8859-15 or UTF-8"
            )
        return block.removeprefix(MARKS[0])

    def _whole(self, raw: bytes) -> Iterator[Lines | Finding]:
        if b"\0" in raw:
            raw = raw.replace(b"\0", b"")
            yield from self._once("nul_bytes", "zero bytes were left out")
        raw = raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = raw.split(b"\n")
        if raw.endswith(b"\n"):
            lines.pop()
        if self.skipping:
            lines[0], self.skipping = b"", False
        first, self.next = self.next, self.next + len(lines)
        if len(raw) > LONGEST_LINE:
            for place, line in enumerate(lines):
                if len(line) > LONGEST_LINE:
                    lines[place] = b""
                    yield self._too_long(first + place)
        yield from self._decoded(first, lines)

    def _decoded(self, first: int, lines: list[bytes]) -> Iterator[Lines | Finding]:
        raw = b"\n".join(lines)
        if raw.isascii():
            yield first, raw.decode("ascii").split("\n")
            return
        if self.encoding in (None, "utf-8"):
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                yield from self._not_utf8(first + raw.count(b"\n", 0, error.start))
            else:
                self.encoding = "utf-8"
                yield first, text.split("\n")
                return
        if self.encoding == "iso8859-15" and (found := _CP1252_ONLY.search(raw)):
            self.encoding = "cp1252"
            yield from self._once(
                "windows_encoding", "Windows-1252 and not ISO 8859-15 from here on",
                line=first + raw.count(b"\n", 0, found.start()),
            )  # fmt: skip
        yield first, raw.decode(self.encoding or "", "replace").split("\n")

    def _not_utf8(self, line: int) -> Iterator[Finding]:
        """From one encoding to the other within a file: told, since one of both parts may read wrong."""
        if self.encoding == "utf-8":
            yield from self._once("mixed_encodings", "UTF-8 before, ISO 8859-15 from here on", line=line)
        self.encoding = "iso8859-15"

    def _once(self, code: str, message: str, *, line: int | None = None) -> Iterator[Finding]:
        if code not in self.seen:
            self.seen.add(code)
            yield Finding(code, "warning", message, self.file, line if line is not None else self.next)

    def _too_long(self, line: int) -> Finding:
        message = f"the line is longer than {LONGEST_LINE:,} bytes and was not read"
        return Finding("line_refused", "error", message, self.file, line)
