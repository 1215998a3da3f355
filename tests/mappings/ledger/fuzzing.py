"""What must hold of any bytes read as a ledger, and what to make such bytes of."""

from datetime import date
from io import BytesIO
from typing import Final

from core.errors import BadInput
from mappings.ledger import LedgerFile, is_ledger, read_ledger
from tests.mappings.ledger.golden import samples
from tests.mappings.ledger.writers import marked_up, receipt, sale

DAY: Final = date(2026, 1, 12)
TOKENS: Final = (
    b"\t", b"|", b"\n", b"\r", b"\0", b"-", b",", b".", b'"', b"411000", b"401", b"512", b"4117", b"4191",
    b"20261231", b"00000000", b"99999999999,99", b"D", b"C", b"\xff", b"\xe2\x82", b"<", b">", b"</ligne>",
    b"FACTOR", b"REJET", b"A NOUVEAUX", b"",
)  # fmt: skip
"""Pieces that mean something in a ledger."""


def seeds() -> list[bytes]:
    """Readable ledgers of every form."""
    rows = [*sale("FA-1", DAY, 1200, letter="A"), *receipt("VIR", DAY, 1200, letter="A")]
    return [*(path.read_bytes() for path in samples()), marked_up(rows)]


def check(content: bytes) -> None:
    """Reads, or refuses in one sentence that names the file; what it gives is whole and hangs together."""
    is_ledger(content)
    try:
        file = read_ledger("x.txt", BytesIO(content))
    except BadInput as error:
        if not str(error).startswith("x.txt "):
            raise AssertionError(f"the refusal does not name the file: {error}") from error
        return
    hangs_together(file)


def hangs_together(file: LedgerFile) -> None:
    """What a ledger gives is whole."""
    ids = {fact.id for fact in file.facts}
    assert len(ids) == len(file.facts)
    assert all(one.amount_minor > 0 for one in file.allocations)
    assert all(one.amount_minor > 0 for one in file.payments)
    assert all(one.invoice_id in ids and one.settled_by in ids for one in file.allocations)
    assert all(one.reverses is None or one.reverses in ids for one in file.payments)
    assert all(one.line or one.column is None for one in file.set_aside)
