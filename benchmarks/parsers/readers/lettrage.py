"""Ours."""

from decimal import Decimal
from itertools import chain
from pathlib import Path

from benchmarks.parsers.readers.serving import Equation, Given, balance, serve, totals
from core.model import exponent
from mappings.einvoice import Document, EInvoiceFile, Owner, Term, is_einvoice, read_document, read_einvoice
from mappings.einvoice.checks import tax_total
from mappings.einvoice.formats import HEAD
from mappings.einvoice.parties import party_of
from mappings.einvoice.reading import number
from mappings.statements import ReadStatement, StatementFile, read_statements


def read(path: Path) -> Given:
    """A bank file or an e-invoice, as `lettrage import` takes it over."""
    content = path.read_bytes()
    if is_einvoice(content[:HEAD]):
        return _einvoice(path.name, content)
    file = read_statements(path.name, content)
    balances = chain.from_iterable(map(_balance, file.statements))
    announced = sum(len(one.transactions) for one in file.notices)
    return Given(len(file.transactions) + announced, tuple(balances), _reasons(file))


def _reasons(file: StatementFile | EInvoiceFile) -> tuple[str, ...]:
    return tuple(one.message for one in file.set_aside)


def _balance(read: ReadStatement) -> tuple[tuple[Equation, ...], ...]:
    """An opening balance without a day is not stated in the file but reckoned, and proves nothing."""
    places = exponent(read.statement.currency)
    opening, closing, *entries = (
        Decimal(minor).scaleb(-places)
        for minor in (
            read.statement.opening_minor,
            read.statement.closing_minor,
            *(line.amount_minor for line in read.transactions),
        )
    )
    return balance(None if read.statement.opening_on is None else opening, entries, closing)


def _einvoice(name: str, content: bytes) -> Given:
    """Imported by its seller, by its buyer where the seller has no identifier, else by a stranger."""
    document = read_document(name, content)
    parties = (party_of(document.seller, "seller", "", []), party_of(document.buyer, "buyer", "", []))
    owners = (
        Owner(siren=one.siren, vat_number=one.vat_number) for one in parties if one.siren or one.vat_number
    )
    file = read_einvoice(name, content, owner=next(owners, Owner(siren="732829320")))
    return Given(len(file.invoices), (_totals(document),) * len(file.invoices), _reasons(file))


def _totals(document: Document) -> tuple[Equation, ...]:
    stated = document.totals

    def value(term: Term | None) -> Decimal:
        return Decimal() if term is None else number(term)

    return totals(
        net=value(stated.net),
        tax=value(tax_total(document)),
        gross=value(stated.gross),
        prepaid=value(stated.prepaid),
        rounding=value(stated.rounding),
        due=value(stated.payable),
    )


if __name__ == "__main__":
    serve(read, "lettrage")
