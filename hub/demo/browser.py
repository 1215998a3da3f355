"""A browser small enough for the demo: follows links and redirects, fills in and sends forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    """A form of a page with the values it came with; `buttons` are the submit buttons by name."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", ""), given.get("method", "get").upper()))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif self.found and tag == "button":
            self.found[-1].buttons.append((given.get("name", ""), given.get("value", "")))
        elif self.found and tag == "input" and given.get("name") and _counts(given):
            self.found[-1].fields[given["name"]] = given.get("value", "")


def _counts(given: Mapping[str, str]) -> bool:
    return given.get("type") != "radio" or "checked" in given


class Browser:
    """One person's session: cookies are kept, redirects followed."""

    def __init__(self) -> None:
        self._http = httpx.Client(follow_redirects=True, trust_env=False, timeout=20)
        self.url = ""
        self.page = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def open(self, url: str) -> Self:
        """Goes to an address."""
        return self._arrived(self._http.get(url))

    def submit(self, values: Mapping[str, str] | None = None) -> Self:
        """Sends the page's first form with its first button, and `values` over what it holds."""
        parsed = _Forms()
        parsed.feed(self.page)
        if not parsed.found:
            raise LookupError(f"{self.url} has no form to send")
        form = parsed.found[0]
        pressed = {name: value for name, value in form.buttons[:1] if name}
        data = {**form.fields, **pressed, **(values or {})}
        target = urljoin(self.url, form.action)
        if form.method == "GET":
            return self._arrived(self._http.get(target, params=data))
        return self._arrived(self._http.post(target, data=data))

    def _arrived(self, answer: httpx.Response) -> Self:
        answer.raise_for_status()
        self.url, self.page = str(answer.url), answer.text
        return self
