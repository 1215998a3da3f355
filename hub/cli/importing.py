"""`lettrage import`: bank files and ledgers into the store, or as canonical lines on stdout."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BadInput
from hub.cli.context import AsJson, ForCompany, ForTenant, company_of, opened, tenant_of
from hub.cli.frame import IN_PART, UNREADABLE, complain, emit, emit_line, progress, say, warn

if TYPE_CHECKING:
    from typing import TypeGuard

    from core.model import Fact
    from core.ports import BankFile, LedgerRead
    from core.usecases.import_files import Imported
    from hub.wiring import Hub

HEAD = 65_536
"""Bytes that are looked at to tell the format."""


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Bank statements and ledgers.")],
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
    """Reads bank statements (CFONB 120, camt.053) and ledgers (FEC); the format is told by the content."""
    if jsonl and not dry_run:
        raise BadInput("--jsonl prints records without storing them: add --dry-run")
    if jsonl and as_json:
        raise BadInput("--jsonl and --json are two outputs: choose one")
    if dry_run:
        status = _preview(files, account, jsonl=jsonl, as_json=as_json)
    else:
        status = _import(files, account, company, tenant, as_json=as_json)
    if status:
        raise typer.Exit(status)


def read_file(path: Path) -> bytes:
    """The bytes of a file; raises BadInput with what to do."""
    try:
        return path.read_bytes()
    except IsADirectoryError:
        raise BadInput(f"{path} is a folder: name the files in it") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None


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


def _preview(files: list[Path], account: str | None, *, jsonl: bool, as_json: bool) -> int:
    done: list[tuple[Path, BankFile | LedgerRead]] = []
    refused: list[str] = []
    for path in files:
        try:
            read = _read(path, account)
        except BadInput as error:
            refused.append(_about(path, error))
        else:
            done.append((path, read))
    if as_json:
        emit({"files": [_previewed(path, read) for path, read in done], "refused": refused})
    for path, read in done:
        _say_previewed(path, read, jsonl=jsonl, quiet=as_json)
    for sentence in refused:
        complain(sentence)
    return _status(len(done), refused, aside=any(read.set_aside for _, read in done))


def _read(path: Path, account: str | None) -> "BankFile | LedgerRead":
    """The file as its parser reads it, without the store."""
    from hub.bank_files import StatementFiles
    from hub.ledger_files import LedgerFiles
    from mappings.ledger import is_ledger

    content = read_file(path)
    if is_ledger(content[:HEAD]):
        return LedgerFiles().read(path.name, BytesIO(content), company_id=None, siren=None, raw_id=None)
    return StatementFiles().read(path.name, content, account=account, company_id=None)


def _say_previewed(path: Path, read: "BankFile | LedgerRead", *, jsonl: bool, quiet: bool) -> None:
    if jsonl:
        for fact in _facts(read):
            emit_line(canonical(fact))
    elif not quiet:
        say(f"{path}: {read.format}, {_counts(read)}; nothing stored")
    for finding in read.set_aside:
        warn(f"{path}: set aside: {finding.record}: {finding.message}")
    for finding in read.warnings:
        warn(f"{path}: {finding.record}: {finding.message}")


def _counts(read: "BankFile | LedgerRead") -> str:
    if _is_ledger_read(read):
        return ", ".join(f"{count} {words}" for words, count in ledger_counts(read.facts).items())
    return f"{_statements(read)} statements, {_lines(read)} lines"


def ledger_counts(facts: "Sequence[Fact]") -> dict[str, int]:
    """How many facts of each kind a ledger gave, in words."""
    words = {
        "invoice": "invoices and credit notes",
        "ledger_payment": "payments",
        "ledger_allocation": "lettered",
    }
    return {word: sum(fact.entity == entity for fact in facts) for entity, word in words.items()}


def _is_ledger_read(read: "BankFile | LedgerRead") -> "TypeGuard[LedgerRead]":
    return hasattr(read, "facts")


def _is_bank_file(read: "BankFile | LedgerRead") -> "TypeGuard[BankFile]":
    return hasattr(read, "statements")


def _statements(read: "BankFile | LedgerRead") -> int:
    return len(read.statements) if _is_bank_file(read) else 0


def _lines(read: "BankFile | LedgerRead") -> int:
    return len(read.transactions) if _is_bank_file(read) else 0


def _previewed(path: Path, read: "BankFile | LedgerRead") -> dict[str, Any]:
    return {
        "name": path.name,
        "format": str(read.format),
        "statements": _statements(read),
        "lines": _lines(read),
        "records": sum(1 for _ in _facts(read)),
        "set_aside": [f"{one.record}: {one.message}" for one in read.set_aside],
        "warnings": [f"{one.record}: {one.message}" for one in read.warnings],
    }


def _facts(read: "BankFile | LedgerRead") -> "Iterator[Fact]":
    """Accounts, statements and lines, each once; all that a ledger states."""
    if _is_ledger_read(read):
        yield from read.facts
    facts: dict[str, Fact] = {}
    for one in read.statements if _is_bank_file(read) else ():
        facts.setdefault(one.account.id, one.account)
        facts.setdefault(one.statement.id, one.statement)
    yield from facts.values()
    yield from read.transactions if _is_bank_file(read) else ()


def canonical(fact: "Fact") -> dict[str, Any]:
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
    from core.usecases.import_files import import_file
    from core.usecases.import_ledger import import_ledger
    from mappings.ledger import is_ledger

    content = read_file(path)
    if is_ledger(content[:HEAD]):
        file = BytesIO(content)
        return import_ledger(
            hub.store, hub.ledgers, tenant_id, company_id=company_id, name=path.name, file=file
        )
    return import_file(
        hub.store,
        hub.statements,
        tenant_id,
        company_id=company_id,
        name=path.name,
        content=content,
        account=account,
    )


def _say_imported(done: "list[Imported]", refused: list[str], *, as_json: bool) -> None:
    if as_json:
        fields = ("name", "format", "statements", "new", "known", "set_aside", "warnings")
        emit(
            {"files": [{field: getattr(one, field) for field in fields} for one in done], "refused": refused}
        )
    for one in done:
        if not as_json:
            what = "records" if one.format == "fec" else "lines"
            counts = f"{one.statements} statements, " if one.statements else ""
            counts += f"{one.new} new {what}, {one.known} known already"
            say(f"{one.name}: {one.format}, {counts}")
        for finding in one.set_aside:
            warn(f"{one.name}: set aside: {finding}")
        for finding in one.warnings:
            warn(f"{one.name}: {finding}")
    for sentence in refused:
        complain(sentence)
