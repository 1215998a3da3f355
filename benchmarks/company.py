"""A company at Pennylane with many invoices, the pages it answers, and its connection as the hub knows it."""

import json
from datetime import timedelta
from typing import Any

from benchmarks.ground import AT, pages_of
from connectors.kit.client import parse_json
from connectors.kit.contract import Page, Response, Stream
from connectors.kit.reading import PageReader
from connectors.kit.world import Company, Document, Partner, World
from connectors.pennylane import wire
from connectors.pennylane.connector import STREAMS
from connectors.pennylane.lists import LIMIT, records_of
from core.model import Connection, Fact, RawRecord
from core.ports import Pulled

INVOICES = 10_000
CUSTOMERS = 200
COMPANY_ID = "com_bench"
STREAM: Stream = next(stream for stream in STREAMS if stream.name == "customer_invoices")


def filled(world: World, invoices: int = INVOICES) -> Company:
    """Adds a company that has issued this many invoices to 200 customers."""
    company = world.company("Atelier Nordique SAS")
    customers = [world.partner(company, f"Client numéro {n} SARL") for n in range(CUSTOMERS)]
    for number in range(invoices):
        customer = customers[number * 7 % CUSTOMERS]
        world.invoice(customer, f"FA-2026-{number:05}", 10_000 + number * 7919 % 1_000_003)
    return company


def answers(invoices: int = INVOICES) -> list[bytes]:
    """The bodies of the list's pages, 100 invoices each, as Pennylane sends them."""
    world = World(AT - timedelta(days=1), name="bench")
    filled(world, invoices)
    rows = [
        wire.customer_invoice(d, world.get(Partner, d.partner_id), None, AT.date())
        for d in world.all(Document)
    ]
    return [json.dumps({"items": page}, ensure_ascii=False).encode() for page in pages_of(rows, LIMIT)]


def connection() -> Connection:
    """The company's consent, active."""
    return Connection(
        id="con_bench",
        company_id=COMPANY_ID,
        provider="pennylane",
        state="active",
        provider_account_id="70110020000001",
        scopes=STREAM.scopes,
        created_at=AT,
    )


class ReadyPages:
    """A `core.ports.Source` whose answers are there already, parsed: what is left is reading them."""

    def __init__(self, bodies: list[bytes]) -> None:
        self._pages: list[list[Any]] = [parse_json(body)["items"] for body in bodies]

    def streams(self, connection: Connection) -> tuple[str, ...]:
        return (STREAM.name,)

    def pull(self, tenant_id: str, connection: Connection, stream: str, cursor: dict[str, Any]) -> Pulled:
        """The page the cursor names, through the kit's own reader."""
        number = int(cursor.get("page", 0))
        rows = self._pages[number]
        answer = Response(200, {"items": rows}, {"x-request-id": f"{number:016x}"}, AT)
        more = number + 1 < len(self._pages)
        page = Page(records_of(rows), {"page": number + 1}, more=more, complete=not more)
        return PageReader(connection, STREAM, answer).read(page)

    def remap(self, raw: RawRecord) -> tuple[Fact, ...]:
        raise NotImplementedError("nothing is verified here")
