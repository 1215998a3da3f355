"""A FEC, line by line: bytes in, typed lines out, what cannot be read told with its place."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from core.errors import BadInput
from mappings.ledger.columns import Layout, is_header, layout_of
from mappings.ledger.finding import Finding
from mappings.ledger.line import LedgerLine
from mappings.ledger.markup import MARKUP, fields_of, is_markup, row_of
from mappings.ledger.rows import Rows
from mappings.ledger.text import blocks_of, lines_of


def read_lines(file: str, stream: BinaryIO) -> Iterator[LedgerLine | Finding]:
    """The lines of a FEC as they stand, with what was refused between them.

    `file` is only for messages. Memory is that of a block, whatever the file's length. Raises BadInput
    for a file that has no readable header, or XML that is damaged; an unreadable line is a Finding and
    the others go on.
    """
    blocks = blocks_of(stream)
    start = next(blocks, b"")
    read = _marked_up if is_markup(start) else _flat
    return read(file, chain([start], blocks))


def _marked_up(file: str, blocks: Iterator[bytes]) -> Iterator[LedgerLine | Finding]:
    rows = {layout.signed: Rows(file, layout) for layout in MARKUP}
    for number, fields in fields_of(file, blocks):
        one = rows["Montant" in fields]
        yield one.typed(number, row_of(fields, one.layout))


def _flat(file: str, blocks: Iterator[bytes]) -> Iterator[LedgerLine | Finding]:
    rows: Rows | None = None
    for part in lines_of(file, blocks):
        if isinstance(part, Finding):
            yield part
            continue
        first, texts = part
        for number, text in enumerate(texts, first):
            if not text or text.isspace():
                continue
            if rows is None:
                layout = _layout(file, text)
                rows = Rows(file, layout)
                yield from _about(file, number, layout)
            else:
                yield rows.read(number, text)
    if rows is None:
        raise BadInput(f"{file} is empty: export the FEC again")


def _layout(file: str, text: str) -> Layout:
    if not is_header(text):
        raise BadInput(
            f"{file} is no readable FEC: line 1 must name the columns (JournalCode, JournalLib, …). Export"
            " the FEC again, with its header line"
        )
    return layout_of(file, text)


def _about(file: str, number: int, layout: Layout) -> Iterator[Finding]:
    """What is unusual about the header."""
    if layout.separator == ";":
        message = "separated by semicolons: the law allows tab or vertical bar"
        yield Finding("unusual_separator", "warning", message, file, number)
    if layout.missing:
        message = f"without {', '.join(layout.missing)}: what they say stays unknown"
        yield Finding("columns_missing", "warning", message, file, number)
    if layout.further:
        count = len(layout.further)
        message = f"{count} {'column' if count == 1 else 'columns'} no law names, not read"
        yield Finding("columns_unknown", "info", message, file, number)
