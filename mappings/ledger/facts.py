"""What a ledger says as canonical facts, under ids that another export of the same ledger gives too."""

from collections.abc import Collection, Iterator

from core.model import (
    Counterparty,
    Fact,
    Invoice,
    LedgerAllocation,
    LedgerPayment,
    Party,
    SourceRef,
)
from core.model.identifiers import compact
from core.model.invoice import Direction, Retention
from mappings.ledger.booked import Document, Third
from mappings.ledger.daybook import Daybook
from mappings.ledger.names import PROVIDER, ROLES, Name
from mappings.ledger.numbers import is_number, number_in
from mappings.ledger.values import EUR


class Facts:
    """Makes the facts of one ledger in one of its states (`version`), each when it is asked for."""

    def __init__(self, daybook: Daybook, *, company_id: str | None, raw_id: str | None, version: str) -> None:
        self.daybook = daybook
        self.names = daybook.names
        self.company_id = company_id
        self.raw_id = raw_id
        self.version = version

    def all(self) -> Iterator[Fact]:
        """Every fact, each after those it names."""
        yield from self.counterparties()
        yield from self.invoices()
        yield from self.payments()
        yield from self.allocations()

    def stated(self, ids: Collection[str]) -> set[str]:
        """Those of the ids that invoices, payments or allocations of this ledger have."""
        return self.daybook.stated(ids)

    def counterparties(self) -> Iterator[Counterparty]:
        """Customers and suppliers by their names; the last name counts, the others are aliases."""
        for direction, key, (*others, name) in self.daybook.thirds():
            place = self.names.third(direction, key)
            yield Counterparty(
                id=place.id, company_id=self.company_id, source=self._source(place), role=ROLES[direction][0],
                legal_name=name, aliases=tuple(sorted(others)),
            )  # fmt: skip

    def invoices(self) -> Iterator[Invoice]:
        """Invoices and credit notes. Due dates stay None: a FEC has none."""
        for one, name, assigned_to, in_folder in self.daybook.documents():
            number = one.piece if is_number(one.piece) and not in_folder else number_in(one.label)
            yield self._invoice(one, name, number, assigned_to)

    def _invoice(self, one: Document, name: Name, number: str | None, assigned_to: str | None) -> Invoice:
        third = self._third(one.direction, one.third)
        other = Party(counterparty_id=third, name=one.third.name)
        foreign = {"Montantdevise": one.foreign_amount, "Idevise": one.foreign_currency}
        return Invoice(
            id=name.id,
            company_id=self.company_id,
            source=self._source(name),
            provider_words=foreign if any(foreign.values()) else {},
            direction=one.direction,
            kind=one.kind,
            number=number,
            number_normalized=compact(number) or None if number else None,
            issue_date=one.issue_date,
            currency=EUR,
            net_minor=one.net_minor,
            tax_minor=one.tax_minor,
            gross_minor=one.gross_minor,
            payable_minor=one.payable_minor,
            retention=Retention(amount_minor=one.retained_minor) if one.retained_minor else None,
            counterparty_id=third,
            seller=other if one.direction == "payable" else Party(),
            buyer=other if one.direction == "receivable" else Party(),
            reverse_charge=one.reverse_charge,
            assigned_to=assigned_to,
            document_status="issued",
        )

    def payments(self) -> Iterator[LedgerPayment]:
        """Settlements in the order of the file."""
        for one, name, reverses in self.daybook.payments():
            yield LedgerPayment(
                id=name.id,
                company_id=self.company_id,
                source=self._source(name),
                direction=one.direction,
                kind=one.kind,
                flow=one.flow,
                paid_on=one.paid_on,
                amount_minor=one.amount_minor,
                currency=EUR,
                moved_minor=one.moved_minor,
                account=one.account,
                counterparty_id=self._third(one.direction, one.third),
                reference=one.piece or None,
                label=one.label or None,
                matching_code=one.letter or None,
                matched_on=one.lettered_on,
                reverses=reverses,
            )

    def allocations(self) -> Iterator[LedgerAllocation]:
        """Lettering, one fact per pair."""
        for one in self.daybook.allocations():
            yield LedgerAllocation(
                id=one.id,
                company_id=self.company_id,
                source=self._source(self.names.allocation(one.settled_by, one.invoice_id)),
                invoice_id=one.invoice_id,
                settled_by=one.settled_by,
                amount_minor=one.amount_minor,
                currency=EUR,
                kind=one.kind,
                matching_code=one.letter,
                matched_on=one.lettered_on,
                complete=one.complete,
                derived=one.derived,
            )

    def _third(self, direction: Direction, third: Third) -> str | None:
        """The counterparty's id; None where the ledger does not say who it is."""
        return None if third.name is None else self.names.third(direction, third.key).id

    def _source(self, name: Name) -> SourceRef:
        return SourceRef(
            provider=PROVIDER,
            account=self.names.account,
            object=name.object,
            external_id=name.key,
            external_version=self.version,
            raw_id=self.raw_id,
        )
