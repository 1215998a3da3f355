"""The adapter of `core.ports.EInvoices`: e-invoice files read by `mappings.einvoice`."""

from typing import BinaryIO

from core.ports import EInvoiceRead
from mappings.einvoice import MAX_BYTES, Owner, read_einvoice


class EInvoiceFiles:
    """Stateless: reading is a pure function of the parsers."""

    def read(
        self,
        name: str,
        file: BinaryIO,
        *,
        siren: str | None,
        vat_number: str | None,
        company_id: str | None,
        raw_id: str | None,
    ) -> EInvoiceRead:
        owner = Owner(siren=siren, vat_number=vat_number)
        content = file.read(MAX_BYTES + 1)
        return read_einvoice(name, content, owner=owner, company_id=company_id, raw_id=raw_id)
