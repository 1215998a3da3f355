"""What the lifecycle statuses of an e-invoice come to: a pure function of the set that is known.

Statuses arrive late, twice and in any order, so only their own times count. All of it is declared:
nothing here is evidence of cash, and no status ever becomes an allocation.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.model import (
    Counterparty,
    DeclaredPayment,
    EInvoiceState,
    EInvoiceStatus,
    Invoice,
)
from core.model.identifiers import is_siren
from core.model.invoice import DisputeStatus

COLLECTED: Final = "212"
PAYMENT_SENT: Final = "211"
DISPUTED: Final = "207"
ENDED: Final = frozenset({"210", "213", "501"})
"""Refused, rejected, inadmissible: the claim is gone, whatever else is said."""
ASSIGNED: Final = frozenset({"225", "226"})
REDIRECTED: Final = frozenset({*ASSIGNED, "227"})
"""The money is to go elsewhere: to a factor, or to another account of the seller."""
NOT_ASSIGNED: Final = "228"
_APPROVED: Final = frozenset({"205", "206", "211", "212", "214"})
_PAID_WORDS: Final[Mapping[str, frozenset[str]]] = {
    COLLECTED: frozenset({"MEN"}),
    PAYMENT_SENT: frozenset({"MPA", "ESC"}),
}
"""Amounts that settle: collected; paid, with the discount that was taken."""
Parties = Mapping[str, Counterparty]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What the statuses of one invoice say, together."""

    last: EInvoiceStatus
    payment: DeclaredPayment | None
    dispute: DisputeStatus
    assigned: EInvoiceStatus | None

    @property
    def factor(self) -> str | None:
        """Who the claim is assigned to, as far as the message names it; None when it is not."""
        if self.assigned is None or self.assigned.code not in ASSIGNED:
            return None
        payee = self.assigned.payee
        return (payee and (payee.name or payee.siren)) or "not named"

    @property
    def state(self) -> EInvoiceState:
        """The state as invoices bear it."""
        last = self.last
        reason = ", ".join(last.reasons) or last.reason_text
        return EInvoiceState(
            code=last.code, word=last.word or last.code, reason=reason, at=last.at, payment=self.payment
        )


def lifecycle(invoice: Invoice, statuses: Iterable[EInvoiceStatus]) -> Lifecycle | None:
    """The lifecycle of an invoice from all statuses about it; None without any."""
    told = sorted({one.id: one for one in statuses}.values(), key=lambda one: (one.at, one.code, one.id))
    if not told:
        return None
    ended = [one for one in told if one.code in ENDED]
    return Lifecycle(
        last=(ended or told)[-1],
        payment=_payment(invoice, told),
        dispute=_dispute(told),
        assigned=_assigned(told),
    )


def _payment(invoice: Invoice, told: Sequence[EInvoiceStatus]) -> DeclaredPayment | None:
    """The larger of what the seller says it collected and what the buyer says it sent.

    Partial amounts add up (each message has its own, none is cumulative), negative ones take back. On
    a credit note the amounts are negative. None when no message states an amount.
    """
    sign = -1 if invoice.kind == "credit_note" else 1
    sums: dict[str, int] = defaultdict(int)
    at: datetime | None = None
    for one in told:
        words = _PAID_WORDS.get(one.code, frozenset())
        for amount in one.amounts:
            if amount.type in words and amount.currency == invoice.currency:
                sums[one.code] += sign * amount.minor
                at = one.at
    return DeclaredPayment(minor=max(sums.values()), at=at) if at is not None else None


def _dispute(told: Sequence[EInvoiceStatus]) -> DisputeStatus:
    """Disputed until somebody approves or pays later than the dispute."""
    disputes = [one.at for one in told if one.code == DISPUTED]
    approvals = [one.at for one in told if one.code in _APPROVED]
    if disputes:
        return "resolved" if approvals and approvals[-1] > disputes[-1] else "disputed"
    return "none" if approvals else "unknown"


def _assigned(told: Sequence[EInvoiceStatus]) -> EInvoiceStatus | None:
    """The last status that redirects the money, unless a later one takes the assignment back."""
    turns = [one for one in told if one.code in REDIRECTED or one.code == NOT_ASSIGNED]
    return turns[-1] if turns and turns[-1].code in REDIRECTED else None


def about(invoice: Invoice, statuses: Iterable[EInvoiceStatus], parties: Parties) -> list[EInvoiceStatus]:
    """Those of `statuses` that are about this document, under whatever id it is known.

    The e-invoice itself by its id; a copy read from a tool by company, direction and number, as long
    as neither the date nor the supplier contradicts.
    """
    return [one for one in statuses if one.invoice_id == invoice.id or _fits(one, invoice, parties)]


def _fits(status: EInvoiceStatus, invoice: Invoice, parties: Parties) -> bool:
    same = (status.company_id, status.direction, status.number_normalized) == (
        invoice.company_id, invoice.direction, invoice.number_normalized,
    )  # fmt: skip
    dates = {one for one in (status.issue_date, invoice.issue_date) if one is not None}
    seller = _supplier(invoice, parties) if invoice.direction == "payable" else None
    return same and len(dates) <= 1 and seller in (None, status.seller_siren)


def _supplier(invoice: Invoice, parties: Parties) -> str | None:
    if invoice.seller.siren:
        return invoice.seller.siren
    known = parties.get(invoice.other_party_id)
    proven = [i.value for i in known.identifiers if i.scheme == "siren" and i.verified] if known else []
    return next((one for one in proven if is_siren(one)), None)


def with_lifecycles(
    invoices: Mapping[str, Invoice], statuses: Sequence[EInvoiceStatus], parties: Parties
) -> Mapping[str, Invoice]:
    """The invoices, those with statuses bearing what these say. A state that a source tells of its
    own stays when it is later than the last status."""
    if not statuses:
        return invoices
    by_number: dict[str, list[EInvoiceStatus]] = defaultdict(list)
    for one in statuses:
        by_number[one.number_normalized].append(one)
    return {
        id: _with_lifecycle(one, by_number.get(one.number_normalized or "", ()), parties)
        for id, one in invoices.items()
    }


def _with_lifecycle(invoice: Invoice, statuses: Sequence[EInvoiceStatus], parties: Parties) -> Invoice:
    found = lifecycle(invoice, about(invoice, statuses, parties)) if statuses else None
    if found is None:
        return invoice
    own = invoice.einvoice
    newer = own is not None and own.at is not None and own.at > found.last.at
    state = own.model_copy(update={"payment": found.payment}) if own and newer else found.state
    return invoice.model_copy(
        update={
            "einvoice": state,
            "dispute_status": invoice.dispute_status if found.dispute == "unknown" else found.dispute,
            "assigned_to": found.factor or invoice.assigned_to,
        }
    )
