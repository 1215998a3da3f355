"""Reads a list whole once, then what its change log names (reference: Pennylane changelogs).

The cursor of a tracked list is `{"crawl": …}` while the whole list is read, `{"since": W, "ids": …}`
at rest, and carries what is still to fetch in between. Provider cursors are short-lived: they are kept from
one page to the next only, and a refused one starts the walk again, which repeats but loses nothing.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connectors.kit.contract import Cursor, Page, Pull, PullContext, Raw, Request, Response
from connectors.kit.walks import by_cursor
from connectors.pennylane.known import pack, unpack
from connectors.pennylane.lists import API, LIMIT, hydrate, listed, records_of
from core.errors import ProviderChanged

BEFORE = timedelta(minutes=10)
"""How far behind the provider's clock a watermark starts: events are written up to a minute late."""
OVERLAP = timedelta(minutes=5)
"""Each poll reads this much again: events that share an instant may be cut at a page edge."""
RETENTION = timedelta(days=27)
"""The log forgets after 28 days; older than this, the list is read whole again."""
EVENTS = 1000
EVENT_PAGES = 5
"""Pages of the log collapsed together before their rows are fetched."""
PATIENCE = 3
"""Refused cursors in one walk before a developer must look."""


def instant(text: Any) -> datetime:
    """A moment of the provider; anything else stops the stream."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ProviderChanged("a change carries no readable moment; a developer must look") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as the provider writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def track(
    name: str, cursor: Cursor, context: PullContext, *, remember: bool = False, size: int = LIMIT
) -> Pull:
    """One page of a list that has a change log. `remember`: the cursor keeps the ids of the list, so
    that one read whole again also shows what vanished while no log was there to tell."""
    if "since" not in cursor:
        return (yield from crawl(name, cursor, remember=remember, size=size))
    if context.now - instant(cursor["since"]) > RETENTION:
        return _afresh(cursor)
    return (yield from follow(name, cursor))


def _afresh(cursor: Cursor) -> Page:
    """The list will be read whole; what was known of it stays known."""
    return Page([], {"ids": cursor["ids"]} if "ids" in cursor else {}, more=True)


def crawl(name: str, cursor: Cursor, *, remember: bool = False, size: int = LIMIT) -> Pull:
    """One page of the whole list, oldest id first, so that rows made meanwhile come last.

    The last page leaves the watermark at the moment the walk began, less ten minutes. Ids known
    before and not met are asked for next: only their 404 proves that they are gone.
    """
    walk = dict(cursor.get("crawl", {}))
    since, refused, met = walk.pop("since", None), int(walk.pop("refused", 0)), walk.pop("met", [])
    known = {"ids": cursor["ids"]} if "ids" in cursor else {}
    answered: list[datetime] = []

    def read(answer: Response) -> tuple[list[Raw], str | None]:
        if answer.status == 400:
            raise _RefusedError
        page = listed(answer, walk.get("next"))
        answered.append(page.at)
        return records_of(page.rows), page.next

    try:
        page = yield from by_cursor(partial(_page, name, size), read, walk)
    except _RefusedError:
        again = {"refused": _once_more(refused), **({"since": since} if since else {})}
        return Page([], {"crawl": again, **known}, more=True)
    since = since or stamp(answered[0] - BEFORE)
    met = [*met, pack(record.external_id for record in page.records)] if remember else []
    if not page.more:
        return _walked(page.records, since, met, known)
    ahead = {**page.cursor, "since": since, **({"refused": refused} if refused else {})}
    return replace(page, cursor={"crawl": {**ahead, **({"met": met} if met else {})}, **known})


def _walked(records: list[Raw], since: str, met: list[str], known: Cursor) -> Page:
    if not met:
        return Page(records, {"since": since}, more=False, complete=True)
    now = unpack(met)
    rest = {"since": since, "ids": pack(now)}
    missing = sorted(unpack([known["ids"]]) - now) if known else []
    if not missing:
        return Page(records, rest, more=False, complete=True)
    asking = {"high": since, "floor": since, "todo": missing, "whole": True}
    return Page(records, {**rest, **asking}, more=True)


class _RefusedError(Exception):
    """Internal: the provider no longer takes the cursor it gave."""


def _page(name: str, size: int, cursor: str | None) -> Request:
    """The same sort and limit on each page: the cursor remembers neither. Only a cursor may be refused."""
    params = (("sort", "id"), ("limit", str(size)))
    if cursor is None:
        return Request(f"{API}/{name}", params)
    return Request(f"{API}/{name}", (*params, ("cursor", cursor)), accept=(200, 400))


def _once_more(refused: int) -> int:
    """Counts a walk that begins again."""
    if refused >= PATIENCE:
        raise ProviderChanged("the provider refuses the cursors it gives; a developer must look")
    return refused + 1


def follow(name: str, cursor: Cursor) -> Pull:
    """Up to 100 rows that changed since the watermark, and ids that were deleted."""
    state, gone = dict(cursor), []
    if not state.get("todo"):
        seen = yield from _collect(name, state)
        if seen is None:
            return _afresh(cursor)
        state, gone = _noted(state, seen), list(seen.deleted)
    todo = state["todo"]
    records: list[Raw] = []
    if todo:
        records, missing = yield from hydrate(f"{API}/{name}", todo[:LIMIT])
        gone += missing
    state["todo"] = todo[LIMIT:]
    if "ids" in state:
        state["ids"] = _now_known(state["ids"], records, gone)
    if state["todo"] or state.get("cursor"):
        return Page(records, state, more=True, gone=tuple(gone))
    rest = {"since": max(state["high"], state["floor"]), **{k: state[k] for k in ("ids",) if k in state}}
    return Page(records, rest, more=False, complete=bool(state.get("whole")), gone=tuple(gone))


def _now_known(ids: str, records: list[Raw], gone: list[str]) -> str:
    known = unpack([ids])
    now = (known | {record.external_id for record in records}) - set(gone)
    return ids if now == known else pack(now)


@dataclass(frozen=True)
class _Seen:
    """What a stretch of the log said: the last word on each id, and where it went up to."""

    changed: list[str]
    deleted: list[str]
    high: str
    floor: str
    cursor: str | None
    refused: int


def _noted(state: Cursor, seen: _Seen) -> Cursor:
    """The watermark never goes back. An empty poll moves it too: else a quiet company's would age
    past what the log keeps, since the overlap shows the last events of all time again and again."""
    return {
        "since": state["since"],
        "high": seen.high,
        "floor": seen.floor,
        "todo": seen.changed,
        **{key: state[key] for key in ("ids",) if key in state},
        **({"cursor": seen.cursor} if seen.cursor else {}),
        **({"refused": seen.refused} if seen.refused else {}),
    }


def _collect(name: str, state: Cursor) -> Generator[Request, Response, _Seen | None]:
    """Up to five pages of the log, collapsed by id; None when the log no longer reaches back so far.

    A refused cursor starts the log again at the watermark: events repeat, none is lost.
    """
    last: dict[str, str] = {}
    pages = 0
    high, floor = str(state.get("high", state["since"])), state.get("floor")
    cursor, refused = state.get("cursor"), int(state.get("refused", 0))
    reached = high if cursor else ""
    while pages < EVENT_PAGES:
        answer = yield _log(name, cursor, state["since"])
        if answer.status == 422:
            return None
        if answer.status == 400:
            cursor, reached, refused = None, "", _once_more(refused)
            continue
        page = listed(answer, cursor)
        floor = floor or stamp(page.at - BEFORE)
        reached = _read_events(page.rows, last, reached)
        high, pages, cursor = max(high, reached), pages + 1, page.next
        if cursor is None:
            break
        if _torn(page.rows):
            return None
    deleted = [id for id, operation in last.items() if operation == "delete"]
    changed = [id for id, operation in last.items() if operation != "delete"]
    return _Seen(changed, deleted, high, floor or state["since"], cursor, refused)


def _log(name: str, cursor: str | None, since: str) -> Request:
    """A cursor excludes `start_date` here, contrary to the lists."""
    path, limit = f"{API}/changelogs/{name}", ("limit", str(EVENTS))
    if cursor is not None:
        return Request(path, (limit, ("cursor", cursor)), accept=(200, 400, 422))
    start = stamp(instant(since) - OVERLAP)
    return Request(path, (limit, ("start_date", start)), accept=(200, 422))


def _torn(rows: list[Any]) -> bool:
    """Whether a page may have been cut inside one instant. The log's cursor stands for an instant, so
    the rest of it would be skipped: then only the list itself tells what changed."""
    return not rows or (len(rows) > 1 and rows[-1].get("processed_at") == rows[-2].get("processed_at"))


def _read_events(rows: list[Any], last: dict[str, str], reached: str) -> str:
    """Notes the last operation of each id and returns how far the log has been read.

    The log ascends by `processed_at` (`updated_at` does not); a page behind the one before it means
    that the log goes in a circle.
    """
    for row in rows:
        if not isinstance(row, Mapping) or row.get("operation") not in ("insert", "update", "delete"):
            raise ProviderChanged("the change log holds an event of an unknown kind; a developer must look")
        at = stamp(instant(row.get("processed_at")))
        if at < reached:
            raise ProviderChanged("the change log does not move forward; a developer must look")
        reached, id = at, str(row.get("id"))
        last.pop(id, None)
        last[id] = str(row["operation"])
    return reached
