"""Pennylane's query grammar, as the simulator enforces it: limits, cursors, filters and sorts."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.kit.calls import Call

Row = dict[str, Any]
_ORDERED = frozenset(("lt", "lteq", "gt", "gteq"))
SETS = frozenset(("eq", "not_eq", "in", "not_in"))
ALL = SETS | _ORDERED
DATES = _ORDERED | {"eq", "not_eq"}

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, want: have == want,
    "not_eq": lambda have, want: have != want,
    "lt": lambda have, want: have is not None and have < want,
    "lteq": lambda have, want: have is not None and have <= want,
    "gt": lambda have, want: have is not None and have > want,
    "gteq": lambda have, want: have is not None and have >= want,
    "in": lambda have, want: have in want,
    "not_in": lambda have, want: have not in want,
    "start_with": lambda have, want: str(have).lower().startswith(str(want).lower()),
}


class RefusedError(Exception):
    """A call the provider answers with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True)
class Grammar:
    """What one list can be filtered by (field to operators) and sorted by; `read` finds a field in a row."""

    filters: Mapping[str, frozenset[str]]
    sorts: tuple[str, ...] = ("id",)
    largest: int = 100

    def page(self, call: Call, rows: list[Row], cursors: "Cursors") -> Row:
        """The rows a call asks for, as Pennylane wraps them."""
        limit, sort = limit_of(call, self.largest), self._sort(call)
        conditions = self._conditions(call)
        wanted = [row for row in rows if all(match(row) for match in conditions)]
        wanted.sort(key=lambda row: _place(row, sort), reverse=sort.startswith("-"))
        if (cursor := call.one("cursor")) is not None:
            after = tuple(cursors.read(cursor))
            wanted = [row for row in wanted if _is_after(_place(row, sort), after, sort)]
        shown, more = wanted[:limit], len(wanted) > limit
        following = cursors.write(list(_place(shown[-1], sort))) if more else None
        return {"items": shown, "has_more": more, "next_cursor": following}

    def _sort(self, call: Call) -> str:
        sort = call.one("sort") or "-id"
        if sort.removeprefix("-") not in self.sorts:
            raise RefusedError(400, f"sort: {sort} is not available")
        return sort

    def _conditions(self, call: Call) -> list[Callable[[Row], bool]]:
        if any(name.startswith("filter[") for name in call.query):
            raise RefusedError(400, "filter: expected a string, received a hash")
        text = call.one("filter")
        if text is None:
            return []
        try:
            conditions = json.loads(text)
        except ValueError:
            raise RefusedError(400, "filter: expected a JSON array") from None
        if not isinstance(conditions, list):
            raise RefusedError(400, "filter: expected a JSON array")
        return [self._condition(condition) for condition in conditions]

    def _condition(self, condition: Any) -> Callable[[Row], bool]:
        if not isinstance(condition, dict) or set(condition) != {"field", "operator", "value"}:
            raise RefusedError(400, "filter: a condition has field, operator and value")
        field, operator, value = condition["field"], condition["operator"], condition["value"]
        if operator not in self.filters.get(field, frozenset()):
            raise RefusedError(400, f"filter: {operator} is not available on {field}")
        if (operator in ("in", "not_in")) != isinstance(value, list):
            raise RefusedError(400, f"filter: wrong kind of value for {operator}")
        want = [_plain(one) for one in value] if isinstance(value, list) else _plain(value)
        return lambda row: _COMPARE[operator](_field(row, field), want)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _field(row: Row, name: str) -> Any:
    if name == "credit_note":
        return row["status"] == "credit_note"
    if name in row:
        return _plain(row[name])
    related = row.get(name.removesuffix("_id"))
    return related["id"] if related else None


def _place(row: Row, sort: str) -> tuple[Any, ...]:
    name = sort.removeprefix("-")
    return (row["id"],) if name == "id" else (row[name] or "", row["id"])


def _is_after(place: tuple[Any, ...], after: tuple[Any, ...], sort: str) -> bool:
    if len(place) != len(after):
        raise RefusedError(400, "cursor: invalid")
    return place < after if sort.startswith("-") else place > after


def limit_of(call: Call, largest: int) -> int:
    """1 to `largest`, 20 when not said; anything else is refused, never clamped."""
    text = call.one("limit", "20") or ""
    if not text.isdecimal() or not 1 <= int(text) <= largest:
        raise RefusedError(400, f"limit: expected an integer between 1 and {largest}")
    return int(text)


class Cursors:
    """Writes a place in a list as an opaque text and reads only its own back. A cursor holds neither
    filter nor sort; `forget` makes all of them invalid, as time does."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def forget(self) -> None:
        """Every cursor given so far is refused from now on."""
        self._key = secrets.token_bytes(16)

    def _seal(self, text: bytes) -> bytes:
        return hmac.new(self._key, text, hashlib.sha256).digest()[:8]

    def write(self, place: list[Any]) -> str:
        """The cursor of the page after `place`."""
        text = json.dumps(place).encode()
        return base64.urlsafe_b64encode(self._seal(text) + text).decode()

    def read(self, cursor: str) -> list[Any]:
        """The place; a foreign or old cursor is refused."""
        try:
            whole = base64.urlsafe_b64decode(cursor)
            if not hmac.compare_digest(whole[:8], self._seal(whole[8:])):
                raise ValueError
            return list(json.loads(whole[8:]))
        except (ValueError, TypeError):
            raise RefusedError(400, "cursor: invalid") from None
