"""factur-x: the XML of a PDF by `get_xml_from_pdf`, its terms by `parse_ubl_cii_xml`.

Both check the XML against its schema unless told not to: `python -m … unchecked`.
"""

import sys
from decimal import Decimal
from functools import partial
from pathlib import Path

from facturx import get_xml_from_pdf
from facturx.parse_xml import parse_ubl_cii_xml

from benchmarks.parsers.readers.serving import Given, serve, totals


def read(path: Path, *, check: bool) -> Given:
    """One invoice a file."""
    content = path.read_bytes()
    if content.startswith(b"%PDF"):
        name, content = get_xml_from_pdf(content, check_xsd=check)
        if not name:
            raise ValueError("No valid XML file found in this PDF")
    terms = parse_ubl_cii_xml(content, check_xsd=check)

    def value(term: str) -> Decimal:
        return Decimal(terms.get(term) or 0)

    equations = totals(
        net=value("BT-109"), tax=value("BT-110"), gross=value("BT-112"),
        prepaid=value("BT-113"), rounding=value("BT-114"), due=value("BT-115"),
    )  # fmt: skip
    return Given(1, (equations,))


if __name__ == "__main__":
    serve(partial(read, check="unchecked" not in sys.argv), "factur-x")
