"""A piece of the work: lines, items and accounts of some tenants, and what was decided about them."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from core.reconciliation import Item, Line, PayerAccount, Policy, reconcile
from hub.interchange.outputs import Frames, Rows

Engine = Literal["columnar", "reference"]
"""Two ways to the same decisions; the first needs numba."""

_DEFAULTS: Final[Mapping[str, object]] = {"status": "booked", "kind": "invoice", "whole_turnover": False}


@contextmanager
def all_alive() -> Iterator[None]:
    """Pauses the cyclic collector: the run holds millions of values, all alive and free of cycles, and
    walking them again and again costs more than a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Piece:
    """Some tenants, decided apart from the others: a folder with what is known of them, to which what is
    decided is added. So nothing stays in memory only because it is needed again later."""

    folder: Path

    def put(self, name: str, frame: pl.DataFrame) -> None:
        """Leaves a frame under this name."""
        frame.write_ipc(self.folder / f"{name}.arrow", compression="lz4")

    def get(self, name: str) -> pl.DataFrame:
        """The frame that was left."""
        return pl.read_ipc(self.folder / f"{name}.arrow", memory_map=False)

    def add(self, outputs: Frames) -> None:
        """Leaves more rows of the outputs, in any order."""
        count = len(list(self.folder.glob("out-*")))
        for name, frame in outputs.items():
            self.put(f"out-{name}-{count}", frame)

    def outputs(self, name: str) -> Iterator[pl.DataFrame]:
        """All rows of one output."""
        for path in sorted(self.folder.glob(f"out-{name}-*")):
            yield self.get(path.stem)


def columns_of(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """Values by column name, empty cells with the meaning of an empty cell."""
    fills = [pl.col(name).fill_null(value) for name, value in _DEFAULTS.items() if name in frame.columns]
    return frame.with_columns(fills).to_dict(as_series=False)


def _rows(frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    columns = columns_of(frame)
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def lines_of(frame: pl.DataFrame) -> list[Line]:
    """The engine's lines."""
    return [Line(**row) for row in _rows(frame)]


def items_of(frame: pl.DataFrame) -> list[Item]:
    """The engine's items; they live long, so what repeats is held once."""
    columns = {name: _held_once(values) for name, values in columns_of(frame).items()}
    return [Item(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]


def _held_once(values: list[Any]) -> list[Any]:
    known: dict[Any, Any] = {}
    return [known.setdefault(value, value) for value in values]


def accounts_of(frame: pl.DataFrame) -> list[PayerAccount]:
    """The engine's payer accounts."""
    return [PayerAccount(**row) for row in _rows(frame)]


def decide(piece: Piece, policy: Policy, engine: Engine, processes: int = 1) -> None:
    """Adds the outputs to the piece; the columnar engine may use more `processes`."""
    if engine == "columnar":
        from hub.interchange.bulk import decide_in_bulk

        decide_in_bulk(piece, policy, processes)
        return
    lines, rows = lines_of(piece.get("lines")), Rows()
    tenants = {line.transaction_id: line.tenant_id for line in lines}
    items, accounts = items_of(piece.get("items")), accounts_of(piece.get("accounts"))
    for decision in reconcile(lines, items, accounts, policy=policy):
        rows.add(decision, tenants[decision.transaction_id])
    piece.add(rows.frames())


def split(frames: Frames, parts: int, folder: Path) -> list[Piece]:
    """At most `parts` pieces of about equal size, each in a folder below: a tenant is never cut in two, and
    when most of the work is one tenant's, there is one piece, which several processes share."""
    counts: dict[str, int] = {}
    for frame in (frames["lines"], frames["items"]):
        for tenant, count in frame.group_by("tenant_id").len().rows():
            counts[tenant] = counts.get(tenant, 0) + count
    loads = [0] * parts
    places: dict[str, int] = {}
    for tenant in sorted(counts, key=lambda t: (-counts[t], t)):
        place = loads.index(min(loads))
        places[tenant] = place
        loads[place] += counts[tenant]
    shared = max(loads) * 4 >= sum(loads) * 3
    pieces = [Piece(folder / str(n)) for n in range(1 if shared else sum(load > 0 for load in loads))]
    for piece in pieces:
        piece.folder.mkdir()
    for name, frame in frames.items():
        _hand_out(name, frame, pieces, places)
    return pieces


def _hand_out(name: str, frame: pl.DataFrame, pieces: Sequence[Piece], places: Mapping[str, int]) -> None:
    """To each piece its rows; rows of tenants without lines and items belong nowhere."""
    if len(pieces) < 2:
        pieces[0].put(name, frame)
        return
    owner = pl.DataFrame(
        {"tenant_id": list(places), "part": list(places.values())},
        schema={"tenant_id": pl.String, "part": pl.Int64},
    )
    parted = frame.select("tenant_id").join(owner, on="tenant_id", how="left", maintain_order="left")
    for part, piece in enumerate(pieces):
        piece.put(name, frame.filter(parted["part"] == part))


def joined(pieces: Iterable[Piece]) -> Frames:
    """The outputs of all pieces, in the defined order."""
    parts = list(pieces)
    return {
        name: pl.concat([frame for part in parts for frame in part.outputs(name)]).sort(list(order))
        for name, order in ORDER.items()
    }


ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "decisions": ("transaction_id",),
    "allocations": ("transaction_id", "item_id"),
    "candidates": ("transaction_id", "rank"),
}
