"""The command as a process of its own: statuses reach the shell, stdout is for programs, signals end it."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.cli import files
from tests.cli.conftest import Run


def test_statuses_of_files(started: Run, tmp_path: Path) -> None:
    june = files.statement(tmp_path / "june.txt")
    wrong = files.statement(tmp_path / "wrong.txt", closing="0000000012600{")
    done = started("import", "--dry-run", "--jsonl", june)
    assert (done.status, done.err) == (0, "")
    assert [json.loads(line)["entity"] for line in done.out.splitlines()][-1] == "bank_transaction"
    in_part = started("import", "--dry-run", "--json", june, wrong)
    assert (in_part.status, len(in_part.err.splitlines()), len(in_part.json["files"])) == (3, 1, 2)
    unreadable = started("import", "--dry-run", tmp_path / "nowhere")
    assert (unreadable.status, unreadable.out) == (2, "")
    assert "nowhere cannot be read" in unreadable.error


@pytest.mark.slow
def test_the_store_takes_and_refuses(started: Run) -> None:
    assert started("tenant", "create", "acme").status == 0
    failed = started("tenant", "create", "acme")
    assert (failed.status, failed.out) == (1, "")
    assert "choose another name" in failed.error


def test_a_reader_that_leaves_is_no_error(environment: dict[str, str], tmp_path: Path) -> None:
    june = files.statement(tmp_path / "june.txt")
    command = [sys.executable, "-m", "hub", "import", "--dry-run", "--jsonl", *[str(june)] * 400]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.slow
@pytest.mark.parametrize("role", ["serve", "worker", "clock"])
def test_roles_say_that_they_run_and_end_on_sigterm(role: str, environment: dict[str, str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "hub", role], env={**environment, "LETTRAGE_PORT": str(port)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            assert process.stderr
            said = process.stdout.readline()
            if role == "serve":
                assert f"http://127.0.0.1:{port}" in said
                assert httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 200
            else:
                assert said.startswith(f"{role} ready")
            process.send_signal(signal.SIGTERM)
            begun = time.monotonic()
            assert process.wait(timeout=20) == 0
            assert time.monotonic() - begun < 10
            assert process.stderr.read() == ""
        finally:
            process.kill()
