"""The bytes of a file on their way to a parser: bounded, and without what can hide an attack."""

from typing import BinaryIO

from core.errors import BadInput
from mappings.statements.draft import Limits
from mappings.xml import DOCTYPES

_SEAM = max(map(len, DOCTYPES)) - 1
_BLANK = b" \t\r\n\x0b\x0c"


class Guarded:
    """Reads a file for an XML parser; what it must not see raises BadInput.

    The parser keeps an entry in memory until it has ended: `passed` tells that it did, and more than
    `limits.entry_bytes` without that are refused.
    """

    def __init__(self, name: str, file: BinaryIO, limits: Limits) -> None:
        self._name = name
        self._file = file
        self._limits = limits
        self._since = 0
        self._total = 0
        self._seam = b""
        self._begun = False

    def passed(self) -> None:
        """An entry or statement has been taken over and freed."""
        self._since = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes; without a byte-order mark or blanks at the very start."""
        chunk = self._file.read(size)
        if not self._begun:
            chunk = self._start(chunk, size)
        self._total += len(chunk)
        self._since += len(chunk)
        self._check(chunk)
        return chunk

    def _start(self, chunk: bytes, size: int) -> bytes:
        chunk = chunk.removeprefix(b"\xef\xbb\xbf")
        while chunk and not chunk.strip(_BLANK):
            chunk = self._file.read(size)
        self._begun = True
        return chunk.lstrip(_BLANK)

    def _check(self, chunk: bytes) -> None:
        seen = self._seam + chunk
        self._seam = seen[-_SEAM:]
        if any(mark in seen for mark in DOCTYPES):
            raise self.doctype()
        if self._since > self._limits.entry_bytes:
            raise BadInput(
                f"{self._name} has an entry of more than {self._limits.entry_bytes:,} bytes before byte"
                f" {self._total:,}: no bank writes one like that, so nothing was read"
            )

    def doctype(self) -> BadInput:
        """The refusal of a document type declaration."""
        return BadInput(
            f"{self._name} has a document type declaration (DOCTYPE), which no bank statement needs and"
            " which can hide an attack: it was not read. Ask the bank for a plain camt file"
        )
