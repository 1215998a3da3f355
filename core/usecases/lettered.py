"""What lettering says (grade E1): invoices a ledger calls paid, and bank lines that show the same money."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from core.model import BankTransaction, Decision, Invoice, LedgerAllocation, LedgerPayment
from core.ports import Unit
from core.usecases.copies import same_document
from core.usecases.known import Known

NEAR: Final = timedelta(days=7)
"""How far the day of posting may be from the bank's day for both to be the same money."""
Documents = Mapping[str, str]
"""A document's copy in another tool to the one that counts."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """What a ledger ties to one invoice, without payments that it says were taken back."""

    allocations: tuple[LedgerAllocation, ...]
    payments: tuple[LedgerPayment, ...]

    def settled_since(self, versions: Iterable[Invoice]) -> date | None:
        """The day of posting or lettering, whichever is later, by which the ledger calls its own
        document (one of `versions`) settled in full with some cash in it; None while it does not."""
        own = {a.invoice_id for a in self.allocations}
        payable = max((i.payable_minor for i in versions if i.id in own), default=None)
        settled = sum(a.amount_minor for a in self.allocations)
        if payable is None or settled < payable or all(a.kind != "cash" for a in self.allocations):
            return None
        posted = [p.paid_on for p in self.payments]
        return max([*posted, *(a.matched_on for a in self.allocations if a.matched_on)])


NOTHING: Final = Lettering((), ())


def lettering_of(
    allocations: Iterable[LedgerAllocation], payments: Mapping[str, LedgerPayment], documents: Documents
) -> dict[str, Lettering]:
    """By the id of the invoice that counts."""
    back = {one.reverses for one in payments.values() if one.reverses}
    by_invoice: dict[str, list[LedgerAllocation]] = defaultdict(list)
    for one in allocations:
        if not one.withdrawn and one.settled_by not in back:
            by_invoice[documents.get(one.invoice_id, one.invoice_id)].append(one)
    return {
        id: Lettering(tuple(own), tuple(payments[a.settled_by] for a in own if a.settled_by in payments))
        for id, own in by_invoice.items()
    }


def lettering_for(unit: Unit, invoice: Invoice) -> Lettering:
    """What ledgers tie to one invoice now, under whatever id they know it."""
    ids = same_document(unit, invoice)
    ties = [tie for id in ids for tie in unit.all(LedgerAllocation, invoice_id=id)]
    payments = unit.get(LedgerPayment, {tie.settled_by for tie in ties})
    back = [one for id in payments for one in unit.all(LedgerPayment, reverses=id)]
    found = lettering_of(ties, payments | {one.id: one for one in back}, dict.fromkeys(ids, invoice.id))
    return found.get(invoice.id, NOTHING)


def settled_in_ledger(known: Known, documents: Documents) -> dict[str, date]:
    """Invoices a ledger calls paid in full, and since when, by the id that counts."""
    lettering = lettering_of(known.lettering, known.ledger_payments, documents)
    days = {id: own.settled_since(_stated(known, own)) for id, own in lettering.items()}
    return {id: day for id, day in days.items() if day is not None}


def _stated(known: Known, own: Lettering) -> list[Invoice]:
    """The ledger's own documents: a copy in another tool may be edited or in another currency."""
    ids = {a.invoice_id for a in own.allocations}
    return [known.invoices[id] for id in sorted(ids) if id in known.invoices]


def confirmed(lines: Iterable[BankTransaction], payments: Iterable[LedgerPayment]) -> frozenset[str]:
    """Ids of the bank lines of an invoice that its ledger payments confirm: equal money, days apart
    at most `NEAR`; one line for each payment, nearest first."""
    pairs = sorted(
        (abs(_day(line) - payment.paid_on), line.id, payment.id)
        for payment in payments
        for line in lines
        if _is_same_money(line, payment)
    )
    used: set[str] = set()
    found: set[str] = set()
    for _, line, payment in pairs:
        if line not in found and payment not in used:
            found.add(line)
            used.add(payment)
    return frozenset(found)


def confirmed_pairs(
    lettering: Mapping[str, Lettering],
    lines: Mapping[str, BankTransaction],
    decisions: Iterable[Decision],
) -> Iterator[tuple[str, str]]:
    """(transaction, invoice) of the decided shares that a ledger confirms: bank and ledger agree."""
    paying: dict[str, list[BankTransaction]] = defaultdict(list)
    for decision in decisions if lettering else ():
        line = lines.get(decision.transaction_id)
        for share in decision.shares if line is not None else ():
            if line is not None and share.item_id in lettering:
                paying[share.item_id].append(line)
    for invoice_id, paid in paying.items():
        for id in confirmed(paid, lettering[invoice_id].payments):
            yield id, invoice_id


def shown_by(known: Known) -> dict[str, str]:
    """Ledger payment id to the booked line that shows it, where each is the other's only one."""
    by_amount: dict[tuple[str | None, str, int], list[BankTransaction]] = defaultdict(list)
    for line in known.lines.values() if known.ledger_payments else ():
        by_amount[line.company_id, line.currency, line.amount_minor].append(line)
    seen: dict[str, list[str]] = {}
    named: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for payment in known.ledger_payments.values():
        place = (payment.company_id, payment.currency, _signed(payment))
        seen[payment.id] = [line.id for line in by_amount.get(place, ()) if _is_same_money(line, payment)]
        for id in seen[payment.id]:
            named[id].add(_deposit(payment))
    return {id: lines[0] for id, lines in seen.items() if len(lines) == 1 and len(named[lines[0]]) == 1}


def _deposit(payment: LedgerPayment) -> tuple[str, ...]:
    """Payments that one bank line brings together (a deposit of cheques) have one deposit."""
    if payment.moved_minor in (None, payment.amount_minor):
        return (payment.id,)
    return (str(payment.paid_on), payment.account or "", payment.reference or "")


def _is_same_money(line: BankTransaction, payment: LedgerPayment) -> bool:
    if line.status != "booked" or payment.kind != "cash" or line.currency != payment.currency:
        return False
    return line.amount_minor == _signed(payment) and abs(_day(line) - payment.paid_on) <= NEAR


def _signed(payment: LedgerPayment) -> int:
    """What the bank would show: money in is positive."""
    amount = payment.amount_minor if payment.moved_minor is None else payment.moved_minor
    return amount if payment.flow == "in" else -amount


def _day(line: BankTransaction) -> date:
    return line.booking_date or line.value_date or date.min


def declared_lines(known: Known, documents: Documents) -> dict[str, set[str]]:
    """Bank line id to the invoices that the ledger ties to the same money, and the credit notes it sets
    off against them."""
    found: dict[str, set[str]] = defaultdict(set)
    shown = shown_by(known)
    lettering = lettering_of(known.lettering, known.ledger_payments, documents)
    for invoice_id, own in lettering.items():
        for payment in own.payments:
            if payment.id in shown:
                notes = (a.settled_by for a in own.allocations if a.kind == "credit")
                found[shown[payment.id]] |= {invoice_id, *(documents.get(id, id) for id in notes)}
    return found
