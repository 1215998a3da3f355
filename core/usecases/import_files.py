"""Imports bank files: one unit per file; the same line twice, or from two formats, is one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from core.model import (
    BankAccount,
    BankTransaction,
    Fact,
    QualityIssue,
    RawRecord,
    Statement,
    content_hash,
    stable_id,
)
from core.ports import BankFile, FileFinding, Statements, Store, Unit
from core.usecases.issues import note
from core.usecases.wake import wake

F = TypeVar("F", bound=Fact)
FILE_PROVIDER: Final = "bank_file"
"""The provider word of facts read from files."""
VERSION: Final = "bank-file-1"


@dataclass(frozen=True, slots=True)
class Imported:
    """What one file came to. `facts` are those stored (with `dry_run`: that would be)."""

    name: str
    format: str
    new: int
    known: int
    statements: int
    set_aside: tuple[str, ...]
    warnings: tuple[str, ...]
    facts: tuple[Fact, ...]


def import_file(
    store: Store,
    statements: Statements,
    tenant_id: str,
    *,
    company_id: str | None,
    name: str,
    content: bytes,
    account: str | None = None,
    dry_run: bool = False,
) -> Imported:
    """Reads and stores one file; `account` is the IBAN that a format leaves out.

    Raises BadInput, storing nothing, for a file that cannot be read. Statements that do not add up
    are set aside with the difference; the others are stored. A second import stores nothing.
    """
    read = statements.read(name, content, account=account, company_id=company_id)
    with store.begin(tenant_id, write=not dry_run) as unit:
        fitted = fit(unit, statements, read)
        raw = _raw(unit, name, content, fitted, account, company_id)
        lines = _unknown(unit, statements, fitted)
        facts = _facts(unit, fitted, lines, raw)
        if not dry_run:
            _keep(unit, statements, fitted, facts, raw)
    return Imported(
        name=name,
        format=str(fitted.format),
        new=len(lines),
        known=len(fitted.transactions) - len(lines),
        statements=len(fitted.statements),
        set_aside=tuple(f"{f.record}: {f.message}" for f in fitted.set_aside),
        warnings=tuple(f"{f.record}: {f.message}" for f in fitted.warnings),
        facts=facts,
    )


def fit(unit: Unit, statements: Statements, read: BankFile, *, as_of: int | None = None) -> BankFile:
    """The file with occurrence numbers that fit what is stored of its accounts."""
    accounts = _accounts(read)
    lines = _of(unit, BankTransaction, accounts, as_of)
    return statements.numbered(read, lines=lines, statements=_of(unit, Statement, accounts, as_of))


def _accounts(read: BankFile) -> list[str]:
    return sorted({one.account.id for one in read.statements})


def _of(unit: Unit, kind: type[F], accounts: Iterable[str], as_of: int | None = None) -> list[F]:
    return [fact for id in accounts for fact in unit.all(kind, as_of=as_of, account_id=id)]


def _unknown(unit: Unit, statements: Statements, read: BankFile) -> list[BankTransaction]:
    """The lines no earlier file brought."""
    known = _of(unit, BankTransaction, _accounts(read))
    same = statements.same_lines(known, read.transactions)
    return [line for line in read.transactions if line.id not in same]


def _raw(
    unit: Unit, name: str, content: bytes, read: BankFile, account: str | None, company_id: str | None
) -> RawRecord:
    """The file itself, byte for byte; its id is made of its content, so a repeat is silent."""
    digest = content_hash(content.hex())
    owner = company_id or ""
    return RawRecord(
        id=stable_id("raw", FILE_PROVIDER, owner, account or "", digest),
        provider=FILE_PROVIDER,
        account=owner,
        object=str(read.format),
        external_id=name[:200],
        content_hash=digest,
        payload=content,
        received_at=unit.now,
        mapping_version=VERSION,
        company_id=company_id,
        http={"account": account} if account else {},
    )


def _facts(unit: Unit, read: BankFile, lines: Sequence[BankTransaction], raw: RawRecord) -> tuple[Fact, ...]:
    """Accounts and statements not known yet, and the new lines, each traced to the file."""
    accounts = {one.account.id: one.account for one in read.statements}
    stated = {one.statement.id: one.statement for one in read.statements}
    known = {*unit.get(BankAccount, accounts), *unit.get(Statement, stated)}
    fresh: list[Fact] = [*accounts.values(), *stated.values()]
    return tuple(_traced(fact, raw) for fact in [*(f for f in fresh if f.id not in known), *lines])


def _traced(fact: F, raw: RawRecord) -> F:
    if fact.source is None:
        return fact
    return fact.model_copy(update={"source": fact.source.model_copy(update={"raw_id": raw.id})})


def _keep(unit: Unit, statements: Statements, read: BankFile, facts: Sequence[Fact], raw: RawRecord) -> None:
    if facts:
        unit.append([raw])
        unit.put(facts)
    stored = _of(unit, Statement, _accounts(read))
    findings = [*read.set_aside, *read.warnings, *statements.gaps(stored)]
    note(unit, [_issue(unit, raw, finding) for finding in findings])
    wake(unit)


def _issue(unit: Unit, raw: RawRecord, finding: FileFinding) -> QualityIssue:
    return QualityIssue(
        id=stable_id("iss", finding.code, raw.content_hash, finding.record),
        code=finding.code,
        severity=finding.severity,
        record=f"{raw.external_id}: {finding.record}",
        message=finding.message,
        company_id=raw.company_id,
        first_seen_at=unit.now,
        last_seen_at=unit.now,
    )
