"""Reads an e-invoice file of any form: PDF or XML, an invoice or a status message."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from core.errors import BadInput, shown
from core.model import Invoice
from mappings.einvoice.cii import read_cii
from mappings.einvoice.codes import profile_name
from mappings.einvoice.formats import HEAD, is_pdf, syntax_of
from mappings.einvoice.invoice import invoice_of
from mappings.einvoice.parties import Owner
from mappings.einvoice.record import Document, Syntax
from mappings.einvoice.result import EInvoiceFile, Finding, Unreadable
from mappings.einvoice.status import read_statuses
from mappings.einvoice.ubl import read_ubl
from mappings.xml import Node, parse

if TYPE_CHECKING:
    from mappings.einvoice.container import Container, Embedded

MAX_BYTES: Final = 50 * 1024 * 1024
"""The law allows 100 MB with attachments; an invoice without them has some hundred kilobytes."""


def read_einvoice(
    name: str,
    content: bytes,
    *,
    owner: Owner,
    company_id: str | None = None,
    raw_id: str | None = None,
) -> EInvoiceFile:
    """The invoice, credit note or statuses in a file, as facts of the company `owner`.

    `name` is only for messages. Raises BadInput, with file, place and reason, for a file that cannot
    be read as a whole; a document that cannot be taken over is set aside with its reason.
    """
    _check_size(name, content)
    if is_pdf(content[:HEAD]):
        return _from_pdf(name, content, owner, company_id, raw_id)
    root = parse(name, content)
    return _from_xml(name, root, owner, company_id, raw_id)


def read_document(name: str, content: bytes) -> Document:
    """The business terms of one invoice as they are written, without saying whose it is.

    Raises BadInput for a status message and for anything that is no invoice.
    """
    _check_size(name, content)
    if is_pdf(content[:HEAD]):
        _, roots = _roots(name, _opened(name, content))
        return _document(name, *roots[0][1:])
    syntax, root = syntax_of(name, parse(name, content))
    return _document(name, syntax, root)


def _check_size(name: str, content: bytes) -> None:
    if not content.strip():
        raise BadInput(f"{name} is empty (byte 0): get the invoice again")
    if len(content) > MAX_BYTES:
        raise BadInput(
            f"{name} has {len(content):,} bytes and the limit is {MAX_BYTES:,}: ask for the invoice without"
            " its attachments"
        )


def _document(name: str, syntax: Syntax, root: Node) -> Document:
    if syntax is Syntax.STATUS:
        raise BadInput(f"{name} is a status message, not an invoice ({root.place})")
    return read_cii(name, root) if syntax in (Syntax.CII, Syntax.ZUGFERD1) else read_ubl(name, root)


def _from_xml(
    name: str, root: Node, owner: Owner, company_id: str | None, raw_id: str | None
) -> EInvoiceFile:
    syntax, root = syntax_of(name, root)
    if syntax is Syntax.STATUS:
        statuses, set_aside, doubts = read_statuses(root, owner, company_id=company_id, raw_id=raw_id)
        return EInvoiceFile(str(syntax), statuses=statuses, set_aside=set_aside, warnings=doubts)
    document = _document(name, syntax, root)
    return _from_document(document, str(syntax), owner, company_id, raw_id)


def _from_document(
    document: Document, format: str, owner: Owner, company_id: str | None, raw_id: str | None
) -> EInvoiceFile:
    file = EInvoiceFile(format, document.profile.text if document.profile else None)
    try:
        invoice, findings = invoice_of(document, owner, company_id=company_id, raw_id=raw_id)
    except Unreadable as problem:
        found = problem.finding
        return replace(file, set_aside=(replace(found, message=f"{_title(document)}{found.message}"),))
    return replace(file, invoices=(invoice,), warnings=(*findings, *_profile(document)))


def _title(document: Document) -> str:
    """What is known of a document that was set aside: its number and gross total, as written."""
    gross, currency = document.totals.gross, document.currency
    total = f" ({shown(gross.text, 20)} {shown(currency.text, 3)})" if gross and currency else ""
    return f"invoice {shown(document.number.text)}{total}: " if document.number else ""


def _profile(document: Document) -> Iterable[Finding]:
    profile = document.profile
    if profile is None or profile_name(profile.text) is None:
        where = profile.place if profile else document.place
        yield Finding("unknown_profile", "info", "the profile (BT-24) is not one that is known", where)


def _roots(name: str, container: "Container") -> tuple[list[Finding], list[tuple[str, Syntax, Node]]]:
    """The invoices among the embedded files, best first. The best one named as the standards say must
    be readable; a file of another name is taken when it is an invoice and left alone when it is not."""
    findings: list[Finding] = []
    found: list[tuple[str, Syntax, Node]] = []
    for one in container.embedded:
        inside = f"{name}: {shown(one.name, 60)}"
        try:
            syntax, root = syntax_of(inside, parse(inside, one.content))
        except BadInput as broken:
            if one.is_named and not found:
                raise
            if one.is_named:
                findings.append(
                    Finding("attachment_unreadable", "warning", broken.sentence, shown(one.name, 60))
                )
            continue
        if not one.is_named:
            findings.append(_misnamed(one))
        found.append((one.name, syntax, root))
    if not found:
        count = len(container.embedded) + container.others
        raise BadInput(
            f"{name} is a PDF without an invoice inside ({count} embedded files, none is an e-invoice): a"
            " picture cannot be proven. Ask for Factur-X, UBL or CII, or import the bank's own file"
        )
    return findings, found


def _opened(name: str, content: bytes) -> "Container":
    """Imported here: the PDF library takes longer to load than most files to read."""
    from mappings.einvoice.container import open_pdf

    return open_pdf(name, content)


def _misnamed(one: "Embedded") -> Finding:
    message = "the invoice in the PDF does not have the name the standard gives it: found by its content"
    return Finding("attachment_name", "warning", message, shown(one.name, 60) or "a file without a name")


def _from_pdf(
    name: str, content: bytes, owner: Owner, company_id: str | None, raw_id: str | None
) -> EInvoiceFile:
    container = _opened(name, content)
    findings, roots = _roots(name, container)
    files = [_from_xml(f"{name}: {inside}", root, owner, company_id, raw_id) for inside, _, root in roots]
    first, *others = files
    findings += _metadata_findings(container, first)
    aside = [_two(name)] if any(_differ(first, other) for other in others) else []
    if aside:
        return EInvoiceFile(f"pdf+{first.format}", first.profile, set_aside=tuple(aside))
    inside = shown(roots[0][0], 60)
    return replace(
        first,
        format=f"pdf+{first.format}",
        warnings=(*findings, *(_inside(inside, one) for one in first.warnings)),
        set_aside=tuple(_inside(inside, one) for one in first.set_aside),
    )


def _inside(attachment: str, finding: Finding) -> Finding:
    return replace(finding, record=f"{attachment}: {finding.record}")


def _two(name: str) -> Finding:
    message = (
        "the PDF holds two invoices that differ in number, kind or amount: which one holds is not certain"
    )
    return Finding("two_invoices", "error", message, "embedded files")


def _differ(one: EInvoiceFile, other: EInvoiceFile) -> bool:
    """Two forms of one invoice agree; a form that cannot be read does not contradict."""
    return any(_money(a) != _money(b) for a, b in zip(one.invoices, other.invoices, strict=False))


def _money(invoice: Invoice) -> tuple[object, ...]:
    return (
        invoice.number_normalized, invoice.kind, invoice.currency, invoice.gross_minor, invoice.payable_minor,
    )  # fmt: skip


def _metadata_findings(container: "Container", file: EInvoiceFile) -> list[Finding]:
    """The packet of metadata may name another profile than the invoice: the invoice counts."""
    if container.metadata is None or file.profile is None:
        return []
    try:
        said = _conformance(parse("metadata", container.metadata))
    except BadInput:
        return []
    stated, known = said.replace(" ", "").upper(), profile_name(file.profile)
    if not stated or known is None or stated in (known.replace(" ", ""), "COMFORT"):
        return []
    message = f"the PDF's metadata say {shown(said, 20)}, the invoice is {known}: the invoice counts"
    return [Finding("profile_differs", "info", message, "metadata")]


def _conformance(node: Node) -> str:
    """`ConformanceLevel`, written as an element or as an attribute anywhere in the packet."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.name == "ConformanceLevel" and one.text:
            return one.text
        if "ConformanceLevel" in one.attributes:
            return one.attributes["ConformanceLevel"]
        waiting.extend(one.children)
    return ""
