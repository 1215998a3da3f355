"""Several processes for one reconciliation: each decides whole tenants, so nothing has to be agreed."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from core.ports import Progress
from core.reconciliation import Policy
from core.reconciliation.columnar import is_available, prepare
from hub.interchange.outputs import Frames
from hub.interchange.pieces import Engine, Piece, decide, joined

WORTH_COMPILING: Final = 20_000
"""Lines below which loading the compiled search costs more than it saves."""
WORTH_A_PROCESS: Final = 30_000
"""Lines for which one more process starts."""
WORKER: Final = "hub.interchange.worker"


def quiet(what: str, counts: Mapping[str, int]) -> None:
    """Reports to nobody."""


def decide_all(
    pieces: Sequence[Piece],
    policy: Policy,
    *,
    lines: int,
    workers: int | None = None,
    engine: Engine | None = None,
    progress: Progress = quiet,
) -> Frames:
    """The outputs of all pieces, in the defined order; `workers` (default: see `workers_for`) and `engine`
    (default: the faster one that can run here and is worth it) change nothing but the time."""
    engine = engine or ("columnar" if lines >= WORTH_COMPILING and is_available() else "reference")
    if engine == "columnar":
        progress("compiling the search (once, then it is kept)", {})
        prepare()
    workers = workers or workers_for(lines)
    progress("deciding", {"lines": lines, "processes": workers})
    if len(pieces) < 2:
        decide(pieces[0], policy, engine, workers)
    else:
        _work(pieces, {"policy": asdict(policy), "engine": engine})
    return joined(pieces)


def workers_for(lines: int) -> int:
    """As many processes as there are cores, if there is enough to do."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, max(1, lines // WORTH_A_PROCESS))


def _work(pieces: Sequence[Piece], order: Mapping[str, object]) -> None:
    """A process for each piece; raises when one of them ends badly (its traceback is on stderr)."""
    for piece in pieces:
        (piece.folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
    crew = [
        subprocess.Popen([sys.executable, "-m", WORKER, str(piece.folder)])  # noqa: S603
        for piece in pieces
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
