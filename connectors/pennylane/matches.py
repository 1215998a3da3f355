"""Which transaction Pennylane shows as matched with which invoice, and which no longer.

Matches have no list and no change log of their own, only a sub-list under each transaction and each
invoice. So this stream walks the transactions once and then follows three change logs; whatever
changed and may be matched is visited, and every pair it lists becomes one record. The cursor counts
for each pair how often Pennylane changed its mind (`turn`): odd while listed, even once withdrawn.
A pair that is gone from a visited sub-list is a record again, with the next turn: so a withdrawal is
read from what was received, like everything else.
"""

from collections.abc import Generator, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.kit.contract import Cursor, Page, Pull, PullContext, Raw, Request, Response
from connectors.pennylane.changes import track
from connectors.pennylane.lists import API, LIMIT, listed
from core.errors import ProviderChanged
from mappings.pennylane.words import LISTS

TRANSACTIONS = "transactions"
KINDS = {name: word for word, name in LISTS.items()}
SUBLIST = {TRANSACTIONS: "matched_invoices", **dict.fromkeys(KINDS, "matched_transactions")}
VISITS = 20
"""Sub-lists read in one pull: four seconds of the provider's rate limit."""
SUBLIST_PAGES = 50
"""Pages of one sub-list: five thousand matches of one transaction are not a real answer."""

Pair = tuple[str, str, str]
"""Transaction id, kind of invoice, invoice id."""


class Memory:
    """The turn of every pair ever seen, and the listed pairs by transaction and by invoice."""

    def __init__(self, turns: Mapping[str, int]) -> None:
        self._turns = {_unkey(key): turn for key, turn in turns.items()}
        self._listed: dict[str, set[Pair]] = {}
        for pair, turn in self._turns.items():
            if turn % 2:
                self._list(pair)

    def _list(self, pair: Pair) -> None:
        for subject in subjects(pair):
            self._listed.setdefault(subject, set()).add(pair)

    def as_json(self) -> dict[str, int]:
        """For the cursor."""
        return {":".join(pair): turn for pair, turn in self._turns.items()}

    def knows(self, subject: str) -> bool:
        """Whether the transaction or invoice is part of a listed pair."""
        return bool(self._listed.get(subject))

    def transactions(self) -> list[str]:
        """The transactions that are part of a listed pair."""
        return sorted(s for s, pairs in self._listed.items() if pairs and s.startswith(TRANSACTIONS + "/"))

    def note(self, subject: str, now: list[Pair]) -> list[Raw]:
        """Takes in what a sub-list shows now: a record for each pair in it or no longer in it."""
        gone = sorted(self._listed.get(subject, set()) - set(now))
        return [self._record(pair, listed=True) for pair in now] + [
            self._record(pair, listed=False) for pair in gone
        ]

    def _record(self, pair: Pair, *, listed: bool) -> Raw:
        turn = self._turns.get(pair, 0)
        turn += (turn % 2 == 1) != listed
        self._turns[pair] = turn
        self._list(pair)
        if not listed:
            for subject in subjects(pair):
                self._listed[subject].discard(pair)
        transaction, kind, invoice = pair
        payload = {
            "transaction": {"id": _number(transaction)},
            "invoice": {"id": _number(invoice), "type": kind},
            "turn": turn,
        }
        return Raw(external_id=":".join(pair), payload=payload, version=str(turn))


def _unkey(key: str) -> Pair:
    transaction, kind, invoice = key.split(":", 2)
    return transaction, kind, invoice


def _number(id: str) -> int | str:
    return int(id) if id.isdecimal() else id


def subjects(pair: Pair) -> tuple[str, str]:
    """The two sub-lists that can show a pair."""
    transaction, kind, invoice = pair
    return f"{TRANSACTIONS}/{transaction}", f"{LISTS.get(kind, kind)}/{invoice}"


def pull_matches(cursor: Cursor, context: PullContext) -> Pull:
    """Visits up to 20 transactions or invoices; looks for more to visit when none is left."""
    memory = Memory(cursor.get("pairs", {}))
    state = dict(cursor)
    if not state.get("visit"):
        yield from _look(state, memory, context)
    visit: list[str] = state.get("visit", [])
    records: list[Raw] = []
    for subject in visit[:VISITS]:
        pairs = yield from _visit(subject)
        records += memory.note(subject, pairs)
    state["visit"], state["pairs"] = visit[VISITS:], memory.as_json()
    if state["visit"] or state.get("at") is not None:
        return Page(records, state, more=True)
    ended = {"lists": state["lists"], "pairs": state["pairs"]}
    return Page(records, ended, more=False, complete=bool(state.get("whole")))


def _look(state: Cursor, memory: Memory, context: PullContext) -> Generator[Request, Response, None]:
    """One step through the lists that tell what to visit; `at` is the list being read, None at the end.

    A walk over everything first visits the transactions believed to be matched, listed or not: that
    finds the matches of those that no longer exist.
    """
    lists: dict[str, Cursor] = dict(state.get("lists", {}))
    name = state.get("at") or TRANSACTIONS
    start = {} if name == TRANSACTIONS else {"since": lists[TRANSACTIONS]["since"]}
    page = yield from track(name, lists.get(name, start), context)
    if not ("since" in page.cursor or "crawl" in page.cursor):
        state |= {"lists": {}, "at": TRANSACTIONS}
        return
    whole = bool(state.get("whole")) or page.complete or "crawl" in page.cursor
    again = memory.transactions() if whole and not lists else []
    state |= {"whole": whole, "visit": list(dict.fromkeys([*again, *_worth(name, page, memory)]))}
    lists[name] = page.cursor
    state["at"] = name if page.more else _after(name, context, whole=whole)
    if whole and state["at"] is None:
        lists |= {other: {"since": page.cursor["since"]} for other in KINDS}
    state["lists"] = lists


def _worth(name: str, page: Page, memory: Memory) -> Iterator[str]:
    """What a page of a list makes us visit."""
    for row in page.records:
        subject = f"{name}/{row.external_id}"
        if row.external_id and (_may_be_matched(row.payload) or memory.knows(subject)):
            yield subject
    yield from (subject for id in page.gone if memory.knows(subject := f"{name}/{id}"))


def _after(name: str, context: PullContext, *, whole: bool) -> str | None:
    """The next list of the round whose change log the granted scopes allow. A walk over everything
    needs no change log: they begin now."""
    if whole:
        return None
    order = list(SUBLIST)
    granted = {scope.partition(":")[0] for scope in context.scopes}
    return next((later for later in order[order.index(name) + 1 :] if later in granted), None)


def _may_be_matched(row: Mapping[str, Any]) -> bool:
    """False only for what is certainly not: a line or an invoice that is open in full, a draft.

    `outstanding_balance` has the opposite sign of the amount, and so has what remains of a supplier
    invoice; a line that is matched in full has 0 there.
    """
    if row.get("draft") is True:
        return False
    if row.get("paid") is True:
        return True
    remains = _decimal(row.get("outstanding_balance", row.get("remaining_amount_with_tax")))
    totals = {abs(total) for key in ("amount", "currency_amount") if (total := _decimal(row.get(key)))}
    return remains is None or abs(remains) not in totals


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return None


def _visit(subject: str) -> Generator[Request, Response, list[Pair]]:
    """All pairs in the sub-list of a transaction or invoice; none when that is gone."""
    name, _, id = subject.partition("/")
    path, order = f"{API}/{subject}/{SUBLIST[name]}", () if name == TRANSACTIONS else (("sort", "id"),)
    pairs: list[Pair] = []
    cursor = None
    for _ in range(SUBLIST_PAGES):
        after = () if cursor is None else (("cursor", cursor),)
        answer = yield Request(path, (("limit", str(LIMIT)), *order, *after), accept=(200, 404))
        if answer.status == 404:
            return []
        page = listed(answer, cursor)
        pairs += _pairs(name, id, page.rows)
        cursor = page.next
        if cursor is None:
            return list(dict.fromkeys(pairs))
    raise ProviderChanged("a list of matches goes on and on; a developer must look")


def _pairs(name: str, id: str, rows: list[Any]) -> Iterator[Pair]:
    for row in rows:
        if not isinstance(row, Mapping) or row.get("id") is None:
            raise ProviderChanged("a list of matches holds something without an id; a developer must look")
        if name == TRANSACTIONS:
            yield id, str(row.get("type")), str(row["id"])
        else:
            yield str(row["id"]), KINDS[name], id
