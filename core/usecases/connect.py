"""From a one-time link to a proven, active connection; and the end of one."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.errors import BadInput, Conflict, LettrageError, NotFound, RetryLater, Where
from core.model import Company, Connection, ConnectSession, EntityProof, stable_id
from core.ports import Consents, Granted, Store, Tokens, Unit, Vault
from core.usecases import audit

LIFETIME: Final = timedelta(days=7)
"""How long a link may be used."""
VERIFIER: Final = "pkce_verifier"
Chance = Callable[[], str]
"""Gives an unguessable URL-safe text (256 bits)."""


@dataclass(frozen=True, slots=True, repr=False)
class Link:
    """What starting came to. `token` is the secret part of the link; only its hash is stored."""

    connection_id: str
    session_id: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Connected:
    """A finished consent and where the company wanted to go back to."""

    connection: Connection
    return_url: str | None


def hash_of(secret: str) -> str:
    """How link tokens and OAuth states are stored and found: SHA-256, hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def start_connection(
    store: Store,
    *,
    tenant_id: str,
    company_id: str,
    provider: str,
    return_url: str | None = None,
    chance: Chance = secrets.token_urlsafe,
) -> Link:
    """A one-time link for a company to consent at a provider.

    One connection per company and provider: asking again renews it, and a working consent keeps
    working until the new one is complete.
    """
    token = chance()
    with store.begin(tenant_id) as unit:
        if company_id not in unit.get(Company, [company_id]):
            raise NotFound(f"there is no company {company_id}")
        connection = _draft(unit, company_id, provider)
        session = ConnectSession(
            id=stable_id("ses", tenant_id, hash_of(token)),
            connection_id=connection.id,
            provider=provider,
            token_hash=hash_of(token),
            expires_at=unit.now + LIFETIME,
            return_url=return_url,
        )
        unit.save([connection])
        unit.save([session])
    return Link(connection.id, session.id, token, session.expires_at)


def _draft(unit: Unit, company_id: str, provider: str) -> Connection:
    id = stable_id("con", unit.tenant_id, company_id, provider)
    known = unit.load(Connection, id)
    if known is None:
        return Connection(
            id=id, company_id=company_id, provider=provider, state="pending_auth", created_at=unit.now
        )
    ended = known.state in ("revoked", "disconnected", "draft")
    return known.but(state="pending_auth", error=None) if ended else known


def open_session(unit: Unit, session_id: str) -> ConnectSession:
    """A link that can still be used; raises NotFound when there is none, Conflict when it is over."""
    session = unit.load(ConnectSession, session_id)
    if session is None:
        raise NotFound("this link is not known; ask for a new one")
    if session.used_at is not None:
        raise Conflict("this link was used already; ask for a new one")
    if session.expires_at <= unit.now:
        raise Conflict("this link has expired; ask for a new one")
    return session


def begin_consent(
    store: Store,
    vault: Vault,
    consents: Consents,
    *,
    tenant_id: str,
    session_id: str,
    redirect_uri: str,
    chance: Chance = secrets.token_urlsafe,
) -> str:
    """The provider's consent address to send the company to; a later call replaces the state in flight."""
    state = chance()
    with store.begin(tenant_id, write=False) as unit:
        provider = open_session(unit, session_id).provider
    url, verifier = consents.start(provider, state=state, redirect_uri=redirect_uri)
    vault.put_secret(tenant_id, session_id, VERIFIER, verifier.encode())
    with store.begin(tenant_id) as unit:
        unit.save([open_session(unit, session_id).but(state_hash=hash_of(state))])
    return url


def complete_consent(
    store: Store,
    vault: Vault,
    consents: Consents,
    *,
    tenant_id: str,
    session_id: str,
    state: str,
    code: str,
    redirect_uri: str,
) -> Connected:
    """Exchanges the code, proves whose account it is, and activates the connection.

    The state is used up by the first call, right or wrong code; the link itself only by success, so
    the company may try again. Raises Conflict, changing nothing, when it is another company's account.
    """
    session = _use_state(store, tenant_id, session_id, state)
    verifier = (vault.read_secret(tenant_id, session_id, VERIFIER) or b"").decode()
    vault.put_secret(tenant_id, session_id, VERIFIER, b"")
    tokens, granted = consents.finish(
        session.provider, code=code, verifier=verifier, redirect_uri=redirect_uri
    )
    try:
        with store.begin(tenant_id, write=False) as unit:
            connection, company = _parties(unit, session)
            _prove(unit, connection, company, granted)
    except Conflict as refused:
        _refuse(store, tenant_id, session, refused)
        _revoke_quietly(consents, session.provider, tokens)
        raise
    _keep_tokens(vault, tenant_id, session.connection_id, tokens)
    return _activate(store, tenant_id, session, granted)


def _use_state(store: Store, tenant_id: str, session_id: str, state: str) -> ConnectSession:
    with store.begin(tenant_id) as unit:
        session = open_session(unit, session_id)
        expected = session.state_hash or ""
        if not expected or not hmac.compare_digest(expected, hash_of(state)):
            raise BadInput("this answer does not belong to a consent in progress; start from the link again")
        unit.save([session.but(state_hash=None)])
    return session


def _parties(unit: Unit, session: ConnectSession) -> tuple[Connection, Company]:
    connection = unit.load(Connection, session.connection_id)
    if connection is None:
        raise NotFound(f"there is no connection {session.connection_id}")
    return connection, unit.get(Company, [connection.company_id])[connection.company_id]


def _prove(unit: Unit, connection: Connection, company: Company, granted: Granted) -> None:
    """Refuses an account that is another company's, by SIREN or by the account pinned before."""
    where = Where(connection.provider, connection.id)
    siren = granted.proof.siren
    if siren and company.siren and siren != company.siren:
        raise Conflict(
            f"the account picked belongs to the company with SIREN {siren}, not to {company.legal_name} "
            f"({company.siren}); connect again and pick the right company",
            where,
        )
    pinned = connection.provider_account_id
    if pinned is not None and pinned != granted.account_id:
        raise Conflict("another account was connected before; connect again and pick the same company", where)
    for other in unit.find(Connection, provider=connection.provider):
        same = other.provider_account_id == granted.account_id and other.id != connection.id
        if same and other.company_id != company.id:
            raise Conflict("this account is connected to another company already", where)


def _refuse(store: Store, tenant_id: str, session: ConnectSession, refused: Conflict) -> None:
    """A working consent stays; the reason is on record."""
    with store.begin(tenant_id) as unit:
        connection, _ = _parties(unit, session)
        unit.save([connection.but(error=refused.sentence)])
        audit.record(unit, "company", "connection.refused", connection.id, {"reason": refused.sentence})


def _revoke_quietly(consents: Consents, provider: str, tokens: Tokens) -> None:
    try:
        consents.revoke(provider, tokens)
    except LettrageError:
        return  # nothing was stored of these tokens: they lapse by themselves


def _keep_tokens(vault: Vault, tenant_id: str, connection_id: str, tokens: Tokens) -> None:
    """Puts the new tokens in place of whatever is there, a refresh in between included."""
    for _ in range(5):
        stored = vault.read_tokens(tenant_id, connection_id)
        expected = stored.generation if stored else None
        if vault.swap_tokens(tenant_id, connection_id, expected=expected, tokens=tokens):
            return
    raise RetryLater("the tokens are being renewed at this moment; try again", seconds=5)


def _activate(store: Store, tenant_id: str, session: ConnectSession, granted: Granted) -> Connected:
    with store.begin(tenant_id) as unit:
        connection, company = _parties(unit, session)
        _prove(unit, connection, company, granted)
        active = connection.but(
            state="active",
            provider_account_id=granted.account_id,
            entity_proof=granted.proof,
            scopes=tuple(granted.scopes),
            error=None,
        )
        unit.save([active])
        unit.save([session.but(state_hash=None, used_at=unit.now)])
        unit.put([_proven(company, connection.provider, granted.proof)])
        audit.record(unit, "company", "connection.activated", active.id, {"account": granted.account_id})
        unit.enqueue(
            "listen",
            key=active.id,
            args={"tenant_id": tenant_id, "connection_id": active.id, "provider": active.provider},
            dedupe_id=f"listen:{active.id}:{session.id}",
        )
        unit.enqueue(
            "sync",
            key=active.id,
            args={"tenant_id": tenant_id, "connection_id": active.id, "full": False},
            dedupe_id=f"sync:{active.id}:{session.id}",
        )
    return Connected(active, session.return_url)


def _proven(company: Company, provider: str, proof: EntityProof) -> Company:
    """The company with what the provider proved; a known identifier is never overwritten."""
    if proof.siren is None or company.siren not in (None, proof.siren):
        return company
    proofs = {**company.proofs, "siren": f"{provider}:{proof.method}"}
    return company.model_copy(update={"siren": proof.siren, "proofs": proofs})


def disconnect(
    store: Store, vault: Vault, consents: Consents, *, tenant_id: str, connection_id: str, actor: str
) -> Connection:
    """Ends the consent at the provider, forgets the tokens and stops reading; what was read stays.

    Raises RetryLater, changing nothing, when the provider cannot be reached.
    """
    with store.begin(tenant_id, write=False) as unit:
        connection = unit.load(Connection, connection_id)
    if connection is None:
        raise NotFound(f"there is no connection {connection_id}")
    tokens = vault.read_tokens(tenant_id, connection_id)
    if tokens is not None:
        consents.revoke(connection.provider, tokens)
        vault.forget_tokens(tenant_id, connection_id)
    with store.begin(tenant_id) as unit:
        ended = (unit.load(Connection, connection_id) or connection).but(state="disconnected", error=None)
        unit.save([ended])
        audit.record(unit, actor, "connection.disconnected", connection_id)
    return ended
