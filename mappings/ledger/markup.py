"""The other lawful form of a FEC: XML (A47 A-1, VI), read as a stream into the same fields.

comptabilite › exercice › journal (code, label) › ecriture (number, dates, piece, label, lettering) ›
ligne (account, auxiliary account, amounts). What an entry says holds for each of its lines.
"""

from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from core.errors import BadInput
from mappings.ledger.columns import LAW, MARKS, Layout, named

Fields = tuple[int, dict[str, str]]
"""The line of the file where an accounting line ends, and its fields by the names of the law."""
MARKUP: Final = tuple(
    Layout(separator="", width=len(LAW), places=tuple(range(len(LAW))), signed=signed)
    for signed in (False, True)
)
"""Debit and Credit, and Montant with Sens: the State's schema allows both, line by line."""
_HOLDERS: Final = frozenset({"journal", "ecriture", "ligne"})
_DEPTH: Final = 12
_LONGEST: Final = 65_536
_LONGEST_MARKUP: Final = 1_048_576
"""Bytes of one tag or comment: the parser holds it whole, and reads it again with every block."""

_MOST_WORDS: Final = 1_000
"""Kinds of tags and attributes, which the parser remembers: a FEC has some thirty."""


def is_markup(start: bytes) -> bool:
    """Whether a file that begins so is XML, in whatever encoding."""
    plain = start[:200].replace(b"\0", b"")
    for mark in MARKS:
        plain = plain.removeprefix(mark)
    return plain.lstrip().startswith(b"<")


def fields_of(file: str, blocks: Iterator[bytes]) -> Iterator[Fields]:
    """The fields of each `ligne` with those of its entry and journal.

    Raises BadInput for XML that is damaged, is no FEC or has a DOCTYPE, whatever was yielded before.
    """
    reader = _Reader(file)
    for block in blocks:
        yield from reader.feed(block, last=False)
    yield from reader.feed(b"", last=True)


class _Reader:
    """What the parser has seen of the journal, the entry and the line that are open."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.path: list[str] = []
        self.text: list[str] = []
        self.length = 0
        self.fed = 0
        self.words: set[str] = set()
        self.known: dict[str, dict[str, str]] = {}
        self.done: list[Fields] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def feed(self, block: bytes, *, last: bool) -> list[Fields]:
        """The lines that ended in this block."""
        self.done = []
        self.fed += len(block)
        try:
            self.parser.Parse(block, last)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise self.refusal(f"is not well-formed XML ({reason}): it is cut or damaged") from None
        except (LookupError, ValueError):
            raise self.refusal("declares an encoding that is not read") from None
        if self.fed - self.parser.CurrentByteIndex > _LONGEST_MARKUP:
            raise self.refusal("has a tag or comment that is too long")
        return self.done

    def refusal(self, what: str) -> BadInput:
        place = f"line {self.parser.CurrentLineNumber}"
        return BadInput(f"{self.file} {what} ({place}). Nothing was read: export the FEC again")

    def _doctype(self, *_: object) -> None:
        raise self.refusal("has a document type declaration (DOCTYPE), which no FEC needs")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.words.update((tag, *attributes))
        if len(self.words) > _MOST_WORDS:
            raise self.refusal("has more kinds of tags than any FEC")
        name = tag.rpartition(":")[2].lower()
        if not self.path and name != "comptabilite":
            raise self.refusal("is XML but no FEC: its root is not `comptabilite`")
        if len(self.path) >= _DEPTH:
            raise self.refusal("is nested too deep for a FEC")
        self.path.append(name)
        self.text, self.length = [], 0
        if name in _HOLDERS:
            self.known[name] = {}

    def _characters(self, text: str) -> None:
        self.length += len(text)
        if self.length > _LONGEST:
            raise self.refusal("has a field that is too long")
        self.text.append(text)

    def _end(self, tag: str) -> None:
        name = self.path.pop()
        if name == "ligne":
            holders = (self.known.get(holder, {}) for holder in ("journal", "ecriture", "ligne"))
            fields = {key: value for known in holders for key, value in known.items()}
            self.done.append((self.parser.CurrentLineNumber, fields))
        holder = self.path[-1] if self.path else ""
        known = named(name) if holder in _HOLDERS else None
        if known is not None:
            self.known[holder][known] = "".join(self.text).strip()


def row_of(fields: dict[str, str], layout: Layout) -> list[str]:
    """The eighteen fields in the order of `layout`; XML writes a decimal point."""
    row = [fields.get(name, "") for name in layout.names]
    row[11:13] = [amount.replace(".", ",") for amount in row[11:13]]
    return row
