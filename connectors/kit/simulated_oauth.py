"""The authorization server of a simulated provider: login, consent, codes, rotating tokens, revocation."""

import base64
import hashlib
import html
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from connectors.kit.world import Company, World

CODE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class OAuthRules:
    """How this provider's authorization server behaves. Times in seconds.

    `grace`: how long a used refresh token still works after its first use (0: not at all; reuse
    then ends the whole grant). `kills_access`: a refresh also ends the previous access token.
    """

    name: str
    scopes: Mapping[str, str]
    """Scope to the words a person reads on the consent page; others are refused."""
    authorize_path: str = "/oauth/authorize"
    token_path: str = "/oauth/token"  # noqa: S105
    revoke_path: str = "/oauth/revoke"
    access_seconds: int = 3600
    refresh_seconds: int = 90 * 86_400
    grace: int = 0
    kills_access: bool = False
    invalid_grant_status: int = 400
    prefix: str = "sim_"
    refresh_needs_scope: str | None = None
    """A refresh token is given only when this scope was asked for."""
    names_scopes: bool = True
    """The token answer repeats the granted scopes."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One consent: a client may read one company, within scopes."""

    id: str
    client_id: str
    company_id: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Code:
    grant: Grant
    redirect_uri: str
    challenge: str | None
    expires: datetime
    used: bool = False


@dataclass(frozen=True, kw_only=True)
class _Token:
    grant: Grant
    expires: datetime
    first_used: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """What the authorization server says: a page, a redirect, or a JSON body."""

    status: int
    body: Any = None
    location: str | None = None
    page: str | None = None
    cookie: str | None = None


@dataclass
class Registered:
    """The client application as the provider knows it."""

    client_id: str = "lettrage-test"
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    redirect_uris: tuple[str, ...] = ("http://127.0.0.1/oauth/callback",)


_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
body{{font:1.05rem/1.6 system-ui,sans-serif;color:#1b1f24;background:#f3f4f6;margin:0}}
main{{max-width:30rem;margin:6vh auto;background:#fff;padding:2rem;border-radius:.6rem;
box-shadow:0 1px 4px #0003}}h1{{font-size:1.35rem;margin-top:0}}h2{{font-size:1rem}}
label,legend{{font-weight:600}}fieldset{{border:1px solid #c9ced6;border-radius:.4rem;margin:1rem 0}}
input[type=email],input[type=password]{{display:block;width:100%;box-sizing:border-box;padding:.5rem;
margin:.2rem 0 1rem;border:1px solid #6b7280;border-radius:.3rem;font:inherit}}
button{{font:inherit;padding:.55rem 1.2rem;border-radius:.4rem;border:1px solid #1d4ed8;cursor:pointer}}
button.yes{{background:#1d4ed8;color:#fff}}button.no{{background:#fff;color:#1d4ed8}}
:focus-visible{{outline:3px solid #f59e0b;outline-offset:2px}}small{{color:#4b5563}}
</style></head><body><main><h1>{title}</h1>{body}
<p><small>This is a simulator: no real account is involved.</small></p></main></body></html>"""


def _page(title: str, body: str, status: int = 200, cookie: str | None = None) -> Answer:
    return Answer(status, page=_PAGE.format(title=html.escape(title), body=body), cookie=cookie)


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">' for k, v in fields.items()
    )


def s256(verifier: str) -> str:
    """The PKCE challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class AuthorizationServer:
    """OAuth 2.0 authorization code flow as the provider runs it, over the world's clock."""

    def __init__(self, world: World, rules: OAuthRules, client: Registered) -> None:
        self.world, self.rules, self.client = world, rules, client
        self.refreshes = 0
        self._sessions: dict[str, str] = {}
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}
        self._revoked: set[str] = set()

    # --- what the API side asks

    def grant_of(self, access_token: str) -> Grant | None:
        """The live grant an access token stands for."""
        token = self._access.get(access_token)
        if token is None or token.grant.id in self._revoked or token.expires <= self.world.now():
            return None
        return token.grant

    def expire_access(self) -> None:
        """Every access token is over now; refresh tokens stay."""
        now = self.world.now()
        self._access = {text: replace(token, expires=now) for text, token in self._access.items()}

    def revoke_all(self) -> None:
        """The customer withdraws every consent inside the provider."""
        self._revoked |= {token.grant.id for token in (*self._access.values(), *self._refresh.values())}

    def end_grant(self, grant: Grant) -> None:
        """One consent is over."""
        self._revoked.add(grant.id)

    # --- pages

    def authorize(self, query: Mapping[str, str], session: str | None) -> Answer:
        """GET of the authorization address: an error page, the login page, or the consent page."""
        if query.get("client_id") != self.client.client_id:
            return _page("Unknown application", "<p>This application is not registered.</p>", 400)
        if query.get("redirect_uri") not in self.client.redirect_uris:
            return _page("Wrong address", "<p>The return address is not registered.</p>", 400)
        if problem := self._problem(query):
            return self._back(query, error=problem)
        if session not in self._sessions:
            return self._login_page(query)
        return self._consent_page(query, self._sessions[session or ""])

    def _problem(self, query: Mapping[str, str]) -> str | None:
        if query.get("response_type") != "code":
            return "unsupported_response_type"
        if len(query.get("state", "")) < 8 or query.get("code_challenge_method", "S256") != "S256":
            return "invalid_request"
        scopes = query.get("scope", "").split()
        return None if scopes and set(scopes) <= set(self.rules.scopes) else "invalid_scope"

    def _login_page(self, query: Mapping[str, str]) -> Answer:
        body = f"""<form method="post" action="{self.rules.authorize_path}">{_hidden(query)}
<input type="hidden" name="step" value="login">
<label for="email">Email</label><input id="email" name="email" type="email" autocomplete="username" required
value="owner@example.test"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required value="demo">
<button class="yes">Log in</button></form>"""
        return _page(f"Log in to {self.rules.name}", body)

    def _consent_page(self, query: Mapping[str, str], csrf: str) -> Answer:
        companies = self.world.all(Company)
        picker = "".join(
            f'<p><input type="radio" id="c{i}" name="company" value="{c.id}"{" checked" if i == 0 else ""}>'
            f' <label for="c{i}">{html.escape(c.legal_name)}</label> <small>SIREN {c.siren}</small></p>'
            for i, c in enumerate(companies)
        )
        words = "".join(f"<li>{html.escape(self.rules.scopes[s])}</li>" for s in query["scope"].split())
        body = f"""<p>Lettrage asks to connect to one of your companies.</p>
<form method="post" action="{self.rules.authorize_path}">{_hidden({**query, "csrf": csrf})}
<input type="hidden" name="step" value="decide">
<fieldset><legend>Which company?</legend>{picker}</fieldset>
<section aria-labelledby="may"><h2 id="may">It will be able to</h2><ul>{words}</ul></section>
<button class="yes" name="decision" value="allow">Allow</button>
<button class="no" name="decision" value="deny">Refuse</button></form>"""
        return _page(f"Connect {self.rules.name} to Lettrage", body)

    def submit(self, form: Mapping[str, str], session: str | None) -> Answer:
        """POST of the login or consent form."""
        passed = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge",
                  "code_challenge_method")  # fmt: skip
        query = {name: form[name] for name in passed if name in form}
        if form.get("step") == "login":
            session = secrets.token_urlsafe(16)
            self._sessions[session] = secrets.token_urlsafe(16)
            return Answer(303, location=f"{self.rules.authorize_path}?{urlencode(query)}", cookie=session)
        if session not in self._sessions or form.get("csrf") != self._sessions[session or ""]:
            return _page("Session over", "<p>Please start again.</p>", 403)
        checked = self.authorize(query, session)
        if checked.status != 200:
            return checked
        if form.get("decision") != "allow":
            return self._back(query, error="access_denied")
        return self._allow(query, form.get("company", ""))

    def _allow(self, query: Mapping[str, str], company_id: str) -> Answer:
        if company_id not in {c.id for c in self.world.all(Company)}:
            return _page("Unknown company", "<p>Please start again.</p>", 400)
        grant = Grant(
            id=secrets.token_hex(8),
            client_id=self.client.client_id,
            company_id=company_id,
            scopes=tuple(query["scope"].split()),
        )
        code = f"{self.rules.prefix}ac_{secrets.token_urlsafe(16)}"
        self._codes[code] = _Code(
            grant=grant,
            redirect_uri=query["redirect_uri"],
            challenge=query.get("code_challenge"),
            expires=self.world.now() + CODE_LIFE,
        )
        return self._back(query, code=code)

    def _back(self, query: Mapping[str, str], **params: str) -> Answer:
        sent = {**params, **({"state": query["state"]} if "state" in query else {})}
        return Answer(303, location=f"{query['redirect_uri']}?{urlencode(sent)}")

    # --- tokens

    def token(self, body: bytes, content_type: str) -> Answer:
        """POST of the token address; client credentials in the body only."""
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if "x-www-form-urlencoded" not in content_type:
            return Answer(400, {"error": "invalid_request"})
        if not self._known_client(form):
            return Answer(
                401, {"error": "invalid_client", "error_description": "Client authentication failed"}
            )
        grants: dict[str, Callable[[Mapping[str, str]], Answer]] = {
            "authorization_code": self._exchange,
            "refresh_token": self._refreshed,
        }
        handler = grants.get(form.get("grant_type", ""))
        return handler(form) if handler else Answer(400, {"error": "unsupported_grant_type"})

    def _known_client(self, form: Mapping[str, str]) -> bool:
        sent = form.get("client_id", "") + "\n" + form.get("client_secret", "")
        return secrets.compare_digest(sent, f"{self.client.client_id}\n{self.client.client_secret}")

    def _invalid_grant(self) -> Answer:
        return Answer(
            self.rules.invalid_grant_status,
            {"error": "invalid_grant", "error_description": "The grant is invalid, expired or revoked"},
        )

    def _exchange(self, form: Mapping[str, str]) -> Answer:
        text = form.get("code", "")
        code = self._codes.get(text)
        if code is None:
            return self._invalid_grant()
        if code.used:
            self.end_grant(code.grant)
            return self._invalid_grant()
        proven = code.challenge is None or s256(form.get("code_verifier", "")) == code.challenge
        self._codes[text] = replace(code, used=True)
        late = code.expires <= self.world.now()
        if late or not proven or form.get("redirect_uri") != code.redirect_uri:
            return self._invalid_grant()
        return self._issue(code.grant)

    def _refreshed(self, form: Mapping[str, str]) -> Answer:
        text, now = form.get("refresh_token", ""), self.world.now()
        token = self._refresh.get(text)
        if token is None or token.grant.id in self._revoked or token.expires <= now:
            return self._invalid_grant()
        if token.first_used is not None and not self._in_grace(token.first_used, now):
            self.end_grant(token.grant)
            return self._invalid_grant()
        self._refresh[text] = replace(token, first_used=token.first_used or now)
        self.refreshes += 1
        if self.rules.kills_access:
            self._access = {t: k for t, k in self._access.items() if k.grant.id != token.grant.id}
        return self._issue(token.grant)

    def _in_grace(self, first_used: datetime, now: datetime) -> bool:
        return self.rules.grace > 0 and now <= first_used + timedelta(seconds=self.rules.grace)

    def _issue(self, grant: Grant) -> Answer:
        now, prefix = self.world.now(), self.rules.prefix
        access = f"{prefix}at_{secrets.token_urlsafe(24)}"
        self._access[access] = _Token(grant=grant, expires=now + timedelta(seconds=self.rules.access_seconds))
        body: dict[str, Any] = {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": self.rules.access_seconds,
        }
        if self.rules.refresh_needs_scope in (None, *grant.scopes):
            refresh = f"{prefix}rt_{secrets.token_urlsafe(24)}"
            expires = now + timedelta(seconds=self.rules.refresh_seconds)
            self._refresh[refresh] = _Token(grant=grant, expires=expires)
            body["refresh_token"] = refresh
        if self.rules.names_scopes:
            body["scope"] = " ".join(grant.scopes)
        return Answer(200, body)

    def revoke(self, body: bytes) -> Answer:
        """RFC 7009: 200 whether the token existed or not."""
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if not self._known_client(form):
            return Answer(401, {"error": "invalid_client"})
        token = self._access.get(form.get("token", "")) or self._refresh.get(form.get("token", ""))
        if token is not None:
            self.end_grant(token.grant)
        return Answer(200, {})
