"""Reads many damaged inputs of one parser, the same for the same seed, under a watchdog.

An input that comes to something new (another reason, other findings) is damaged further, so the inputs
reach deeper into a parser than its samples do.
"""

import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

from tests.fuzz.mutations import LIMIT, damaged, ways
from tests.fuzz.outcome import Outcome
from tests.fuzz.targets import Target

SECONDS: Final = 5.0
"""Processor time that one input may take."""
MOST_SEEDS: Final = 2_000
MOST_GROWTH: Final = 512 * 1024
"""Kilobytes that reading may add to what the process holds at its peak."""
ENOUGH: Final = 20
"""Different failures after which a campaign ends."""


class HungError(BaseException):
    """An input took too long; no parser may catch it."""


@dataclass(frozen=True)
class Failure:
    """An input that must not have done this. `where` tells different failures apart."""

    number: int
    content: bytes
    where: str
    story: str


@dataclass
class Tally:
    """What a campaign came to; `kept` are the inputs that brought something new."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    growth: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    shapes: set[str] = field(default_factory=set)
    kept: list[bytes] = field(default_factory=list)
    failures: dict[str, Failure] = field(default_factory=dict)

    def _failed(self, number: int, content: bytes, error: BaseException) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}"
        story = "".join(traceback.format_exception(error))
        self.failures.setdefault(where, Failure(number, content, where, story))

    def take(self, target: Target, number: int, content: bytes) -> None:
        """Reads one input."""
        self.inputs += 1
        try:
            with watched(SECONDS):
                outcome = target.check(content)
        except (Exception, HungError) as error:  # noqa: BLE001  # whatever comes out is what we look for
            self._failed(number, content, error)
        else:
            self._learn(outcome, content)

    def _learn(self, outcome: Outcome, content: bytes) -> None:
        self.kinds[outcome.kind] += 1
        if outcome.shape not in self.shapes and len(self.kept) < MOST_SEEDS:
            self.kept.append(content)
        self.shapes.add(outcome.shape)


@contextmanager
def watched(seconds: float) -> Iterator[None]:
    """Raises HungError in what takes more processor time; a busy machine does not count."""

    def alarm(_signal: int, _frame: FrameType | None) -> None:
        raise HungError(f"took more than {seconds:g} seconds")

    before = signal.signal(signal.SIGPROF, alarm)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def run(target: Target, count: int, *, seed: int = 0) -> Tally:
    """Reads the seeds as they are and `count` damaged inputs."""
    tally = Tally(target.name)
    seeds, inner = list(target.seeds()), list(target.inner())
    for content in seeds:
        tally.take(target, 0, content)
    began, peak = time.perf_counter(), _peak()
    for number, content in enumerate(_inputs(target, seeds, inner, tally.kept, count, seed), 1):
        tally.take(target, number, content)
        if len(tally.failures) >= ENOUGH:
            break
    tally.seconds, tally.growth = time.perf_counter() - began, _peak() - peak
    return tally


def _inputs(
    target: Target, seeds: list[bytes], inner: list[bytes], kept: Sequence[bytes], count: int, seed: int
) -> Iterator[bytes]:
    """`kept` grows as the inputs are read."""
    how = ways(target.tokens)
    for number in range(count):
        draw = Random(f"{target.name} {seed} {number}")
        if target.packs is not None and draw.random() < 0.4:
            yield target.packs(damaged(draw, draw.choice(inner), draw.choice(inner), how))
            continue
        one = draw.choice(kept) if kept and draw.random() < 0.5 else draw.choice(seeds)
        yield damaged(draw, one, draw.choice(seeds), how)[:LIMIT]


def _peak() -> int:
    """Kilobytes the process held at most."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak
