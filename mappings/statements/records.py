"""The physical side of CFONB 120: bytes to records of 120 characters (banks.md 7.1)."""

from collections.abc import Iterator
from typing import NamedTuple

from core.errors import BadInput

LENGTH = 120
_CODES = frozenset({"01", "03", "04", "05", "07"})


class Record(NamedTuple):
    """120 characters and where they stand: the record's number from 1, its offset from 0."""

    text: str
    number: int
    offset: int

    @property
    def place(self) -> str:
        return f"record {self.number} (byte {self.offset})"


def decoded(name: str, content: bytes) -> tuple[str, bool]:
    """The text, and whether it came as UTF-8. CFONB is Latin-1, which never fails to decode, so
    UTF-8 is taken only where letters with accents make it certain."""
    if b"\x00" in content:
        raise BadInput(
            f"{name} is not Latin-1 text (byte {content.index(0)} is zero, perhaps UTF-16):"
            " import the file as the bank sent it"
        )
    content = content.removeprefix(b"\xef\xbb\xbf")
    if content.isascii():
        return content.decode("ascii"), False
    try:
        return content.decode("utf-8"), True
    except UnicodeDecodeError:
        return content.decode("latin-1"), False


def records(name: str, text: str) -> Iterator[Record]:
    """Records in order. Blank lines go, short lines are padded, long ones cut in blocks of 120.

    Raises BadInput with the offset of the first block that is no record: everything after a
    shifted block would be read wrong.
    """
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    offset = 0
    number = 0
    for line in text.split("\n"):
        body = line.rstrip("\r\x1a \t")
        for start in range(0, len(body), LENGTH):
            block = body[start : start + LENGTH]
            if start and not block.strip():
                continue
            number += 1
            if block[:2] not in _CODES:
                raise _shifted(name, number, offset + start, len(body))
            yield Record(block.ljust(LENGTH), number, offset + start)
        offset += len(line) + 1


def _shifted(name: str, number: int, offset: int, length: int) -> BadInput:
    why = (
        "a line longer than 120 characters must be made of blocks of 120"
        if length > LENGTH
        else "a record begins with 01, 04, 05 or 07"
    )
    return BadInput(
        f"{name} is not a readable CFONB 120 file: record {number} at byte {offset} is no record"
        f" ({why}). Nothing was read: ask the bank for the file again"
    )
