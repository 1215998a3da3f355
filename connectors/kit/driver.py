"""The adapter of `Source`, `Nudges` and `Consents`: any connector with the kit's client and tokens."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from connectors.kit.client import Heard, Pace, ProviderClient, ProviderSettings, unheard
from connectors.kit.contract import (
    Connector,
    HearsWebhooks,
    PullContext,
    Request,
    Response,
    Revokes,
    Stream,
)  # fmt: skip
from connectors.kit.errors import located
from connectors.kit.oauth import OAuth, TokenKeeper
from connectors.kit.reading import PageReader, reread
from core.errors import (
    LettrageError,
    Misconfigured,
    NeedsPermission,
    NeedsReconnect,
    ProviderChanged,
    Where,
)
from core.model import Connection, Fact, RawRecord
from core.ports import Clock, Granted, Pulled, RateLimiter, Tokens, Vault

T = TypeVar("T")
MOST_CALLS = 1_000
"""Calls of one pull; a pull is one page, so more means that the connector turns in a circle."""
_UNEXPECTED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


def converse(talk: Generator[Request, Response, T], call: Callable[[Request], Response], where: Where) -> T:
    """Runs a connector's generator: its requests are called, the answers sent back.

    What a connector trips over in an answer is ProviderChanged, located.
    """
    try:
        request = next(talk)
        for _ in range(MOST_CALLS):
            response = call(request)
            request = talk.send(response)
        raise ProviderChanged("one page needed too many calls", where)
    except StopIteration as end:
        result: T = end.value
        return result
    except LettrageError as error:
        raise located(error, where) from None
    except _UNEXPECTED as error:
        kind = type(error).__name__
        raise ProviderChanged(f"the answer has another shape than documented ({kind})", where) from None
    finally:
        talk.close()


@dataclass(frozen=True)
class Provider:
    """One provider as this process talks to it."""

    connector: Connector
    client: ProviderClient
    oauth: OAuth
    keeper: TokenKeeper

    def stream(self, name: str) -> Stream:
        """The stream of that name; raises Misconfigured when there is none."""
        for stream in self.connector.streams:
            if stream.name == name:
                return stream
        raise Misconfigured(
            f"{self.connector.manifest.name} has no stream {name!r}", Where(self.connector.manifest.slug)
        )


class Driver:
    """Implements `Source`, `Nudges` and `Consents` of `core.ports` over the given connectors.

    Providers without settings are known (their streams, their tables) but cannot be called.
    """

    def __init__(
        self,
        connectors: Mapping[str, Connector],
        settings: Mapping[str, ProviderSettings],
        *,
        vault: Vault,
        limiter: RateLimiter,
        clock: Clock,
        pace: Pace,
        heard: Heard = unheard,
    ) -> None:
        self._clock = clock
        self._connectors = connectors
        self._providers: dict[str, Provider] = {}
        for slug, connector in connectors.items():
            if slug not in settings:
                continue
            manifest, chosen = connector.manifest, settings[slug]
            oauth = OAuth(manifest, chosen, clock=clock, pace=pace)
            self._providers[slug] = Provider(
                connector=connector,
                client=ProviderClient(manifest, chosen, clock=clock, limiter=limiter, pace=pace, heard=heard),
                oauth=oauth,
                keeper=TokenKeeper(
                    oauth,
                    vault,
                    clock=clock,
                    pace=pace,
                    refresh_before=manifest.auth.refresh_before_seconds,
                    heard=heard,
                ),
            )

    def close(self) -> None:
        """Ends the kept connections."""
        for provider in self._providers.values():
            provider.client.close()

    def _provider(self, slug: str) -> Provider:
        if slug not in self._connectors:
            raise Misconfigured(f"there is no connector {slug!r}")
        if slug not in self._providers:
            raise Misconfigured("this provider has no client id and secret; set them", Where(slug))
        return self._providers[slug]

    # --- Source

    def streams(self, connection: Connection) -> tuple[str, ...]:
        """Streams whose scopes are granted, each after those it depends on."""
        connector = self._connectors.get(connection.provider)
        if connector is None:
            raise Misconfigured(f"there is no connector {connection.provider!r}")
        allowed = {s.name: s for s in connector.streams if set(s.scopes) <= set(connection.scopes)}
        ordered: list[str] = []
        for name in allowed:
            _visit(name, allowed, ordered)
        return tuple(ordered)

    def pull(self, tenant_id: str, connection: Connection, stream: str, cursor: dict[str, Any]) -> Pulled:
        """One page of a stream, read into facts."""
        provider = self._provider(connection.provider)
        chosen = provider.stream(stream)
        where = Where(connection.provider, connection.id, stream)
        if missing := set(chosen.scopes) - set(connection.scopes):
            raise NeedsPermission(
                f"the scope {sorted(missing)[0]} is not granted; the customer must consent to it", where
            )
        if connection.provider_account_id is None:
            raise NeedsReconnect("the company at the provider is not known yet; connect first", where)
        context = PullContext(
            account_id=connection.provider_account_id, scopes=connection.scopes, now=self._clock.now()
        )
        last: list[Response] = []

        def call(request: Request) -> Response:
            last[:] = [self._call(provider, tenant_id, where, request)]
            return last[0]

        page = converse(provider.connector.pull(chosen, dict(cursor), context), call, where)
        return PageReader(connection, chosen, last[0] if last else None).read(page)

    def _call(self, provider: Provider, tenant_id: str, where: Where, request: Request) -> Response:
        """One call with live tokens; a 401 is answered by newer tokens and one more try."""
        tokens = provider.keeper.current(tenant_id, where)
        try:
            return provider.client.send(request, access_token=tokens.access_token, where=where)
        except NeedsReconnect:
            newer = provider.keeper.renewed(tenant_id, where, tokens)
        return provider.client.send(request, access_token=newer.access_token, where=where)

    def remap(self, raw: RawRecord) -> tuple[Fact, ...]:
        """Reads a stored raw record again with today's tables; none when it is set aside."""
        connector = self._connectors.get(raw.provider)
        for stream in connector.streams if connector else ():
            if stream.name == raw.object:
                return reread(stream, raw)
        raise Misconfigured(f"no table reads {raw.object!r} of {raw.provider!r}")

    # --- Nudges

    def subscribe(self, tenant_id: str, connection: Connection, *, address: str, secret: str) -> bool:
        """Asks the provider to post changes to `address`; False when it tells of none, or may not."""
        provider = self._provider(connection.provider)
        connector, where = provider.connector, Where(connection.provider, connection.id)
        if not isinstance(connector, HearsWebhooks):
            return False
        if not set(connector.hook_scopes) <= set(connection.scopes):
            return False
        talk = connector.subscribe(address, secret)
        converse(talk, lambda request: self._call(provider, tenant_id, where, request), where)
        return True

    # --- Consents

    def start(self, provider: str, *, state: str, redirect_uri: str) -> tuple[str, str]:
        """The consent address and the PKCE verifier (empty without PKCE)."""
        return self._provider(provider).oauth.authorization_url(state=state, redirect_uri=redirect_uri)

    def finish(self, provider: str, *, code: str, verifier: str, redirect_uri: str) -> tuple[Tokens, Granted]:
        """Exchanges the code and asks the provider who it speaks for."""
        chosen = self._provider(provider)
        tokens = chosen.oauth.exchange(code=code, verifier=verifier, redirect_uri=redirect_uri)
        where = Where(provider)

        def call(request: Request) -> Response:
            return chosen.client.send(request, access_token=tokens.access_token, where=where)

        identity = converse(chosen.connector.identify(), call, where)
        scopes = tokens.scopes if identity.scopes is None else identity.scopes
        return tokens, Granted(identity.account_id, identity.proof, scopes)

    def revoke(self, provider: str, tokens: Tokens) -> None:
        """Ends the consent at the provider; one that is over already is no error."""
        chosen, where = self._provider(provider), Where(provider)
        connector = chosen.connector

        def call(request: Request) -> Response:
            return chosen.client.send(request, access_token=tokens.access_token, where=where)

        try:
            if isinstance(connector, Revokes):
                converse(connector.revoke(tokens), call, where)
        except NeedsReconnect:
            pass
        chosen.oauth.revoke(tokens)


def _visit(name: str, allowed: Mapping[str, Stream], ordered: list[str]) -> None:
    for needed in allowed[name].depends_on:
        if needed in allowed:
            _visit(needed, allowed, ordered)
    if name not in ordered:
        ordered.append(name)
