"""`lettrage map`: one recorded provider response through today's table."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.kit.contract import Stream
from connectors.kit.registry import connectors
from core.errors import BadInput, BadRecord
from hub.cli.frame import IN_PART, warn
from hub.cli.importing import fact_line, read_file
from mappings.grammar import Origin


def map_response(
    provider: str,
    stream: str,
    file: Path,
    account: Annotated[
        str, typer.Option(help="The company's id at the provider; part of every id.")
    ] = "recorded",
) -> None:
    """One recorded response to canonical JSON lines; problems on stderr.

    Example: `lettrage map qonto transactions response.json`
    """
    chosen = _stream(provider, stream)
    try:
        body = json.loads(read_file(file), parse_float=Decimal)
    except ValueError as error:
        raise BadInput(f"{file} is not JSON: {error}") from None
    origin = Origin(provider=provider, account=account, object=stream)
    status, unknown = 0, set()
    for place, record in enumerate(records_of(body, file), 1):
        try:
            if not isinstance(record, Mapping):
                raise BadRecord(f"expected an object, found {type(record).__name__}")
            unknown |= set(chosen.table.unaccounted(record))
            for fact in chosen.table.read(record, origin):
                typer.echo(fact_line(fact))
        except BadRecord as error:
            warn(f"record {place} set aside: {error}")
            status = IN_PART
    for field in sorted(unknown):
        warn(f"unknown field {field}: neither read nor ignored")
    if status:
        raise typer.Exit(status)


def _stream(provider: str, name: str) -> Stream:
    known = connectors()
    if provider not in known:
        raise BadInput(f"there is no connector {provider!r}: choose from {', '.join(known)}")
    streams = {stream.name: stream for stream in known[provider].streams}
    if name not in streams:
        raise BadInput(f"{provider} has no stream {name!r}: choose from {', '.join(streams)}")
    return streams[name]


def records_of(body: Any, file: Path) -> list[Any]:
    """The records in a response: a list, the one list of an envelope, the object in a wrapper, or the
    body itself."""
    if isinstance(body, list):
        return body
    if not isinstance(body, Mapping):
        raise BadInput(f"{file} holds neither an object nor a list of records")
    lists = [value for value in body.values() if isinstance(value, list)]
    if "id" not in body and len(lists) == 1:
        return lists[0]
    if len(body) == 1 and isinstance(inner := next(iter(body.values())), Mapping):
        return [inner]
    return [body]
