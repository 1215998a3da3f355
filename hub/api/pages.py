"""The company's pages: what it is asked, the way to its provider, and what came of it."""

from typing import Annotated, Final
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from core.errors import Conflict, LettrageError, NotFound, RetryLater
from core.model import Company, Connection, ConnectSession
from core.usecases.connect import begin_consent, complete_consent, hash_of, open_session
from hub.api.access import Wired
from hub.api.problems import request_id
from hub.api.services import Place, Services
from hub.api.web import notice, page
from hub.reports.words import moment, plain

router = APIRouter(include_in_schema=False)

COOKIE: Final = "lettrage_consent"
"""Ties a consent to the browser that began it (RFC 9700 4.7.1): the hash of the OAuth state."""
COOKIE_SECONDS: Final = 3600

READS: Final[dict[str, str]] = {
    "organization": "Who your company is, and its bank accounts",
    "company": "Who your company is",
    "bank_accounts": "Your bank accounts and their balances",
    "transactions": "Movements on your bank accounts",
    "customers": "Your customers",
    "clients": "Your customers",
    "suppliers": "Your suppliers",
    "customer_invoices": "Invoices and credit notes you issued",
    "client_invoices": "Invoices you issued",
    "credit_notes": "Credit notes you issued",
    "supplier_invoices": "Invoices you received",
    "matches": "Which movements you matched with which invoices",
}

Token = Annotated[str, Path(max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]
Slug = Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9_]+$")]
Text = Annotated[str | None, Query(max_length=4096)]


@router.get("/connect/{token}")
def show_link(services: Wired, token: Token) -> Response:
    """Who asks, what is read, what for and how long; nothing happens before the button."""
    place = services.directory.connect_session_by_token(hash_of(token))
    if place is None:
        return _unknown_link()
    with services.store.begin(place.tenant_id, write=False) as unit:
        try:
            session = open_session(unit, place.id)
        except LettrageError as over:
            return _link_is_over(over, unit.load(ConnectSession, place.id))
        connection = unit.load(Connection, session.connection_id)
        companies = unit.get(Company, [connection.company_id] if connection else [])
    company = next((c.legal_name for c in companies.values()), "your company")
    connector = services.connectors[session.provider]
    tenant = services.directory.tenant(place.tenant_id)
    return page(
        "connect.html.j2",
        form_to="'self' https:" + (" http:" if services.public_url.startswith("http:") else ""),
        partner=plain(tenant.name) if tenant else "Your financing partner",
        company=plain(company),
        provider=connector.manifest.name,
        reads=tuple(dict.fromkeys(_words(stream.name) for stream in connector.streams)),
        until=moment(session.expires_at),
    )


def _words(stream: str) -> str:
    return READS.get(stream) or stream.replace("_", " ").capitalize()


def _unknown_link() -> Response:
    return notice(
        "This link is not known",
        "It may have been cut when it was copied. Ask your financing partner for a new one.",
        status=404,
    )


def _link_is_over(error: LettrageError, session: ConnectSession | None) -> Response:
    if session is None or isinstance(error, NotFound):
        return _unknown_link()
    if session.used_at is not None:
        return notice(
            "This link was used already",
            f"The connection was made on {moment(session.used_at)}. There is nothing left to do here.",
            status=410,
            good=True,
        )
    return notice(
        "This link has expired",
        f"It worked until {moment(session.expires_at)}. Ask your financing partner for a new one.",
        status=410,
    )


@router.post("/connect/{token}")
def follow_link(services: Wired, token: Token, request: Request) -> Response:
    """Begins the consent and sends the browser to the provider; another site cannot press the button."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return notice("Nothing was begun", "Open the link you received, and press its button.", status=403)
    place = services.directory.connect_session_by_token(hash_of(token))
    if place is None:
        return _unknown_link()
    with services.store.begin(place.tenant_id, write=False) as unit:
        session = unit.load(ConnectSession, place.id)
    try:
        url = begin_consent(
            services.store,
            services.vault,
            services.consents,
            tenant_id=place.tenant_id,
            session_id=place.id,
            redirect_uri=_callback(services, session.provider if session else ""),
        )
    except (Conflict, NotFound) as over:
        return _link_is_over(over, session)
    except LettrageError as error:
        return _failed(request, error)
    return _to_provider(services, url)


def _callback(services: Services, provider: str) -> str:
    return f"{services.public_url}/oauth/callback/{provider}"


def _cookie_path(services: Services) -> str:
    """Where the browser comes back to, below the public address."""
    return urlsplit(services.public_url).path + "/oauth/callback"


def _to_provider(services: Services, url: str) -> Response:
    state = parse_qs(urlsplit(url).query).get("state", [""])[0]
    response = RedirectResponse(url, 303)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        hash_of(state),
        max_age=COOKIE_SECONDS,
        path=_cookie_path(services),
        httponly=True,
        samesite="lax",
        secure=services.public_url.startswith("https:"),
    )
    return response


@router.get("/oauth/callback/{provider}")
def come_back(
    services: Wired,
    request: Request,
    provider: Slug,
    state: Text = None,
    code: Text = None,
    error: Text = None,
) -> Response:
    """Where the provider sends the browser back to: completes the consent and says what came of it."""
    place = services.directory.connect_session_by_state(hash_of(state)) if state else None
    ours = state is not None and place is not None and request.cookies.get(COOKIE) == hash_of(state)
    if not ours or state is None or place is None or not _began_at(services, place, provider):
        return notice(
            "This consent cannot be completed",
            "It was not begun in this browser, or it is over. Open the link you received again.",
            status=400,
        )
    if error is not None or code is None:
        return _no_consent(error)
    response = _complete(services, request, place, provider, state, code)
    response.delete_cookie(COOKIE, path=_cookie_path(services))
    return response


def _began_at(services: Services, place: Place, provider: str) -> bool:
    """Each provider answers at its own address (RFC 9700 4.4.2.2): a code that came to another's would
    be handed to the wrong one."""
    with services.store.begin(place.tenant_id, write=False) as unit:
        session = unit.load(ConnectSession, place.id)
    return session is not None and session.provider == provider


def _no_consent(error: str | None) -> Response:
    said = "You did not give your consent" if error == "access_denied" else "The provider gave no consent"
    return notice(said, "Nothing is connected. To try again, open the link you received.", status=400)


def _complete(
    services: Services, request: Request, place: Place, provider: str, state: str, code: str
) -> Response:
    try:
        done = complete_consent(
            services.store,
            services.vault,
            services.consents,
            tenant_id=place.tenant_id,
            session_id=place.id,
            state=state,
            code=code,
            redirect_uri=_callback(services, provider),
        )
    except LettrageError as error:
        return _failed(request, error)
    name = services.connectors[done.connection.provider].manifest.name
    return notice(
        f"{name} is connected",
        "Thank you. Reading has begun; you can close this page.",
        good=True,
        return_url=done.return_url,
    )


def _failed(request: Request, error: LettrageError) -> Response:
    """The error as a page: its sentence, what to do, and the request id for whoever helps."""
    later = isinstance(error, RetryLater)
    heading = "The provider does not answer at the moment" if later else "The connection was not made"
    advice = "To try again, open the link you received."
    status = 503 if later else 409 if isinstance(error, Conflict) else 400
    return notice(heading, _sentence(error.sentence), advice, status=status, request_id=request_id(request))


def _sentence(text: str) -> str:
    """A sentence as it begins on a page: capital first, full stop last."""
    shown = plain(text).strip()
    return shown[:1].upper() + shown[1:] + ("" if shown.endswith(".") else ".")
