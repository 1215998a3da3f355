"""Lettrage itself, from files to files, as its command does it."""

import sys
from pathlib import Path

from hub.cli.files import reconcile_files
from hub.cli.plain import OverFiles

POLICY = Path(__file__).parent.parent / "policy.toml"


def main(world: Path, out: Path) -> None:
    """Reconciles the world's files."""
    files = (world / f"{name}.parquet" for name in ("transactions", "items", "accounts"))
    reconcile_files(OverFiles(*files, policy=POLICY, out=out))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
