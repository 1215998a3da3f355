"""Walks: a list that moves between pages never loses a record, and no walk turns in a circle."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.kit.contract import Page, Pull, Request, Response
from connectors.kit.walks import (
    Watermark,
    Window,
    by_cursor,
    by_page,
    by_watermark,
    each,
    moment,
    raws,
    stamp,
)
from core.errors import ProviderChanged

START = datetime(2026, 9, 1, 8, tzinfo=UTC)


@dataclass
class LiveList:
    """A provider's list: rows by id, with a clock that only moves on."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    now: datetime = START
    last: int = 0

    def tick(self) -> str:
        self.now += timedelta(milliseconds=1)
        return stamp(self.now)

    def insert(self, *, at: str | None = None) -> None:
        self.last += 1
        when = at or self.tick()
        self.rows[self.last] = {"id": str(self.last), "created_at": when, "updated_at": when}

    def touch(self, which: int) -> None:
        if self.rows:
            key = sorted(self.rows)[which % len(self.rows)]
            self.rows[key] = {**self.rows[key], "updated_at": self.tick()}

    def delete(self, which: int) -> None:
        if self.rows:
            del self.rows[sorted(self.rows)[which % len(self.rows)]]

    def page(self, window: Window, key: str, size: int) -> dict[str, Any]:
        rows = sorted(self.rows.values(), key=lambda r: (moment(r[key]), int(r["id"])))
        rows = [r for r in rows if window.since is None or moment(r[key]) >= moment(window.since)]
        rows = [
            r for r in rows if window.changed is None or moment(r["updated_at"]) >= moment(window.changed)
        ]
        first = (window.page - 1) * size
        return {"rows": rows[first : first + size], "follows": len(rows) > first + size}


def run(pull: Pull, answer: Callable[[Request], Any], now: datetime) -> Page:
    """Feeds a walk its one answer."""
    try:
        request = next(pull)
        while True:
            request = pull.send(Response(200, answer(request), {}, received_at=now, date=now))
    except StopIteration as end:
        return end.value


def a_round(
    live: LiveList, cursor: dict[str, Any], *, key: str, size: int, between: Callable[[], None] | None = None
) -> tuple[dict[str, Any], set[tuple[str, str]], int]:
    """One round to its end; what was seen, and how many pages that took."""
    walk = Watermark(
        key=key,
        ask=lambda window: Request("/", json=window),
        rows=lambda response, _page: (response.body["rows"], response.body["follows"]),
        keyed_by_change=key == "updated_at",
    )
    seen: set[tuple[str, str]] = set()
    for pages in range(1, 2_000):
        asked: list[Window] = []

        def answer(request: Request, asked: list[Window] = asked) -> Any:
            asked.append(request.json)
            return live.page(request.json, key, size)

        page = run(by_watermark(walk, cursor, live.now), answer, live.now)
        seen |= {(r.external_id, str(r.payload["updated_at"])) for r in page.records}
        cursor = page.cursor
        if not page.more:
            return cursor, seen, pages
        if between:
            between()
    raise AssertionError("the walk does not end")


MOVES = st.lists(
    st.tuples(st.sampled_from(["touch", "insert", "delete", "nothing"]), st.integers(0, 50)), max_size=60
)


@settings(max_examples=300, deadline=None)
@given(
    groups=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    size=st.integers(1, 4),
    moves=MOVES,
    key=st.just("updated_at"),
)
def test_a_moving_list_never_loses_a_record(
    groups: list[int], size: int, moves: list[tuple[str, int]], key: str
) -> None:
    live = LiveList()
    for group in groups:
        at = live.tick()
        for _ in range(group):
            live.insert(at=at)
    live.now += timedelta(seconds=1)
    began, left = live.now, list(moves)

    def between() -> None:
        kind, which = left.pop(0) if left else ("nothing", 0)
        if kind == "touch":
            live.touch(which)
        elif kind == "insert":
            live.insert()
        elif kind == "delete":
            live.delete(which)

    cursor, seen, _ = a_round(live, {}, key=key, size=size, between=between)
    quiet = {(r["id"], r["updated_at"]) for r in live.rows.values() if moment(r["updated_at"]) <= began}
    assert quiet <= seen
    live.now += timedelta(minutes=1)
    _, again, _ = a_round(live, cursor, key=key, size=size)
    assert {(r["id"], r["updated_at"]) for r in live.rows.values()} <= seen | again


@settings(max_examples=200, deadline=None)
@given(count=st.integers(1, 25), size=st.integers(1, 5), moves=MOVES)
def test_a_list_sorted_by_creation_never_loses_a_record(
    count: int, size: int, moves: list[tuple[str, int]]
) -> None:
    live = LiveList()
    for _ in range(count):
        live.insert()
    live.now += timedelta(hours=1)
    cursor, seen, _ = a_round(live, {}, key="created_at", size=size)
    live.now += timedelta(hours=1)
    left = list(moves)

    def between() -> None:
        kind, which = left.pop(0) if left else ("nothing", 0)
        {"touch": live.touch, "insert": lambda _: live.insert(), "delete": live.delete}.get(
            kind, lambda _: None
        )(which)

    for which in range(0, count, 2):
        live.touch(which)
    cursor, more, _ = a_round(live, cursor, key="created_at", size=size, between=between)
    live.now += timedelta(hours=1)
    _, again, _ = a_round(live, cursor, key="created_at", size=size)
    assert {(r["id"], r["updated_at"]) for r in live.rows.values()} <= seen | more | again


def test_the_watermark_never_passes_the_moment_the_round_began() -> None:
    live = LiveList()
    for _ in range(9):
        live.insert()
    began = live.now

    def between() -> None:
        live.now += timedelta(minutes=5)
        live.insert()

    cursor, _, pages = a_round(live, {}, key="updated_at", size=2, between=between)
    assert moment(cursor["watermark"]) <= began
    assert pages < 30


def test_page_numbers_of_a_list_that_only_shrinks_lose_nothing() -> None:
    rows = [str(n) for n in range(11)]
    seen: set[str] = set()
    cursor: dict[str, Any] = {}
    for turn in range(40):

        def read(response: Response) -> tuple[list[Any], bool]:
            return raws([{"id": r} for r in response.body["rows"]]), response.body["follows"]

        def answer(request: Request) -> Any:
            first = (request.json - 1) * 3
            return {"rows": rows[first : first + 3], "follows": len(rows) > first + 3}

        page = run(by_page(lambda n: Request("/", json=n), read, cursor, shrinks=True), answer, START)
        seen |= {r.external_id for r in page.records}
        cursor = page.cursor
        if not page.more:
            break
        if turn in (0, 2):
            rows.pop(0)
    assert set(rows) <= seen
    assert page.complete


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["2026-09-01T08:00:05Z", "2026-09-01T08:00:01Z"], "not sorted"),
        (["2026-08-01T08:00:00Z", "2026-08-01T08:00:01Z"], "ignores our lower bound"),
    ],
)
def test_a_provider_that_ignores_order_or_bound_stops_the_stream(rows: list[str], sentence: str) -> None:
    walk = Watermark("updated_at", lambda w: Request("/"), lambda r, _: (r.body, True))
    cursor = {"watermark": "2026-09-01T08:00:00Z"}
    body = [{"id": str(i), "updated_at": at} for i, at in enumerate(rows)]
    with pytest.raises(ProviderChanged, match=sentence):
        run(by_watermark(walk, cursor, START), lambda _: body, START)


def test_a_repeated_cursor_or_many_empty_pages_stop_the_walk() -> None:
    def pull(cursor: dict[str, Any], rows: list[Any], following: str) -> Page:
        read = lambda r: (raws(r.body), following)  # noqa: E731
        return run(by_cursor(lambda c: Request("/"), read, cursor), lambda _: rows, START)

    first = pull({}, [{"id": 1}], "a")
    with pytest.raises(ProviderChanged, match="does not end"):
        pull(first.cursor, [{"id": 1}], "a")
    cursor: dict[str, Any] = {}
    for turn in range(10):
        cursor = pull(cursor, [], f"c{turn}").cursor
    with pytest.raises(ProviderChanged, match="does not end"):
        pull(cursor, [], "another")


def test_each_word_keeps_its_own_cursor_and_is_complete_when_all_are() -> None:
    def walk(word: str, cursor: dict[str, Any]) -> Pull:
        yield Request("/")
        return Page(
            raws([{"id": word}]), {"at": word, "n": cursor.get("n", 0) + 1}, more=False, complete=True
        )

    cursor: dict[str, Any] = {}
    for _ in range(2):
        pages = []
        while True:
            page = run(each(("a", "b"), walk, cursor), lambda _: {}, START)
            pages.append(page)
            cursor = page.cursor
            if not page.more:
                break
        assert [p.complete for p in pages] == [False, True]
    assert cursor == {"walks": {"a": {"at": "a", "n": 2}, "b": {"at": "b", "n": 2}}}
