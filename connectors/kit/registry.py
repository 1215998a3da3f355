"""The connectors there are, by slug, and a table of what each can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from types import MappingProxyType

from connectors.kit.contract import Connector, capabilities

SLUGS = ("pennylane", "qonto")


@cache
def connectors() -> Mapping[str, Connector]:
    """Every connector by its slug; each is the value CONNECTOR of `connectors.<slug>.connector`."""
    found = {slug: import_module(f"connectors.{slug}.connector").CONNECTOR for slug in SLUGS}
    return MappingProxyType(found)


@dataclass(frozen=True, slots=True)
class Ability:
    """One row of the capability table."""

    slug: str
    name: str
    streams: tuple[str, ...]
    capabilities: tuple[str, ...]
    level: str
    checked_on: str


def level_of(slug: str) -> str:
    """The quality level a connector claims in the first line of its `quality.yaml`."""
    text = files(f"connectors.{slug}").joinpath("quality.yaml").read_text("utf-8")
    lines = (line.partition(":") for line in text.splitlines())
    return next((value.strip() for name, _, value in lines if name == "level"), "none")


def capability_table() -> tuple[Ability, ...]:
    """What each connector can do, read off the connectors themselves."""
    return tuple(
        Ability(
            slug=slug,
            name=connector.manifest.name,
            streams=tuple(stream.name for stream in connector.streams),
            capabilities=tuple(sorted(capabilities(connector))),
            level=level_of(slug),
            checked_on=connector.manifest.checked_on.isoformat(),
        )
        for slug, connector in connectors().items()
    )
