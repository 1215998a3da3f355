"""The financing platform of the demo: it uses the hub through its public API only."""

import time
from collections.abc import Mapping
from typing import Any

import httpx

from core.errors import LettrageError


class Platform:
    """A client of the API with one key. Every write carries an idempotency key of its own."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {key}"}, trust_env=False, timeout=60
        )
        self._writes = 0

    def close(self) -> None:
        """Ends the kept connections."""
        self._http.close()

    def get(self, path: str, **params: str) -> Any:
        """A resource or a page of a list."""
        return self._read(self._http.get(path, params=params))

    def all(self, path: str, **params: str) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.get(path, limit="100", **params, **({"cursor": cursor} if cursor else {}))
            rows += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Creates or asks for something."""
        return self._read(self._http.post(path, json=dict(body), headers=self._once()))

    def upload(self, path: str, name: str, content: bytes, **fields: str) -> Any:
        """Sends a file."""
        files = {"file": (name, content, "application/octet-stream")}
        return self._read(self._http.post(path, data=fields, files=files, headers=self._once()))

    def download(self, path: str, **params: str) -> bytes:
        """A document, as bytes."""
        answer = self._http.get(path, params=params)
        self._refuse(answer)
        return answer.content

    def _once(self) -> dict[str, str]:
        self._writes += 1
        return {"idempotency-key": f"demo-{time.time_ns()}-{self._writes}"}

    def _read(self, answer: httpx.Response) -> Any:
        self._refuse(answer)
        return answer.json() if answer.content else None

    def _refuse(self, answer: httpx.Response) -> None:
        if answer.status_code >= 400:
            said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            reason = said.get("detail") or said.get("title") or answer.reason_phrase
            raise LettrageError(f"{answer.request.method} {answer.request.url.path}: {reason}")
