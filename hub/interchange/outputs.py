"""Writes decisions, allocations and candidates in a defined order, as Parquet, JSON lines or CSV."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import polars as pl

from core.ids import canonical_json
from hub.interchange.rows import Rejected

_DECISIONS: Final[Mapping[str, Any]] = {
    "transaction_id": pl.String, "tenant_id": pl.String, "outcome": pl.String, "tier": pl.String,
    "reason": pl.String, "coincidence": pl.Float64, "allocated_minor": pl.Int64,
    "unallocated_minor": pl.Int64, "currency": pl.String, "explanation": pl.String,
}  # fmt: skip
_ALLOCATIONS: Final[Mapping[str, Any]] = {
    "transaction_id": pl.String, "item_id": pl.String, "amount_minor": pl.Int64, "gap_minor": pl.Int64,
    "gap_reason": pl.String,
}  # fmt: skip
_CANDIDATES: Final[Mapping[str, Any]] = {
    "transaction_id": pl.String, "rank": pl.Int64, "item_ids": pl.String, "amounts_minor": pl.String,
    "score": pl.Float64, "why": pl.String,
}  # fmt: skip

OUTPUTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "decisions": _DECISIONS, "allocations": _ALLOCATIONS, "candidates": _CANDIDATES,
}  # fmt: skip
"""Columns of the three outputs."""
ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "decisions": ("transaction_id",),
    "allocations": ("transaction_id", "item_id"),
    "candidates": ("transaction_id", "rank"),
}
Frames = dict[str, pl.DataFrame]
INNER: Final = ("currency",)
"""Columns that only the summary needs."""
ROW_GROUP: Final = 32_768
"""Rows that are compressed at once: several groups, by all cores."""
QUICKLY: Final = 1
"""Level of Zstandard: a fifth less time than the usual one, for files a thirtieth longer."""


WRITERS: Final[Mapping[str, Callable[[pl.DataFrame, Path], None]]] = {
    "parquet": lambda frame, path: frame.write_parquet(
        path, row_group_size=ROW_GROUP, compression="zstd", compression_level=QUICKLY
    ),
    "jsonl": lambda frame, path: frame.write_ndjson(path),
    "csv": lambda frame, path: frame.write_csv(path),
}


def ordered(outputs: Frames) -> Frames:
    """The outputs, each in its order. `outputs` is emptied."""
    return {name: outputs.pop(name).sort(list(order)) for name, order in ORDER.items()}


def write(out: Path, written: Frames, rejected: list[Rejected], *, format: str) -> None:
    """Writes beside and renames when all is written, so that a reader never meets half a file; a clean run
    removes the rejected rows of an earlier one."""
    out.mkdir(parents=True, exist_ok=True)
    parts = {out / f"{name}.{format}": frame.drop(INNER, strict=False) for name, frame in written.items()}
    with ThreadPoolExecutor(len(parts)) as pool:
        writing = [
            pool.submit(WRITERS[format], frame.rechunk(), _beside(path)) for path, frame in parts.items()
        ]
        for one in writing:
            one.result()
    for path in parts:
        os.replace(_beside(path), path)
    _set_aside(out / "rejected.jsonl", rejected)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _set_aside(path: Path, rejected: list[Rejected]) -> None:
    if not rejected:
        path.unlink(missing_ok=True)
        return
    lines = (
        canonical_json({"file": r.file, "row": r.row, "column": r.column, "reason": r.reason})
        for r in rejected
    )
    text = "".join(f"{line}\n" for line in lines)
    _beside(path).write_text(text, encoding="utf-8", errors="backslashreplace")
    os.replace(_beside(path), path)
