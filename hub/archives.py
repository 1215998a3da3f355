"""What is in a ZIP archive, file by file; nothing is written under a name that the archive chose."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final

from core.errors import BadInput, shown

IN_MEMORY: Final = 8 * 1024 * 1024
"""Bytes of an unpacked file that are kept in memory; a longer one goes to a temporary file."""
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, ValueError,
    EOFError, RuntimeError, OSError,
)  # fmt: skip
"""What the standard library raises for bytes that are no sound archive."""
_CHUNK: Final = 256 * 1024
_OFFICE: Final = "[Content_Types].xml"
_OF_SYSTEMS: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may ask for: entries, bytes of one and of all, and how far it may be packed."""

    entries: int = 2_000
    entry_bytes: int = 2 * 1024**3
    total_bytes: int = 8 * 1024**3
    ratio: int = 1_000


LIMITS: Final = ArchiveLimits()


def is_archive(head: bytes) -> bool:
    """Whether a file that begins with `head` is a ZIP archive, an empty one included."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


class Archive:
    """An open archive. Raises BadInput for one that is damaged, an Office document, or too large."""

    def __init__(self, name: str, file: BinaryIO, limits: ArchiveLimits = LIMITS) -> None:
        self.name, self.limits = name, limits
        self._left = limits.total_bytes
        try:
            self._zip = zipfile.ZipFile(file)
        except _DAMAGED:
            raise BadInput(f"{name} is a damaged ZIP archive: download or make it again") from None
        names = self._zip.namelist()
        if _OFFICE in names:
            raise BadInput(
                f"{name} is an Office document: export the bank's CFONB 120 or camt.053, or the tool's FEC"
            )
        if len(names) > limits.entries:
            raise BadInput(f"{name} holds {len(names):,} files and the limit is {limits.entries:,}: split it")

    def entries(self) -> Iterator[zipfile.ZipInfo]:
        """The files in it, in its order; folders and what systems leave behind are passed over."""
        for entry in self._zip.infolist():
            if not entry.filename.endswith("/") and not _is_of_a_system(entry.filename):
                yield entry

    def shown(self, entry: zipfile.ZipInfo) -> str:
        """How messages name a file: the archive, then the path in it."""
        return f"{self.name}/{shown(entry.filename, 200)}"

    @contextmanager
    def opened(self, entry: zipfile.ZipInfo) -> Iterator[BinaryIO]:
        """A file of the archive, unpacked and able to seek; raises BadInput saying what is wrong with it."""
        shown = self.shown(entry)
        if entry.flag_bits & 1:
            raise BadInput(f"{shown} is encrypted: unpack the archive with its password and import the files")
        with SpooledTemporaryFile(max_size=IN_MEMORY) as copy:
            try:
                self._unpack(entry, copy)
            except _DAMAGED:
                raise BadInput(f"{shown} is damaged in the archive: make the archive again") from None
            except _TooLargeError as limit:
                raise BadInput(f"{shown} {limit}") from None
            copy.seek(0)
            yield copy  # type: ignore[misc]  # a SpooledTemporaryFile is a binary file

    def _unpack(self, entry: zipfile.ZipInfo, copy: "SpooledTemporaryFile[bytes]") -> None:
        """Counts what really comes out: the sizes an archive states are only its words."""
        most = min(self.limits.entry_bytes, max(IN_MEMORY, entry.compress_size * self.limits.ratio))
        written = 0
        with self._zip.open(entry) as source:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                self._left -= len(chunk)
                if written > most or self._left < 0:
                    raise _TooLargeError(
                        f"unpacks to more than {written:,} bytes, which is more than an archive may hold"
                    )
                copy.write(chunk)


class _TooLargeError(Exception):
    """An entry asks for more than it may."""


def _is_of_a_system(path: str) -> bool:
    return path.startswith(_OF_SYSTEMS[0]) or PurePosixPath(path).name in _OF_SYSTEMS


def base_name(entry: zipfile.ZipInfo) -> str:
    """The last part of a path in an archive, as a file name (a ledger's says whose it is)."""
    return shown(PurePosixPath(entry.filename.replace("\\", "/")).name, 200) or "unnamed"
