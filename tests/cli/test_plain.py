"""`lettrage reconcile` over files is understood without the library of the command line as with it."""

from pathlib import Path

import pytest
import typer.main

from hub.cli.commands import app
from hub.cli.plain import OverFiles, over_files

WHOLE = [
    "reconcile", "--transactions", "t.parquet", "--open-items", "i.csv", "--payer-accounts", "a b/c.jsonl",
    "--policy", "p.toml", "--out", "été", "--format", "csv", "--json",
]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        WHOLE,
        WHOLE[:-3],
        [*WHOLE, "--json"],
        ["reconcile", "--json", *WHOLE[9:11]],
        ["reconcile", "--format", "x"],
    ],
)
def test_it_is_what_the_command_line_reads(words: list[str]) -> None:
    group = typer.main.get_command(app)
    context = group.make_context("lettrage", list(words))
    command = group.get_command(context, "reconcile")
    read = command.make_context("reconcile", words[1:], parent=context).params
    read = {**read, "format": read["format"] or "parquet"}
    assert over_files(words) == OverFiles(**{name: read[name] for name in OverFiles._fields})


@pytest.mark.parametrize(
    "words",
    [
        [], ["sync"], ["reconcile"], ["reconcile", "--json"], ["reconcile", "--help"],
        ["reconcile", "--out"], ["reconcile", "--out", ""], ["reconcile", "--out", "--json"],
        ["reconcile", "--out=results"], ["reconcile", "results"], ["reconcile", "--tenant", "x"],
        ["reconcile", "--out", "a", "--out", "b"], ["--debug", "reconcile", "--out", "a"],
        ["reconcile", "--out", "\udcff"],
    ],
)  # fmt: skip
def test_all_else_is_left_to_the_command_line(words: list[str]) -> None:
    assert over_files(words) is None


def test_paths_are_taken_as_they_are() -> None:
    read = over_files(["reconcile", "--out", "~/$HOME/.."])
    assert read is not None
    assert read.out == Path("~/$HOME/..")
