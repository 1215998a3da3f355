"""The app factory: routes, errors, middleware and the OpenAPI document, around wired services."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from prometheus_client import CollectorRegistry
from pydantic.json_schema import models_json_schema

from hub.api import (
    companies,
    connections,
    decisions,
    desk,
    endpoints,
    events,
    financing,
    hooks,
    imports,
    ops,
    pages,
    policy,
    problems,
    records,
    reports,
)
from hub.api.bodies import REQUESTS
from hub.api.middleware import BodyCap, Caught, Measured, RequestId
from hub.api.services import Services

TITLE = "Lettrage"
SUMMARY = "Knows, to the cent and to the day, when a financed invoice is paid."
DESCRIPTION = """\
Amounts are integers in minor units of their ISO 4217 currency; dates are ISO 8601; nothing unknown has a
default.

Lists answer `{data, next_cursor}`: pass `next_cursor` as `cursor` until it is null. Writes take an
`Idempotency-Key`: a repeat gets the first answer. Errors are problem documents (RFC 9457); quote their
`request_id`. Single resources carry an `ETag`."""
TAGS = [
    {"name": "companies", "description": "The companies (SMEs) of the tenant."},
    {"name": "connections", "description": "Consents at providers, and reading over them."},
    {"name": "records", "description": "Invoices and bank lines, as canonical records."},
    {"name": "financing", "description": "Financed invoices and their frozen snapshots."},
    {"name": "decisions", "description": "What was matched, and what waits for a person."},
    {"name": "events", "description": "The event log of every financed invoice."},
    {"name": "webhooks", "description": "Partner endpoints and deliveries."},
    {"name": "reports", "description": "Reports for people."},
    {"name": "operations", "description": "For whoever runs the hub."},
]


def create_app(services: Services, *, registry: CollectorRegistry | None = None) -> FastAPI:
    """The ASGI app. `registry` collects its metrics; by default one of its own."""
    app = FastAPI(
        title=TITLE, summary=SUMMARY, description=DESCRIPTION, version="1", openapi_tags=TAGS,
        docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.services = services
    app.state.registry = registry or CollectorRegistry()
    for module in (
        companies, connections, records, financing, decisions, policy, events, endpoints, imports, reports,
        ops, pages, hooks, desk,
    ):  # fmt: skip
        app.include_router(module.router)
    problems.install(app)
    app.add_middleware(BodyCap, largest_upload=services.largest_upload)
    app.add_middleware(Caught)
    app.add_middleware(Measured, registry=app.state.registry)
    app.add_middleware(RequestId)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # the documented way to extend it
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document with the schemas of the bodies we read ourselves; made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, description=app.description,
            routes=app.routes, tags=app.openapi_tags,
        )  # fmt: skip
        wanted = [(model, "validation") for model in (*REQUESTS, problems.Problem)]
        _, schemas = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # list is invariant
        components = document.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in schemas["$defs"].items():
            components.setdefault(name, schema)
        app.openapi_schema = document
    return app.openapi_schema
