"""A process of the crew: decides the piece in the folder it is given and leaves the outputs there."""

import json
import sys
from pathlib import Path
from typing import Any

from core.reconciliation import Policy
from hub.interchange.pieces import Piece, all_alive, decide


def _serve(folder: Path) -> None:
    order: dict[str, Any] = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    with all_alive():
        decide(Piece(folder), _policy(order["policy"]), order["engine"])


def _policy(given: dict[str, Any]) -> Policy:
    given.update({name: tuple(value) for name, value in given.items() if isinstance(value, list)})
    return Policy(**given)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
