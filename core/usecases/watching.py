"""What is known about each financed invoice: the input of its events."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from core.model import (
    Allocation,
    BankTransaction,
    Decision,
    FinancedInvoice,
    Invoice,
    ProviderMatch,
)
from core.repayment import Claim, Watch
from core.repayment.watch import PARIS, Surplus
from core.settlement import E_INVOICE_PAID, claimed_grade
from core.usecases.known import Known
from core.usecases.lettered import NOTHING, Lettering, confirmed_pairs, lettering_of, shown_by

F = TypeVar("F")
Copies = Mapping[str, str]
"""The same thing seen in two sources: the copy's id to the id that counts."""


def agreed_pairs(
    known: Known, copies: Copies, documents: Copies, decisions: Mapping[str, Decision]
) -> frozenset[tuple[str, str]]:
    """(transaction, invoice) pairs that a provider's ledger ties together, for every copy of a line
    (`copies`) and the invoice that counts (`documents`); and decided pairs that lettering confirms."""
    same: dict[str, set[str]] = defaultdict(set)
    for copy, record in copies.items():
        same[record] |= {copy, record}
    matched = (
        (line, documents.get(match.invoice_id, match.invoice_id))
        for match in known.matches
        for line in same.get(copies.get(match.transaction_id, match.transaction_id), {match.transaction_id})
    )
    lettering = lettering_of(known.lettering, known.ledger_payments, documents)
    return frozenset((*matched, *confirmed_pairs(lettering, known.lines, decisions.values())))


@dataclass(frozen=True)
class Watchtower:
    """Builds the Watch of any financed invoice from one snapshot, its decisions and its entries."""

    known: Known
    decisions: Mapping[str, Decision]
    allocations: Sequence[Allocation]
    copies: Copies
    documents: Copies

    def watches(self) -> Iterable[Watch]:
        """One Watch per financed invoice, ordered by id."""
        entries = _grouped((a.invoice_id, a) for a in self.allocations)
        touching = _grouped((item, d) for d in self.decisions.values() for item in _items(d))
        matches = _grouped((self.documents.get(m.invoice_id, m.invoice_id), m) for m in self.known.matches)
        pairs = sorted(agreed_pairs(self.known, self.copies, self.documents, self.decisions))
        agreed = _grouped((invoice, line) for line, invoice in pairs)
        twins = _grouped((counts, self.known.invoices[copy]) for copy, counts in self.documents.items())
        lettered = lettering_of(self.known.lettering, self.known.ledger_payments, self.documents)
        shown = shown_by(self.known)
        covered = _coverage(self.known)
        surplus = _grouped(sorted(self._surplus(), key=lambda pair: (pair[1].on, pair[1].transaction_id)))
        for financed in self.known.financed:
            invoice = self.known.invoices.get(financed.invoice_id)
            if invoice is None:
                continue
            decisions = {d.id: d for d in touching.get(invoice.id, ())}
            own = matches.get(invoice.id, [])
            letters = lettered.get(invoice.id, NOTHING)
            yield Watch(
                financed=financed,
                invoice=invoice,
                allocations=tuple(entries.get(invoice.id, ())),
                decisions=decisions,
                transactions=self._lines(entries.get(invoice.id, ()), decisions.values()),
                agreed=frozenset(agreed.get(invoice.id, ())),
                claim=_claim(self.known, financed, [invoice, *twins.get(invoice.id, ())], own, letters),
                covered_through=covered.get(invoice.company_id),
                cash_in_question=self._in_question(decisions.values(), own)
                or self._shows_money(letters, shown),
                surplus=tuple(surplus.get(invoice.id, ())),
            )

    def _surplus(self) -> Iterator[tuple[str, Surplus]]:
        """(invoice, surplus): a second payment of a settled invoice, or what a payment left over."""
        for decision in self.decisions.values():
            line = self.known.lines.get(decision.transaction_id)
            meant = _meant(decision)
            if line is None or line.status != "booked" or decision.unallocated_minor <= 0 or len(meant) != 1:
                continue
            day = line.value_date or line.booking_date
            if day is not None:
                yield meant.pop(), Surplus(line.id, decision.unallocated_minor, day)

    def _lines(
        self, entries: Iterable[Allocation], decisions: Iterable[Decision]
    ) -> dict[str, BankTransaction]:
        wanted = {*(a.transaction_id for a in entries), *(d.transaction_id for d in decisions)}
        return {id: self.known.lines[id] for id in sorted(wanted) if id in self.known.lines}

    def _in_question(self, decisions: Iterable[Decision], matches: Iterable[ProviderMatch]) -> bool:
        """A line that may be the payment waits for a person, or a provider names a booked credit."""
        if any(d.outcome == "review" for d in decisions):
            return True
        lines = (self.known.lines.get(m.transaction_id) for m in matches)
        return any(one is not None and one.status == "booked" for one in lines)

    def _shows_money(self, letters: Lettering, shown: Mapping[str, str]) -> bool:
        """A booked line shows the money the ledger speaks of, and nobody attributed it elsewhere."""
        lines = {shown[payment.id] for payment in letters.payments if payment.id in shown}
        return any(id not in self.decisions or not self.decisions[id].shares for id in lines)


def _grouped(pairs: Iterable[tuple[str, F]]) -> dict[str, list[F]]:
    found: dict[str, list[F]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def _meant(decision: Decision) -> set[str]:
    """The invoices a decided payment, or a second payment that cites a settled one, was meant for."""
    if decision.reason == "already_settled":
        return {item for token in decision.explanation.get("tokens", ()) for item in token["items"]}
    return {share.item_id for share in decision.shares} if decision.outcome == "auto" else set()


def _items(decision: Decision) -> set[str]:
    proposed = {share.item_id for c in decision.candidates for share in c.shares}
    return proposed | {share.item_id for share in decision.shares}


def _claim(
    known: Known,
    financed: FinancedInvoice,
    versions: Sequence[Invoice],
    matches: Sequence[ProviderMatch],
    letters: Lettering,
) -> Claim | None:
    """Who says paid, since when; None when nobody does. `versions`: the invoice, then its copies in
    other tools, of which the first that makes a claim is taken."""
    posted = letters.settled_since(versions)
    for invoice in versions:
        grade = claimed_grade(invoice, matched=bool(matches) or posted is not None)
        if grade == "E1" and not matches:
            since, record = posted, letters.allocations[0].id
        else:
            since, record = _since(known, invoice, matches, grade) if grade else (None, "")
        if grade is not None and since is not None:
            return Claim(grade=grade, since=max(since, financed.disbursed_on), record=record)
    return None


def _since(
    known: Known, invoice: Invoice, matches: Sequence[ProviderMatch], grade: str
) -> tuple[date | None, str]:
    if grade == "E1":
        first = min(matches, key=lambda m: m.id)
        return known.since(ProviderMatch, first.id, lambda m: not m.withdrawn), first.id
    state = invoice.einvoice
    if grade == "E2" and state is not None and (at := state.payment.at if state.payment else state.at):
        return at.astimezone(PARIS).date(), invoice.id
    if grade == "E2":
        return known.since(Invoice, invoice.id, _says_collected), invoice.id
    if invoice.declared.paid_on is not None:
        return invoice.declared.paid_on, invoice.id
    return known.since(Invoice, invoice.id, lambda i: bool(i.declared.paid)), invoice.id


def _says_collected(invoice: Invoice) -> bool:
    return invoice.einvoice is not None and invoice.einvoice.code in E_INVOICE_PAID


def _coverage(known: Known) -> dict[str | None, date]:
    """Per company the day up to which every feed of its accounts was provably read.

    Proof is in the data: a booked line, a statement's closing balance or a dated balance of that day.
    A company without any feed, or with one that proves nothing, is absent.
    """
    reached: dict[str | None, dict[tuple[str, str], date]] = defaultdict(dict)
    feeds: dict[str, tuple[str | None, tuple[str, str]]] = {}
    for account in known.accounts.values():
        if account.source is not None and not account.closed:
            feed = (account.source.provider, account.source.account)
            feeds[account.id] = (account.company_id, feed)
            reached[account.company_id].setdefault(feed, date.min)
    for account_id, day in _proofs(known):
        if account_id in feeds:
            company, feed = feeds[account_id]
            reached[company][feed] = max(reached[company][feed], day)
    return {
        company: low
        for company, days in reached.items()
        if (low := min(days.values(), default=date.min)) != date.min
    }


def _proofs(known: Known) -> Iterable[tuple[str, date]]:
    for line in known.lines.values():
        if line.status == "booked" and line.booking_date is not None:
            yield line.account_id, line.booking_date
    for statement in known.statements:
        if statement.closing_on is not None:
            yield statement.account_id, statement.closing_on
    for account in known.accounts.values():
        for balance in account.balances:
            day = balance.on or (balance.at and balance.at.astimezone(PARIS).date())
            if day is not None:
                yield account.id, day
