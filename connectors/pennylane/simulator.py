"""A Pennylane on loopback: its lists, change logs, matches, refusals and moods over a World."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from starlette.responses import PlainTextResponse, Response

from connectors.kit.calls import Call, Endpoint, Handler, Reply
from connectors.kit.simulated_oauth import OAuthRules, Registered
from connectors.kit.simulator import Simulator
from connectors.kit.world import Account, Change, Company, Document, Movement, Partner, Thing, World
from connectors.pennylane import wire
from connectors.pennylane.querying import ALL, DATES, SETS, Cursors, Grammar, RefusedError, limit_of

PREFIX = "/api/external/v2"
RETENTION = timedelta(days=28)
MICROSECOND = timedelta(microseconds=1)
Row = dict[str, Any]

_EQ = frozenset(("eq",))
_NAMES = frozenset(("start_with",))
_INVOICES = Grammar(
    {
        "id": ALL,
        "date": ALL,
        "customer_id": ALL,
        "invoice_number": SETS,
        "draft": _EQ,
        "credit_note": _EQ,
        "external_reference": _EQ,
    },
    sorts=("id", "date"),
)
GRAMMARS: Mapping[str, Grammar] = {
    "customers": Grammar({"id": ALL, "customer_type": SETS, "name": _NAMES | _EQ, "reg_no": SETS}),
    "suppliers": Grammar({"id": ALL, "name": _NAMES, "external_reference": SETS}),
    "customer_invoices": _INVOICES,
    "supplier_invoices": Grammar(
        {"id": ALL, "supplier_id": ALL, "date": ALL, "invoice_number": SETS, "payment_status": SETS},
        sorts=("id", "date"),
    ),
    "bank_accounts": Grammar({}),
    "transactions": Grammar({"id": SETS, "bank_account_id": SETS, "journal_id": SETS, "date": DATES}),
}
LOGGED = ("customers", "suppliers", "customer_invoices", "supplier_invoices", "transactions")
LEGACY = {"total_pages": None, "current_page": None, "per_page": None, "total_items": None}
"""Keys that ledger lists still carry, always null, though the OpenAPI file does not know them."""
LEDGER = ("/journals",)
WORDS = {
    "customer_invoices": "read your customer invoices",
    "supplier_invoices": "read your supplier invoices",
    "customers": "read your customers",
    "suppliers": "read your suppliers",
    "bank_accounts": "read your bank accounts, without their IBAN",
    "transactions": "read your bank transactions and what they are matched with",
    "journals": "read your journals",
}


def list_of(thing: Thing) -> str | None:
    """The list a thing of the world is in; Pennylane shows booked lines only."""
    if isinstance(thing, Partner):
        return f"{thing.role}s"
    if isinstance(thing, Document):
        return "customer_invoices" if thing.direction == "receivable" else "supplier_invoices"
    if isinstance(thing, Movement):
        return "transactions" if thing.status == "booked" else None
    return "bank_accounts" if isinstance(thing, Account) else None


@dataclass
class _Books:
    """One company's lists at one state of the world."""

    things: dict[str, dict[int, Thing]] = field(default_factory=dict)
    matched: dict[str, list[Document]] = field(default_factory=dict)
    """Documents by the id of the movement they are matched with."""
    rows: dict[str, list[Row]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of a change log, seen from `processed_at` on."""

    list: str
    id: int
    operation: str
    created_at: datetime
    updated_at: datetime
    processed_at: datetime


class PennylaneSimulator(Simulator):
    """`late` says by how much an event trails its change; `extra_fields` adds one nobody knows."""

    slug: ClassVar[str] = "pennylane"
    spec_file: ClassVar[str | None] = "pennylane-company-v2.json"
    calls_per_window: ClassVar[tuple[int, float]] = (25, 5.0)

    def __init__(
        self,
        world: World,
        *,
        client: Registered | None = None,
        rules: OAuthRules | None = None,
        calls_per_window: tuple[int, float] | None = None,
        late: Callable[[Change], timedelta] = lambda change: timedelta(),
        extra_fields: bool = False,
    ) -> None:
        self.cursors = Cursors()
        self._late, self._extra_fields = late, extra_fields
        self._shuffle = random.Random(25)  # noqa: S311
        self._books: dict[str, tuple[tuple[int, date], _Books]] = {}
        self._ties: dict[str, tuple[str, ...]] = {}
        self._rematched: list[Change] = []
        self._calls: dict[str, tuple[int, int]] = {}
        self.quiet_lines = False
        """Matching makes no event on the transaction (no recording proves that it always does)."""
        super().__init__(world, client=client, rules=rules, calls_per_window=calls_per_window)

    def oauth_rules(self) -> OAuthRules:
        return OAuthRules(
            name="Pennylane",
            scopes={
                f"{name}:{reach}": words for name, words in WORDS.items() for reach in ("readonly", "all")
            },
            access_seconds=86_400,
            kills_access=True,
            names_scopes=False,
        )

    def endpoints(self) -> Sequence[Endpoint]:
        found = [Endpoint("GET", f"{PREFIX}/me", (), self._answers(self._me))]
        found += [self._endpoint(f"/changelogs/{name}", name, self._changelog) for name in LOGGED]
        for name in GRAMMARS:
            found.append(self._endpoint(f"/{name}", name, self._list))
            found.append(self._endpoint(f"/{name}/{{id}}", name, self._one))
        for name in ("customer_invoices", "supplier_invoices"):
            found.append(self._endpoint(f"/{name}/{{id}}/matched_transactions", name, self._matched_lines))
        found.append(
            self._endpoint("/transactions/{id}/matched_invoices", "transactions", self._matched_invoices)
        )
        found.append(self._endpoint("/journals", "journals", self._journals))
        return found

    def _endpoint(self, path: str, name: str, handle: Callable[[Call, str], Any]) -> Endpoint:
        scopes = (f"{name}:readonly", f"{name}:all")
        return Endpoint("GET", PREFIX + path, scopes, self._answers(lambda call: handle(call, name)))

    def _answers(self, handle: Callable[[Call], Any]) -> Handler:
        def answer(call: Call) -> Reply:
            try:
                return Reply(200, handle(call))
            except RefusedError as refused:
                return _refused(refused)

        return answer

    # --- moods every answer has

    def gate(self, headers: Mapping[str, str]) -> Response | None:
        """25 calls per token in fixed windows of five seconds; 429 is plain text."""
        token = headers.get("authorization", "")
        permits, seconds = self._window
        now = self.world.now().timestamp()
        window = int(now // seconds)
        begun, calls = self._calls.get(token, (window, 0))
        calls = calls + 1 if begun == window else 1
        self._calls[token] = (window, calls)
        if not token or calls <= permits:
            return None
        wait = max(1, int((window + 1) * seconds - now + 0.999))
        text = f"Rate limit exceeded. Please retry in {wait} seconds."
        return PlainTextResponse(text, 429, {"retry-after": str(wait), **self._rate(token)})

    def _too_fast(self) -> bool:
        return False

    def _rate(self, token: str) -> dict[str, str]:
        permits, seconds = self._window
        window, calls = self._calls.get(token, (0, 0))
        return {
            "ratelimit-limit": str(permits),
            "ratelimit-remaining": str(max(0, permits - calls)),
            "ratelimit-reset": str(int((window + 1) * seconds)),
        }

    def refusal(self, status: int, reason: str) -> Reply:
        if status == 403:
            scope = reason.rpartition(" ")[2]
            reason = f'Access to this resource requires scope "{scope}".'
        return Reply(status, {"error": reason, "status": status})

    def dressed(self, reply: Reply, call: Call | None) -> Reply:
        token = call.headers.get("authorization", "") if call else ""
        headers = {
            **reply.headers,
            "x-request-id": f"{self._shuffle.getrandbits(64):016x}",
            "api-version-expires-at": "",
            **self._rate(token),
        }
        name = call.route.removeprefix(PREFIX).removesuffix("/{id}") if call else ""
        return Reply(reply.status, self._in_any_order(self._newer(reply.body, name)), headers)

    def _newer(self, body: Any, name: str) -> Any:
        """Fields that came after the OpenAPI file, and one that nobody has heard of."""
        added = dict(wire.NEWER.get(name, {}))
        if self._extra_fields:
            added["beta_marker"] = "x"
        if not isinstance(body, dict) or "error" in body or "message" in body:
            return body
        if name in LEDGER:
            return LEGACY | body
        if isinstance(rows := body.get("items"), list):
            return {**body, "items": [{**added, **row} if isinstance(row, dict) else row for row in rows]}
        return {**added, **body}

    def _in_any_order(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._in_any_order(one) for one in value]
        if not isinstance(value, dict):
            return value
        keys = list(value)
        self._shuffle.shuffle(keys)
        return {key: self._in_any_order(value[key]) for key in keys}

    # --- what is in the books

    def _of(self, call: Call) -> _Books:
        company, state = call.grant.company_id, (len(self.world.changes), self.world.now().date())
        known = self._books.get(company)
        if known is None or known[0] != state:
            known = (state, self._made(company))
            self._books[company] = known
        return known[1]

    def _made(self, company_id: str) -> _Books:
        books = _Books({name: {} for name in GRAMMARS})
        for thing in self.world.all(Thing, company_id):
            if name := list_of(thing):
                books.things[name][thing.number_id] = thing
            if isinstance(thing, Document) and thing.state == "issued":
                for movement_id in thing.matched:
                    books.matched.setdefault(movement_id, []).append(thing)
        return books

    def _row(self, thing: Thing, books: _Books) -> Row:
        if isinstance(thing, Document):
            partner = self.world.get(Partner, thing.partner_id)
            if thing.direction == "payable":
                return wire.supplier_invoice(thing, partner)
            credited = self.world.get(Document, thing.credits_id) if thing.credits_id else None
            return wire.customer_invoice(thing, partner, credited, self.world.now().date())
        if isinstance(thing, Movement):
            documents = books.matched.get(thing.id, [])
            third = self.world.get(Partner, documents[0].partner_id) if documents else None
            account = self.world.get(Account, thing.account_id)
            return wire.transaction(thing, account, third, matched=bool(documents))
        if isinstance(thing, Account):
            return wire.bank_account(thing)
        if not isinstance(thing, Partner):
            raise AssertionError(f"no list shows a {type(thing).__name__}")
        return (wire.customer if thing.role == "customer" else wire.supplier)(thing) | thing.extra

    def _found(self, call: Call, name: str) -> tuple[Thing, _Books]:
        books, id = self._of(call), call.path["id"]
        thing = books.things[name].get(int(id)) if id.isdecimal() else None
        if thing is None:
            raise RefusedError(404, "Not found")
        return thing, books

    # --- answers

    def _me(self, call: Call) -> Row:
        return wire.me(self.world.get(Company, call.grant.company_id), call.grant.scopes)

    def _list(self, call: Call, name: str) -> Row:
        books = self._of(call)
        if name not in books.rows:
            books.rows[name] = [self._row(thing, books) for thing in books.things[name].values()]
        return GRAMMARS[name].page(call, books.rows[name], self.cursors)

    def _one(self, call: Call, name: str) -> Row:
        thing, books = self._found(call, name)
        return self._row(thing, books)

    def _matched_lines(self, call: Call, name: str) -> Row:
        thing, books = self._found(call, name)
        ids = thing.matched if isinstance(thing, Document) and thing.state == "issued" else ()
        numbers = [self.world.get(Movement, id).number_id for id in ids]
        lines = books.things["transactions"]
        mine = [lines[number] for number in numbers if number in lines]
        side = name.removesuffix("_invoices")
        rows = [wire.slim(self._row(line, books), side) for line in mine]
        return Grammar({}).page(call, rows, self.cursors)

    def _matched_invoices(self, call: Call, name: str) -> Row:
        thing, books = self._found(call, name)
        rows = []
        for document in books.matched.get(thing.id, []):
            list_name = list_of(document) or ""
            kind, id = list_name.removesuffix("_invoices"), document.number_id
            rows.append({"id": id, "type": kind, "url": wire.link(list_name, id)})
        return Grammar({}).page(call, rows, self.cursors)

    def _journals(self, call: Call, name: str) -> Row:
        accounts = self._of(call).things["bank_accounts"].values()
        rows = [
            {"id": a.number_id + 1, "code": f"BQ{i}", "label": "Banque", "type": "finances"}
            for i, a in enumerate(accounts, 1)
        ]
        return Grammar({}).page(call, rows, self.cursors)

    # --- change logs

    def _changelog(self, call: Call, name: str) -> Row:
        cursor, start = call.one("cursor"), call.one("start_date")
        if cursor is not None and start is not None:
            raise RefusedError(400, "start_date and cursor exclude each other")
        limit, now = limit_of(call, 1000), self.world.now()
        events = [
            e for e in self._events(call.grant.company_id, name) if now - RETENTION <= e.processed_at <= now
        ]
        if start is not None:
            since = _start(start)
            if since < now - RETENTION:
                raise RefusedError(422, "start_date is older than four weeks")
            events = [event for event in events if event.processed_at >= since]
        if cursor is not None:
            after = _start(self.cursors.read(cursor)[0])
            events = [event for event in events if event.processed_at > after]
        shown, more = events[:limit], len(events) > limit
        following = self.cursors.write([shown[-1].processed_at.isoformat()]) if more else None
        return {"items": [_event_row(e) for e in shown], "has_more": more, "next_cursor": following}

    def _events(self, company_id: str, name: str) -> list[Event]:
        """The log of one list: an insert is followed at once by an update, as one action does there."""
        self._notice_matches()
        found: list[Event] = []
        for change in (*self.world.changes, *self._rematched):
            thing = self.world.get(Thing, change.id)
            if thing.company_id != company_id or list_of(thing) != name:
                continue
            times = (change.at, change.at + MICROSECOND) if change.operation == "insert" else (change.at,)
            found += [
                Event(
                    list=name,
                    id=thing.number_id,
                    operation=change.operation if index == 0 else "update",
                    created_at=change.created_at,
                    updated_at=at,
                    processed_at=at + self._late(change),
                )
                for index, at in enumerate(times)
            ]
        return sorted(found, key=lambda event: event.processed_at)

    def _notice_matches(self) -> None:
        """A new or undone match changes the transaction too; the world only notes the document."""
        for document in self.world.all(Document):
            before = self._ties.get(document.id, ())
            if before == document.matched:
                continue
            self._ties[document.id] = document.matched
            if self.quiet_lines:
                continue
            for id in sorted(set(before) ^ set(document.matched)):
                line = self.world.get(Movement, id)
                at, made = document.updated_at, line.created_at
                change = Change(at, "movement", id, line.number_id, "update", made)
                self._rematched.append(change)


def _refused(refused: RefusedError) -> Reply:
    if refused.status == 400:
        return Reply(400, {"message": refused.message})
    return Reply(refused.status, {"error": refused.message, "status": refused.status})


def _start(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(400, "start_date: expected RFC 3339") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _event_row(event: Event) -> Row:
    return {
        "id": event.id,
        "operation": event.operation,
        "created_at": wire.moment(event.created_at),
        "updated_at": wire.moment(event.updated_at),
        "processed_at": wire.moment(event.processed_at),
    }
