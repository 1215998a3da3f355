"""What a person decides about one bank line; a run never changes it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from core.errors import BadInput, Conflict, NotFound
from core.model import BankTransaction, Candidate, Decision, Invoice, Money, Share, content_hash
from core.model.decision import Outcome
from core.ports import Store, Unit
from core.usecases import audit
from core.usecases.known import Known, load
from core.usecases.ledger import document_copies, stands
from core.usecases.reconcile import STANDARD, Rules, reconcile_company


def accept(
    store: Store, tenant_id: str, decision_id: str, *, person: str, rank: int = 1, rules: Rules = STANDARD
) -> Decision:
    """Takes the candidate of that rank as the decision."""
    with store.begin(tenant_id) as unit:
        decision = _open_case(unit, decision_id)
        chosen = _candidate(decision, rank)
        known = load(unit, decision.company_id)
        original = chosen.why.get("returns")
        if not (_still_there(known, original, chosen) if original else _all_open(known, decision, chosen)):
            raise Conflict(f"candidate {rank} of {decision_id} is not open any more; look at it again")
        answer: dict[str, Any] = {"outcome": "auto", "shares": chosen.shares, "reason": "accepted"}
        _keep(unit, decision, person, "accept", **answer, told={"returns": original} if original else {})
    return _follow(store, tenant_id, decision_id, rules)


def assign(
    store: Store,
    tenant_id: str,
    decision_id: str,
    *,
    person: str,
    amounts: Mapping[str, int],
    rules: Rules = STANDARD,
) -> Decision:
    """Splits the line over documents as a person says; `amounts` in minor units, in the item's sign.

    What is left of the line stays unallocated. Raises BadInput for amounts that fit neither the line
    nor what is open.
    """
    with store.begin(tenant_id) as unit:
        decision = _decision(unit, decision_id)
        shares = tuple(Share(item_id=id, amount_minor=minor) for id, minor in sorted(amounts.items()))
        _check(unit, load(unit, decision.company_id), decision, shares)
        _keep(unit, decision, person, "assign", outcome="auto", shares=shares, reason="assigned")
    return _follow(store, tenant_id, decision_id, rules)


def not_ours(
    store: Store, tenant_id: str, decision_id: str, *, person: str, rules: Rules = STANDARD
) -> Decision:
    """The line pays none of the invoices known here."""
    with store.begin(tenant_id) as unit:
        decision = _open_case(unit, decision_id)
        _keep(unit, decision, person, "not_ours", outcome="none", shares=(), reason="not_ours")
    return _follow(store, tenant_id, decision_id, rules)


def reject(
    store: Store, tenant_id: str, decision_id: str, *, person: str, rank: int = 1, rules: Rules = STANDARD
) -> Decision:
    """Says no to a candidate: these documents are never proposed again for this line."""
    with store.begin(tenant_id) as unit:
        decision = _open_case(unit, decision_id)
        chosen = _candidate(decision, rank)
        refused = (*decision.rejected, _group(chosen.shares))
        _keep(unit, decision, person, "reject", outcome="review", shares=(), reason="rejected", no=refused)
    return _follow(store, tenant_id, decision_id, rules)


def undo(store: Store, tenant_id: str, decision_id: str, *, person: str, rules: Rules = STANDARD) -> Decision:
    """Takes a decision back: contrary entries restore what was open.

    Undoing the engine's decision also says no to it, or it would decide the same again; undoing a
    person's gives the line back to the engine.
    """
    with store.begin(tenant_id) as unit:
        decision = _decision(unit, decision_id)
        if not stands(decision):
            raise Conflict(f"decision {decision_id} waits for a person: there is nothing to undo")
        by_engine = decision.decided_by == "engine" and decision.shares
        refused = (*decision.rejected, _group(decision.shares)) if by_engine else decision.rejected
        _keep(unit, decision, person, "undo", outcome="review", shares=(), reason="undone", no=refused)
    return _follow(store, tenant_id, decision_id, rules)


def _group(shares: Sequence[Share]) -> tuple[str, ...]:
    return tuple(sorted({share.item_id for share in shares}))


def _decision(unit: Unit, decision_id: str) -> Decision:
    decision = unit.get(Decision, [decision_id]).get(decision_id)
    if decision is None:
        raise NotFound(f"there is no decision {decision_id}")
    return decision


def _candidate(decision: Decision, rank: int) -> Candidate:
    chosen = next((c for c in decision.candidates if c.rank == rank), None)
    if chosen is None:
        raise NotFound(f"decision {decision.id} has no candidate {rank}")
    return chosen


def _all_open(known: Known, decision: Decision, chosen: Candidate) -> bool:
    return all(_is_open(known, decision, share) for share in chosen.shares)


def _still_there(known: Known, original: str, chosen: Candidate) -> bool:
    """Whether the payment that goes back still closes what the candidate would open again."""
    closed = known.decisions.get(original)
    paid = sorted((s.item_id, -s.amount_minor) for s in closed.shares) if closed and stands(closed) else []
    return bool(paid) and paid == sorted((s.item_id, s.amount_minor) for s in chosen.shares)


def _open_case(unit: Unit, decision_id: str) -> Decision:
    decision = _decision(unit, decision_id)
    if stands(decision):
        raise Conflict(f"decision {decision_id} is taken already by {decision.decided_by}; undo it first")
    return decision


def _check(unit: Unit, known: Known, decision: Decision, shares: tuple[Share, ...]) -> None:
    line = _line(unit, decision)
    copies = document_copies(known)
    for share in shares:
        invoice = known.invoices.get(share.item_id)
        if invoice is None:
            raise NotFound(f"there is no invoice {share.item_id}")
        _check_document(line, invoice, share)
        if invoice.id in copies:
            raise BadInput(f"{invoice.id} is a copy of another document; give the id {copies[invoice.id]}")
        if not _is_open(known, decision, share):
            left = Money(_open(known, decision, invoice), invoice.currency)
            raise BadInput(f"{left} of {share.item_id} are open, the amount for it is more")
    total = sum(s.amount_minor for s in shares)
    if not 0 < total <= abs(line.amount_minor):
        wanted, there = Money(total, line.currency), Money(abs(line.amount_minor), line.currency)
        raise BadInput(f"the shares add up to {wanted}, the bank line is {there}")


def _check_document(line: BankTransaction, invoice: Invoice, share: Share) -> None:
    """Refuses a document that this line cannot pay, whatever the amounts."""
    if invoice.currency != line.currency or invoice.company_id != line.company_id:
        raise BadInput(f"invoice {invoice.id} is of another company or currency than the bank line")
    if (invoice.direction == "receivable") != (line.amount_minor > 0):
        raise BadInput(f"invoice {invoice.id} is a {invoice.direction}: this money goes the other way")
    if (share.amount_minor > 0) != (invoice.kind != "credit_note"):
        raise BadInput(f"the amount for {invoice.id} has the wrong sign or is zero")


def _open(known: Known, decision: Decision, invoice: Invoice) -> int:
    """What all other decisions leave open of a document (0 or more), allocated already or not."""
    others = [d for d in known.decisions.values() if d.id != decision.id and stands(d)]
    taken = sum(s.amount_minor for d in others for s in d.shares if s.item_id == invoice.id)
    return max(0, invoice.payable_minor - abs(taken))


def _is_open(known: Known, decision: Decision, share: Share) -> bool:
    invoice = known.invoices.get(share.item_id)
    return invoice is not None and abs(share.amount_minor) <= _open(known, decision, invoice)


def _line(unit: Unit, decision: Decision) -> BankTransaction:
    line = unit.get(BankTransaction, [decision.transaction_id]).get(decision.transaction_id)
    if line is None or line.status != "booked":
        raise Conflict("the bank line is not booked (any more): it cannot pay anything")
    return line


def _keep(
    unit: Unit,
    before: Decision,
    person: str,
    action: str,
    *,
    outcome: Outcome,
    shares: tuple[Share, ...],
    reason: str,
    no: tuple[tuple[str, ...], ...] | None = None,
    told: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Writes the person's version of the decision, its audit entry, and the job that follows it up."""
    line = _line(unit, before)
    allocated = abs(sum(share.amount_minor for share in shares)) * (1 if line.amount_minor > 0 else -1)
    changes: dict[str, Any] = {
        "outcome": outcome,
        "reason": reason,
        "shares": shares,
        "candidates": before.candidates if outcome == "review" else (),
        "allocated_minor": allocated,
        "unallocated_minor": line.amount_minor - allocated,
        "decided_by": f"person:{person}",
        "rejected": before.rejected if no is None else no,
        "explanation": {**before.explanation, **told, "person": {"name": person, "action": action}},
    }
    decision = before.model_copy(update=changes)
    if not unit.put([decision]).changed:
        return
    details = {"decision": content_hash(decision.content()), "outcome": outcome}
    audit.record(unit, f"person:{person}", f"decision.{action}", decision.id, details)
    unit.enqueue(
        "reconcile",
        key=f"reconcile:{unit.tenant_id}",
        args={"tenant_id": unit.tenant_id, "company_id": decision.company_id},
        dedupe_id=f"reconcile:{unit.tenant_id}:{unit.revision}",
    )


def _follow(store: Store, tenant_id: str, decision_id: str, rules: Rules) -> Decision:
    """What follows from it, at once; the job registered with it does so if this process dies."""
    with store.begin(tenant_id, write=False) as unit:
        company_id = _decision(unit, decision_id).company_id
    reconcile_company(store, tenant_id, company_id, rules=rules)
    with store.begin(tenant_id, write=False) as unit:
        return _decision(unit, decision_id)
