"""`lettrage import`: statements, ledgers and e-invoices into the store, or as canonical lines on stdout."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, cast

import typer

from core.errors import BadInput
from hub.cli.context import AsJson, ForCompany, ForTenant, company_of, opened, tenant_of
from hub.cli.frame import IN_PART, UNREADABLE, complain, emit, emit_line, progress, say, warn

if TYPE_CHECKING:
    from core.model import Record
    from core.ports import FileFinding, Progress
    from core.usecases.import_files import Imported
    from hub.door import Each, Handed, Previewed

FIELDS = ("format", "statements", "new", "known", "pending", "set_aside", "warnings")
WORDS: Mapping[str, tuple[str, str]] = {
    "statement": ("statement", "statements"),
    "invoice": ("invoice or credit note", "invoices and credit notes"),
    "ledger_payment": ("payment", "payments"),
    "ledger_allocation": ("lettered", "lettered"),
    "einvoice_status": ("status", "statuses"),
}
"""What to call one record, and several, by entity."""


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Statements, ledgers, e-invoices, or ZIPs of them.")
    ],
    account: Annotated[
        str | None, typer.Option(metavar="IBAN", help="The account, where the file names none.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing; needs no database.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="With --dry-run: canonical records, one a line.")
    ] = False,
    company: ForCompany = None,
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Reads bank statements (CFONB 120 and 240, camt, MT940, OFX), ledgers (FEC), e-invoices (Factur-X, UBL, CII)
    and their status messages; the format is told by the content, and ZIP archives are opened."""
    if jsonl and not dry_run:
        raise BadInput("--jsonl prints records without storing them: add --dry-run")
    if jsonl and as_json:
        raise BadInput("--jsonl and --json are two outputs: choose one")
    quiet = jsonl or as_json
    handed = _preview(files, account, company, jsonl=jsonl, quiet=quiet) if dry_run else None
    if handed is None:
        handed = _import(files, account, company, tenant, quiet=quiet)
    _tell(handed, as_json=as_json, quiet=quiet)
    if not handed.is_whole:
        raise typer.Exit(IN_PART if handed.count else UNREADABLE)


class _Counted(io.FileIO):
    """A file that tells how far it was read."""

    report: "Progress | None" = None
    shown = -1

    def readinto(self, buffer: Any, /) -> int:
        count = super().readinto(buffer) or 0
        megabytes = self.tell() // 1_000_000
        if self.report is not None and megabytes != self.shown:
            self.shown = megabytes
            self.report(Path(str(self.name)).name, {"MB": megabytes})
        return count


@contextmanager
def open_file(path: Path, report: "Progress | None" = None) -> Iterator[BinaryIO]:
    """A file opened for reading; raises BadInput with what to do."""
    try:
        raw = _Counted(path)
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder: name the files in it") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    raw.report = report
    with io.BufferedReader(raw) as file:
        yield cast(BinaryIO, file)


def read_file(path: Path) -> bytes:
    """The bytes of a short file; raises BadInput with what to do."""
    with open_file(path) as file:
        return file.read()


def _hand_in(files: Sequence[Path], take: "Each", report: "Progress | None" = None) -> list[str]:
    """Every file through the door; returns a sentence for each that was refused."""
    from hub.door import each_file

    refused: list[str] = []
    for path in files:
        try:
            with open_file(path, report) as file:
                refused += each_file(str(path), path.name, file, take)
        except BadInput as error:
            refused.append(str(error))
    return refused


def _siren(company: str | None) -> str | None:
    """What `--company` says without the store: a SIREN, or nothing."""
    digits = "".join((company or "").split())
    return digits if digits.isdigit() and len(digits) == 9 else None


def _preview(
    files: Sequence[Path], account: str | None, company: str | None, *, jsonl: bool, quiet: bool
) -> "Handed":
    from hub.bank_files import StatementFiles
    from hub.door import FileReaders, Handed
    from hub.door import read_file as read_any
    from hub.einvoice_files import EInvoiceFiles
    from hub.ledger_files import LedgerFiles

    readers = FileReaders(StatementFiles(), LedgerFiles(), EInvoiceFiles())
    handed = Handed()

    def take(shown: str, name: str, file: BinaryIO) -> None:
        one, portions = read_any(readers, name, file, account=account, siren=_siren(company))
        for portion in portions:
            for record in portion:
                one.found[record.entity] += 1
                one.found[getattr(record, "status", "")] += record.entity == "bank_transaction"
                if jsonl:
                    emit_line(canonical(record))
        handed.previewed.append(replace(one, name=shown))

    with progress("import", quiet=quiet) as report:
        handed.refused += _hand_in(files, take, report)
    return handed


def canonical(record: "Record") -> dict[str, Any]:
    """A canonical record as plain JSON values, its entity first."""
    return {"entity": record.entity, **record.model_dump(mode="json")}


def _import(
    files: Sequence[Path], account: str | None, company: str | None, tenant: str | None, *, quiet: bool
) -> "Handed":
    from hub.door import Handed, store_file

    handed = Handed()
    with opened() as hub:
        owner = tenant_of(hub, tenant).id
        company_id = company_of(hub, tenant_of(hub, tenant), company).id

        def take(shown: str, name: str, file: BinaryIO) -> None:
            one = store_file(
                hub.store, hub.files, owner, company_id=company_id, name=name, file=file, account=account
            )
            handed.imported.append(replace(one, name=shown))

        with progress("import", quiet=quiet) as report:
            handed.refused += _hand_in(files, take, report)
    return handed


def _tell(handed: "Handed", *, as_json: bool, quiet: bool) -> None:
    """What was read, new, known and set aside, for people or for a program."""
    if as_json:
        stored = [_stored_json(one) for one in handed.imported]
        emit({"files": [*stored, *map(_previewed_json, handed.previewed)], "refused": handed.refused})
    for one in handed.imported:
        found = f"{one.format}, {_stored(one)}"
        _tell_one(one.name, found, one.set_aside, one.warnings, quiet=quiet)
    for shown in handed.previewed:
        found = f"{shown.read.format}, {_seen(shown)}; nothing stored"
        aside, warnings = ([_place(each) for each in some] for some in _findings(shown))
        _tell_one(shown.name, found, aside, warnings, quiet=quiet)
    for sentence in handed.refused:
        complain(sentence)


def _tell_one(name: str, found: str, aside: Sequence[str], warnings: Sequence[str], *, quiet: bool) -> None:
    if not quiet:
        say(f"{name}: {found}")
    for finding in aside:
        warn(f"{name}: set aside: {finding}")
    for finding in warnings:
        warn(f"{name}: {finding}")


def _findings(one: "Previewed") -> "tuple[Sequence[FileFinding], Sequence[FileFinding]]":
    return one.read.set_aside, one.read.warnings


def _place(finding: "FileFinding") -> str:
    return f"{finding.record}: {finding.message}"


def _stored(one: "Imported") -> str:
    """What was stored of a file, in words."""
    from hub.reports.words import counted

    lines = one.statements or one.pending or "bank_transaction" in one.stored
    new = counted(one.new, "new line" if lines else "new record")
    counts = f"{counted(one.statements, 'statement')}, " if one.statements else ""
    known = counted(one.known, "known already", "known already")
    pending = f", {counted(one.pending, 'pending', 'pending')}" if one.pending else ""
    return f"{counts}{new}, {known}{pending}"


def _stored_json(one: "Imported") -> dict[str, Any]:
    told = {field: getattr(one, field) for field in FIELDS}
    return {"name": Path(one.name).name, "path": one.name, **told}


def _seen(one: "Previewed") -> str:
    """What was seen in a file, in words."""
    from hub.door import Kind
    from hub.reports.words import counted

    if one.kind is not Kind.STATEMENT:
        seen = [counted(one.found[entity], *words) for entity, words in WORDS.items() if one.found[entity]]
        return ", ".join(seen) or "no record"
    pending = f", {one.found['pending']} pending" if one.found["pending"] else ""
    statements, lines = counted(one.found["statement"], "statement"), counted(one.found["booked"], "line")
    return f"{statements}, {lines}{pending}"


def _previewed_json(one: "Previewed") -> dict[str, Any]:
    return {
        "name": Path(one.name).name,
        "path": one.name,
        "format": str(one.read.format),
        "statements": one.found["statement"],
        "lines": one.found["booked"],
        "pending": one.found["pending"],
        "records": sum(one.found[entity] for entity in {*WORDS, "counterparty", "bank_account"}),
        "set_aside": [_place(each) for each in one.read.set_aside],
        "warnings": [_place(each) for each in one.read.warnings],
    }
