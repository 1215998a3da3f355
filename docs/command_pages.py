"""docs/commands.md and docs/capabilities.md: the commands and the connectors, from the code."""

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from connectors.kit.registry import capability_table
from hub.cli.commands import app

INTRO = """# Commands

The same use cases as the [API](api.md), for people and scripts. `--help` after any of them says what is below.

- **Exit status:** 0 done, 1 failed, 2 usage or unreadable input, 3 done in part (rows, records or files were set aside; stderr
  says which and why).
- **Output:** results on stdout, everything else on stderr. `--json` prints one JSON document for a program.
- **Errors** are one line: what, which input, what to do next. `--debug`, anywhere, adds the traceback.
- **Tenant:** with one tenant nothing need be said; else `--tenant`, or `LETTRAGE_TENANT` once for all.
- **Database:** `LETTRAGE_DATABASE_URL` ([settings](settings.md)). SQLite is made and upgraded at first use; on PostgreSQL run
  `lettrage db upgrade` first. `import --dry-run`, `map`, `connectors` and `reconcile` over files need none.
"""


def commands() -> str:
    """docs/commands.md: every command, as its help says it."""
    parts = [INTRO.rstrip()]
    for path, command in every_command(typer.main.get_command(app), "lettrage"):
        parts.append("\n".join(_command(path, command)))
    return "\n\n".join(parts) + "\n"


def every_command(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each command below `command` with the words that call it, in the order of their names."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name in sorted(inner):
        yield from every_command(inner[name], f"{path} {name}")


def _command(path: str, command: Any) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
    named = {one.name: one.metavar or one.name.upper() for one in command.params}
    usage = " ".join([path, *(named[one.name] for one in arguments), *(["[OPTIONS]"] if options else [])])
    yield f"## {path.removeprefix('lettrage ')}\n\n`{usage}`\n\n{command.help}\n"
    if arguments or options:
        yield "| | |\n|---|---|"
        yield from (f"| `{named[one.name]}` | {_cell(one.help)} |" for one in arguments)
        for one in options:
            value = "" if one.is_flag else f" {named[one.name]}"
            yield f"| `{', '.join(one.opts)}{value}` | {_cell(one.help)} |"
        yield ""
    yield "\n".join(["```sh", *examples(command), "```"])


def examples(command: Any) -> list[str]:
    """The examples that end a command's help."""
    return re.findall(r"^Example: `(.+)`$", command.epilog or "", re.MULTILINE)


def _cell(text: str | None) -> str:
    return (text or "").replace("|", r"\|")


def capabilities() -> str:
    """docs/capabilities.md: what each connector reads and can do."""
    rows = [
        "# Connectors\n",
        "What each reads and can do, read off the connectors themselves; `lettrage connectors` prints the same.",
        "The level is what its `quality.yaml` claims; the shared suite proves each capability with a scenario.\n",
        "| connector | streams | capabilities | level | checked against its documentation on |",
        "|---|---|---|---|---|",
    ]
    for one in capability_table():
        streams = ", ".join(f"`{name}`" for name in one.streams)
        able = ", ".join(f"`{name}`" for name in one.capabilities) or "none beyond reading"
        rows.append(f"| {one.name} (`{one.slug}`) | {streams} | {able} | {one.level} | {one.checked_on} |")
    return "\n".join(rows) + "\n"
