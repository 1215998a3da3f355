"""The bank lines of the report: what was matched and why, what waits for a person, what was left alone."""

from collections.abc import Iterable, Mapping
from typing import Any

from core.model import Allocation, BankTransaction, Candidate, Decision, Invoice, Share
from core.reconciliation.explain import gate_in_words
from hub.reports.known import Known
from hub.reports.money import taken_back
from hub.reports.value import Answer, Left, Line, Matched, Portion, Segment, Waiting
from hub.reports.words import GAPS, TIERS, amount, because, figure, plain, spoken

SHOWN_CANDIDATES = 3


def matched(known: Known) -> tuple[Matched, ...]:
    """Lines whose money is attributed, returns and payments to suppliers included, in booking order."""
    back = taken_back(known)
    return tuple(
        _matched(known, line, decision, back.get(line.id, 0))
        for line in known.booked()
        if (decision := known.decisions.get(line.id)) and decision.shares and decision.outcome == "auto"
    )


def waiting(known: Known) -> tuple[Waiting, ...]:
    """Lines that a person must look at, the largest first."""
    found = [
        _waiting(known, line, decision)
        for line in known.booked()
        if (decision := known.decisions.get(line.id)) and decision.outcome == "review"
    ]
    return tuple(sorted(found, key=lambda w: (-abs(w.line.amount_minor), w.line.transaction_id)))


def left(known: Known) -> tuple[Left, ...]:
    """Credits nothing was done with: decided `none`, or not decided yet."""
    return tuple(
        _left(known, line, decision)
        for line in known.credits()
        if (decision := known.decisions.get(line.id)) is None or decision.outcome == "none"
    )


def _matched(known: Known, line: BankTransaction, decision: Decision, returned: int) -> Matched:
    grades = _grades(known.by_transaction.get(line.id, ()))
    return Matched(
        line=shown(known, line, decision),
        portions=tuple(_portion(known, s, decision.currency, grades) for s in decision.shares),
        outcome=decision.outcome,
        tier=decision.tier,
        tier_words=TIERS[decision.tier],
        reason=decision.reason,
        sentence=sentence(known, decision),
        decided_by=plain(decision.decided_by),
        coincidence=decision.coincidence,
        unallocated_minor=decision.unallocated_minor,
        returned_minor=returned,
    )


def _grades(allocations: Iterable[Allocation]) -> dict[str, Allocation]:
    """The last standing allocation per invoice."""
    return {a.invoice_id: a for a in allocations if a.reverses is None}


def _waiting(known: Known, line: BankTransaction, decision: Decision) -> Waiting:
    return Waiting(
        line=shown(known, line, decision),
        decision_id=decision.id,
        tier=decision.tier,
        tier_words=TIERS[decision.tier],
        reason=decision.reason,
        sentence=sentence(known, decision),
        rivals=_rivals(known, decision),
        candidates=tuple(
            _answer(known, line, c)
            for c in sorted(decision.candidates, key=lambda c: c.rank)[:SHOWN_CANDIDATES]
        ),
    )


def _rivals(known: Known, decision: Decision) -> tuple[str, ...]:
    """Items that explain the line as well, by the number a person knows them by."""
    ids = decision.explanation.get("rivals")
    listed = ids if isinstance(ids, list | tuple) else ()
    return tuple(named(known.invoices.get(str(each))) or plain(str(each)) for each in listed)


def _left(known: Known, line: BankTransaction, decision: Decision | None) -> Left:
    if decision is None:
        return Left(
            line=shown(known, line, None),
            tier=None,
            reason="undecided",
            sentence="Not decided yet: the next reconciliation will look at it.",
        )
    return Left(
        line=shown(known, line, decision),
        tier=decision.tier,
        reason=decision.reason,
        sentence=sentence(known, decision),
    )


def _answer(known: Known, line: BankTransaction, candidate: Candidate) -> Answer:
    portions = tuple(_portion(known, s, line.currency, {}) for s in candidate.shares)
    remains = abs(line.amount_minor) - sum(p.amount_minor for p in portions)
    return Answer(
        rank=candidate.rank,
        portions=portions,
        score=candidate.score,
        arithmetic=arithmetic(line, portions, remains),
        left_minor=remains,
        why=reasons(candidate.why, line.currency),
    )


def arithmetic(line: BankTransaction, portions: tuple[Portion, ...], remains: int) -> str:
    """The sum on paper: `1 425.50 = 310.00 + 95.50 + 1 020.00`, with what would be left over."""
    terms = " ".join(_term(i, p.amount_minor, line.currency) for i, p in enumerate(portions)) or "0"
    rest = f" {_term(1, remains, line.currency)} left over" if remains else ""
    return f"{figure(abs(line.amount_minor), line.currency)} = {terms}{rest}"


def _term(position: int, minor: int, currency: str) -> str:
    sign = "−" if minor < 0 else "+" if position else ""
    return f"{sign} {figure(abs(minor), currency)}".strip()


def _portion(known: Known, share: Share, currency: str, grades: Mapping[str, Allocation]) -> Portion:
    invoice = known.invoices.get(share.item_id)
    allocation = grades.get(share.item_id)
    return Portion(
        invoice_id=share.item_id,
        number=named(invoice),
        counterparty=payer(known, invoice),
        amount_minor=share.amount_minor,
        currency=currency,
        gap_minor=share.gap_minor,
        gap_reason=share.gap_reason,
        open_minor=known.settlement(invoice).open_minor if invoice else None,
        grade=allocation.grade if allocation else None,
    )


def named(invoice: Invoice | None) -> str | None:
    """The number printed on the invoice."""
    return plain(invoice.number) if invoice and invoice.number else None


def payer(known: Known, invoice: Invoice | None) -> str | None:
    """Who is on the other side: the buyer of a receivable, the seller of a payable."""
    if invoice is None:
        return None
    party = invoice.buyer if invoice.direction == "receivable" else invoice.seller
    linked = known.counterparties.get(invoice.counterparty_id or party.counterparty_id or "")
    name = party.name or (linked.legal_name if linked else None)
    return plain(name) if name else None


def shown(known: Known, line: BankTransaction, decision: Decision | None) -> Line:
    """The line as the report shows it, with the words the decision rests on marked."""
    account = known.accounts.get(line.account_id)
    text = line.remittance or " ".join(line.text_lines)
    spans = positions(decision.explanation, text) if decision else []
    return Line(
        transaction_id=line.id,
        account=plain((account and (account.name or account.iban)) or line.account_id),
        booking_date=line.booking_date,
        value_date=line.value_date,
        amount_minor=line.amount_minor,
        currency=line.currency,
        counterparty_name=plain(line.counterparty_name) if line.counterparty_name else None,
        remittance=segments(plain(text), spans),
    )


def positions(explanation: Mapping[str, Any], text: str) -> list[tuple[int, int]]:
    """Where the explanation's tokens stand in `text`; a token that is not there marks nothing."""
    spans: list[tuple[int, int]] = []
    for token in explanation.get("tokens") or ():
        start, end = token.get("start"), token.get("end")
        if token.get("field", "remittance") != "remittance":
            continue
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text):
            spans.append((start, end))
    return sorted(spans)


def segments(text: str, spans: list[tuple[int, int]]) -> tuple[Segment, ...]:
    """Cuts `text` at `spans` (sorted, may overlap) into runs that are matched or not."""
    runs: list[Segment] = []
    at = 0
    for start, end in spans:
        start = max(start, at)
        if end <= start:
            continue
        runs += [Segment(text=text[at:start])] if start > at else []
        runs.append(Segment(text=text[start:end], matched=True))
        at = end
    rest = [Segment(text=text[at:])] if text[at:] else []
    return tuple(runs + rest)


def sentence(known: Known, decision: Decision) -> str:
    """Why, for a person, made of what the decision recorded."""
    numbers = ", ".join(_cited(known, share) for share in decision.shares)
    moved = amount(abs(decision.allocated_minor), decision.currency)
    verb = "taken back from" if decision.reason == "return" else "to"
    paid = f" {moved} {verb} {numbers}." if numbers else ""
    gaps = "".join(
        f" {amount(s.gap_minor, decision.currency)} stays open as {GAPS[s.gap_reason]}."
        for s in decision.shares
        if s.gap_minor and s.gap_reason
    )
    return f"{because(decision.reason)}{_missing(decision)}{paid}{gaps}"


def _missing(decision: Decision) -> str:
    """What kept payer and amount from being enough, if that was it."""
    gate = decision.explanation.get("gate")
    return f" Not enough: {gate_in_words(gate)}." if gate else ""


def _cited(known: Known, share: Share) -> str:
    return named(known.invoices.get(share.item_id)) or share.item_id


def reasons(why: Mapping[str, Any], currency: str) -> tuple[str, ...]:
    """What speaks for a candidate, as short phrases; names that end in `_minor` are amounts."""
    said = [_phrase(why["because"])] if "because" in why else []
    for name, value in why.items():
        if name.endswith("_minor") and isinstance(value, int):
            said.append(f"{spoken(plain(name.removesuffix('_minor')))}: {amount(value, currency)}")
        elif name != "because" and value not in (None, "", [], {}):
            said.append(f"{spoken(plain(name))}: {_phrase(value)}")
    return tuple(said)


def _phrase(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{spoken(plain(str(k)))} {_phrase(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_phrase(v) for v in value)
    return plain("yes" if value is True else "no" if value is False else str(value))
