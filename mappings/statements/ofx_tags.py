"""The tags of OFX 1 (SGML: leaves are not closed) and OFX 2 (XML) as one row of events (docs/ofx.md).

No library: one that builds a tree refuses what banks send (a bare `&`, leaves closed or not in one
file, everything on one line, elements in another order), and one that repairs trees guesses. Here an
aggregate is what the list below names, a leaf is any other tag with the text that follows it.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TextIO

from core.errors import BadInput

AGGREGATES: Final = frozenset(
    {
        "OFX", "SIGNONMSGSRSV1", "SONRS", "STATUS", "FI", "BANKMSGSRSV1", "CREDITCARDMSGSRSV1",
        "STMTTRNRS", "CCSTMTTRNRS", "STMTRS", "CCSTMTRS", "BANKACCTFROM", "CCACCTFROM", "BANKACCTTO",
        "CCACCTTO", "BANKTRANLIST", "BANKTRANLISTP", "STMTTRN", "STMTTRNP", "PAYEE", "CURRENCY",
        "ORIGCURRENCY", "LEDGERBAL", "AVAILBAL", "BALLIST", "BAL", "IMAGEDATA",
    }
)  # fmt: skip
_CHUNK: Final = 1 << 16
_LONGEST: Final = 1 << 18
"""Characters without a tag that no OFX value comes near."""
_TAG: Final = re.compile(r"<(/?)([A-Za-z][\w.:-]*+)[^<>]*+>")
_SPANS: Final = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))
_ENTITY: Final = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#[xX][0-9A-Fa-f]{1,5});")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}


class Event(NamedTuple):
    """An aggregate opens or closes, or a leaf says its text; `inside` is the aggregate around it.

    `cut`: it was closed because one of its kind opened within it, not by a closing tag.
    """

    kind: Literal["open", "close", "cut", "leaf"]
    name: str
    text: str
    inside: str
    line: int


class _Tag(NamedTuple):
    """A tag in capitals and the text up to the next one."""

    closing: bool
    name: str
    text: str
    line: int


class _Piece(NamedTuple):
    """Text as it stands, then a tag; `plain` for text whose entities are none (CDATA)."""

    text: str
    tag: re.Match[str] | None
    line: int
    plain: bool = False


def events(name: str, text: TextIO) -> Iterator[Event]:
    """What a file says, in order. A closing tag closes what is still open below it, and an aggregate
    that opens within one of its kind closes that first: both are what banks mean by it."""
    open: list[str] = []
    for tag in _tags(name, text):
        if tag.name not in AGGREGATES:
            if tag.text and not tag.closing:
                yield Event("leaf", tag.name, tag.text, open[-1] if open else "", tag.line)
            continue
        if tag.name in open:
            kind: Literal["close", "cut"] = "close" if tag.closing else "cut"
            closed = ""
            while closed != tag.name:
                closed = open.pop()
                yield Event(kind, closed, "", open[-1] if open else "", tag.line)
        if not tag.closing:
            yield Event("open", tag.name, "", open[-1] if open else "", tag.line)
            open.append(tag.name)


def _tags(name: str, text: TextIO) -> Iterator[_Tag]:
    tag: re.Match[str] | None = None
    said: list[str] = []
    line = 1
    for piece in _pieces(name, text):
        said.append(piece.text if piece.plain else _resolved(piece.text))
        if piece.tag is not None:
            if tag is not None:
                yield _Tag(bool(tag[1]), tag[2].upper(), " ".join("".join(said).split()), line)
            tag, line, said = piece.tag, piece.line, []
    if tag is not None:
        yield _Tag(bool(tag[1]), tag[2].upper(), " ".join("".join(said).split()), line)


def _pieces(name: str, text: TextIO) -> Iterator[_Piece]:
    rest, line = "", 1
    while chunk := text.read(_CHUNK):
        rest += chunk
        done = 0
        for start, end, tag in _marks(rest):
            yield _Piece(rest[done:start], tag, line + rest.count("\n", done, start))
            if rest.startswith("<![CDATA[", start):
                yield _Piece(rest[start + 9 : end - 3], None, line, plain=True)
            line += rest.count("\n", done, end)
            done = end
        rest = rest[done:]
        if len(rest) > _LONGEST:
            raise BadInput(
                f"{name} is not readable OFX: from line {line} on there is no whole tag in {_LONGEST:,}"
                " characters. Nothing was read: download it again"
            )
    yield _Piece(rest, None, line)


def _marks(text: str) -> Iterator[tuple[int, int, re.Match[str] | None]]:
    """Where tags, comments, CDATA and instructions start and end, as far as they are whole.

    Each character is looked at a bounded number of times, whatever the text.
    """
    start = text.find("<")
    while start >= 0:
        end = start + 1
        if tag := _TAG.match(text, start):
            end = tag.end()
            yield start, end, tag
        elif closing := next((close for open, close in _SPANS if text.startswith(open, start)), None):
            found = text.find(closing, start)
            if found < 0:
                return
            end = found + len(closing)
            yield start, end, None
        start = text.find("<", end)


def _resolved(text: str) -> str:
    """The few entities OFX has; a bare `&` is itself, whatever follows it."""
    return _ENTITY.sub(_entity, text) if "&" in text else text


def _entity(found: re.Match[str]) -> str:
    word = found[1]
    if not word.startswith("#"):
        return _NAMED[word]
    number = int(word[2:], 16) if word[1] in "xX" else int(word[1:])
    return chr(number) if 31 < number < 0x110000 and not 0xD800 <= number < 0xE000 else found[0]
