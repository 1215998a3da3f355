"""Pennylane (Company API v2): what it is, whom a token speaks for, and how each list is read."""

from collections.abc import Generator, Iterator
from datetime import date
from typing import Any

from connectors.kit.contract import (
    Cursor,
    Identity,
    Manifest,
    OAuth2,
    Page,
    Pull,
    PullContext,
    Raw,
    Request,
    Response,
    Stream,
)
from connectors.pennylane.changes import crawl, track
from connectors.pennylane.lists import API, LIMIT
from connectors.pennylane.matches import pull_matches
from core.errors import ProviderChanged
from core.model import EntityProof
from core.model.identifiers import compact, is_siren
from core.ports import RateLimit
from mappings import pennylane as tables


def _scopes(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}:readonly" for name in names)


STREAMS = (
    Stream("company", tables.COMPANY, ()),
    Stream("customers", tables.CUSTOMER, _scopes("customers")),
    Stream("suppliers", tables.SUPPLIER, _scopes("suppliers")),
    Stream("customer_invoices", tables.CUSTOMER_INVOICE, _scopes("customer_invoices"), ("customers",)),
    Stream("supplier_invoices", tables.SUPPLIER_INVOICE, _scopes("supplier_invoices"), ("suppliers",)),
    Stream("bank_accounts", tables.BANK_ACCOUNT, _scopes("bank_accounts")),
    Stream("transactions", tables.TRANSACTION, _scopes("transactions"), ("bank_accounts",)),
    Stream(
        "matches",
        tables.MATCH,
        _scopes("transactions"),
        ("transactions", "customer_invoices", "supplier_invoices"),
    ),
)

MAY_VANISH = ("customer_invoices", "supplier_invoices", "transactions")
"""Lists whose ids are remembered: what is gone from them changes what money is owed or came."""

MANIFEST = Manifest(
    slug="pennylane",
    name="Pennylane",
    base_url="https://app.pennylane.com",
    auth=OAuth2(
        auth_url="https://app.pennylane.com",
        authorize_path="/oauth/authorize",
        token_path="/oauth/token",  # noqa: S106
        revoke_path="/oauth/revoke",
        scopes=tuple(dict.fromkeys(scope for stream in STREAMS for scope in stream.scopes)),
        pkce=True,
        rotation=True,
        refresh_before_seconds=3600,
    ),
    limits=(RateLimit(key="pennylane:{connection}", permits=25, seconds=5.0, burst=25),),
    docs="https://pennylane.readme.io",
    checked_on=date(2026, 11, 23),
)


class Pennylane:
    """Read only. Payment states are claims; cash is what the transactions show."""

    manifest = MANIFEST
    streams = STREAMS

    def __init__(self, size: int = LIMIT) -> None:
        self._size = size

    def identify(self) -> Generator[Request, Response, Identity]:
        """The company the SME picked on the consent page, and the scopes it granted."""
        me = _me((yield Request(f"{API}/me")))
        company, scopes = me["company"], me.get("scopes")
        if not isinstance(scopes, list):
            raise ProviderChanged("/me does not list the granted scopes; a developer must look")
        reg_no = compact(str(company.get("reg_no") or ""))
        proof = EntityProof(
            siren=reg_no if is_siren(reg_no) else None,
            legal_name=str(company.get("name") or "") or None,
            method="pennylane:/me",
        )
        return Identity(str(company["id"]), proof, tuple(_with_readonly(map(str, scopes))))

    def pull(self, stream: Stream, cursor: Cursor, context: PullContext) -> Pull:
        """One page of a stream."""
        if stream.name == "company":
            return _company()
        if stream.name == "matches":
            return pull_matches(cursor, context)
        if stream.name == "bank_accounts":
            return _untracked(stream.name, cursor, self._size)
        return track(stream.name, cursor, context, remember=stream.name in MAY_VANISH, size=self._size)


def _with_readonly(scopes: Iterator[str]) -> Iterator[str]:
    """`invoices:all` includes `invoices:readonly`, which is what a stream asks for."""
    for scope in scopes:
        yield scope
        if scope.endswith(":all"):
            yield scope.removesuffix(":all") + ":readonly"


def _me(answer: Response) -> dict[str, Any]:
    me = answer.body if isinstance(answer.body, dict) else {}
    company = me.get("company")
    if not isinstance(company, dict) or not company.get("id"):
        raise ProviderChanged("/me does not name a company; a developer must look")
    return me


def _company() -> Pull:
    """The company itself, from /me."""
    me = _me((yield Request(f"{API}/me")))
    return Page([Raw(str(me["company"]["id"]), me)], {}, more=False, complete=True)


def _untracked(name: str, cursor: Cursor, size: int) -> Pull:
    """A list without a change log is read whole every time."""
    page = yield from crawl(name, cursor, size=size)
    return page if page.more else Page(page.records, {}, more=False, complete=True)


CONNECTOR = Pennylane()
