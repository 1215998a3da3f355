"""Reads one saved response of a provider with its table: for samples, and for `lettrage map`."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.kit.client import parse_json
from connectors.kit.contract import Connector, Page, Response, Stream
from connectors.kit.reading import PageReader
from connectors.kit.walks import raws
from core.errors import BadInput
from core.model import Connection, Fact, QualityIssue

SAMPLE_ACCOUNT = "sample"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Mapped:
    """What one saved response holds."""

    facts: tuple[Fact, ...]
    issues: tuple[QualityIssue, ...]


def stream_named(connector: Connector, name: str) -> Stream:
    """The stream of that name; raises BadInput with the names there are."""
    for stream in connector.streams:
        if stream.name == name:
            return stream
    names = ", ".join(stream.name for stream in connector.streams)
    raise BadInput(f"{connector.manifest.name} has no stream {name!r}; choose one of: {names}")


def rows_of(body: Any, name: str) -> list[Any]:
    """The records in a response: a list, the list under the stream's name, the only list of objects,
    or the only object; raises BadInput when it is none of these."""
    if isinstance(body, list):
        return body
    if isinstance(body, Mapping):
        if isinstance(body.get(name), list):
            return list(body[name])
        lists = [v for v in body.values() if isinstance(v, list) and all(isinstance(r, Mapping) for r in v)]
        if len(lists) == 1 and "id" not in body:
            return lists[0]
        inner = [v for v in body.values() if isinstance(v, Mapping)]
        return [inner[0]] if len(body) == 1 and inner else [body]
    raise BadInput(f"the file holds no records of {name}: expected a saved JSON response")


def map_response(connector: Connector, stream: str, data: bytes) -> Mapped:
    """Facts and set-aside records of one saved response; raises BadInput when it is not JSON."""
    chosen = stream_named(connector, stream)
    try:
        body = parse_json(data)
    except ValueError:
        raise BadInput("the file is not JSON; save the provider's response as it came") from None
    connection = Connection(
        id="sample",
        company_id=SAMPLE_ACCOUNT,
        provider=connector.manifest.slug,
        state="active",
        provider_account_id=SAMPLE_ACCOUNT,
        created_at=_EPOCH,
    )
    response = Response(status=200, body=body, headers={}, received_at=_EPOCH)
    page = Page(raws(rows_of(body, stream)), cursor={}, more=False)
    pulled = PageReader(connection, chosen, response).read(page)
    return Mapped(pulled.facts, pulled.issues)


def expected_text(mapped: Mapped) -> str:
    """The reviewed file beside a sample: canonical records without raw ids, then what was set aside."""
    facts = [fact.model_dump(mode="json", exclude={"source": {"raw_id"}}) for fact in mapped.facts]
    issues = [{"code": i.code, "record": i.record, "message": i.message} for i in mapped.issues]
    return json.dumps({"facts": facts, "issues": issues}, indent=1, ensure_ascii=False) + "\n"


def samples_of(folder: Path) -> list[tuple[str, Path, Path]]:
    """(stream, sample, expected) of each `<stream>[.<what it shows>].json` in a samples folder."""
    found = sorted(p for p in folder.glob("*.json") if not p.name.endswith(".expected.json"))
    return [(p.name.split(".")[0], p, p.with_name(p.stem + ".expected.json")) for p in found]


def write_expected(connector: Connector, folder: Path) -> list[Path]:
    """Writes the expected file of each sample, for a person to read and commit."""
    written = []
    for stream, sample, expected in samples_of(folder):
        expected.write_text(expected_text(map_response(connector, stream, sample.read_bytes())), "utf-8")
        written.append(expected)
    return written


if __name__ == "__main__":
    from connectors.kit.registry import connectors

    for slug in sys.argv[1:]:
        folder = Path(__file__).resolve().parents[1] / slug / "samples"
        for path in write_expected(connectors()[slug], folder):
            sys.stdout.write(f"{path}\n")
