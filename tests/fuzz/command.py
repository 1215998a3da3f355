"""The long run: every parser, two at a time; what fails is written down."""

import argparse
import logging
import tempfile
import traceback
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from tests.fuzz.campaign import MOST_GROWTH, Failure, Tally, run
from tests.fuzz.storing import import_all, stored
from tests.fuzz.targets import TARGETS

MOST_IMPORTED: Final = 300
_ROW: Final = "{:10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>9}{:>10}{:>9}"
_HEAD: Final = (
    "parser",
    "inputs",
    "accepted",
    "refused",
    "set aside",
    "outcomes",
    "seconds",
    "imported",
    "failed",
)


def campaign(name: str, count: int, seed: int) -> tuple[Tally, int]:
    """One parser: its inputs, then those that brought something new imported into a store."""
    [target] = [one for one in TARGETS if one.name == name]
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    tally = run(target, count, seed=seed)
    imported = 0
    if tally.growth > MOST_GROWTH:
        tally.failures["memory"] = Failure(0, b"", "memory", f"grew by {tally.growth:,} kB")
    if target.is_stored:
        with tempfile.TemporaryDirectory() as folder, stored(Path(folder)) as store:
            for content in tally.kept[:MOST_IMPORTED]:
                imported += 1
                try:
                    import_all(store, [content])
                except Exception as error:  # noqa: BLE001  # whatever comes out is what we look for
                    where = f"import: {type(error).__name__} {str(error)[:60]}"
                    tally.failures.setdefault(where, Failure(0, content, where, traceback.format_exc()))
    return tally, imported


def _row(tally: Tally, imported: int) -> str:
    kinds = (tally.kinds[kind] for kind in ("accepted", "refused", "set aside"))
    numbers = (tally.inputs, *kinds, len(tally.shapes), round(tally.seconds), imported, len(tally.failures))
    return _ROW.format(tally.target, *(f"{number:,}" for number in numbers))


def _write(folder: Path, tally: Tally, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for at, failure in enumerate(tally.failures.values()):
        path = folder / f"{tally.target}-{seed}-{failure.number}-{at}"
        path.with_suffix(".bin").write_bytes(failure.content)
        path.with_suffix(".txt").write_text(failure.story, "utf-8", "backslashreplace")
        print(f"  {path}.bin: {failure.where}")


def main(arguments: Sequence[str]) -> int:
    """The table, a row as each parser ends; 1 when anything failed."""
    known = [target.name for target in TARGETS]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("parsers", nargs="*", choices=[*known, []], help="which (default: all)")
    parser.add_argument("--inputs", type=int, default=200_000, help="inputs per parser")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other inputs")
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"), help="where they are written")
    options = parser.parse_args(arguments)
    failed = False
    print(_ROW.format(*_HEAD), flush=True)
    with ProcessPoolExecutor(max_workers=2, max_tasks_per_child=1) as pool:
        names = options.parsers or known
        waiting = [pool.submit(campaign, name, options.inputs, options.seed) for name in names]
        for done in as_completed(waiting):
            tally, imported = done.result()
            print(_row(tally, imported), flush=True)
            if tally.failures:
                failed = True
                _write(options.failures, tally, options.seed)
    return int(failed)
