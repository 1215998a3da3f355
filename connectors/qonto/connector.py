"""Qonto: the bank of many small companies, which also sends and receives their invoices."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from connectors.kit.contract import (
    Cursor,
    Identity,
    Manifest,
    OAuth2,
    Page,
    Pull,
    PullContext,
    Request,
    Response,
    Stream,
)  # fmt: skip
from connectors.kit.errors import Line
from connectors.kit.walks import (
    Watermark,
    Window,
    by_page,
    by_watermark,
    each,
    found,
    listed,
    moment,
    raws,
    stamp,
)  # fmt: skip
from connectors.qonto import hooks
from core.errors import Misconfigured, ProviderChanged
from core.model import EntityProof
from core.ports import RateLimit
from mappings import qonto
from mappings.readings import siren_of

SIZE = 100
STATUSES = ("pending", "declined", "completed")
"""One status a call (only one is honoured), pending first: a row that settles meanwhile is met later."""
PATIENCE = timedelta(days=10)
"""A pending row this old is read again by its id: a reversed one vanishes from every list."""
MOST_OLD = 20
_STAGING = "the sandbox answers with a page when its staging token is missing or wrong; check the settings"
ORGANIZATION, INVOICES = ("organization.read",), ("client_invoices.read",)
HOOKS = ("webhook",)

MANIFEST = Manifest(
    slug="qonto",
    name="Qonto",
    base_url="https://thirdparty.qonto.com",
    auth=OAuth2(
        auth_url="https://oauth.qonto.com",
        authorize_path="/oauth2/auth",
        token_path="/oauth2/token",  # noqa: S106
        revoke_path="/oauth2/revoke",
        scopes=("offline_access", *ORGANIZATION, *INVOICES, "client.read", "supplier_invoice.read", *HOOKS),
        pkce=True,
        rotation=True,
    ),
    limits=(
        RateLimit(key="qonto", permits=1_000, seconds=10.0, burst=100),
        RateLimit(key="qonto:long", permits=10_000, seconds=600.0, burst=1_000),
    ),
    docs="https://docs.qonto.com",
    checked_on=date(2026, 11, 23),
    errors={"not_json": Line(Misconfigured, _STAGING), "redirect": Line(Misconfigured, _STAGING)},
    request_id_headers=("x-tyk-trace-id", "x-request-id"),
)


def _read(path: str, **params: str) -> Request:
    return Request(path, params=tuple(params.items()))


def _numbered(response: Response, page: int, *, rows: str, size: int) -> tuple[list[Any], bool]:
    """Rows and whether more follow. Some lists carry no `meta`: then a short page is the last."""
    records, meta = listed(response, rows), response.body.get("meta")
    if not isinstance(meta, dict) or not meta:
        return records, len(records) >= size
    if meta.get("current_page") != page:
        raise ProviderChanged("the answer is not the page that was asked for")
    following = meta.get("next_page")
    return records, isinstance(following, int) and following > page


@dataclass(frozen=True)
class Qonto:
    """Describes Qonto to the kit. `size` is how many rows a page may hold (at most 100)."""

    size: int = SIZE
    manifest: Manifest = MANIFEST
    streams: tuple[Stream, ...] = (
        Stream("organization", qonto.ORGANIZATION, ORGANIZATION),
        Stream("bank_accounts", qonto.BANK_ACCOUNTS, ORGANIZATION),
        Stream("clients", qonto.CLIENTS, ("client.read",)),
        Stream("client_invoices", qonto.CLIENT_INVOICES, INVOICES),
        Stream("credit_notes", qonto.CREDIT_NOTES, INVOICES, depends_on=("client_invoices",)),
        Stream("transactions", qonto.TRANSACTIONS, ORGANIZATION, depends_on=("bank_accounts",)),
        Stream("supplier_invoices", qonto.SUPPLIER_INVOICES, ("supplier_invoice.read",)),
    )
    hook_scopes: tuple[str, ...] = HOOKS

    def identify(self) -> Any:
        """The organization behind the token; its legal number is a SIRET in France."""
        response = yield _read("/v2/organization")
        organization = found(response, "organization")
        account = organization.get("id") or organization.get("slug")
        if not isinstance(account, str):
            raise ProviderChanged("the organization has no id")
        name, number = organization.get("legal_name"), organization.get("legal_number")
        proof = EntityProof(
            siren=siren_of(number),
            legal_name=name if isinstance(name, str) else None,
            method="qonto:/v2/organization",
        )
        return Identity(account_id=account, proof=proof)

    def pull(self, stream: Stream, cursor: Cursor, context: PullContext) -> Pull:
        """One page of a stream."""
        return getattr(self, f"_{stream.name}")(cursor, context)  # type: ignore[no-any-return]  # found by name

    def subscribe(self, address: str, secret: str) -> Generator[Request, Response, None]:
        """One subscription per kind of event."""
        return hooks.subscribe(address, secret)

    def hear(self, headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> tuple[str, ...]:
        """The streams a message says to read."""
        return hooks.hear(headers, body, secret, now)

    def _organization(self, cursor: Cursor, context: PullContext) -> Pull:
        response = yield _read("/v2/organization")
        return Page(raws([found(response, "organization")]), {}, more=False, complete=True)

    def _pages(self, name: str, cursor: Cursor, **params: str) -> Pull:
        page = cursor.get("page", 1)

        def read(response: Response) -> tuple[list[Any], bool]:
            rows, follows = _numbered(response, page, rows=name, size=self.size)
            return raws(rows, version="updated_at"), follows

        return by_page(
            lambda page: _read(f"/v2/{name}", page=str(page), per_page=str(self.size), **params),
            read,
            cursor,
            shrinks=True,
        )

    def _bank_accounts(self, cursor: Cursor, context: PullContext) -> Pull:
        return self._pages("bank_accounts", cursor)

    def _clients(self, cursor: Cursor, context: PullContext) -> Pull:
        return self._pages("clients", cursor, sort_by="created_at:asc")

    def _documents(self, name: str, cursor: Cursor, context: PullContext, **params: str) -> Pull:
        """Invoice-like lists: sorted by creation, which never moves; changes come by a filter."""

        def ask(window: Window) -> Request:
            bounds = {"filter[created_at_from]": window.since, "filter[updated_at_from]": window.changed}
            fixed = {"sort_by": "created_at:asc", "page": str(window.page), "per_page": str(self.size)}
            return _read(f"/v2/{name}", **{k: v for k, v in bounds.items() if v}, **fixed, **params)

        walk = Watermark(
            key="created_at",
            ask=ask,
            rows=partial(_numbered, rows=name, size=self.size),
            keyed_by_change=False,
            round_by_round=name == "credit_notes",
        )
        return by_watermark(walk, cursor, context.now)

    def _client_invoices(self, cursor: Cursor, context: PullContext) -> Pull:
        return self._documents("client_invoices", cursor, context, exclude_imported="false")

    def _credit_notes(self, cursor: Cursor, context: PullContext) -> Pull:
        return self._documents("credit_notes", cursor, context)

    def _supplier_invoices(self, cursor: Cursor, context: PullContext) -> Pull:
        return self._documents("supplier_invoices", cursor, context)

    def _transactions(self, cursor: Cursor, context: PullContext) -> Pull:
        """Each account, each status; then pending rows that are old, one by one, by id."""
        state = dict(cursor)
        if "accounts" not in state:
            response = yield _read("/v2/organization")
            accounts = [a["id"] for a in found(response, "organization").get("bank_accounts") or ()]
            state["accounts"] = accounts
        words = [f"{account} {status}" for account in state["accounts"] for status in STATUSES]
        page = yield from each(words, partial(self._status, now=context.now), state)
        pending = _pendings(state.get("pending") or {}, page, context.now)
        gone: tuple[str, ...] = ()
        records = list(page.records)
        if not page.more:
            gone = yield from _old_pendings(pending, records, context.now)
        kept = {"pending": pending, **({"accounts": state["accounts"]} if page.more else {})}
        return Page(records, {**page.cursor, **kept}, page.more, page.complete, gone)

    def _status(self, word: str, cursor: Cursor, now: datetime) -> Pull:
        account, status = word.rsplit(" ", 1)

        def ask(window: Window) -> Request:
            bound = (("updated_at_from", window.since),) if window.since else ()
            fixed = (
                ("bank_account_id", account), ("status[]", status), ("sort_by", "updated_at:asc"),
                ("page", str(window.page)), ("per_page", str(self.size)),
            )  # fmt: skip
            return Request("/v2/transactions", params=(*fixed, *bound))

        walk = Watermark("updated_at", ask, partial(_numbered, rows="transactions", size=self.size))
        return by_watermark(walk, cursor, now)


def _pendings(known: dict[str, str], page: Page, now: datetime) -> dict[str, str]:
    """Pending rows by id, each with the moment at which it should be read again by id."""
    kept = dict(known)
    for record in page.records:
        if record.payload.get("status") != "pending":
            kept.pop(record.external_id, None)
        elif record.external_id not in kept:
            began = moment(record.payload.get("emitted_at")) or now
            kept[record.external_id] = stamp(began + PATIENCE)
    return kept


def _old_pendings(pending: dict[str, str], records: list[Any], now: datetime) -> Any:
    """Reads again what has been pending for too long; returns the ids the provider no longer knows."""
    due = [id for id, at in sorted(pending.items(), key=lambda item: item[1]) if (moment(at) or now) <= now]
    gone = []
    for id in due[:MOST_OLD]:
        response = yield Request(f"/v2/transactions/{quote(id, safe='')}", accept=(200, 404))
        pending.pop(id)
        if response.status == 404:
            gone.append(id)
            continue
        row = found(response, "transaction")
        records += raws([row], version="updated_at")
        if row.get("status") == "pending":
            pending[id] = stamp(now + timedelta(days=1))
    return tuple(gone)


CONNECTOR = Qonto()
