"""OAuth 2.0 with a provider through authlib, and tokens that are refreshed once, by one process."""

import secrets
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import authlib.deprecate  # first: it sets a warnings filter that ours must come after
import httpx
import tenacity

from connectors.kit.client import (
    LARGEST_BODY,
    Heard,
    Pace,
    ProviderSettings,
    parse_json,
    tls,
    unheard,
    wait_asked,
)
from connectors.kit.contract import Manifest
from connectors.kit.errors import Sign, error_for
from core.errors import LettrageError, Misconfigured, NeedsReconnect, ProviderChanged, RetryLater, Where
from core.ports import Clock, Tokens, Vault

with warnings.catch_warnings():
    warnings.filterwarnings(
        "ignore", message=".*httpx.*deprecated.*", category=authlib.deprecate.AuthlibDeprecationWarning
    )
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.httpx_client import OAuth2Client

LEASE_SECONDS = 60
POLL_SECONDS = 0.3
POLLS = 120
NEVER_EXPIRES = timedelta(days=3650)


class _LostError(Exception):
    """Internal: no whole answer arrived from the authorization server; asking again may help."""

    def __init__(self, sign: Sign, wait: float | None = None) -> None:
        super().__init__(str(sign))
        self.sign, self.wait = sign, wait


class OAuth:
    """The authorization-code flow of one provider: addresses, codes, refreshes, revocation."""

    def __init__(self, manifest: Manifest, settings: ProviderSettings, *, clock: Clock, pace: Pace) -> None:
        self._manifest, self._settings = manifest, settings
        self._clock, self._pace = clock, pace
        self._auth = manifest.auth
        self._base = (settings.auth_url or manifest.auth.auth_url).rstrip("/")
        self._pkce = manifest.auth.pkce if settings.pkce is None else settings.pkce

    def _client(self) -> Any:
        """A client for one conversation: authlib keeps the last token on it, so it is never shared."""
        return OAuth2Client(
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106
            revocation_endpoint_auth_method="client_secret_post",
            code_challenge_method="S256",
            timeout=httpx.Timeout(self._pace.timeout, connect=min(self._pace.timeout, 10.0)),
            verify=tls(),
            trust_env=False,
            follow_redirects=False,
            headers={"accept": "application/json", **self._settings.extra_headers},
        )

    @property
    def _where(self) -> Where:
        return Where(provider=self._manifest.slug)

    def authorization_url(self, *, state: str, redirect_uri: str) -> tuple[str, str]:
        """The consent address and the PKCE verifier (empty without PKCE)."""
        if not self._settings.client_id:
            raise Misconfigured("the client id of this provider is not set", self._where)
        verifier = secrets.token_urlsafe(48) if self._pkce else ""
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._base + self._auth.authorize_path,
                state=state,
                code_verifier=verifier or None,
                redirect_uri=redirect_uri,
                scope=" ".join(self._auth.scopes),
            )
        return str(url), verifier

    def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """The tokens a code stands for. A code is worth one try: it is not repeated when lost."""
        extra = {"code_verifier": verifier} if verifier else {}
        ask = partial(_fetch, code=code, redirect_uri=redirect_uri, **extra)
        try:
            return self._tokens(self._asked(ask), None)
        except _LostError as lost:
            raise error_for(lost.sign, self._where, seconds=lost.wait) from None

    def refresh(self, tokens: Tokens, where: Where) -> Tokens:
        """The next tokens, of generation + 1. A lost answer is asked for again, within the half minute
        in which providers still accept the same refresh token; invalid_grant is NeedsReconnect."""
        if tokens.refresh_token is None:
            raise NeedsReconnect(
                "the consent is over and cannot be renewed; the customer must reconnect", where
            )
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._pace.attempts),
            wait=lambda state: min(8.0, 2.0 ** (state.attempt_number - 1)),
            retry=tenacity.retry_if_exception_type(_LostError),
            sleep=self._pace.sleep,
            reraise=True,
        )
        try:
            answer = retrying(self._asked, partial(_refresh, refresh_token=tokens.refresh_token))
        except _LostError as lost:
            raise error_for(lost.sign, where, seconds=lost.wait) from None
        return replace(self._tokens(answer, tokens), generation=tokens.generation + 1)

    def revoke(self, tokens: Tokens) -> None:
        """Ends the consent (RFC 7009), when the provider has an address for it."""
        if self._auth.revoke_path is None:
            return
        with self._client() as client:
            try:
                answer = client.revoke_token(
                    self._base + self._auth.revoke_path, token=tokens.refresh_token or tokens.access_token
                )
            except httpx.TransportError:
                raise error_for("transport", self._where) from None
        if answer.status_code >= 400:
            raise error_for(answer.status_code, self._where)

    def _asked(self, ask: Callable[[Any, str], Mapping[str, Any]]) -> Mapping[str, Any]:
        with self._client() as client:
            for hook in ("access_token_response", "refresh_token_response"):
                client.register_compliance_hook(hook, self._checked)
            try:
                return ask(client, self._base + self._auth.token_path)
            except httpx.TransportError:
                raise _LostError("transport") from None
            except OAuthError as error:
                raise self._refused(str(error.error)) from None

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        """Only a JSON object goes on to authlib; a refusal is told apart from a bad moment."""
        status = answer.status_code
        if status == 429 or status >= 500:
            raise _LostError(status, wait_asked(answer.headers, self._clock.now()))
        if 300 <= status < 400:
            raise error_for("redirect", self._where, overrides=self._manifest.errors)
        if "json" not in answer.headers.get("content-type", "").lower():
            raise error_for("not_json", self._where, overrides=self._manifest.errors)
        try:
            body = parse_json(answer.content[:LARGEST_BODY])
        except ValueError:
            raise _LostError("unreadable") from None
        if not isinstance(body, dict):
            raise error_for("shape", self._where)
        if status >= 400 and "error" not in body:
            raise error_for(400, self._where)
        return answer

    def _refused(self, code: str) -> LettrageError:
        if code == "invalid_grant":
            return NeedsReconnect(
                "the consent is over (invalid_grant); the customer must connect again", self._where
            )
        if code in ("invalid_client", "unauthorized_client"):
            return Misconfigured(
                "the provider does not accept our client id or secret; check the settings", self._where
            )
        known = code if code.isascii() and code.isidentifier() and len(code) < 40 else "an unknown error"
        return ProviderChanged(f"the authorization server answered {known}", self._where)

    def _tokens(self, answer: Mapping[str, Any], before: Tokens | None) -> Tokens:
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        if not isinstance(access, str) or not access or not isinstance(refresh, str | None):
            raise error_for("shape", self._where)
        said = answer.get("scope")
        fallback = before.scopes if before else self._auth.scopes
        return Tokens(
            access_token=access,
            refresh_token=refresh or (before.refresh_token if before else None),
            expires_at=self._expiry(answer.get("expires_in")),
            scopes=tuple(said.split()) if isinstance(said, str) and said else fallback,
        )

    def _expiry(self, seconds: Any) -> datetime | None:
        if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
            seconds = int(seconds)
        if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
            return None
        return self._clock.now() + min(timedelta(seconds=min(seconds, 10**9)), NEVER_EXPIRES)


def _fetch(client: Any, url: str, **form: str) -> Mapping[str, Any]:
    token: Mapping[str, Any] = client.fetch_token(url, grant_type="authorization_code", **form)
    return token


def _refresh(client: Any, url: str, *, refresh_token: str) -> Mapping[str, Any]:
    token: Mapping[str, Any] = client.refresh_token(url, refresh_token=refresh_token)
    return token


class TokenKeeper:
    """Hands out live tokens. Of all processes that find a token stale, one refreshes and stores the
    result before anybody uses it; the others wait for it at the vault."""

    def __init__(
        self,
        oauth: OAuth,
        vault: Vault,
        *,
        clock: Clock,
        pace: Pace,
        refresh_before: int,
        heard: Heard = unheard,
    ) -> None:
        self._oauth, self._vault, self._heard = oauth, vault, heard
        self._clock, self._pace = clock, pace
        self._refresh_before = timedelta(seconds=refresh_before)

    def current(self, tenant_id: str, where: Where) -> Tokens:
        """Tokens good for a while yet, refreshed ahead of time when they can be."""
        tokens = self._read(tenant_id, where)
        if tokens.expires_at is None or tokens.refresh_token is None:
            return tokens
        if tokens.expires_at - self._refresh_before > self._clock.now():
            return tokens
        return self.renewed(tenant_id, where, tokens)

    def _read(self, tenant_id: str, where: Where) -> Tokens:
        tokens = self._vault.read_tokens(tenant_id, where.connection)
        if tokens is None:
            raise NeedsReconnect("no consent is stored for this connection; the customer must connect", where)
        return tokens

    def renewed(self, tenant_id: str, where: Where, seen: Tokens) -> Tokens:
        """Tokens newer than `seen`: stored by somebody else meanwhile, or refreshed here."""
        for _ in range(POLLS):
            stored = self._read(tenant_id, where)
            if stored.generation != seen.generation:
                return stored
            if self._leased(tenant_id, where, stored.generation):
                return self._refreshed(tenant_id, where, stored)
            self._pace.sleep(POLL_SECONDS)
        raise RetryLater("another process is renewing the consent", where, seconds=LEASE_SECONDS)

    def _leased(self, tenant_id: str, where: Where, generation: int) -> bool:
        return self._vault.lease(
            tenant_id,
            where.connection,
            generation=generation,
            owner=secrets.token_hex(8),
            seconds=LEASE_SECONDS,
        )

    def _refreshed(self, tenant_id: str, where: Where, stored: Tokens) -> Tokens:
        try:
            new = self._oauth.refresh(stored, where)
        except NeedsReconnect as refused:
            latest = self._read(tenant_id, where)
            if latest.generation != stored.generation:
                return latest
            raise NeedsReconnect(refused.sentence, where) from None
        self._heard(where.provider, "refreshed")
        self._vault.swap_tokens(tenant_id, where.connection, expected=stored.generation, tokens=new)
        return self._read(tenant_id, where)
