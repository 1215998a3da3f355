"""`lettrage map`: one recorded provider response through today's table."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BadInput, BadRecord
from hub.cli.frame import IN_PART, emit_line, warn
from hub.cli.importing import canonical, read_file

if TYPE_CHECKING:
    from connectors.kit.contract import Stream
    from mappings.grammar import Origin


def map_response(
    provider: Annotated[str, typer.Argument(help="As `lettrage connectors` names it.")],
    stream: Annotated[
        str, typer.Argument(help="The list the response is of, as `lettrage connectors` names it.")
    ],
    file: Annotated[Path, typer.Argument(help="The body of the response, JSON.")],
    account: Annotated[
        str, typer.Option(metavar="ID", help="The company's id at the provider; part of every id.")
    ] = "recorded",
) -> None:
    """One recorded response to canonical JSON lines; records set aside and unknown fields on stderr."""
    from mappings.grammar import Origin

    chosen = _stream(provider, stream)
    try:
        body = json.loads(read_file(file), parse_float=Decimal)
    except ValueError:
        raise BadInput(f"{file} is not JSON: save the body of the response as it came") from None
    origin = Origin(provider=provider, account=account, object=stream)
    aside, unknown = _mapped(chosen, records_of(body, file), origin)
    for field in sorted(unknown):
        warn(f"unknown field {field}: neither read nor ignored")
    if aside:
        raise typer.Exit(IN_PART)


def _mapped(stream: "Stream", records: list[Any], origin: "Origin") -> tuple[int, set[str]]:
    """Prints the facts; returns how many records were set aside, and the fields nobody accounts for."""
    aside, unknown = 0, set[str]()
    for place, record in enumerate(records, 1):
        try:
            if not isinstance(record, Mapping):
                raise BadRecord(f"expected an object, found {type(record).__name__}")
            unknown |= set(stream.table.unaccounted(record))
            for fact in stream.table.read(record, origin):
                emit_line(canonical(fact))
        except BadRecord as error:
            warn(f"record {place} set aside: {error}")
            aside += 1
    return aside, unknown


def _stream(provider: str, name: str) -> "Stream":
    from connectors.kit.registry import connectors

    known = connectors()
    if provider not in known:
        raise BadInput(f"there is no connector {provider!r}: choose {' or '.join(known)}")
    streams = {stream.name: stream for stream in known[provider].streams}
    if name not in streams:
        raise BadInput(f"{provider} has no stream {name!r}: choose {', '.join(streams)}")
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
