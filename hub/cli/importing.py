"""`lettrage import`: bank files, ledgers and e-invoices into the store, or as canonical lines on stdout."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from core.errors import BadInput
from hub.cli.context import AsJson, ForCompany, ForTenant, company_of, opened, tenant_of
from hub.cli.frame import IN_PART, UNREADABLE, complain, emit, emit_line, progress, say, warn

if TYPE_CHECKING:
    from core.model import Record
    from core.ports import BankFile, EInvoiceRead, LedgerRead
    from core.usecases.import_files import Imported
    from hub.wiring import Hub

    Read = BankFile | EInvoiceRead | LedgerRead

HEAD = 65_536
"""Bytes that are looked at to tell the format."""


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Statements, ledgers, e-invoices.")],
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
    """Reads bank statements (CFONB 120, camt.053), ledgers (FEC) and e-invoices (Factur-X, UBL, CII, CDAR);
    the format is told by the content."""
    if jsonl and not dry_run:
        raise BadInput("--jsonl prints records without storing them: add --dry-run")
    if jsonl and as_json:
        raise BadInput("--jsonl and --json are two outputs: choose one")
    if dry_run:
        status = _preview(files, account, company, jsonl=jsonl, as_json=as_json)
    else:
        status = _import(files, account, company, tenant, as_json=as_json)
    if status:
        raise typer.Exit(status)


@contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """A file opened for reading; raises BadInput with what to do."""
    try:
        file = path.open("rb")
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder: name the files in it") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    with file:
        yield file


def read_file(path: Path) -> bytes:
    """The bytes of a short file; raises BadInput with what to do."""
    with open_file(path) as file:
        return file.read()


def _about(path: Path, error: BadInput) -> str:
    """The sentence with the path as it was typed, once."""
    sentence = str(error)
    if sentence.startswith(str(path)):
        return sentence
    return (
        f"{path}{rest}" if (rest := sentence.removeprefix(path.name)) != sentence else f"{path}: {sentence}"
    )


def _status(read: int, refused: Sequence[str], *, aside: bool) -> int:
    if refused:
        return IN_PART if read else UNREADABLE
    return IN_PART if aside else 0


@dataclass(slots=True)
class _Preview:
    """A file read without storing; its facts go by, they are not kept. `found` counts them by entity,
    bank lines also by status."""

    path: Path
    read: "Read"
    found: Counter[str] = field(default_factory=Counter)

    def run(self, facts: "Iterable[Sequence[Record]]", *, jsonl: bool) -> None:
        """Counts every fact, and prints it with `jsonl`."""
        for portion in facts:
            for fact in portion:
                self.found[fact.entity] += 1
                self.found[getattr(fact, "status", "")] += fact.entity == "bank_transaction"
                if jsonl:
                    emit_line(canonical(fact))

    @property
    def words(self) -> Mapping[str, str]:
        """What to call what was found, by entity; a bank file has its own words."""
        return LEDGER_WORDS if self.read.format == "fec" else EINVOICE_WORDS

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.path.name,
            "format": str(self.read.format),
            "statements": self.found["statement"],
            "lines": self.found["booked"],
            "pending": self.found["pending"],
            "records": sum(self.found.values()) - self.found["booked"] - self.found["pending"],
            "set_aside": [f"{one.record}: {one.message}" for one in self.read.set_aside],
            "warnings": [f"{one.record}: {one.message}" for one in self.read.warnings],
        }

    def counts(self) -> str:
        """What was found, in words."""
        if not is_bank_format(str(self.read.format)):
            return ", ".join(f"{self.found[entity]} {words}" for entity, words in self.words.items())
        return f"{self.found['statement']} statements, {self.found['booked']} lines" + _pending(
            self.found["pending"]
        )


LEDGER_WORDS = {
    "invoice": "invoices and credit notes",
    "ledger_payment": "payments",
    "ledger_allocation": "lettered",
}


EINVOICE_WORDS = {"invoice": "invoices and credit notes", "einvoice_status": "statuses"}
NOBODY = "000000000"
"""A SIREN that no company has."""


def is_bank_format(format: str) -> bool:
    """Whether a file of this format holds bank lines."""
    from mappings.statements import Format

    return format in {str(one) for one in Format} - {"fec"}


def _preview(
    files: list[Path], account: str | None, company: str | None, *, jsonl: bool, as_json: bool
) -> int:
    done: list[_Preview] = []
    refused: list[str] = []
    for path in files:
        try:
            with open_file(path) as content:
                read, facts = _read(path.name, content, account, company)
                one = _Preview(path, read)
                one.run(facts, jsonl=jsonl)
        except BadInput as error:
            refused.append(_about(path, error))
        else:
            done.append(one)
            _say_previewed(one, quiet=jsonl or as_json)
    if as_json:
        emit({"files": [one.as_json() for one in done], "refused": refused})
    for sentence in refused:
        complain(sentence)
    return _status(len(done), refused, aside=any(one.read.set_aside for one in done))


def _read(
    name: str, content: BinaryIO, account: str | None, company: str | None
) -> "tuple[Read, Iterable[Sequence[Record]]]":
    """The file as its parser reads it, without the store, and its facts in portions."""
    from hub.bank_files import StatementFiles
    from hub.ledger_files import LedgerFiles

    if _is_ledger(content):
        ledger = LedgerFiles().read(name, content, company_id=None, siren=_siren(company), raw_id=None)
        return ledger, ledger.portions()
    if _is_einvoice(content):
        einvoice = _read_einvoice(name, content, company)
        return einvoice, [einvoice.invoices, einvoice.statuses]
    file = StatementFiles().open(name, content, account=account, company_id=None)
    return file, chain([[*file.accounts, *file.statements]], file.portions())


def _is_ledger(content: BinaryIO) -> bool:
    from mappings.ledger import is_ledger

    return is_ledger(_head(content))


def _is_einvoice(content: BinaryIO) -> bool:
    from mappings.einvoice import is_einvoice

    return is_einvoice(_head(content))


def _siren(company: str | None) -> str | None:
    """What `--company` says without the store: a SIREN, or nothing."""
    digits = "".join((company or "").split())
    return digits if digits.isdigit() and len(digits) == 9 else None


def _head(content: BinaryIO) -> bytes:
    head = content.read(HEAD)
    content.seek(0)
    return head


def _read_einvoice(name: str, content: BinaryIO, company: str | None) -> "EInvoiceRead":
    """Without the store only a SIREN tells which side of an invoice the company is on; a file that is
    no e-invoice is refused for that before the SIREN is asked for."""
    from hub.einvoice_files import EInvoiceFiles

    siren = _siren(company)
    read = EInvoiceFiles().read(
        name, content, siren=siren or NOBODY, vat_number=None, company_id=None, raw_id=None
    )
    if siren is None:
        raise BadInput(
            f"{name} is an e-invoice: add --company SIREN, so that it is known whether the company is the"
            " seller or the buyer"
        )
    return read


def _say_previewed(one: _Preview, *, quiet: bool) -> None:
    if not quiet:
        say(f"{one.path}: {one.read.format}, {one.counts()}; nothing stored")
    for finding in one.read.set_aside:
        warn(f"{one.path}: set aside: {finding.record}: {finding.message}")
    for finding in one.read.warnings:
        warn(f"{one.path}: {finding.record}: {finding.message}")


def _pending(count: int) -> str:
    return f", {count} pending" if count else ""


def canonical(fact: "Record") -> dict[str, Any]:
    """A canonical record as plain JSON values, its entity first."""
    return {"entity": fact.entity, **fact.model_dump(mode="json")}


def _import(
    files: list[Path], account: str | None, company: str | None, tenant: str | None, *, as_json: bool
) -> int:
    done: list[Imported] = []
    refused: list[str] = []
    with opened() as hub:
        owner = tenant_of(hub, tenant)
        company_id = company_of(hub, owner, company).id
        with progress("import", quiet=as_json) as report:
            for path in files:
                report(path.name, {})
                try:
                    one = _taken(hub, owner.id, company_id, path, account)
                except BadInput as error:
                    refused.append(_about(path, error))
                else:
                    done.append(one)
    _say_imported(done, refused, as_json=as_json)
    return _status(len(done), refused, aside=any(one.set_aside for one in done))


def _taken(hub: "Hub", tenant_id: str, company_id: str, path: Path, account: str | None) -> "Imported":
    """One file into the store."""
    from core.usecases.import_einvoices import import_einvoice
    from core.usecases.import_files import import_file
    from core.usecases.import_ledger import import_ledger

    with open_file(path) as file:
        if _is_ledger(file):
            return import_ledger(
                hub.store, hub.ledgers, tenant_id, company_id=company_id, name=path.name, file=file
            )
        if _is_einvoice(file):
            return import_einvoice(
                hub.store, hub.einvoices, tenant_id, company_id=company_id, name=path.name, file=file
            )
        return import_file(
            hub.store,
            hub.statements,
            tenant_id,
            company_id=company_id,
            name=path.name,
            file=file,
            account=account,
        )


def _say_imported(done: "list[Imported]", refused: list[str], *, as_json: bool) -> None:
    if as_json:
        fields = ("name", "format", "statements", "new", "known", "pending", "set_aside", "warnings")
        emit(
            {"files": [{field: getattr(one, field) for field in fields} for one in done], "refused": refused}
        )
    for one in done:
        if not as_json:
            what = "lines" if is_bank_format(one.format) else "records"
            counts = f"{one.statements} statements, " if one.statements else ""
            counts += f"{one.new} new {what}, {one.known} known already{_pending(one.pending)}"
            say(f"{one.name}: {one.format}, {counts}")
        for finding in one.set_aside:
            warn(f"{one.name}: set aside: {finding}")
        for finding in one.warnings:
            warn(f"{one.name}: {finding}")
    for sentence in refused:
        complain(sentence)
