"""Versions: what was known at a revision equals a replay of what was written, for any history."""

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.model import Allocation, BankTransaction, Fact, SourceRef, canonical_json
from core.ports import Store
from hub.store.codec import digest, written
from tests.store.conftest import Base
from tests.store.records import allocation, decision, financed, transaction

IDS = st.sampled_from(["t1", "t2", "t3", "t4"])
WRITES = st.lists(st.tuples(IDS, st.integers(0, 2)), max_size=5)
HISTORY = st.lists(st.tuples(WRITES, st.lists(IDS, max_size=3), st.booleans()), max_size=8)


class _Undo(Exception):
    """Ends a unit without a commit."""


@contextmanager
def _unit(store: Store, tenant: str, *, keep: bool) -> Iterator[object]:
    try:
        with store.begin(tenant) as unit:
            yield unit
            if not keep:
                raise _Undo
    except _Undo:
        pass


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=HISTORY)
def test_as_of_equals_a_replay(base: Base, sql_store: Store, history: list) -> None:
    tenant = base.keys.create_tenant("replay").id
    known: dict[str, int] = {}
    logged: list[str] = []
    replay = [({}, ())]
    for writes, appended, keep in history:
        with _unit(sql_store, tenant, keep=keep) as unit:
            unit.put([transaction(id, minor) for id, minor in writes])
            unit.append([allocation(id) for id in appended])
        if keep:
            new = [id for id in dict.fromkeys(appended) if id not in logged]
            if new or any(known.get(id) != minor for id, minor in writes):
                known, logged = known | dict(writes), logged + new
                replay.append((dict(known), tuple(logged)))
    with sql_store.begin(tenant, write=False) as unit:
        assert unit.revision == len(replay) - 1
        for revision, (facts, entries) in enumerate(replay):
            seen = {t.id: t.amount_minor for t in unit.all(BankTransaction, as_of=revision)}
            assert seen == facts
            assert tuple(e.id for e in unit.entries(Allocation, as_of=revision)) == entries
        assert {t.id: t.amount_minor for t in unit.all(BankTransaction)} == known
        assert unit.revisions(BankTransaction) == sorted(set(unit.revisions(BankTransaction)))


def test_every_kind_of_fact_hashes_as_its_content_does() -> None:
    one = transaction("t1", provider_words={"a": "1", "b": "2"})
    turned = transaction("t1", provider_words={"b": "2", "a": "1"})
    assert one.content() == turned.content()
    assert digest(one) == digest(turned)


WORDS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=2)
REFS = st.builds(
    SourceRef,
    provider=st.just("qonto"),
    account=st.sampled_from("ab"),
    object=st.just("o"),
    external_id=st.just("1"),
    raw_id=st.sampled_from([None, "r1"]),
    external_version=st.sampled_from([None, "v2"]),
)
TRANSACTIONS = st.builds(
    transaction,
    st.just("t1"),
    st.integers(0, 1),
    provider_words=WORDS,
    source=st.none() | REFS,
    text_lines=st.sampled_from([(), ("a",), ("a", "b")]),
)


@given(one=TRANSACTIONS, other=TRANSACTIONS)
def test_hashes_are_equal_exactly_when_contents_are(one: Fact, other: Fact) -> None:
    assert (digest(one) == digest(other)) == (one.content() == other.content())


HOSTILE = st.sampled_from(['"source":{', '\\"', "\x00", "é\u2028", "}", "null", ""])


@given(one=TRANSACTIONS, id=HOSTILE, text=HOSTILE, words=st.dictionaries(HOSTILE, HOSTILE))
def test_a_body_reads_back_as_its_fact(one: Fact, id: str, text: str, words: dict[str, str]) -> None:
    source = one.source and one.source.model_copy(update={"raw_id": text, "external_version": text})
    fact = one.model_copy(update={"id": id, "source": source, "provider_words": words, "remittance": text})
    content, body = written(fact)
    assert type(fact).model_validate_json(body) == fact
    assert content == digest(fact)
    assert f'"provider_words":{canonical_json(words)}' in body


def test_mappings_in_snapshots_and_explanations_hash_in_any_order() -> None:
    assert digest(financed({"a": 1, "b": {"c": 2, "d": 3}})) == digest(
        financed({"b": {"d": 3, "c": 2}, "a": 1})
    )
    assert digest(financed({"a": 1})) != digest(financed({"a": 2}))
    assert digest(decision({"x": [1], "y": 2})) == digest(decision({"y": 2, "x": [1]}))
    assert digest(decision({"x": 1})) != digest(decision({}))
