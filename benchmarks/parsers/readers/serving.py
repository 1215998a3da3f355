"""How every reader talks: a path in, a JSON line out, and an exception of the parser is an answer too.

The reader only says what its parser gives; sums are made by whoever asked, the same way for all.
"""

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

Equation = tuple[Decimal, ...]
"""A total and the parts that must add up to it: a closing balance, the opening one and the entries."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a parser gives of a file. `balances` has one element for each statement or invoice of which
    it gives all that a proof needs; `kept_back` are its reasons for those that it withholds."""

    entries: int
    balances: tuple[tuple[Equation, ...], ...] = ()
    kept_back: tuple[str, ...] = ()


def balance(
    opening: Decimal | None, entries: Iterable[Decimal], closing: Decimal | None
) -> tuple[tuple[Equation, ...], ...]:
    """The balance of a statement; () when the parser does not give both ends."""
    return () if opening is None or closing is None else (((closing, opening, *entries),),)


def totals(
    *, net: Decimal, tax: Decimal, gross: Decimal, prepaid: Decimal, rounding: Decimal, due: Decimal
) -> tuple[Equation, ...]:
    """What an invoice must fulfil (BR-CO-15 and BR-CO-16 of EN 16931)."""
    return (gross, net, tax), (due, gross, -prepaid, rounding)


def serve(read: Callable[[Path], Given], distribution: str) -> None:
    """Answers each path on standard input until it ends; what the parser prints goes elsewhere."""
    logging.disable()
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        answer = {"version": version(distribution), **_answer(read, Path(line.rstrip("\n")))}
        print(json.dumps(answer, default=str), file=answers, flush=True)


def _answer(read: Callable[[Path], Given], path: Path) -> dict[str, object]:
    try:
        return asdict(read(path))
    except Exception as error:  # noqa: BLE001  # whatever a parser raises is its answer
        first = next(iter(str(error).strip().splitlines()), "")
        return {"error": f"{type(error).__name__}: {first}"}
