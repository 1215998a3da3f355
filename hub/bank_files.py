"""The adapter of `core.ports.Statements`: bank files read by `mappings.statements`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from core.model import BankAccount, BankTransaction, Statement
from core.ports import BankFile, FileFinding
from mappings import statements as files


@dataclass(frozen=True, slots=True)
class StatementFiles:
    """Every method is a pure function of the parsers; `limits` is how much a file may ask for."""

    limits: files.Limits = files.LIMITS

    def open(
        self,
        name: str,
        file: BinaryIO,
        *,
        account: str | None,
        company_id: str | None,
        raw_id: str | None = None,
    ) -> BankFile:
        return files.open_statements(
            name, file, account=account, company_id=company_id, raw_id=raw_id, limits=self.limits
        )

    def same_lines(
        self, known: Sequence[BankTransaction], new: Sequence[BankTransaction]
    ) -> Mapping[str, str]:
        return files.same_lines(known, new)

    def successors(
        self,
        pending: Sequence[BankTransaction],
        booked: Sequence[BankTransaction],
        *,
        used: Collection[tuple[str, str]],
        window: Collection[int],
    ) -> Mapping[str, str]:
        return files.successors(pending, booked, used=used, window=window)

    def merged_account(self, known: BankAccount | None, new: BankAccount) -> BankAccount:
        return files.merged_account(known, new)

    def gaps(self, statements: Sequence[Statement]) -> Sequence[FileFinding]:
        return files.gaps(statements)
