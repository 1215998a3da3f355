"""Errors are one line on stderr with the right exit status; tracebacks are for those who ask."""

import os
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Run

MISUSED = [
    (["nonsense"], "No such command"),
    (["--bogus"], "No such option"),
    (["report"], "see `lettrage report --help`"),
    (["events", "replay"], "see `lettrage events replay --help`"),
    (["report", "reconciliation", "--since", "yesterday"], "--since"),
    (["report", "nothing"], "choose reconciliation"),
    (["report", "reconciliation", "--format", "pdf"], "choose html, csv, xlsx, json"),
    (["report", "reconciliation", "--since", "2026-02-01", "--until", "2026-01-01"], "--until"),
    (["import", "--jsonl", "x"], "add --dry-run"),
    (["import", "--dry-run", "--jsonl", "--json", "x"], "choose one"),
    (["import", "--dry-run", "nowhere.txt"], "nowhere.txt cannot be read"),
    (["map", "nobody", "transactions", "x"], "choose pennylane or qonto"),
    (["map", "qonto", "nothing", "x"], "choose organization"),
    (["map", "qonto", "transactions", "nowhere.json"], "nowhere.json cannot be read"),
    (["finance", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
    (["connect", "nobody"], "choose pennylane or qonto"),
    (["key", "create", "acme", "--scope", "everything"], "choose read, write, decide, webhooks"),
    (["reconcile", "--transactions", "x"], "--open-items and --out are all needed"),
    (["reconcile", "--format", "csv"], "are all needed"),
    (["events", "list", "--type", "invoice.lost"], "choose payment.allocated"),
    (["events", "replay", "--endpoint", "end_1"], "--since and --until"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "says"), MISUSED)
def test_wrong_words_are_one_line_and_status_2(words: list[str], says: str, run: Run, tmp_path: Path) -> None:
    ended = run(*words)
    assert ended.status == 2
    assert says in ended.error
    assert not ended.out
    assert not list(tmp_path.iterdir()), "a command that was not understood leaves nothing behind"


SETTINGS = [
    ("PORT", "abc", "LETTRAGE_PORT: "),
    ("PORT", "99999", "LETTRAGE_PORT: "),
    ("LOG_LEVEL", "LOUD", "'DEBUG', 'INFO'"),
    ("PUBLIC_URL", "hub.example", "LETTRAGE_PUBLIC_URL: give a whole address"),
    ("QONTO_AUTH_URL", "ftp://x", "LETTRAGE_QONTO_AUTH_URL: give a whole address"),
    ("QONTO_CLIENT_ID", "me", "LETTRAGE_QONTO_CLIENT_SECRET is missing"),
    ("VAULT_KEYS", "bad", "LETTRAGE_VAULT_KEYS: "),
    ("DATABASE_URL", "here", "LETTRAGE_DATABASE_URL is not an address"),
    ("DATABASE_URL", "oracle+nothing://u:hidden-word@h/d", "LETTRAGE_DATABASE_URL"),
    ("DATABASE_URL", "sqlite://", "has no path"),
    ("DATABASE_URL", "sqlite:////dev/null/hub.sqlite3", "cannot be opened"),
    ("DATABASE_URL", "postgresql://u:hidden-word@127.0.0.1:1/d", "cannot be reached"),
]


@pytest.mark.parametrize(("name", "value", "says"), SETTINGS)
def test_wrong_settings_stop_the_start_with_one_line(
    name: str, value: str, says: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"LETTRAGE_{name}", value)
    ended = run("serve")
    assert ended.status == 2
    assert says in ended.error
    assert "hidden-word" not in ended.err


def test_a_file_that_is_not_our_database_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite3").write_text("notes of somebody, quite long enough for a header " * 4)
    ended = run("events", "list")
    assert ended.status == 2
    assert "cannot be opened" in ended.error


def test_a_taken_port_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("LETTRAGE_PORT", str(taken.getsockname()[1]))
        ended = run("serve")
    assert ended.status == 2
    assert "in use" in ended.error


@pytest.mark.parametrize("words", [["--debug", "events", "list"], ["events", "list", "--debug"]])
def test_the_traceback_is_shown_on_request_before_or_after_the_command(words: list[str], run: Run) -> None:
    ended = run(*words)
    assert ended.status == 2
    assert "Traceback" in ended.err
    assert ended.err.splitlines()[-1].startswith("error: there is no tenant yet")


def test_what_nobody_foresaw_is_one_line_without_its_message(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise KeyError("hidden-word")

    monkeypatch.setattr("hub.settings.read_settings", breaks)
    ended = run("events", "list")
    assert (ended.status, "hidden-word" in ended.err) == (1, False)
    assert "KeyError" in ended.error
    assert "--debug" in ended.error


def test_no_words_show_the_help(run: Run) -> None:
    ended = run()
    assert ended.status == 2
    assert "Usage: lettrage" in ended.out
    assert not ended.err


def test_a_folder_that_is_not_a_demo_is_never_emptied(run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    ended = run("demo", "--out", tmp_path)
    assert ended.status == 2
    assert "name a new folder" in ended.error
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_may_not_be_read(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "statement.txt"
    file.touch(0o000)
    assert "Permission denied" in run("import", "--dry-run", file).error
