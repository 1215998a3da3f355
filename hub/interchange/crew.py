"""Several processes for one reconciliation: each decides whole tenants, so nothing has to be agreed."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import polars as pl

from core.ports import Progress
from core.reconciliation import Policy
from core.reconciliation.columnar import is_available, prepare
from hub.interchange.outputs import Frames
from hub.interchange.pieces import ORDER, Engine, Piece, decide, joined, split

WORTH_COMPILING: Final = 20_000
"""Lines below which loading the compiled search costs more than it saves."""
WORTH_A_PROCESS: Final = 30_000
"""Lines for which one more process starts."""
WORKER: Final = "hub.interchange.worker"
PARTS: Final = ("lines", "items", "accounts")


def quiet(what: str, counts: Mapping[str, int]) -> None:
    """Reports to nobody."""


def decide_all(
    piece: Piece,
    policy: Policy,
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    progress: Progress = quiet,
) -> Frames:
    """The outputs of everything, in the defined order; `workers` (default: the cores there are) and
    `engine` (default: the faster one that can run here and is worth it) change nothing but the time."""
    lines = piece.lines.height
    engine = engine or ("columnar" if lines >= WORTH_COMPILING and is_available() else "reference")
    if engine == "columnar":
        progress("compiling the search (once, then it is kept)", {})
        prepare()
    wanted = workers or min(_cores(), max(1, lines // WORTH_A_PROCESS))
    pieces = split(piece, wanted) if wanted > 1 else [piece]
    progress("deciding", {"lines": lines, "processes": len(pieces)})
    if len(pieces) < 2:
        return joined([decide(piece, policy, engine, wanted)])
    with tempfile.TemporaryDirectory(prefix="lettrage-") as name:
        folders = [_hand_out(Path(name) / str(n), part, policy, engine) for n, part in enumerate(pieces)]
        _work(folders)
        return joined([_collect(folder) for folder in folders])


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hand_out(folder: Path, piece: Piece, policy: Policy, engine: Engine) -> Path:
    folder.mkdir()
    for name in PARTS:
        getattr(piece, name).write_ipc(folder / f"{name}.arrow")
    order = {"policy": asdict(policy), "engine": engine}
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
    return folder


def _work(folders: Sequence[Path]) -> None:
    """A process for each folder; raises when one of them ends badly (its traceback is on stderr)."""
    crew = [
        subprocess.Popen([sys.executable, "-m", WORKER, str(folder)])  # noqa: S603
        for folder in folders
    ]
    try:
        failed = [status for status in [process.wait() for process in crew] if status]
    finally:
        for process in crew:
            if process.poll() is None:
                process.kill()
                process.wait()
    if failed:
        raise RuntimeError(f"a process that decided some of the tenants ended with status {failed[0]}")


def _collect(folder: Path) -> Frames:
    return {name: pl.read_ipc(folder / f"out-{name}.arrow", memory_map=False) for name in ORDER}
