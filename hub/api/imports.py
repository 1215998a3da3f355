"""Bank files handed in over HTTP."""

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import BaseModel

from core.model import Company
from core.usecases.import_files import import_file
from hub.api.access import Wired, Writer
from hub.api.lists import WORD, fact
from hub.api.once import WriteOnce
from hub.api.problems import documented
from hub.reports.words import plain

router = APIRouter(prefix="/v1/imports", tags=["records"], route_class=WriteOnce)


IBAN = r"^[A-Za-z0-9 ]+$"


class ImportSummary(BaseModel):
    """What one file came to. `known` lines were stored before; `pending` ones are new and not booked yet;
    statements set aside do not add up."""

    name: str
    format: str
    new: int
    known: int
    pending: int
    statements: int
    set_aside: list[str]
    warnings: list[str]
    dry_run: bool


@router.post("", responses=documented(404, 409, 413))
def import_bank_file(
    services: Wired,
    caller: Writer,
    file: Annotated[UploadFile, File(description="A CFONB 120 or camt.053 file; the content tells which.")],
    company_id: Annotated[str, Form(max_length=128, pattern=WORD)],
    account: Annotated[
        str | None, Form(max_length=42, pattern=IBAN, description="IBAN, where the format has none.")
    ] = None,
    dry_run: Annotated[bool, Form(description="Read and check only; store nothing.")] = False,
) -> ImportSummary:
    """Reads one bank statement file and stores its lines. The same file twice stores nothing new."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        fact(unit, Company, company_id)
    done = import_file(
        services.store,
        services.statements,
        caller.tenant_id,
        company_id=company_id,
        name=plain(file.filename or "file")[:200],
        file=file.file,
        account=account,
        dry_run=dry_run,
    )
    return ImportSummary(
        name=done.name,
        format=done.format,
        new=done.new,
        known=done.known,
        pending=done.pending,
        statements=done.statements,
        set_aside=list(done.set_aside),
        warnings=list(done.warnings),
        dry_run=dry_run,
    )
