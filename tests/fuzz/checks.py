"""Reads bytes through each parser's own entry and asserts what must hold whatever they are."""

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from core.errors import BadInput
from core.reconciliation.label import parse_label
from hub.archives import is_archive
from hub.bank_files import StatementFiles
from hub.door import FileReaders, each_file, read_file
from hub.einvoice_files import EInvoiceFiles
from hub.interchange.columns import OPEN_ITEMS
from hub.interchange.sheet import read_sheet
from hub.ledger_files import LedgerFiles
from mappings.einvoice import Owner, is_einvoice, read_einvoice
from mappings.ledger import is_ledger, read_ledger
from mappings.statements import open_statements, read_statements, recognise
from tests.fuzz.outcome import Outcome, read, refused, shape
from tests.mappings.ledger import fuzzing as ledgers

NAME: Final = "x.txt"
SIREN: Final = "732829320"
READERS: Final = FileReaders(statements=StatementFiles(), ledgers=LedgerFiles(), einvoices=EInvoiceFiles())
LONGEST_LABEL: Final = 6_000


def statements(content: bytes) -> Outcome:
    """A bank file says the same all at once and as a stream, and each statement in it adds up."""
    recognise(content)
    try:
        file = read_statements(NAME, content)
    except BadInput as error:
        return refused(NAME, error, content)
    for one in file.statements:
        booked = sum(line.amount_minor for line in one.transactions)
        assert one.statement.opening_minor + booked == one.statement.closing_minor
    opened = open_statements(NAME, BytesIO(content))
    streamed = [line for portion in opened.portions() for line in portion]
    assert len({line.id for line in streamed}) == len(streamed)
    booked_ids = [line.id for line in streamed if line.status == "booked"]
    assert booked_ids == [line.id for line in file.transactions]
    return read(file.format, file.set_aside, file.warnings, len(streamed), content)


def ledger(content: bytes) -> Outcome:
    """The facts of a ledger hang together, and come in portions as they come at once."""
    is_ledger(content)
    try:
        file = read_ledger(NAME, BytesIO(content))
    except BadInput as error:
        return refused(NAME, error, content)
    ledgers.hangs_together(file)
    count = sum(map(len, file.portions()))
    assert count == len(file.facts)
    return read(file.format, file.set_aside, file.warnings, count, content)


def einvoice(content: bytes) -> Outcome:
    """Every fact of an e-invoice file is one."""
    is_einvoice(content)
    try:
        file = read_einvoice(NAME, content, owner=Owner(siren=SIREN, vat_number=f"FR44{SIREN}"))
    except BadInput as error:
        return refused(NAME, error, content)
    facts = (*file.invoices, *file.statuses)
    assert len({fact.id for fact in facts}) == len(facts)
    return read(file.format, file.set_aside, file.warnings, len(facts), content)


def archive(content: bytes) -> Outcome:
    """Each file is read or refused by itself; what is no archive any more is a file like another."""
    shapes: list[str] = []

    def take(_shown: str, name: str, file: BinaryIO) -> None:
        previewed, portions = read_file(READERS, name, file, siren=SIREN)
        shapes.append(f"{previewed.read.format} {min(2, sum(map(len, portions)))}")

    refusals = each_file(NAME, NAME, BytesIO(content), take)
    if refusals and not shapes:
        return refused(NAME, BadInput(refusals[0]), content)
    told = {*shapes, *(refused(NAME, BadInput(one), content).shape for one in refusals)}
    return Outcome("set aside" if refusals else "accepted", f"{is_archive(content)} {sorted(told)}")


def label(content: bytes) -> Outcome:
    """Whatever the text of a bank line, each part stands where it says it does."""
    fields = content[:LONGEST_LABEL].decode("utf-8", "replace").split("\0")
    names = ("remittance", "counterparty_name", "end_to_end_id", "creditor_reference")
    texts = dict(zip(names, fields, strict=False))
    read = parse_label(**texts)
    parts: tuple[Any, ...] = (
        *read.remittance,
        *read.bank_numbers,
        *read.noise,
        *read.dates,
        *read.references,
    )
    for part in (*parts, *filter(None, (read.payer, read.payee))):
        assert texts[part.field][part.start : part.end] == part.text, part
    kinds = sorted({f"{type(part).__name__} {getattr(part, 'kind', '')}" for part in parts})
    return Outcome("accepted", f"{read.bank} {read.event} {read.is_cut} {kinds}")


def sheet(suffix: str) -> Callable[[bytes], Outcome]:
    """A table in a file of this kind: each row is read, or rejected with its column and reason."""

    def check(content: bytes) -> Outcome:
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(content)
            file.flush()
            name = Path(file.name).name
            try:
                found = read_sheet(Path(file.name), OPEN_ITEMS)
            except BadInput as error:
                kind, told = refused(name, error, content)
                return Outcome(kind, told.replace(shape(name), NAME))
        assert all(one.reason and one.row for one in found.rejected)
        reasons = sorted({f"{one.column}: {shape(one.reason)}" for one in found.rejected})
        return Outcome("set aside" if reasons else "accepted", f"{min(3, found.frame.height)} {reasons}")

    return check
