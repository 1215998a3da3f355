"""One page of a Pennylane list: what is asked, and what an answer must look like to be believed."""

import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.kit.contract import Raw, Request, Response
from connectors.kit.walks import raws
from core.errors import ProviderChanged

API = "/api/external/v2"
LIMIT = 100
"""Rows a list gives at most; more is a 400."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a page, the cursor of the next one (None at the end), and when it was answered."""

    rows: list[Any]
    next: str | None
    at: datetime


def listed(answer: Response, asked: str | None) -> Listed:
    """Reads `items`, `has_more` and `next_cursor`; `asked` is the cursor that was sent.

    Nothing else tells that there is more: ledger lists carry `total_pages` and the like, always null.
    """
    body = answer.body if isinstance(answer.body, Mapping) else {}
    rows, more, cursor = body.get("items"), body.get("has_more"), body.get("next_cursor")
    if not isinstance(rows, list) or not isinstance(more, bool):
        raise ProviderChanged("a list came without items and has_more; a developer must look")
    if more and (not isinstance(cursor, str) or not cursor or cursor == asked):
        raise ProviderChanged("a list says there is more but leads nowhere; a developer must look")
    return Listed(rows, cursor if more else None, answer.date or answer.received_at)


def by_id(ids: Iterable[str]) -> tuple[str, str]:
    """The filter parameter for up to 100 ids: a JSON array in one text, never an expanded structure."""
    wanted = [int(id) if id.isdecimal() else id for id in ids]
    condition = {"field": "id", "operator": "in", "value": wanted}
    return "filter", json.dumps([condition], separators=(",", ":"))


def records_of(rows: list[Any]) -> list[Raw]:
    """Rows as records, each with the moment it changed as its version."""
    return raws(rows, version="updated_at")


def hydrate(path: str, ids: list[str]) -> Generator[Request, Response, tuple[list[Raw], tuple[str, ...]]]:
    """The rows of at most 100 ids in one call, and the ids that are proven gone.

    An id that does not come back is asked for by itself: only its 404 proves that it is gone.
    """
    answer = yield Request(path, (by_id(ids), ("limit", str(LIMIT)), ("sort", "id")))
    found = {record.external_id: record for record in records_of(listed(answer, None).rows)}
    records, gone = [found[id] for id in ids if id in found], []
    for id in ids:
        if id in found:
            continue
        single = yield Request(f"{path}/{id}", accept=(200, 404))
        if single.status == 404:
            gone.append(id)
        else:
            records += records_of([single.body])
    return records, tuple(gone)
