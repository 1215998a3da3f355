"""Scripted misfortunes of a simulated provider."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One scripted misfortune, for `times` calls whose path contains `path`, after letting `after` pass.

    `status` answers so; `cut` sends half the body; `slow` waits (real seconds) first; `raw` sends this
    text with `content_type`; `edit` changes the good body (a new word, an extra field, nulls).
    """

    path: str = ""
    times: int = 1
    after: int = 0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    slow: float = 0.0
    raw: str | None = None
    content_type: str = "text/html; charset=utf-8"
    edit: Callable[[Any], Any] | None = None


HTML_PAGE = "<!doctype html><html><body><h1>Please log in</h1></body></html>"


class Script:
    """Faults still to come; each is used up by the calls it matches, in the order they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._used: dict[int, tuple[int, int]] = {}

    def add(self, *faults: Fault) -> None:
        self._faults += faults

    def clear(self) -> None:
        self._faults.clear()
        self._used.clear()

    def next(self, path: str) -> Fault | None:
        for place, fault in enumerate(self._faults):
            passed, fired = self._used.get(place, (0, 0))
            if fault.path not in path or fired >= fault.times:
                continue
            if passed < fault.after:
                self._used[place] = (passed + 1, fired)
                continue
            self._used[place] = (passed, fired + 1)
            return fault
        return None


async def spoilt(fault: Fault, good: Response) -> Response:
    if fault.slow:
        await asyncio.sleep(fault.slow)
    if fault.raw is not None:
        return Response(fault.raw, fault.status or 200, dict(fault.headers), media_type=fault.content_type)
    if fault.status is not None:
        return _plain_json(fault.status, fault.headers)
    if fault.cut:
        half = bytes(good.body)[: len(good.body) // 2]
        return StreamingResponse(iter([half]), 200, media_type="application/json")
    return good


def _plain_json(status: int, headers: Mapping[str, str]) -> Response:
    if status == 429:
        return Response("slow down", status, dict(headers), media_type="text/plain")
    return JSONResponse({"errors": [{"code": "scripted"}]}, status, dict(headers))
