"""A Qonto that plays the world's story: its lists, filters, sorts, limits and refusals."""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from starlette.responses import HTMLResponse, Response

from connectors.kit.calls import Call, Endpoint, Reply
from connectors.kit.simulated_hooks import Subscriptions, is_reachable
from connectors.kit.simulated_oauth import OAuthRules, Registered
from connectors.kit.simulator import HTML_PAGE, Simulator
from connectors.kit.walks import moment
from connectors.kit.world import Account, Company, Document, Movement, Partner, Thing, World
from connectors.qonto import wire
from connectors.qonto.hooks import SIGNATURE

Render = Callable[[World, Any], dict[str, Any]]
SCOPES = {
    "offline_access": "stay connected until you withdraw it",
    "organization.read": "see your organization, accounts, balances and transactions",
    "client_invoices.read": "see your client invoices and credit notes",
    "client.read": "see your clients",
    "supplier_invoice.read": "see your supplier invoices",
    "attachment.read": "download attachments",
    "webhook": "be told at once when something changes",
}
STATUSES = ("pending", "declined", "completed")


class RefusedError(Exception):
    """A call Qonto refuses: status, code, and the sentence it gives."""

    def __init__(self, status: int, code: str, detail: str, parameter: str | None = None) -> None:
        super().__init__(code)
        source = {"source": {"parameter": parameter}} if parameter else {}
        self.reply = Reply(status, {"errors": [{"code": code, "detail": detail, **source}]})


class QontoSimulator(Simulator):
    """Qonto on loopback. With `staging_token` it is the sandbox: a call without it gets a page."""

    slug: ClassVar[str] = "qonto"
    spec_file: ClassVar[str | None] = "qonto-openapi-v2.yml"
    newer_parameters: ClassVar[frozenset[str]] = frozenset(
        ("page", "per_page", "exclude_imported", "filter[updated_at_from]", "filter[updated_at_to]")
    )
    deviations: ClassVar[frozenset[str]] = frozenset(
        (
            "stamp_duty_amount",
            "finalized_at",
            "paid_at",
            "logo",
            "clean_counterparty_name",
            "note",
            "scheduled_date",
            "payment_date",
        )
    )
    calls_per_window: ClassVar[tuple[int, float]] = (1_000, 10.0)

    def __init__(self, world: World, *, staging_token: str | None = None, **options: Any) -> None:
        self._staging_token = staging_token
        self.subscriptions = Subscriptions(world, header=SIGNATURE)
        super().__init__(world, **options)

    def oauth_rules(self) -> OAuthRules:
        """One hour, ninety days, sixty seconds of grace after the first use."""
        return OAuthRules(
            name="Qonto",
            scopes=SCOPES,
            authorize_path="/oauth2/auth",
            token_path="/oauth2/token",  # noqa: S106
            revoke_path="/oauth2/revoke",
            grace=60,
            prefix="ory_",
            refresh_needs_scope="offline_access",
        )

    def gate(self, headers: Mapping[str, str]) -> Response | None:
        """Without its staging token the sandbox answers 200 and a login page."""
        if self._staging_token in (None, headers.get("x-qonto-staging-token")):
            return None
        return HTMLResponse(HTML_PAGE)

    def refusal(self, status: int, reason: str) -> Reply:
        """The usual error body, with the trace id."""
        body = {"errors": [{"code": reason.split(" ")[0], "detail": reason}], "trace_id": "0af76519"}
        return Reply(status, body)

    def dressed(self, reply: Reply, call: Call | None) -> Reply:
        """Every answer names its trace."""
        return Reply(reply.status, reply.body, {**reply.headers, "x-tyk-trace-id": "0af76519"})

    def endpoints(self) -> Sequence[Endpoint]:
        """The addresses this connector reads."""
        organization, invoices = ("organization.read",), ("client_invoices.read",)
        rows = [
            ("/v2/organization", organization, self._organization),
            ("/v2/bank_accounts", organization, self._bank_accounts),
            ("/v2/transactions", organization, self._transactions),
            ("/v2/transactions/{id}", organization, self._transaction),
            ("/v2/clients", ("client.read",), self._clients),
            ("/v2/client_invoices", invoices, self._client_invoices),
            ("/v2/credit_notes", invoices, self._credit_notes),
            ("/v2/supplier_invoices", ("supplier_invoice.read",), self._supplier_invoices),
        ]
        hooks, told = "/v2/webhook_subscriptions", ("webhook",)
        return [
            *(Endpoint("GET", path, scopes, _refusing(handler)) for path, scopes, handler in rows),
            Endpoint("GET", hooks, told, _refusing(self._subscribed)),
            Endpoint("POST", hooks, told, _refusing(self._subscribe)),
        ]

    def announce(self, movement: Movement) -> list[int]:
        """Posts that a line of an account changed to whoever subscribed; the answers."""
        kind = "v1/transactions"
        return self.subscriptions.post(
            movement.company_id, kind, wire.message(self.world, kind, wire.transaction_told(movement))
        )

    def _subscribed(self, call: Call) -> Reply:
        rows = self.subscriptions.of(call.grant.company_id)
        page, size = _number(call, "page", 1), _number(call, "per_page", 100)
        chosen = rows[(page - 1) * size : page * size]
        return Reply(200, {"subscriptions": [wire.subscription(each) for each in chosen], "meta": {}})

    def _subscribe(self, call: Call) -> Reply:
        wanted = _wanted(call.json)
        made = self.subscriptions.add(call.grant.company_id, *wanted)
        return Reply(201, {**wire.subscription(made), "secret": made.secret})

    def _organization(self, call: Call) -> Reply:
        company = self.world.get(Company, call.grant.company_id)
        return Reply(200, {"organization": wire.organization(self.world, company)})

    def _bank_accounts(self, call: Call) -> Reply:
        body = self._listed(call, "bank_accounts", self._mine(call, Account), wire.account, default=100)
        del body["meta"]
        return Reply(200, body)

    def _mine(self, call: Call, kind: type[Any]) -> list[Any]:
        return self.world.all(kind, call.grant.company_id)

    def _listed(
        self, call: Call, name: str, things: Sequence[Thing], render: Render, *, default: int, most: int = 100
    ) -> dict[str, Any]:
        page, size = _number(call, "page", 1), _number(call, "per_page", default)
        if size > most:
            raise RefusedError(400, "invalid", f"per_page must be at most {most}", "per_page")
        total = -(-len(things) // size)
        chosen = things[(page - 1) * size : page * size]
        meta = {
            "current_page": page,
            "next_page": page + 1 if page < total else None,
            "prev_page": page - 1 if page > 1 else None,
            "total_pages": total,
            "total_count": len(things),
            "per_page": size,
        }
        return {name: [render(self.world, thing) for thing in chosen], "meta": meta}

    def _transactions(self, call: Call) -> Reply:
        account = call.one("bank_account_id") or self._account_of(call.one("iban"))
        if account is None:
            raise RefusedError(422, "missing", "bank_account_id or iban is required", "bank_account_id")
        status = call.one("status[]", "completed")
        if status not in STATUSES:
            raise RefusedError(
                400, "status_invalid", "status must be one of: " + ", ".join(STATUSES), "status"
            )
        rows = [m for m in self._mine(call, Movement) if m.account_id == account]
        rows = [m for m in rows if wire.STATUS[m.status] == status]
        for field in ("updated_at", "settled_at", "emitted_at"):
            rows = _between(call, rows, field, f"{field}_from", f"{field}_to")
        rows = _sorted(call, rows, ("updated_at", "settled_at", "emitted_at"), "settled_at:desc")
        return Reply(200, self._listed(call, "transactions", rows, wire.transaction, default=100))

    def _account_of(self, iban: str | None) -> str | None:
        return next((a.id for a in self.world.all(Account) if a.iban == iban), None)

    def _transaction(self, call: Call) -> Reply:
        row = next((m for m in self._mine(call, Movement) if m.id == call.path["id"]), None)
        if row is None:
            return Reply(404, " ")
        return Reply(200, {"transaction": wire.transaction(self.world, row)})

    def _clients(self, call: Call) -> Reply:
        rows = [p for p in self._mine(call, Partner) if p.role == "customer"]
        rows = _sorted(call, rows, ("name", "created_at"), "name:asc")
        return Reply(200, self._listed(call, "clients", rows, wire.client_row, default=25))

    def _documents(self, call: Call, direction: str, kinds: tuple[str, ...]) -> list[Any]:
        rows = [d for d in self._mine(call, Document) if d.direction == direction and d.kind in kinds]
        for field in ("created_at", "updated_at"):
            rows = _between(call, rows, field, f"filter[{field}_from]", f"filter[{field}_to]")
        return _sorted(call, rows, ("created_at",), "created_at:desc")

    def _client_invoices(self, call: Call) -> Reply:
        rows = self._documents(call, "receivable", ("invoice",))
        if call.one("exclude_imported", "true") == "true":
            rows = [d for d in rows if not d.extra.get("is_imported")]
        return Reply(
            200, self._listed(call, "client_invoices", rows, wire.client_invoice, default=1, most=500)
        )

    def _credit_notes(self, call: Call) -> Reply:
        rows = self._documents(call, "receivable", ("credit_note",))
        return Reply(200, self._listed(call, "credit_notes", rows, wire.credit_note, default=1))

    def _supplier_invoices(self, call: Call) -> Reply:
        rows = self._documents(call, "payable", ("invoice", "credit_note"))
        return Reply(200, self._listed(call, "supplier_invoices", rows, wire.supplier_invoice, default=1))


def _refusing(handler: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    def answer(call: Call) -> Reply:
        try:
            return handler(call)
        except RefusedError as refused:
            return refused.reply

    return answer


def _wanted(asked: Any) -> tuple[str, list[str], str]:
    """The address, kinds and secret of a wanted subscription."""
    address, kinds, secret = (asked.get(name) for name in ("callback_url", "types", "secret"))
    if not isinstance(address, str) or not is_reachable(address):
        raise RefusedError(400, "invalid", "callback_url must be https", "callback_url")
    if not isinstance(kinds, list) or not kinds:
        raise RefusedError(400, "invalid", "types must name at least one", "types")
    if not isinstance(secret, str) or not 32 <= len(secret) <= 128:
        raise RefusedError(400, "invalid", "secret must have 32 to 128 characters", "secret")
    return address, kinds, secret


def _number(call: Call, name: str, default: int) -> int:
    text = call.one(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise RefusedError(400, "invalid", f"{name} must be a positive number", name)
    return int(text)


def _stamp_of(row: Any, field: str) -> datetime | None:
    value: datetime | None = row.booked_at if field == "settled_at" else getattr(row, field)
    return value


def _between(call: Call, rows: list[Any], field: str, low: str, high: str) -> list[Any]:
    """Rows whose field lies within the bounds, both inclusive, at the precision of a millisecond."""
    bounds: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = ((low, operator.ge), (high, operator.le))
    for name, keep in bounds:
        text = call.one(name)
        if text is None:
            continue
        bound = moment(text)
        if bound is None:
            raise RefusedError(400, "date_invalid", f"{name} is not a date", name)
        rows = [r for r in rows if (at := _stamp_of(r, field)) is not None and keep(at, bound)]
    return rows


def _sorted(call: Call, rows: list[Any], fields: tuple[str, ...], default: str) -> list[Any]:
    field, _, order = (call.one("sort_by") or default).partition(":")
    if field not in fields or order not in ("asc", "desc"):
        raise RefusedError(400, "sort_invalid", "sort_by must be a field and an order", "sort_by")

    def key(row: Any) -> tuple[bool, Any, int]:
        value = row.name if field == "name" else _stamp_of(row, field)
        return (value is not None, value, row.number_id)

    return sorted(rows, key=key, reverse=order == "desc")


__all__ = ["SCOPES", "QontoSimulator", "Registered"]
