"""Work done ahead by forked processes, in order: how one big account uses more than one core."""

import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final, NamedTuple, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
CAN_FORK: Final = sys.platform == "linux"
"""Elsewhere a process that has threads must not be forked."""


class _Read(NamedTuple):
    """A value, and the answer to it or where that will come from."""

    value: Any
    line: Connection | None
    answer: Any = None

    def is_ready(self) -> bool:
        return self.line is None or self.line.poll()


def in_forks(
    work: Callable[[Asked], Answer], values: Iterable[Asked], *, processes: int
) -> Iterator[tuple[Asked, Answer]]:
    """Each value with what `work` makes of it, in order; `processes` is how many work, with this one.

    The others are copies of this process as it is when the first value is asked for. In them `work` must
    not use Polars, whose threads are not copied. This one works too when it would only wait. No more than
    twice as many values as there are processes are ahead of the one that is taken. Raises RuntimeError when
    a process ends before its time.
    """
    lines, crew = _start(work, processes - 1)
    try:
        yield from _answers(work, lines, iter(values))
    except (EOFError, ConnectionError):
        raise RuntimeError("a process that reads ahead has ended: see its last words above") from None
    finally:
        for line in lines:
            line.close()
        for member in crew:
            member.join()


def _start(work: Callable[[Any], Any], processes: int) -> tuple[list[Connection], list[BaseProcess]]:
    context = get_context("fork")
    lines: list[Connection] = []
    crew: list[BaseProcess] = []
    for _ in range(processes):
        ours, theirs = context.Pipe()
        lines.append(ours)
        member = context.Process(target=_serve, args=(work, theirs, tuple(lines)), daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: forked beside idle threads
            member.start()
        theirs.close()
        crew.append(member)
    return lines, crew


def _answers(
    work: Callable[[Asked], Answer], lines: Sequence[Connection], values: Iterator[Asked]
) -> Iterator[tuple[Asked, Any]]:
    """A process gets its next value when its answer was taken: so nobody waits to write to one who waits."""
    reads: deque[_Read] = deque()
    for line, value in zip(lines, values, strict=False):
        line.send(value)
        reads.append(_Read(value, line))
    while reads or (reads := deque(_done_here(work, values))):
        if not reads[0].is_ready() and len(reads) < 2 * len(lines) and (done := _done_here(work, values)):
            reads += done
            continue
        read = reads.popleft()
        yield read.value, read.answer if read.line is None else _taken(read.line, values, reads)


def _taken(line: Connection, values: Iterator[Any], reads: deque[_Read]) -> Any:
    """The answer of a process, which is given the next value."""
    answer = line.recv()
    for following in islice(values, 1):
        line.send(following)
        reads.append(_Read(following, line))
    return answer


def _done_here(work: Callable[[Asked], Answer], values: Iterator[Asked]) -> list[_Read]:
    """The next value, if there is one, with its answer."""
    return [_Read(value, None, work(value)) for value in islice(values, 1)]


def _serve(work: Callable[[Any], Any], line: Connection, others: Iterable[Connection]) -> None:
    """Answers until nobody asks any more; the ends of the lines that are the other side's are not kept
    open here."""
    for other in others:
        other.close()
    while True:
        try:
            value = line.recv()
        except EOFError:
            return
        line.send(work(value))
