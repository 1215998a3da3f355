"""Asks a reader for one file after the other; one that dies or is silent too long is started again."""

import json
import select
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.environment import environment

ROOT = Path(__file__).parents[2]
SECONDS = 30.0
"""A file's time, the start of the reader included."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a parser gives of one file; `error` when it fails on it. A balance is proven when all its
    sums hold, and fails when one does not. `kept_back` are the reasons for statements it withholds."""

    version: str = ""
    error: str | None = None
    entries: int = 0
    proven: int = 0
    failing: int = 0
    kept_back: tuple[str, ...] = ()

    @property
    def read(self) -> bool:
        """Whether the file gave anything: one that is kept back whole did not."""
        return self.error is None and bool(self.entries or self.proven or not self.kept_back)


def answers(command: Sequence[str], files: Iterable[Path], seconds: float = SECONDS) -> Iterator[Answer]:
    """One answer for each file, in order."""
    process = None
    for file in files:
        process = process or _started(command)
        line = _line(process, file, seconds)
        if line:
            yield answer_of(json.loads(line))
            continue
        process.kill()
        process.communicate()
        process = None
        yield Answer(error="crash: its process ended" if line == "" else f"no answer in {seconds:g} s")
    if process is not None:
        process.communicate()


def _started(command: Sequence[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )


def _line(process: "subprocess.Popen[str]", file: Path, seconds: float) -> str | None:
    """The line it answers; "" when it ended, None when it is silent."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        print(file, file=process.stdin, flush=True)
    except BrokenPipeError:
        return ""
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return process.stdout.readline() if ready else None


def answer_of(told: dict[str, Any]) -> Answer:
    """The sums of a reader's line, made exactly."""
    if "error" in told:
        return Answer(told["version"], error=told["error"])
    held = [all(_holds(*equation) for equation in balance) for balance in told["balances"]]
    return Answer(
        told["version"],
        entries=told["entries"],
        proven=sum(held),
        failing=len(held) - sum(held),
        kept_back=tuple(told["kept_back"]),
    )


def _holds(total: str, *parts: str) -> bool:
    return Decimal(total) == sum(map(Decimal, parts))
