"""`lettrage finance`: financed invoices from JSON lines."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BadInput
from hub.cli.context import AsJson, ForTenant, opened, tenant_of
from hub.cli.frame import IN_PART, UNREADABLE, complain, emit, say
from hub.cli.importing import read_file

if TYPE_CHECKING:
    from core.usecases.finance import Financing


def finance(
    file: Annotated[Path, typer.Argument(help="JSON lines: one financed invoice each.")],
    tenant: ForTenant = None,
    as_json: AsJson = False,
) -> None:
    """Registers financed invoices: what was advanced, on which invoice. The same terms twice are silent.

    A line, amounts in minor units: `{"loan_reference": "LOAN-7", "invoice": {"company": "990000002", "number": "FA-802"},
    "advance_minor": 200000, "currency": "EUR", "basis": "gross", "assignment": "silent", "disbursed_on": "2026-11-20"}`
    """
    from core.usecases.finance import finance as register

    rows, refused = read_rows(file)
    with opened() as hub:
        done = register(hub.store, tenant_of(hub, tenant).id, list(rows.values()))
    lines = list(rows)
    for one in done.refused:
        refused[lines[one.row - 1]] = one.error.sentence.removeprefix(f"row {one.row}: ")
    _tell(done, refused, as_json=as_json)
    for line in sorted(refused):
        complain(f"{file}, line {line}: {refused[line]}")
    if refused:
        raise typer.Exit(IN_PART if done.registered or done.known else UNREADABLE)


def read_rows(file: Path) -> tuple[dict[int, Any], dict[int, str]]:
    """JSON values by line number, and why the other lines were not read; raises BadInput when none was."""
    try:
        text = read_file(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is not UTF-8 at byte {error.start}: save it as UTF-8") from None
    rows: dict[int, Any] = {}
    refused: dict[int, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows[number] = json.loads(line, parse_constant=_no_number)
        except ValueError:
            refused[number] = "not JSON: write one object on each line"
    if refused and not rows:
        raise BadInput(f"{file} holds no JSON lines: write one object on each line")
    return rows, refused


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not JSON")


def _tell(done: "Financing", refused: dict[int, str], *, as_json: bool) -> None:
    registered, known = done.registered, done.known
    if as_json:
        emit(
            {
                "registered": [one.model_dump(mode="json", exclude={"snapshot"}) for one in registered],
                "known": [one.id for one in known],
                "refused": [{"line": line, "reason": refused[line]} for line in sorted(refused)],
            }
        )
    else:
        say(f"{len(registered)} registered, {len(known)} known already, {len(refused)} refused")
