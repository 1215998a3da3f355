"""What the core asks of files: bank statements, ledgers, e-invoices; each is a room in `mappings`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO, Protocol

from core.model import BankAccount, BankTransaction, EInvoiceStatus, Fact, Invoice, Statement
from core.model.quality import Severity


class FileFinding(Protocol):
    """Something a person should know about a file; `record` is the place in it."""

    @property
    def code(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def message(self) -> str: ...
    @property
    def record(self) -> str: ...


class BankFile(Protocol):
    """A bank file that is proven; nothing of a statement in `set_aside` is among the statements."""

    @property
    def format(self) -> str: ...
    @property
    def accounts(self) -> Sequence[BankAccount]: ...
    @property
    def statements(self) -> Sequence[Statement]: ...
    @property
    def set_aside(self) -> Sequence[FileFinding]: ...
    @property
    def warnings(self) -> Sequence[FileFinding]: ...

    def booked_days(self, account_id: str) -> Collection[date]:
        """The booking days of the lines on an account of the file."""
        ...

    def fitted(
        self, *, seen: Mapping[str, Sequence[tuple[int, Statement]]], homes: Mapping[str, str]
    ) -> "BankFile":
        """The file with occurrence numbers that fit stored lines (by fingerprint: number, and the
        statement each was first read from), on the accounts that are known by other ids."""
        ...

    def portions(self) -> Iterator[Sequence[BankTransaction]]:
        """Booked and pending lines, each once, read again from the file as they are asked for."""
        ...


class Statements(Protocol):
    """Reads bank files: `mappings/statements`."""

    def open(
        self, name: str, file: BinaryIO, *, account: str | None, company_id: str | None, raw_id: str | None
    ) -> BankFile:
        """Proves a file; raises BadInput for one that cannot be read. `account` is the IBAN that a
        file leaves out; the file must be able to seek and stay open while its portions are read."""
        ...

    def same_lines(
        self, known: Sequence[BankTransaction], new: Sequence[BankTransaction]
    ) -> Mapping[str, str]:
        """New line id to known line id, for each new line that is known already."""
        ...

    def successors(
        self,
        pending: Sequence[BankTransaction],
        booked: Sequence[BankTransaction],
        *,
        used: Collection[tuple[str, str]],
        window: Collection[int],
    ) -> Mapping[str, str]:
        """Pending line id to the id of the booked line it became. `used`: pairs of announcing format
        and booked id that are taken; `window`: days a booking may come after the announced day."""
        ...

    def merged_account(self, known: BankAccount | None, new: BankAccount) -> BankAccount:
        """What two sources say of one account."""
        ...

    def gaps(self, statements: Sequence[Statement]) -> Sequence[FileFinding]:
        """Where a closing balance is not the next opening one: a file is missing."""
        ...


class LedgerRead(Protocol):
    """A ledger file as read; nothing of what is set aside is among the facts. `version` orders the states
    of one ledger (the greater text is the later state) and is that of each fact's source."""

    @property
    def format(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def set_aside(self) -> Sequence[FileFinding]: ...
    @property
    def warnings(self) -> Sequence[FileFinding]: ...

    def portions(self) -> Iterator[Sequence[Fact]]:
        """All facts, each after those it names, made as they are asked for."""
        ...

    def stated(self, ids: Collection[str]) -> Collection[str]:
        """Those of the ids that invoices, payments or allocations among the facts have."""
        ...


class Ledgers(Protocol):
    """Reads accounting ledgers: `mappings/ledger`."""

    def read(
        self, name: str, file: BinaryIO, *, company_id: str | None, siren: str | None, raw_id: str | None
    ) -> LedgerRead:
        """Raises BadInput for a file that cannot be read; `siren` is checked against the file's name."""
        ...


class EInvoiceRead(Protocol):
    """An e-invoice file as read; nothing of a document that is set aside is among the facts."""

    @property
    def format(self) -> str: ...
    @property
    def invoices(self) -> tuple[Invoice, ...]: ...
    @property
    def statuses(self) -> tuple[EInvoiceStatus, ...]: ...
    @property
    def set_aside(self) -> Sequence[FileFinding]: ...
    @property
    def warnings(self) -> Sequence[FileFinding]: ...


class EInvoices(Protocol):
    """Reads e-invoices and their status messages: `mappings/einvoice`."""

    def read(
        self,
        name: str,
        file: BinaryIO,
        *,
        siren: str | None,
        vat_number: str | None,
        company_id: str | None,
        raw_id: str | None,
    ) -> EInvoiceRead:
        """Raises BadInput for a file that cannot be read. `siren` and `vat_number` are the company's:
        they tell whether it is the seller or the buyer."""
        ...
