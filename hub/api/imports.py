"""Files handed in over HTTP: statements, ledgers, e-invoices, or archives of them."""

from typing import Annotated, BinaryIO

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import BaseModel, BeforeValidator
from pydantic_core import PydanticCustomError

from core.errors import BadInput
from core.model import Company
from core.usecases.import_files import Imported
from hub.api.access import Wired, Writer
from hub.api.lists import WORD, fact
from hub.api.once import A_FILE, WriteOnce
from hub.api.problems import documented
from hub.door import each_file, store_file
from hub.reports.words import plain

router = APIRouter(prefix="/v1/imports", tags=["records"], route_class=WriteOnce)

IBAN = r"^[A-Za-z0-9 ]+$"
WHAT = (
    "A bank statement (CFONB 120 or 240, camt.052 to .054, MT940, MT942, OFX), a ledger (FEC), an e-invoice"
    " (Factur-X, UBL, CII) or status message (CDAR), or a ZIP of such files; the content tells which."
)


class ImportSummary(BaseModel):
    """What one file came to. `path` leads from the file sent into the archive it is; `known` records were
    stored before; `pending` lines are new and not booked yet; statements set aside do not add up."""

    name: str
    path: str
    format: str
    new: int
    known: int
    pending: int
    statements: int
    set_aside: list[str]
    warnings: list[str]


class ImportResult(BaseModel):
    """Every file that was read, and a sentence for each that was refused (of an archive; a single file
    that is refused is a problem)."""

    files: list[ImportSummary]
    refused: list[str]
    dry_run: bool


def _named(part: object) -> object:
    """A part without a file name is a field of text: nothing says which of its bytes are the file's."""
    if isinstance(part, str):
        raise PydanticCustomError(
            "file_without_name", "this is text: send the file as {what}", {"what": A_FILE}
        )
    return part


@router.post("", responses=documented(404, 409, 413))
def import_files(
    services: Wired,
    caller: Writer,
    file: Annotated[UploadFile, BeforeValidator(_named), File(description=WHAT)],
    company_id: Annotated[str, Form(max_length=128, pattern=WORD)],
    account: Annotated[
        str | None, Form(max_length=42, pattern=IBAN, description="IBAN, where the format has none.")
    ] = None,
    dry_run: Annotated[bool, Form(description="Read and check only; store nothing.")] = False,
) -> ImportResult:
    """Reads a file, or every file of an archive; each is stored whole or not at all, and only once."""
    with services.store.begin(caller.tenant_id, write=False) as unit:
        fact(unit, Company, company_id)
    done: list[ImportSummary] = []

    def take(shown: str, name: str, content: BinaryIO) -> None:
        one = store_file(
            services.store, services.files, caller.tenant_id, company_id=company_id, name=plain(name)[:200],
            file=content, account=account, dry_run=dry_run,
        )  # fmt: skip
        done.append(_summary(one, plain(shown)))

    name = plain(file.filename or "file")[:200]
    refused = each_file(name, name, file.file, take)
    if refused and not done:
        raise BadInput(refused[0] if len(refused) == 1 else f"{refused[0]} (and {len(refused) - 1} more)")
    return ImportResult(files=done, refused=[plain(sentence) for sentence in refused], dry_run=dry_run)


def _summary(done: Imported, path: str) -> ImportSummary:
    return ImportSummary(
        name=done.name,
        path=path,
        format=done.format,
        new=done.new,
        known=done.known,
        pending=done.pending,
        statements=done.statements,
        set_aside=list(done.set_aside),
        warnings=list(done.warnings),
    )
