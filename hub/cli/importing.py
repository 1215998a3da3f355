"""`lettrage import`: bank files into the store, or as canonical lines on stdout."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import BadInput
from core.usecases.import_files import Imported, import_file
from hub.bank_files import StatementFiles
from hub.cli.context import company_of, opened, tenant_of
from hub.cli.frame import IN_PART, UNREADABLE, emit, progress, say, warn
from hub.cli.setup import AsJson, Tenant


def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Bank statement files.")],
    account: Annotated[
        str | None, typer.Option(metavar="IBAN", help="The account, where the file names none.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="With --dry-run: canonical records, one a line.")
    ] = False,
    company: Annotated[str | None, typer.Option(help="Company id or SIREN.")] = None,
    tenant: Tenant = None,
    as_json: AsJson = False,
) -> None:
    """Reads bank statements (CFONB 120, camt.053). Example: `lettrage import --dry-run --jsonl statement.txt`"""
    if jsonl and not dry_run:
        raise BadInput("--jsonl prints records without storing them: add --dry-run")
    status = 0
    if dry_run:
        for path in files:
            status = max(status, _preview(path, account, jsonl=jsonl))
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


def _preview(path: Path, account: str | None, *, jsonl: bool) -> int:
    try:
        read = StatementFiles().read(path.name, read_file(path), account=account, company_id=None)
    except BadInput as error:
        warn(f"{path}: {error}")
        return UNREADABLE
    for finding in (*read.set_aside, *read.warnings):
        warn(f"{path}: {finding.record}: {finding.message}")
    if jsonl:
        seen: set[str] = set()
        for one in read.statements:
            for fact in (one.account, one.statement):
                if fact.id not in seen:
                    typer.echo(fact_line(fact))
                seen.add(fact.id)
        for line in read.transactions:
            typer.echo(fact_line(line))
    else:
        say(
            f"{path}: {read.format}, {len(read.statements)} statements, {len(read.transactions)} lines; nothing stored"
        )
    return IN_PART if read.set_aside else 0


def fact_line(fact: Any) -> str:
    """A canonical record as one line of JSON, its entity first."""
    plain = {"entity": fact.entity, **fact.model_dump(mode="json")}
    return json.dumps(plain, ensure_ascii=False)


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
                    done.append(
                        import_file(
                            hub.store,
                            hub.statements,
                            owner.id,
                            company_id=company_id,
                            name=path.name,
                            content=read_file(path),
                            account=account,
                        )
                    )
                except BadInput as error:
                    refused.append(f"{path}: {error}")
    _say_imported(done, refused, as_json=as_json)
    if refused:
        return IN_PART if done else UNREADABLE
    return IN_PART if any(one.set_aside for one in done) else 0


def _say_imported(done: list[Imported], refused: list[str], *, as_json: bool) -> None:
    if as_json:
        plain = [{field: getattr(one, field) for field in one.__slots__} for one in done]
        emit({"files": plain, "refused": refused})
        return
    for one in done:
        say(
            f"{one.name}: {one.format}, {one.statements} statements, {one.new} new lines, {one.known} known already"
        )
        for finding in one.set_aside:
            warn(f"  set aside: {finding}")
    for sentence in refused:
        warn(sentence)
