"""Work done ahead by forked processes, in order: how one big account uses more than one core."""

import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
CAN_FORK: Final = sys.platform == "linux"
"""Elsewhere a process that has threads must not be forked."""


def in_forks(
    work: Callable[[Asked], Answer], values: Iterable[Asked], *, processes: int
) -> Iterator[tuple[Asked, Answer]]:
    """Each value with what `work` makes of it, in order.

    `work` runs in copies of this process as it is when the first value is asked for, and must not use
    Polars: its threads are not copied. No more than `processes` values are ahead of the one that is taken.
    Raises RuntimeError when a process ends before its time.
    """
    lines, crew = _start(work, processes)
    try:
        yield from _answers(lines, iter(values))
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


def _answers(lines: Sequence[Connection], values: Iterator[Asked]) -> Iterator[tuple[Asked, Any]]:
    """A process gets its next value when its answer was taken: so nobody waits to write to one who waits."""
    asked: deque[tuple[Asked, Connection]] = deque()
    for line, value in zip(lines, values, strict=False):
        line.send(value)
        asked.append((value, line))
    while asked:
        value, line = asked.popleft()
        answer = line.recv()
        for following in islice(values, 1):
            line.send(following)
            asked.append((following, line))
        yield value, answer


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
