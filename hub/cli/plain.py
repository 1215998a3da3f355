"""`lettrage reconcile` over files as it is mostly typed, read without the library of the command line, which
takes longer to load than a small run."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class OverFiles(NamedTuple):
    """What a run over files was asked for."""

    transactions: Path | None = None
    open_items: Path | None = None
    payer_accounts: Path | None = None
    policy: Path | None = None
    out: Path | None = None
    format: str = "parquet"
    as_json: bool = False


_VALUES = {f"--{name.replace('_', '-')}": name for name in OverFiles._fields if name != "as_json"}


def over_files(words: Sequence[str]) -> OverFiles | None:
    """None where anything else was typed, or anything unusual: the whole command line understands it, or says
    what is wrong with it."""
    if list(words[:1]) != ["reconcile"]:
        return None
    given: dict[str, str] = {}
    rest = iter(words[1:])
    as_json = False
    for word in rest:
        if word == "--json":
            as_json = True
            continue
        name, value = _VALUES.get(word), next(rest, "")
        if name is None or name in given or not value or value[0] == "-" or not value.isprintable():
            return None
        given[name] = value
    if not given:
        return None
    format = given.pop("format", "parquet")
    paths = {name: Path(value) for name, value in given.items()}
    return OverFiles(**paths, format=format, as_json=as_json)
