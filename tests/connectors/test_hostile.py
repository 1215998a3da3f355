"""A hostile provider: whatever it answers, a pull gives storable facts or an error that says what to do."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import httpx
import pytest
import respx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit.client import Pace, ProviderSettings, parse_json
from connectors.kit.contract import Connector
from connectors.kit.driver import Driver
from connectors.kit.reading import exact_json
from connectors.kit.registry import connectors
from core.errors import LettrageError, ProviderChanged
from core.model import Connection
from core.ports import Pulled, Tokens
from tests.connectors.fakes import CountingLimiter, MemoryVault
from tests.connectors.harness import HARNESSES, TENANT, Collector, bench

NOW = datetime(2026, 11, 1, tzinfo=UTC)
JSON = {"content-type": "application/json"}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", " ", "\x00", "a\x00b", "🧾💶", "\ud800", "x" * 70_000, "../../etc", "NaN", "1e999"]),
    st.text(max_size=20),
)
ANYTHING = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


class Still:
    def now(self) -> datetime:
        return NOW


@pytest.fixture(scope="module", params=sorted(HARNESSES))
def hostile(request: pytest.FixtureRequest) -> Iterator["Hostile"]:
    made = Hostile(request.param)
    yield made
    made.driver.close()


class Hostile:
    """A connector whose provider says what the test wants."""

    def __init__(self, slug: str) -> None:
        self.connector: Connector = connectors()[slug]
        vault = MemoryVault(Still())
        scopes = self.connector.manifest.auth.scopes
        vault.swap_tokens(TENANT, "con_1", expected=None, tokens=Tokens("a", "r", None, scopes))
        self.driver = Driver(
            {slug: self.connector},
            {
                slug: ProviderSettings(
                    "id", "secret", base_url="https://hostile.test", auth_url="https://hostile.test"
                )
            },
            vault=vault,
            limiter=CountingLimiter(),
            clock=Still(),
            pace=Pace(sleep=lambda _: None, attempts=2),
        )
        self.connection = Connection(
            id="con_1",
            company_id="com_1",
            provider=slug,
            state="active",
            provider_account_id="acc_1",
            scopes=scopes,
            created_at=NOW,
        )

    def pull(
        self, stream: str, answer: Callable[[str], Any], cursor: dict[str, Any] | None = None
    ) -> Pulled | LettrageError:
        """One pull; `answer` gives the body for a path."""

        def respond(request: httpx.Request) -> httpx.Response:
            body = json.dumps(answer(request.url.path)).encode()
            return httpx.Response(200, content=body, headers=JSON)

        with respx.mock(assert_all_called=False) as router:
            router.route(host="hostile.test").mock(side_effect=respond)
            try:
                return self.driver.pull(TENANT, self.connection, stream, cursor or {})
            except LettrageError as error:
                return error


def storable(pulled: Pulled) -> None:
    """What PostgreSQL must be able to take."""
    for fact in pulled.facts:
        text = fact.model_dump_json()
        assert "\\u0000" not in text
        text.encode("utf-8")
    for raw in pulled.raws:
        assert raw.external_id.isprintable()
        assert len(raw.external_id) <= 200
        assert isinstance(raw.payload, bytes)
    for issue in pulled.issues:
        issue.model_dump_json().encode("utf-8")
        assert "\x00" not in issue.message
        assert "\x00" not in issue.record
        assert len(issue.message) < 2_000
    json.dumps(pulled.cursor)


CALM = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@CALM
@given(body=ANYTHING, pick=st.integers(0, 20))
def test_any_json_is_read_or_refused(hostile: Hostile, body: Any, pick: int) -> None:
    stream = hostile.connector.streams[pick % len(hostile.connector.streams)].name
    result = hostile.pull(stream, lambda _: body)
    if isinstance(result, Pulled):
        storable(result)


@CALM
@given(rows=st.lists(ANYTHING, max_size=4), pick=st.integers(0, 20))
def test_any_rows_are_set_aside_one_by_one(hostile: Hostile, rows: list[Any], pick: int) -> None:
    stream = hostile.connector.streams[pick % len(hostile.connector.streams)].name
    body = {stream: rows, "items": rows, "has_more": False, "next_cursor": None}
    result = hostile.pull(stream, lambda _: body)
    if isinstance(result, Pulled):
        storable(result)
        assert not result.facts or result.raws


@cache
def good_bodies(slug: str) -> dict[str, list[Any]]:
    """Real answers of the simulator, by path."""
    found: dict[str, list[Any]] = {}
    with bench(HARNESSES[slug](), records=2) as (made, _):
        sent = httpx.Client.send

        def keep(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
            answer = sent(client, request, **options)
            if request.method == "GET" and made.connector and "authorize" not in request.url.path:
                answer.read()
                found.setdefault(request.url.path, []).append(json.loads(answer.content))
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(httpx.Client, "send", keep)
            made.drive(Collector())
    return found


def paths_in(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(p for key, part in inner for p in paths_in(part, (*here, key)))]


@CALM
@given(data=st.data())
def test_one_strange_value_anywhere_costs_one_record_at_most(hostile: Hostile, data: st.DataObject) -> None:
    bodies = good_bodies(hostile.connector.manifest.slug)
    path = data.draw(st.sampled_from(sorted(bodies)))
    body = copy.deepcopy(bodies[path][0])
    place = data.draw(st.sampled_from(paths_in(body)))
    strange = data.draw(ANYTHING)
    if place:
        node = body
        for part in place[:-1]:
            node = node[part]
        node[place[-1]] = strange
    else:
        body = strange
    for stream in hostile.connector.streams:
        if not path.endswith(stream.name):
            continue
        calm = hostile.pull(stream.name, lambda asked: bodies.get(asked, [{}])[0])
        result = hostile.pull(
            stream.name, lambda asked: body if asked == path else bodies.get(asked, [{}])[0]
        )
        if isinstance(result, Pulled):
            storable(result)
        in_a_row = len(place) > 2 and isinstance(place[1], int)
        if in_a_row and isinstance(result, Pulled) and isinstance(calm, Pulled):
            lost = {f.id for f in calm.facts} - {f.id for f in result.facts}
            assert len(lost) <= 2


def test_half_a_character_in_an_id_costs_its_record(hostile: Hostile) -> None:
    harness = HARNESSES[hostile.connector.manifest.slug]()
    bodies = good_bodies(hostile.connector.manifest.slug)
    body = copy.deepcopy(bodies[harness.listed][0])
    rows = next(part for part in body.values() if isinstance(part, list))
    rows[0]["id"] = "\ud800"
    result = hostile.pull(
        harness.stream, lambda asked: body if asked == harness.listed else bodies.get(asked, [{}])[0]
    )
    assert isinstance(result, Pulled)
    storable(result)
    assert "half a character" in " ".join(issue.message for issue in result.issues)
    assert len(result.raws) >= len(rows)


def test_a_list_that_never_ends_is_stopped(hostile: Hostile) -> None:
    """The same full page for ever: the walk notices, whatever it walks by."""
    bodies = good_bodies(hostile.connector.manifest.slug)
    harness = HARNESSES[hostile.connector.manifest.slug]()
    page = copy.deepcopy(bodies[harness.listed][0])
    for name, value in (("has_more", True), ("next_cursor", "again")):
        if name in page:
            page[name] = value
    if isinstance(page.get("meta"), dict):
        page["meta"] |= {"next_page": 2}
    bank = {**bodies.get("/v2/organization", [{}])[0], **page}
    cursor: dict[str, Any] = {}
    for _ in range(50):
        result = hostile.pull(harness.stream, lambda _: bank, cursor)
        if isinstance(result, ProviderChanged):
            return
        assert isinstance(result, Pulled), result
        assert result.more
        cursor = result.cursor
    pytest.fail("the walk goes on for ever")


@given(ANYTHING)
def test_the_raw_form_reads_back_as_it_was(value: Any) -> None:
    assert parse_json(exact_json(value).encode("utf-8", "surrogatepass")) == parse_json(
        json.dumps(value).encode()
    )


MARKED = st.recursive(
    st.sampled_from(
        [Decimal("12.50"), Decimal("-1E+3"), 7, "", "\x00decimal:1", 'x"\x00decimal:2', "\\u0000decimal:3"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(MARKED)
def test_decimals_stay_the_numbers_they_were(value: Any) -> None:
    """Also beside texts that look like the mark under which decimals pass the encoder."""
    text = exact_json(value).encode()
    again = parse_json(text)
    assert again == value
    assert exact_json(again).encode() == text
