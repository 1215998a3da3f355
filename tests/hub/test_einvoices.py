"""E-invoices over HTTP and in the report: what statuses say stands beside the invoice and settles nothing."""

from io import BytesIO

import pytest

from core.model import Company
from core.usecases.import_einvoices import import_einvoice
from hub.einvoice_files import EInvoiceFiles
from hub.reports import reconciliation
from tests.hub.conftest import Api, Client
from tests.mappings.einvoice.writer import SELLER, Said, Sale, Trader, cdar, ubl

COMPANY = Company(id="com_1", legal_name=SELLER.name, siren=SELLER.siren)
SALE = Sale()
COLLECTED = Said("212", amounts=(("MEN", "1200.00", 2000),))
FACTORED = Said("225", factor=Trader("Affacturage du Midi", "812345676"))


@pytest.fixture
def seller(api: Api) -> Client:
    """A tenant with one e-invoice, and two statuses about it that came first."""
    client = api.tenant()
    with api.store.begin(client.tenant_id) as unit:
        unit.put([COMPANY])
    for content in (cdar(SALE, said=COLLECTED), cdar(SALE, said=FACTORED), ubl(SALE)):
        import_einvoice(
            api.store, EInvoiceFiles(), client.tenant_id, company_id="com_1", name="x", file=BytesIO(content)
        )
    return client


def test_an_invoice_bears_its_statuses_and_is_open_all_the_same(seller: Client) -> None:
    [listed] = seller.get("/v1/invoices").json()["data"]
    shown = seller.get(f"/v1/invoices/{listed['id']}").json()
    assert [one["code"] for one in shown["statuses"]] == ["212", "225"]
    assert shown["invoice"]["einvoice"]["payment"]["minor"] == 120_000
    assert shown["invoice"]["assigned_to"] == "Affacturage du Midi"
    assert (shown["settlement"]["state"], shown["settlement"]["cash_minor"]) == ("open", 0)
    assert shown["allocations"] == []


def test_the_report_tells_it_as_declared_and_not_as_paid(api: Api, seller: Client) -> None:
    with api.store.begin(seller.tenant_id, write=False) as unit:
        report = reconciliation(unit)
    assert report.open_invoices == ()
    [one] = report.declared_paid
    assert (one.declared_paid, one.settlement, one.open_minor) == (True, "open", 120_000)
