"""pyiso20022: dataclasses for each version of a message, filled by xsdata as its page says.

The classes hold a document as it is; which balance is the opening one and what an entry's sign is are
the caller's to know, and are said here.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from xsdata.formats.dataclass.parsers import XmlParser

from benchmarks.parsers.readers.serving import Given, balance, serve


def read(path: Path) -> Given:
    """The version is that of the namespace."""
    content = path.read_bytes()
    found = re.search(rb"camt\.(05[234])\.001\.(\d\d)", content)
    if found is None:
        raise ValueError("no camt namespace")
    kind, edition = (part.decode() for part in found.groups())
    module = import_module(f"pyiso20022.camt.camt_{kind}_001_{edition}")
    document = XmlParser().from_bytes(content, module.Document)
    body = _first(document, ("bk_to_cstmr_acct_rpt", "bk_to_cstmr_stmt", "bk_to_cstmr_dbt_cdt_ntfctn"))
    statements = _first(body, ("rpt", "stmt", "ntfctn"))
    balances = tuple(one for statement in statements for one in _balance(statement))
    return Given(sum(len(statement.ntry) for statement in statements), balances)


def _first(element: Any, names: Iterable[str]) -> Any:
    return next(found for name in names if (found := getattr(element, name, None)) is not None)


def _code(value: Any) -> str:
    """A code is an enumeration, a text or a choice of both, by version."""
    value = getattr(value, "cd", None) or value
    return str(getattr(value, "value", value))


def _signed(element: Any) -> Decimal:
    amount = Decimal(element.amt.value)
    return amount if _code(element.cdt_dbt_ind) == "CRDT" else -amount


def _balance(statement: Any) -> Any:
    stated = {_code(one.tp.cd_or_prtry): _signed(one) for one in getattr(statement, "bal", ())}
    booked = (_signed(entry) for entry in statement.ntry if _code(entry.sts) == "BOOK")
    return balance(stated.get("OPBD", stated.get("PRCD")), booked, stated.get("CLBD"))


if __name__ == "__main__":
    serve(read, "pyiso20022")
