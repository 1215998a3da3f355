"""Pages name only what exists: links, commands with their options, endpoints, settings, make targets."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.exceptions import TyperException

from docs.command_pages import every_command
from hub.cli.commands import app
from hub.settings import Settings
from tests.docs.pages import PAGES, ROOT, anchors, blocks, name, prose

COMMANDS = dict(every_command(typer.main.get_command(app), "lettrage"))
FOR_BROWSERS = ("/desk", "/connect/{token}", "/oauth/callback/{provider}", "/openapi.json", "/metrics")
"""Served, but not part of the API's own description."""
OTHER_VARIABLES = {"LETTRAGE_TENANT", "LETTRAGE_SAMPLES", "LETTRAGE_SPECS"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, fragment = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if fragment and there.suffix == ".md":
            assert fragment in anchors(there), target


def _lines(page: Path) -> Iterator[str]:
    """Every `lettrage …` that a page shows, in blocks and in sentences."""
    for block in (*blocks(page, "sh"), *blocks(page, "")):
        for line in block.splitlines():
            command = re.sub(r"\s{2,}#.*$", "", line).strip()
            if re.match(r"(\w+=\S+ )*lettrage( |$)", command):
                yield re.sub(r"^(\w+=\S+ )*", "", command)
    yield from re.findall(r"`((?:[A-Z_]+=\S+ )?lettrage [^`]*)`", prose(page))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_shown_exists_and_parses(page: Path) -> None:
    for line in _lines(page):
        words = shlex.split(re.sub(r"\[OPTIONS\]|\[|\]", "", line))
        found = next((c for n in (3, 2) if (c := COMMANDS.get(" ".join(words[:n]))) is not None), None)
        groups = {command.split()[1] for command in COMMANDS}
        assert found is not None or (len(words) == 2 and words[1] in groups), line
        if found is None or "…" in line or not _filled(words):
            continue
        depth = 3 if " ".join(words[:3]) in COMMANDS else 2
        assert _misused(found, words[depth:]) is None, line


def _misused(command: Any, words: list[str]) -> str | None:
    """What does not fit the command; a sentence may name it without its arguments."""
    if "--help" in words:
        return None
    try:
        command.make_context("x", words)
    except TyperException as error:
        message = error.format_message()
        return None if message.startswith("Missing ") else message
    return None


def _filled(words: list[str]) -> bool:
    """False for a usage line, whose arguments are placeholders."""
    return not any(re.fullmatch(r"[A-Z][A-Z_]+", word) for word in words)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_setting_named_exists(page: Path) -> None:
    known = {f"LETTRAGE_{field.upper()}" for field in Settings.model_fields} | OTHER_VARIABLES
    named = set(re.findall(r"\bLETTRAGE_[A-Z_]+[A-Z]\b", page.read_text("utf-8")))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8")))
    named |= {t for block in blocks(page, "sh") for t in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE)}
    assert named <= targets


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[set[str], re.Pattern[str]]]:
    """The addresses the program answers, with their methods, as patterns."""
    from hub.api.app import create_app
    from hub.wiring import open_hub, upgrade_database

    path = tmp_path_factory.mktemp("hub") / "hub.sqlite3"
    settings = Settings(database_url=f"sqlite:///{path}")
    upgrade_database(settings)
    hub = open_hub(settings)
    try:
        paths = create_app(hub.services()).openapi()["paths"]
    finally:
        hub.close()
    served = [(path, {method.upper() for method in methods}) for path, methods in paths.items()]
    served += [(path, {"GET", "POST"}) for path in FOR_BROWSERS]
    return [(m, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "/?")) for path, m in served]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_endpoint_named_is_served(page: Path, routes: list[tuple[set[str], re.Pattern[str]]]) -> None:
    text = page.read_text("utf-8")
    ours = r"/(?:v1|oauth|connect|hooks|desk|healthz|readyz|metrics|openapi\.json)(?:/[\w{}$./-]*)?"
    named = set(re.findall(rf"`(?:(GET|POST|PATCH|DELETE|PUT) )?({ours})(?:\?[^`]*)?`", text))
    named |= {("", path) for path in re.findall(rf"\$LETTRAGE({ours})", text)}
    if name(page).startswith("connectors/"):
        return  # there, addresses are the provider's
    for method, path in named:
        fitting = [methods for methods, pattern in routes if pattern.fullmatch(path)]
        assert fitting, path
        assert not method or any(method in methods for methods in fitting), f"{method} {path}"
