"""Pages: one template environment, and headers that leave a hostile page nothing to work with."""

import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.reports.words import amount, visible


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hub.api"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(amount=amount)
    return environment


def page(
    template: str,
    *,
    status: int = 200,
    form_to: str = "'none'",
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """A rendered page. `form_to` is where its form may lead, redirects included."""
    nonce = secrets.token_urlsafe(16)
    text = _environment().get_template(template).render(nonce=nonce, **values)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {form_to}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    guarded = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex",
    }
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers={**guarded, **(headers or {})})


def notice(
    heading: str,
    *lines: str,
    status: int = 200,
    good: bool = False,
    return_url: str | None = None,
    request_id: str | None = None,
) -> HTMLResponse:
    """A page that says one thing."""
    return page(
        "notice.html.j2",
        status=status,
        heading=heading,
        lines=lines,
        good=good,
        return_url=return_url,
        request_id=request_id,
    )
