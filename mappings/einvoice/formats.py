"""Tells by content what an XML document is: the local name of its root and its namespace."""

import re
from typing import Final

from core.errors import BadInput
from mappings.einvoice.record import Syntax
from mappings.xml import Node

HEAD: Final = 65_536
"""Bytes that are looked at before a file is read."""
_UNECE: Final = "urn:un:unece:uncefact:data:standard:"
_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
READ: Final = {
    ("CrossIndustryInvoice", f"{_UNECE}CrossIndustryInvoice:100"): Syntax.CII,
    ("CrossIndustryDocument", "urn:ferd:CrossIndustryDocument:invoice:1p0"): Syntax.ZUGFERD1,
    ("Invoice", f"{_UBL}Invoice-2"): Syntax.UBL_INVOICE,
    ("CreditNote", f"{_UBL}CreditNote-2"): Syntax.UBL_CREDIT_NOTE,
    ("CrossDomainAcknowledgementAndResponse", f"{_UNECE}CrossDomainAcknowledgementAndResponse:100"):
        Syntax.STATUS,
}  # fmt: skip
"""Private and draft formats use the same names in another namespace: both must be equal."""
_NOT_READ: Final = {
    "SCRDMCCBDACIOMessageStructure": "an Order-X order, not an invoice",
    "FatturaElettronica": "an Italian FatturaPA, which is not read: ask for UBL, CII or Factur-X",
    "Order": "a UBL order, not an invoice",
    "ApplicationResponse": "a UBL application response, which is not read: ask for the CDAR status message",
    "DespatchAdvice": "a UBL despatch advice, not an invoice",
    "Invoice": "an invoice in a private format (its namespace is not UBL's): ask for UBL, CII or Factur-X",
    "CreditNote": "a credit note in a private format (its namespace is not UBL's): ask for UBL or CII",
    "CrossIndustryInvoice": "a CrossIndustryInvoice of a draft (another namespace): ask for D16B or D22B",
    "Report": "e-reporting for the tax office, which concerns no single claim",
}
_ENVELOPE: Final = "StandardBusinessDocument"
_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z]\w*)[\s>/]")
_NAMES: Final = frozenset(name.encode() for name in (*(root for root, _ in READ), *_NOT_READ, _ENVELOPE))


def syntax_of(file: str, root: Node) -> tuple[Syntax, Node]:
    """The syntax of a document and its root, out of a Peppol envelope; BadInput for what is not read."""
    if root.name == _ENVELOPE:
        inner = [child for child in root.children if child.name != "StandardBusinessDocumentHeader"]
        if len(inner) != 1:
            raise BadInput(f"{file} is an envelope of {len(inner)} documents: send each alone ({root.place})")
        root = inner[0]
    found = READ.get((root.name, root.namespace))
    if found is None:
        what = _NOT_READ.get(root.name, "XML, but no e-invoice the hub knows: ask for UBL, CII or Factur-X")
        raise BadInput(f"{file} is {what} ({root.place})")
    return found, root


def is_pdf(head: bytes) -> bool:
    """`%PDF-` may stand anywhere in the first 1024 bytes."""
    return b"%PDF-" in head[:1024]


def is_einvoice(head: bytes) -> bool:
    """Whether a file that begins with `head` is for this room: a PDF, or XML with a root named here.

    >>> is_einvoice(b'<?xml version="1.0"?><Invoice xmlns="urn:x">')
    True
    """
    if is_pdf(head):
        return True
    head = head[:HEAD].removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
        head = head.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\x00", b"")
    root = _ROOT.match(_without_prolog(head))
    return root is not None and root.group(1) in _NAMES


def _without_prolog(head: bytes) -> bytes:
    """What follows the declaration, comments and a DOCTYPE (which is refused later, by name)."""
    while True:
        head = head.lstrip()
        for opening, closing in ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE", b"]>")):
            if head.startswith(opening) and closing in head:
                head = head.partition(closing)[2]
                break
        else:
            return head
