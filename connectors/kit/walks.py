"""Ways through a list that moves while it is read: each pull is one call, and nothing is lost.

A walk keeps its place in a plain JSON cursor, so a pull can resume from any saved one. Records may
be seen twice; identity makes the second time silent.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from connectors.kit.contract import Cursor, Page, Pull, Raw, Request, Response
from core.errors import ProviderChanged
from core.model import stable_id

Row = Mapping[str, Any]
SECOND = timedelta(seconds=1)
"""What a Date header leaves open."""
LONGEST_WALK = 100_000
"""Pages of one walk, or of one instant; more means that the provider turns in a circle."""


def listed(response: Response, name: str) -> list[Any]:
    """The array under `name` of an answer; raises ProviderChanged when it is not there."""
    body = response.body
    rows = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(rows, list):
        raise ProviderChanged(f"the answer holds no list {name!r}")
    return rows


def found(response: Response, name: str) -> Row:
    """The object under `name` of an answer; raises ProviderChanged when it is not there."""
    body = response.body
    row = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(row, Mapping):
        raise ProviderChanged(f"the answer holds no object {name!r}")
    return row


def raws(rows: Sequence[Any], *, id: str = "id", version: str | None = None) -> list[Raw]:
    """Rows as raw records. One without a usable id keeps a derived one and is set aside by the driver."""
    return [_raw(row, id, version) for row in rows]


def _raw(row: Any, id: str, version: str | None) -> Raw:
    payload = row if isinstance(row, Mapping) else {"": row}
    key = payload.get(id)
    usable = isinstance(key, str | int) and not isinstance(key, bool) and str(key) != ""
    stamp = payload.get(version) if version else None
    return Raw(
        external_id=str(key) if usable else stable_id("unnamed", repr(payload)),
        payload=payload,
        version=stamp if isinstance(stamp, str) else None,
    )


def moment(text: Any) -> datetime | None:
    """An instant with a zone, or None."""
    try:
        value = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return value if value.tzinfo else None


def stamp(instant: datetime) -> str:
    """An instant as providers write it: UTC, milliseconds, Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Window:
    """What to ask for: records whose key is at or after `since`, and which changed at or after
    `changed` (each None: no bound), of that the page number `page`."""

    since: str | None
    changed: str | None
    page: int


@dataclass(frozen=True)
class Watermark:
    """How a list is walked by a timestamp its records carry.

    `key` is the field the list is sorted by, ascending; `ask` makes the request of a window; `rows`
    reads the answer to page n: its rows, and whether the list goes on. `keyed_by_change`: the key
    moves when a record changes (updated_at); else it never moves (created_at) and changes are found
    by `Window.changed` alone. `round_by_round`: the list cannot be asked for changes, so each round
    reads all of it.
    """

    key: str
    ask: Callable[[Window], Request]
    rows: Callable[[Response, int], tuple[Sequence[Any], bool]]
    keyed_by_change: bool = True
    round_by_round: bool = False
    overlap: timedelta = timedelta(minutes=10)


def by_watermark(walk: Watermark, cursor: Cursor, now: datetime) -> Pull:
    """One page of a keyset walk: after a full page, the first page from the last key on.

    The bound is inclusive, so equal keys are met again. A full page of one single key is followed by
    pages 2, 3, ... and then, because records that change leave that run and shift it, by the same
    pages downwards: what shifts is met lower. The watermark overlaps the round before and never
    passes the moment this round began (the earlier of our clock and the provider's); what changed
    later is left to the next round, so a busy list ends too.
    """
    state = dict(cursor.get("round") or _opened(walk, cursor, now))
    window = Window(state["since"], state["changed"], state["page"])
    response = yield walk.ask(window)
    if "began" not in state:
        state["began"] = stamp(min(now, response.date or now))
        state["until"] = stamp(response.date + SECOND if response.date else now)
    rows, follows = walk.rows(response, window.page)
    keys = [key for row in rows if (key := _key_of(row, walk.key)) is not None]
    _guard(walk, window, keys, state)
    state["seen"] = max([state["seen"], *keys], key=_order)
    done = _advance(walk, state, keys, full=follows)
    return Page(
        records=raws(rows, version=walk.key),
        cursor={"watermark": _watermark(walk, cursor, state)} if done else {**cursor, "round": state},
        more=not done,
        complete=done and bool(state["full"]),
    )


def _opened(walk: Watermark, cursor: Cursor, now: datetime) -> dict[str, Any]:
    at = moment(cursor.get("watermark"))
    bound = stamp(at - walk.overlap) if at and not walk.round_by_round else None
    since = bound if walk.keyed_by_change else None
    return {"since": since, "changed": bound, "page": 1, "seen": None, "full": bound is None, "pages": 0}


def _order(text: str | None) -> datetime:
    return moment(text) or datetime.min.replace(tzinfo=UTC)


def _key_of(row: Any, key: str) -> str | None:
    value = row.get(key) if isinstance(row, Mapping) else None
    return value if moment(value) else None


def _guard(walk: Watermark, window: Window, keys: list[str], state: dict[str, Any]) -> None:
    """A provider that ignores our bound or order would make the walk lose records or never end."""
    state["pages"] += 1
    moments = [_order(key) for key in keys]
    if any(later < sooner for sooner, later in pairwise(moments)):
        raise ProviderChanged(f"the list is not sorted by {walk.key}")
    if moments and window.since and moments[0] < _order(window.since).replace(microsecond=0):
        raise ProviderChanged(f"the list ignores our lower bound on {walk.key}")
    if state["pages"] > LONGEST_WALK:
        raise ProviderChanged("the list does not end")


def _advance(walk: Watermark, state: dict[str, Any], keys: list[str], *, full: bool) -> bool:
    """Moves the state on; True when the walk is over."""
    if state.get("down"):
        return _descend(state)
    last = keys[-1] if keys else None
    past = walk.keyed_by_change and last is not None and _order(last) > _order(state["until"])
    state["full"] = state["full"] and not past
    moved = last is not None and _order(last) > _order(state["since"])
    if full and not moved:
        state["page"] += 1
        return False
    if state["page"] > 1:
        state["then"] = last if full and not past else None
        state["down"] = True
        return _descend(state)
    if not full or past:
        return True
    state["since"] = last
    return False


def _descend(state: dict[str, Any]) -> bool:
    if state["page"] > 1:
        state["page"] -= 1
        return False
    state.pop("down")
    state["since"] = state.pop("then")
    return state["since"] is None


def _watermark(walk: Watermark, cursor: Cursor, state: dict[str, Any]) -> str:
    """Where the next round starts: what was seen, but never past the moment this one began."""
    if not walk.keyed_by_change:
        return str(state["began"])
    seen = state["seen"] or cursor.get("watermark") or state["began"]
    return str(min(seen, state["began"], key=_order))


def by_cursor(
    ask: Callable[[str | None], Request],
    read: Callable[[Response], tuple[list[Raw], str | None]],
    cursor: Cursor,
) -> Pull:
    """One page of a list with opaque cursors of the provider, which are good for this walk only:
    the saved cursor is empty again once the walk is over. `read` gives the records and the next
    cursor (None at the end)."""
    response = yield ask(cursor.get("next"))
    records, following = read(response)
    pages = cursor.get("pages", 0) + 1
    repeated = following is not None and following == cursor.get("next")
    if repeated or pages > LONGEST_WALK or (following and not records and cursor.get("empty", 0) >= 10):
        raise ProviderChanged("the list does not end")
    if following is None:
        return Page(records=records, cursor={}, more=False, complete=True)
    empty = 0 if records else cursor.get("empty", 0) + 1
    return Page(records=records, cursor={"next": following, "pages": pages, "empty": empty}, more=True)


def by_page(
    ask: Callable[[int], Request],
    read: Callable[[Response], tuple[list[Raw], bool]],
    cursor: Cursor,
    *,
    shrinks: bool = False,
) -> Pull:
    """One page of a numbered list that does not move. `read` gives the records and whether more follow.

    `shrinks`: records may leave (never enter in the middle), so the pages are read again downwards:
    a record that slides to a lower page is met there.
    """
    page, down = cursor.get("page", 1), cursor.get("down", False)
    response = yield ask(page)
    records, follows = read(response)
    if page > LONGEST_WALK:
        raise ProviderChanged("the list does not end")
    if follows and not down:
        return Page(records=records, cursor={"page": page + 1}, more=True)
    if shrinks and page > 1:
        return Page(records=records, cursor={"page": page - 1, "down": True}, more=True)
    return Page(records=records, cursor={}, more=False, complete=True)


def each(
    words: Sequence[str],
    walk: Callable[[str, Cursor], Pull],
    cursor: Cursor,
) -> Generator[Request, Response, Page]:
    """One walk per word, one after the other; each keeps its own cursor under its word."""
    walks = dict(cursor.get("walks") or {})
    turn = cursor.get("turn", 0)
    if turn >= len(words):
        return Page(records=[], cursor={"walks": walks}, more=False, complete=False)
    word = words[turn]
    page = yield from walk(word, walks.get(word) or {})
    whole = bool(cursor.get("whole", True)) and (page.more or page.complete)
    turn = turn if page.more else turn + 1
    walks[word] = page.cursor
    over = turn >= len(words)
    return Page(
        records=page.records,
        cursor={"walks": walks} if over else {"walks": walks, "turn": turn, "whole": whole},
        more=not over,
        complete=over and whole,
        gone=page.gone,
    )
