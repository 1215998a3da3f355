"""The physical side of CFONB: bytes to records of 120 or 240 characters (docs/cfonb.md)."""

from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from typing import BinaryIO, Final, NamedTuple

from core.errors import BadInput
from mappings.statements.charset import Charset

ENCODINGS: Final[dict[Charset, str]] = {"ascii": "ascii", "utf-8": "utf-8-sig", "8-bit": "latin-1"}
"""CFONB is Latin-1, which never fails to decode; UTF-8 comes from a tool on the way."""
_BLOCKS = 1000
"""Records cut from a file without line breaks at a time."""
_BREAKS = frozenset({"\n", "\r\n", "\r"})
_END_OF_FILE = "\x1a"
"""What DOS programs write at the end."""


class Record(NamedTuple):
    """The characters of a record and where it stands: its number from 1, its offset from 0. `beside`
    are the records that go on with it, by order and not by code: banks mix them up."""

    text: str
    number: int
    offset: int
    beside: list[str]

    @property
    def place(self) -> str:
        return f"record {self.number} (byte {self.offset})"


class Layout(NamedTuple):
    """A CFONB format: the length of a record, the codes records begin with, the one that goes on."""

    length: int
    codes: frozenset[str]
    beside: str


def records(name: str, stream: BinaryIO, encoding: str, layout: Layout) -> Iterator[Record]:
    """Records in order. Blank lines go, short lines are padded, long ones cut in blocks.

    Raises BadInput with the offset of the first block that begins with no known code: everything
    after a shifted block would be read wrong.
    """
    text = TextIOWrapper(stream, encoding, newline="")
    try:
        yield from _cut(name, iter(partial(text.readline, _BLOCKS * layout.length), ""), layout)
    finally:
        text.detach()  # a wrapper that is thrown away closes the caller's stream


def _cut(name: str, lines: Iterator[str], layout: Layout) -> Iterator[Record]:
    length, codes, beside = layout
    open: Record | None = None
    number = 0
    for block, offset, alone in _blocks(lines, length):
        code = block[:2]
        number += 1
        if code == beside and open is not None:
            open.beside.append(block)
        elif code in codes:
            if open is not None:
                yield open
            open = Record(block.ljust(length), number, offset, [])
        elif block.isspace():
            number -= 1
        else:
            raise _shifted(name, Record(block, number, offset, []), alone, codes)
    if open is not None:
        yield open


def _blocks(lines: Iterator[str], length: int) -> Iterator[tuple[str, int, bool]]:
    """What may be records: each with its offset, and whether it stands alone on its line."""
    offset = 0
    for line in lines:
        if line[length:] in _BREAKS and _END_OF_FILE not in line:
            yield line[:length], offset, True
        else:
            body = line.rstrip(f"\r\n{_END_OF_FILE} \t")
            for start in range(0, len(body), length):
                yield body[start : start + length], offset + start, len(body) <= length
        offset += len(line)


def _shifted(name: str, record: Record, alone: bool, codes: frozenset[str]) -> BadInput:
    why = (
        f"a record begins with {', '.join(sorted(codes))}"
        if alone
        else "a line longer than a record must be made of whole records"
    )
    return BadInput(
        f"{name} is not readable CFONB: record {record.number} at byte {record.offset} is no record"
        f" ({why}). Nothing was read: ask the bank for the file again"
    )
