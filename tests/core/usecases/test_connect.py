"""Connecting: one-time link, single-use state, the right company, and the end of a consent."""

from itertools import count

import pytest

from core.errors import BadInput, Conflict, NeedsReconnect, NotFound
from core.model import AuditEntry, Company, Connection, ConnectSession, EntityProof
from core.ports import Consents, Granted
from core.usecases.connect import (
    Connected,
    Link,
    begin_consent,
    complete_consent,
    disconnect,
    hash_of,
    open_session,
    start_connection,
)
from tests.core.usecases.made import COMPANY, OTHER, T
from tests.fakes import InMemoryStore, InMemoryVault, ScriptedConsents

HOME = "https://hub.example/oauth/callback/acme"
GRANTED = Granted(
    account_id="acct_1",
    proof=EntityProof(siren="732829320", legal_name="Ateliers Brunoy", method="/me"),
    scopes=("invoices:read",),
)


class Place:
    """A hub with two companies, a vault and a provider."""

    def __init__(self, granted: Granted = GRANTED) -> None:
        self.store = InMemoryStore()
        self.vault = InMemoryVault(self.store.clock)
        self.provider = ScriptedConsents(granted)
        self.port: Consents = self.provider
        self.numbers = count(1)
        with self.store.begin(T) as unit:
            unit.put([COMPANY.model_copy(update={"siren": None}), OTHER])

    def chance(self) -> str:
        return f"secret-{next(self.numbers)}"

    def link(self, company_id: str = "com_1") -> Link:
        return start_connection(
            self.store, tenant_id=T, company_id=company_id, provider="acme", chance=self.chance
        )

    def begin(self, link: Link) -> str:
        url = begin_consent(
            self.store, self.vault, self.port,
            tenant_id=T, session_id=link.session_id, redirect_uri=HOME, chance=self.chance,
        )  # fmt: skip
        return url.partition("state=")[2].partition("&")[0]

    def complete(self, link: Link, state: str, code: str = "") -> Connected:
        return complete_consent(
            self.store, self.vault, self.port, tenant_id=T, session_id=link.session_id,
            state=state, code=code or f"code-{state}", redirect_uri=HOME,
        )  # fmt: skip

    def connect(self, company_id: str = "com_1") -> Connection:
        link = self.link(company_id)
        return self.complete(link, self.begin(link)).connection


def test_a_link_leads_to_an_active_proven_connection_that_is_read_at_once() -> None:
    place = Place()
    connection = place.connect()
    assert (connection.state, connection.provider_account_id) == ("active", "acct_1")
    assert connection.entity_proof == GRANTED.proof
    tokens = place.vault.read_tokens(T, connection.id)
    assert tokens is not None
    assert tokens.generation == 1
    with place.store.begin(T, write=False) as unit:
        company = unit.get(Company, ["com_1"])["com_1"]
        assert (company.siren, company.proofs) == ("732829320", {"siren": "acme:/me"})
        assert [e.action for e in unit.entries(AuditEntry)] == ["connection.activated"]
    assert [(j.kind, j.key) for j in place.store.jobs(T)] == [
        ("listen", connection.id),
        ("sync", connection.id),
    ]


def test_no_secret_is_stored_in_a_row() -> None:
    place = Place()
    link = place.link()
    state = place.begin(link)
    with place.store.begin(T, write=False) as unit:
        session = unit.load(ConnectSession, link.session_id)
    assert session.token_hash == hash_of(link.token)
    assert session.state_hash == hash_of(state)
    assert link.token not in session.canonical()
    assert link.token not in repr(link)


def test_a_state_is_good_once_and_a_link_until_it_succeeds() -> None:
    place = Place()
    link = place.link()
    with pytest.raises(BadInput):
        place.complete(link, "guess")
    first = place.begin(link)
    second = place.begin(link)
    with pytest.raises(BadInput, match="does not belong"):
        place.complete(link, first)
    with pytest.raises(NeedsReconnect):
        place.complete(link, second, code="forged")
    with pytest.raises(BadInput):
        place.complete(link, second)
    third = place.begin(link)
    place.complete(link, third)
    with pytest.raises(Conflict, match="used already"):
        place.begin(link)


def test_a_link_expires() -> None:
    place = Place()
    link = place.link()
    place.store.clock.move(days=8)
    with pytest.raises(Conflict, match="expired"):
        place.begin(link)
    with place.store.begin(T, write=False) as unit, pytest.raises(NotFound):
        open_session(unit, "ses_9")
    with pytest.raises(NotFound):
        place.link("com_9")


@pytest.mark.parametrize(
    ("granted", "words"),
    [
        (Granted("acct_1", EntityProof(siren="552100554", method="/me"), ()), "SIREN 552100554"),
        (Granted("acct_2", GRANTED.proof, ()), "pick the same company"),
    ],
)
def test_the_wrong_company_is_refused_and_the_working_consent_stays(granted: Granted, words: str) -> None:
    place = Place()
    before = place.connect()
    place.provider.granted = granted
    with pytest.raises(Conflict, match=words):
        place.connect()
    with place.store.begin(T, write=False) as unit:
        after = unit.load(Connection, before.id)
        assert (after.state, after.provider_account_id) == ("active", "acct_1")
        assert words in after.error
        assert unit.entries(AuditEntry)[-1].action == "connection.refused"
    assert place.provider.revoked == ["access-2"]
    tokens = place.vault.read_tokens(T, before.id)
    assert tokens is not None
    assert tokens.access_token == "access-1"


def test_one_account_serves_one_company() -> None:
    place = Place(Granted("acct_1", EntityProof(method="/me"), ()))
    place.connect()
    with pytest.raises(Conflict, match="another company already"):
        place.connect("com_2")


def test_reconnecting_renews_the_same_connection() -> None:
    place = Place()
    first = place.connect()
    with place.store.begin(T) as unit:
        unit.save([first.but(state="reconnect_needed", error="over")])
    again = place.connect()
    assert (again.id, again.state, again.error) == (first.id, "active", None)
    tokens = place.vault.read_tokens(T, first.id)
    assert tokens is not None
    assert tokens.generation == 2


def test_disconnecting_revokes_and_forgets() -> None:
    place = Place()
    connection = place.connect()
    ended = disconnect(
        place.store, place.vault, place.port, tenant_id=T, connection_id=connection.id, actor="person:ada"
    )
    assert ended.state == "disconnected"
    assert place.provider.revoked == ["access-1"]
    assert place.vault.read_tokens(T, connection.id) is None
    assert place.connect().state == "active"
