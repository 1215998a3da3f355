"""The adapter of `core.ports.Ledgers`: ledger files read by `mappings.ledger`."""

from typing import BinaryIO

from core.ports import LedgerRead
from mappings.ledger import read_ledger


class LedgerFiles:
    """Stateless: reading is a pure function of the parser."""

    def read(
        self, name: str, file: BinaryIO, *, company_id: str | None, siren: str | None, raw_id: str | None
    ) -> LedgerRead:
        return read_ledger(name, file, company_id=company_id, siren=siren, raw_id=raw_id)
