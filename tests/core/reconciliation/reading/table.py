"""The table of labels: what a person reads in `labels.txt`, and how to write it anew.

A block of the file is a label (`\\n` stands for a line feed), further fields on lines that begin with `+`,
and then, indented, every part that must be read: its kind, its place in its field, its text. To add a label,
write it down and run `python -m tests.core.reconciliation.reading.table`; then read what was added, because
from then on it is the truth.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from core.reconciliation.label import ParsedLabel, parse_label
from core.reconciliation.label.amounts import Amount

TABLE = Path(__file__).with_name("labels.txt")
INTRODUCTION = "#"


class Row(NamedTuple):
    """A label with its further fields, and the parts that are written below it."""

    label: str
    fields: dict[str, str]
    parts: tuple[str, ...]


def rows(text: str) -> Iterator[Row | str]:
    """Rows, and between them headings as they are."""
    for block in text.split("\n\n"):
        lines = block.strip("\n").split("\n")
        if lines[0].startswith(INTRODUCTION):
            yield block.strip("\n")
            continue
        fields = dict(line[2:].split(": ", 1) for line in lines[1:] if line.startswith("+ "))
        parts = tuple(line.strip() for line in lines[1:] if line.startswith("  "))
        yield Row(lines[0], fields, parts)


def parsed(row: Row) -> ParsedLabel:
    return parse_label(row.label.replace("\\n", "\n"), **row.fields)


def told(label: ParsedLabel) -> tuple[str, ...]:
    """The parts of a label, one a line, in the order of the table."""
    lines = [_line("payer", label.payer), _line("payee", label.payee)]
    lines += [_line("text", part) for part in label.remittance]
    lines += [_line(f"reference ({r.how})", r) for r in label.references]
    lines += [_line(f"date {d.value or 'without year'}", d) for d in label.dates]
    lines += map(_amount, label.amounts)
    lines += [_line(part.kind.replace("_", " "), part) for part in (*label.bank_numbers, *label.noise)]
    form = (
        f"form: {label.bank}, {label.event.replace('_', ' ')}" if label.bank and label.event else "form: none"
    )
    return (form + (", may be cut" if label.is_cut else ""), *filter(None, lines))


def _line(kind: str, part: Any) -> str:
    if part is None:
        return ""
    where = "" if part.field == "remittance" else f"{part.field} "
    return f"{kind} {where}{part.start}-{part.end}: {part.text!r}"


def _amount(amount: Amount) -> str:
    said = f" ({amount.said})" if amount.said else ""
    written = f"{amount.units / 10**amount.decimals:.{amount.decimals}f} {amount.currency or '?'}"
    return f"amount {amount.start}-{amount.end}{said}: {written}"


def _block(row: Row) -> str:
    fields = (f"+ {name}: {text}" for name, text in row.fields.items())
    return "\n".join([row.label, *fields, *(f"  {part}" for part in told(parsed(row)))])


def written(found: list[Row | str]) -> str:
    """The file anew."""
    blocks = [row if isinstance(row, str) else _block(row) for row in found]
    return "\n\n".join(blocks) + "\n"


if __name__ == "__main__":
    TABLE.write_text(written(list(rows(TABLE.read_text("utf-8")))), "utf-8")
