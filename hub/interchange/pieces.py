"""Input beyond what is decided at once: whole tenants piece by piece, what waits and what is done on disk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from core.reconciliation import Policy
from hub.interchange.deciding import Decided, Engine, decide
from hub.interchange.outputs import ORDER, Frames, ordered

AT_ONCE: Final = 2_000_000
"""Lines and items from which on the work is cut in pieces."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some tenants, decided apart from the others: a folder with what is known of them, to which what is
    decided is added. So nothing stays in memory only because it is needed again later."""

    folder: Path

    def put(self, frames: Frames) -> None:
        """Leaves frames under their names."""
        for name, frame in frames.items():
            frame.write_ipc(self.folder / f"{name}.arrow", compression="lz4")

    def get(self, names: Sequence[str]) -> Frames:
        """The frames that were left."""
        return {name: pl.read_ipc(self.folder / f"{name}.arrow", memory_map=False) for name in names}


def decide_all(frames: Frames, policy: Policy, folder: Path, *, engine: Engine, threads: int) -> Decided:
    """The outputs, in the defined order. `frames` is emptied; `folder` is for what waits on disk."""
    size = frames["lines"].height + frames["items"].height
    if size <= AT_ONCE:
        done = decide(frames, policy, engine=engine, threads=threads)
        frames.clear()
        return done
    names = tuple(frames)
    pieces = split(frames, -(-size // AT_ONCE), folder)
    frames.clear()
    reasons = []
    for piece in pieces:
        outputs, declined = decide(piece.get(names), policy, engine=engine, threads=threads)
        piece.put(outputs)
        reasons.append(declined)
    parts = [piece.get(tuple(ORDER)) for piece in pieces]
    joined = {name: pl.concat([part[name] for part in parts]) for name in ORDER}
    return Decided(ordered(joined), next((reason for reason in reasons if reason), None))


def split(frames: Frames, parts: int, folder: Path) -> list[Piece]:
    """At most `parts` pieces of about equal size, each in a folder below; a tenant is never cut in two."""
    counts: dict[str, int] = {}
    for frame in (frames["lines"], frames["items"]):
        for tenant, count in frame.group_by("tenant_id").len().rows():
            counts[tenant] = counts.get(tenant, 0) + count
    loads = [0] * parts
    places: dict[str, int] = {}
    for tenant in sorted(counts, key=lambda t: (-counts[t], t)):
        places[tenant] = loads.index(min(loads))
        loads[places[tenant]] += counts[tenant]
    pieces = [Piece(folder / str(n)) for n, load in enumerate(loads) if load]
    for piece, part in zip(pieces, _handed_out(frames, len(pieces), places), strict=True):
        piece.folder.mkdir()
        piece.put(part)
    return pieces


def _handed_out(frames: Frames, count: int, places: Mapping[str, int]) -> Iterator[Frames]:
    """The rows of each piece; rows of tenants without lines and items belong nowhere."""
    owner = pl.DataFrame(
        {"tenant_id": list(places), "part": list(places.values())},
        schema={"tenant_id": pl.String, "part": pl.Int64},
    )
    parted = {
        name: frame.select("tenant_id").join(owner, on="tenant_id", how="left", maintain_order="left")["part"]
        for name, frame in frames.items()
    }
    for n in range(count):
        yield {name: frame.filter(parted[name] == n) for name, frame in frames.items()}
