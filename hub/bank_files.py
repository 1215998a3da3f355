"""The adapter of `core.ports.Statements`: bank files read by `mappings.statements`."""

from collections.abc import Mapping, Sequence

from core.model import BankTransaction, Statement
from core.ports import BankFile, FileFinding
from mappings import statements as files


class StatementFiles:
    """Stateless: every method is a pure function of the parsers."""

    def read(self, name: str, content: bytes, *, account: str | None, company_id: str | None) -> BankFile:
        return files.read_statements(name, content, account=account, company_id=company_id)

    def numbered(
        self, file: BankFile, *, lines: Sequence[BankTransaction], statements: Sequence[Statement]
    ) -> BankFile:
        if not isinstance(file, files.StatementFile):
            raise TypeError("only a file that `read` returned can be numbered")
        return files.numbered(file, lines=lines, statements=statements)

    def same_lines(
        self, known: Sequence[BankTransaction], new: Sequence[BankTransaction]
    ) -> Mapping[str, str]:
        return files.same_lines(known, new)

    def gaps(self, statements: Sequence[Statement]) -> Sequence[FileFinding]:
        return files.gaps(statements)
