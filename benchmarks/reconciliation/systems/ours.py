"""Lettrage itself, from files to files."""

import sys
from pathlib import Path

from hub.interchange import run_files

POLICY = Path(__file__).parent.parent / "policy.toml"


def main(world: Path, out: Path) -> None:
    """Reconciles the world's files."""
    run_files(
        world / "transactions.parquet", world / "items.parquet", world / "accounts.parquet", POLICY, out
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
