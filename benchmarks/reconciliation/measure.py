"""Runs the systems side by side on the same worlds, each in its own process, and keeps what came out.

`python -m benchmarks.reconciliation.measure 10000 100000 1000000` adds to results/: one JSON file a run.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.apart import PYTHON as LINKAGE
from benchmarks.environment import environment, room
from benchmarks.reconciliation.files import SHAPES, Files, Shape, World, made
from benchmarks.reconciliation.noise import Profile
from benchmarks.reconciliation.score import outputs, report

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
SEEDS: dict[Profile, tuple[int, ...]] = {"tuning": (1, 2), "held_out": (103, 104)}
EVERY_SECONDS = 0.05
BESIDE = 20
"""To ask for the memory of a big process takes it time: so many times as long it is left alone."""
WARM = 1_000
"""Lines of the world that every system sees first: what is compiled once is compiled then."""
_MODULES = "benchmarks.reconciliation.systems"


@dataclass(frozen=True, slots=True)
class System:
    """A program that reads a world's folder and writes three files; `scored` unless it decides nothing."""

    name: str
    command: tuple[str, ...]
    scored: bool = True


def systems() -> list[System]:
    """Those that can run here: Splink needs its own environment (`make bench` makes it)."""
    python = sys.executable
    found = [
        System("floor", (python, "-m", f"{_MODULES}.floor"), scored=False),
        System("lettrage", (python, "-m", f"{_MODULES}.ours")),
        System("naive", (python, "-m", f"{_MODULES}.naive")),
    ]
    if LINKAGE.exists():
        found.append(System("splink", (str(LINKAGE), "-m", f"{_MODULES}.linkage")))
    return found


@dataclass(frozen=True, slots=True)
class Ran:
    """Wall and processor seconds from start to end of the process, and the highest memory of it and its
    children. Other programs on the machine lengthen the first, hardly the second."""

    seconds: float
    cpu_seconds: float
    peak_kb: int


def run(command: Sequence[str]) -> Ran:
    """Runs one program to its end; raises with its last words when it fails."""
    start, before = time.perf_counter(), _cpu_seconds()
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=words, stderr=subprocess.STDOUT
        )
        peaks = [0]
        watch = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
        watch.start()
        status = process.wait()
        seconds = time.perf_counter() - start
        watch.join()
        if status:
            words.seek(0)
            raise RuntimeError(f"{command}: status {status}\n{words.read().decode()[-2000:]}")
    return Ran(seconds, _cpu_seconds() - before, peaks[0])


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: subprocess.Popen[bytes], peaks: list[int]) -> None:
    while process.poll() is None:
        start = time.perf_counter()
        peaks[0] = max(peaks[0], sum(_memory_kb(pid) for pid in _family(process.pid)))
        time.sleep(max(EVERY_SECONDS, BESIDE * (time.perf_counter() - start)))


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return
    for child in children.split():
        yield from _family(int(child))


def _memory_kb(pid: int) -> int:
    """Proportional set size: shared pages count once among those that share them (Linux)."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(text.split("Pss:")[1].split()[0]) if "Pss:" in text else 0


def measured(world: World, system: System, files: Files, out: Path) -> Iterator[dict[str, Any]]:
    """One run of one system, scored; and what it wrote to a folder below, at another threshold."""
    ran = run((*system.command, str(files.transactions.parent), str(out)))
    row: dict[str, Any] = {
        "system": system.name, "shape": world.shape, "lines": world.lines, "profile": world.profile,
        "seed": world.seed, "seconds": round(ran.seconds, 3),
        "cpu_seconds": round(ran.cpu_seconds, 3), "peak_mb": ran.peak_kb // 1024,
    }  # fmt: skip
    yield row | (dict(report(files, outputs(out))) if system.scored else {})
    for below in sorted(path for path in out.iterdir() if path.is_dir()):
        name = f"{system.name}, {below.name}"
        yield row | {"system": name} | dict(report(files, outputs(below)))


def _measure(world: World, rounds: int) -> list[dict[str, Any]]:
    """All systems in turn, `rounds` times; the quickest round of each counts, precision is that of any."""
    files, small = made(world), made(World(world.shape, WARM, "tuning", 9))
    best: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(dir=room()) as folder:
        for system in systems():
            run((*system.command, str(small.transactions.parent), f"{folder}/warm"))
        for _ in range(rounds):
            for system in systems():
                out = Path(folder) / system.name
                for row in measured(world, system, files, out):
                    if row["system"] not in best or row["seconds"] < best[row["system"]]["seconds"]:
                        best[row["system"]] = row
                shutil.rmtree(out, ignore_errors=True)
    return list(best.values())


def measured_world(shape: Shape, lines: int) -> list[dict[str, Any]]:
    """Measures the held-out world of this shape and size, and keeps the rows."""
    world = World(shape, lines, "held_out", SEEDS["held_out"][0])
    rows = _measure(world, 1)
    keep(world, rows)
    return rows


def keep(world: World, rows: list[dict[str, Any]]) -> Path:
    """Writes the rows of one world to results/; causes and reasons only of ours."""
    RESULTS.mkdir(exist_ok=True)
    rows = [
        {k: v for k, v in row.items() if k not in ("causes", "left") or row["system"] == "lettrage"}
        for row in rows
    ]
    path = RESULTS / f"{world.name}.json"
    texts = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("[\n" + ",\n".join(texts) + "\n]\n", "utf-8")
    return path


def main() -> None:
    """Measures the sizes given on held-out worlds of both shapes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("sizes", type=int, nargs="+")
    parser.add_argument("--profile", choices=("tuning", "held_out"), default="held_out")
    parser.add_argument("--seeds", type=int, nargs="*")
    parser.add_argument("--shape", choices=SHAPES, action="append")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    shapes: Sequence[Shape] = given.shape or SHAPES
    for size in given.sizes:
        for seed in given.seeds or SEEDS[given.profile][:1]:
            for shape in shapes:
                world = World(shape, size, given.profile, seed)
                rows = _measure(world, given.rounds)
                keep(world, rows)
                for row in rows:
                    print(_told(row), flush=True)


def _told(row: dict[str, Any]) -> str:
    rates = row.get("rates", {})
    shown = {n: rates.get(n) for n in ("strict precision", "allocation precision", "automatic rate")}
    marks = ", ".join(f"{name} {value:.4f}" for name, value in shown.items() if value is not None)
    return f"{row['shape']} {row['lines']} {row['system']}: {row['seconds']} s, {row['peak_mb']} MB, {marks}"


if __name__ == "__main__":
    main()
