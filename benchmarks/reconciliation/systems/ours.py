"""Lettrage itself: the command, from files to files, as a user types it."""

import sys
from pathlib import Path

from hub.cli import main as lettrage
from hub.cli.files import reconcile_files
from hub.cli.plain import over_files

POLICY = Path(__file__).parent.parent / "policy.toml"


def typed(world: Path, out: Path) -> list[str]:
    """The words behind `lettrage`."""
    options = {
        "--transactions": world / "transactions.parquet",
        "--open-items": world / "items.parquet",
        "--payer-accounts": world / "accounts.parquet",
        "--policy": POLICY,
        "--out": out,
    }
    return ["reconcile", *(str(word) for option in options.items() for word in option)]


def main(world: Path, out: Path) -> None:
    """Reconciles the world's files in this process."""
    asked = over_files(typed(world, out))
    if asked is None:
        raise ValueError(f"not a path that the command takes: {world} or {out}")
    reconcile_files(asked)


if __name__ == "__main__":
    lettrage(typed(Path(sys.argv[1]), Path(sys.argv[2])))
