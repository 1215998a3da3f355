"""The one door for files: told by their content, unpacked, read, and stored or only shown."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Any, BinaryIO, Final

from core.errors import BadInput
from core.model import Record
from core.ports import BankFile, EInvoiceRead, EInvoices, LedgerRead, Ledgers, Statements, Store
from core.usecases.import_einvoices import import_einvoice
from core.usecases.import_files import Imported, import_file
from core.usecases.import_ledger import import_ledger
from hub.archives import Archive, base_name, is_archive
from hub.unknown_files import unknown
from mappings.einvoice import is_einvoice
from mappings.ledger import is_ledger
from mappings.statements import Format, recognise

HEAD: Final = 65_536
"""Bytes that are looked at to tell the kind."""
NOBODY: Final = "000000000"
"""A SIREN that no company has."""
Read = BankFile | EInvoiceRead | LedgerRead


class Kind(StrEnum):
    """The rooms of `mappings` that read files; a bank statement is what is none of the others."""

    STATEMENT = "statement"
    LEDGER = "ledger"
    EINVOICE = "e-invoice"


@dataclass(frozen=True, slots=True)
class FileReaders:
    """What reads each kind."""

    statements: Statements
    ledgers: Ledgers
    einvoices: EInvoices


@dataclass(slots=True)
class Previewed:
    """A file read without storing. `found` counts its records by entity, bank lines also by status."""

    name: str
    kind: Kind
    read: Read
    found: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Handed:
    """What the files handed in came to: those that were read, and a sentence for each refused."""

    imported: list[Imported] = field(default_factory=list)
    previewed: list[Previewed] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many files were read."""
        return len(self.imported) + len(self.previewed)

    @property
    def is_whole(self) -> bool:
        """Every file was read, and nothing in any of them was set aside."""
        aside = any(one.set_aside for one in self.imported) or any(o.read.set_aside for o in self.previewed)
        return not (self.refused or aside)


def kind_of(name: str, file: BinaryIO) -> Kind:
    """Told by the content, never by the name, which is for messages; the file is back at its beginning.

    Raises BadInput for a file of no kind that is known.
    """
    head = file.read(HEAD)
    file.seek(0)
    if is_ledger(head):
        return Kind.LEDGER
    if is_einvoice(head):
        return Kind.EINVOICE
    if recognise(head) in (Format.UNKNOWN, Format.FEC):
        raise unknown(name, head)
    return Kind.STATEMENT


Each = Callable[[str, str, BinaryIO], None]
"""Takes one plain file: how the user knows it (a path, perhaps into an archive), its name, its bytes.
Raises BadInput for one that cannot be read."""


def each_file(shown: str, name: str, file: BinaryIO, take: Each) -> list[str]:
    """Hands a file, or every file of an archive, to `take`; returns a sentence for each refused.

    What one file of an archive lacks does not stop the others.
    """
    try:
        if not _is_archive(file):
            take(shown, name, file)
            return []
        archive = Archive(shown, file)
    except BadInput as error:
        return [_about(shown, name, error)]
    refused = list(_each_entry(archive, take))
    return refused if refused or any(archive.entries()) else [f"{shown} is an archive without files"]


def _is_archive(file: BinaryIO) -> bool:
    head = file.read(4)
    file.seek(0)
    return is_archive(head)


def _each_entry(archive: Archive, take: Each) -> Iterator[str]:
    for entry in archive.entries():
        shown, name = archive.shown(entry), base_name(entry)
        try:
            with archive.opened(entry) as file:
                if _is_archive(file):
                    Archive(shown, file)  # raises for one that is damaged or an Office document
                    raise BadInput(f"{shown} is an archive in an archive: unpack it and import its files")
                take(shown, name, file)
        except BadInput as error:
            yield _about(shown, name, error)


def _about(shown: str, name: str, error: BadInput) -> str:
    """The sentence, beginning with how the user knows the file, once."""
    sentence = str(error)
    if sentence.startswith(shown):
        return sentence
    rest = sentence.removeprefix(name)
    return f"{shown}{rest}" if rest != sentence else f"{shown}: {sentence}"


def store_file(
    store: Store,
    readers: FileReaders,
    tenant_id: str,
    *,
    company_id: str,
    name: str,
    file: BinaryIO,
    account: str | None = None,
    dry_run: bool = False,
) -> Imported:
    """Reads and stores one plain file of any kind, in one unit; raises BadInput, storing nothing, for one
    that cannot be read. With `dry_run` only counts what would be stored."""
    what: dict[str, Any] = {"company_id": company_id, "name": name, "file": file, "dry_run": dry_run}
    match kind_of(name, file):
        case Kind.LEDGER:
            return import_ledger(store, readers.ledgers, tenant_id, **what)
        case Kind.EINVOICE:
            return import_einvoice(store, readers.einvoices, tenant_id, **what)
        case Kind.STATEMENT:
            return import_file(store, readers.statements, tenant_id, account=account, **what)


def read_file(
    readers: FileReaders, name: str, file: BinaryIO, *, account: str | None = None, siren: str | None = None
) -> tuple[Previewed, Iterable[Sequence[Record]]]:
    """One plain file as its parser reads it, without a store, and its records in portions; `found` is
    for the caller to count as they go by. Without a store only `siren` tells the company."""
    kind = kind_of(name, file)
    match kind:
        case Kind.LEDGER:
            ledger = readers.ledgers.read(name, file, company_id=None, siren=siren, raw_id=None)
            return Previewed(name, kind, ledger), ledger.portions()
        case Kind.EINVOICE:
            einvoice = _einvoice(readers.einvoices, name, file, siren)
            return Previewed(name, kind, einvoice), [einvoice.invoices, einvoice.statuses]
        case Kind.STATEMENT:
            bank = readers.statements.open(name, file, account=account, company_id=None, raw_id=None)
            return Previewed(name, kind, bank), chain([[*bank.accounts, *bank.statements]], bank.portions())


def _einvoice(einvoices: EInvoices, name: str, file: BinaryIO, siren: str | None) -> EInvoiceRead:
    """A file that is no e-invoice is refused for that before the SIREN is asked for."""
    read = einvoices.read(name, file, siren=siren or NOBODY, vat_number=None, company_id=None, raw_id=None)
    if siren is None:
        raise BadInput(
            f"{name} is an e-invoice: add --company SIREN, so that it is known whether the company is the"
            " seller or the buyer"
        )
    return read
