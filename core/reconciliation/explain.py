"""A decision told to a person: what was seen, what was decided, what else was possible."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from core.model.decision import Candidate, Decision, Share
from core.money import Money
from core.reconciliation.line import Item, Line

REASONS: Final[Mapping[str, str]] = {
    "already_settled": "everything the payer cites is settled already",
    "ambiguous_reference": "the cited number belongs to several items",
    "amount_only": "only the amount points somewhere",
    "cap_reached": "the text or the search was too large to be sure",
    "coincidence_bound": "the numbers could line up by chance",
    "contra_entry": "the bank corrected itself the same day: both lines cancel",
    "copy": "the same money is already known from another source",
    "counter_and_amount": "the end of the invoice number and the exact amount agree",
    "credit_note_not_cited": "a credit note that is not cited would make up the difference",
    "cut_and_amount": "the number is cut, and one item of the payer begins so and has the exact amount",
    "debit": "money out that pays no known supplier invoice",
    "declared_match": "an accounting tool declares the match; the text does not",
    "held": "nothing is cited: a stronger claim may still come",
    "identical_items": "identical items, and nothing tells which one is paid",
    "joint_sum": "several lines of that day together pay what they cite",
    "legal_order": "of equal items the oldest that is due, by the legal order of imputation",
    "not_a_receipt": "the line is no customer payment",
    "nothing_fits": "nothing known explains this line",
    "one_paid_alone": "a payment of one of the items alone waits for a person: maybe it is paid already",
    "only_subset_that_fits": "of the items cited, only this group sums exactly",
    "overpayment": "more was paid than is open on what is cited",
    "own_transfer": "a transfer between own accounts",
    "paid_by_seller": "the seller pays, not his debtor: he may forward what was paid to him",
    "paid_before_issue": "the payment is older than the invoice: it may be for another one of that number",
    "partial_payment": "part of the cited item was paid",
    "payer_and_amount": "the payer and the amount fit, but no reference is cited",
    "payer_and_group": "several of the payer's items together make the amount",
    "payer_owes_this": "the amount is everything the payer owes",
    "payer_only": "a known payer, but the amount fits none of what he owes",
    "payer_conflict": "the payer is clearly another debtor than the cited item's",
    "pending": "the line is not booked yet",
    "platform_payout": "a payout of a payment platform groups many sales",
    "probable_typing_error": "another open item of the debtor has exactly this amount",
    "range_and_sum": "the cited range sums exactly",
    "reference_and_amount": "the cited item and the exact amount agree",
    "reference_and_charges": "the cited item was paid short by bank charges within the tolerance",
    "reference_and_commission": "the cited item was paid short by the commission that the text states",
    "reference_and_discount": "the cited item was paid short by the agreed early-payment discount",
    "reference_and_exchange": "the cited item was paid short by an exchange of currencies, within the bound",
    "reference_and_part": "part of the cited item was paid, by its known debtor",
    "reference_and_rest": "what the day's other payments left of the cited item is exactly the amount",
    "reference_and_retention": "the cited item was paid short by the agreed retention",
    "reference_and_rounding": "the cited item was paid short by a rounding",
    "references_and_sum": "the cited items sum exactly",
    "rejected_by_person": "a person rejected this match",
    "removed": "the source withdrew the line",
    "return": "a returned payment: what the original closed is open again",
    "return_ambiguous": "a returned payment with several possible originals",
    "return_of_unallocated": "a returned payment that had not been allocated",
    "return_without_original": "a returned payment whose original is unknown",
    "returned": "this payment was returned later",
    "settled_meanwhile": "a returned payment comes back, but another one settled the item meanwhile",
    "several_debtors": "items of several debtors are cited together",
    "several_groups_fit": "more than one group of the cited items sums exactly",
    "structured_reference": "the structured creditor reference is valid and known",
    "sum_differs": "the cited items do not sum to what was paid",
    "typo_and_amount": "the number is one slip from that of one item of the payer, of the exact amount",
    "twin_payments": "another payment of the same payer and amount waits too",
    "tier_not_automatic": "the rule that fits may not decide alone for this tenant",
    "unexplained_gap": "what is missing has no name the contract allows",
    "unknown_reference": "the payer cites a number that is not held here",
    "zero_amount": "the line has no amount",
}
"""The closed list of reasons, in words. `<operation>_line` says that a line of that kind pays nothing."""

GATES: Final[Mapping[str, str]] = {
    "amount_billed_again": "the debtor was billed this amount more than once; no day tells them apart",
    "cap_reached": "he owes too many items to try every group of them",
    "coincidence_bound": "chance alone could make them agree",
    "credit_note_not_cited": "the amount takes a credit note that is not cited",
    "far_from_due": "the payment is far from the day on which the item falls due",
    "half_of_another": "it is half of another item: maybe an instalment",
    "issued_later": "the item was issued after it was paid",
    "left_over": "what little is left of an item would be part of it: maybe too much was paid",
    "no_group_fits": "no item and no group of what he owes makes the amount",
    "other_account": "the item is to be paid on another account",
    "paid_lately": "he paid this amount shortly before or after: maybe the same payment once more",
    "payer_not_sure": "neither the name nor the account surely is a debtor's",
    "several_debtors_possible": "the payer may be one of several debtors",
    "several_groups_fit": "more than one item or group of what he owes makes the amount",
    "several_sellers": "items of that amount belong to several sellers",
    "something_cited": "something in the text may be a reference",
    "third_party": "somebody else pays, from an account that paid for this debtor before",
    "turnover_not_whole": "not every invoice to this debtor is known here",
    "twin_payments": "another payment of the same payer and amount waits too",
}
"""The closed list of what keeps the payer and the amount from being enough (T6, T7), in words."""

_OUTCOMES: Final = {"auto": "decided", "review": "waits for a person", "none": "no match"}
_GRADES: Final = {2: "is the debtor", 1: "is probably the debtor", 0: "is unknown", -1: "is another debtor"}


def reason_in_words(reason: str) -> str:
    """The sentence for a reason code."""
    if reason.endswith("_line"):
        return f"a line of kind {reason.removesuffix('_line').replace('_', ' ')} pays no invoice"
    return REASONS.get(reason, reason.replace("_", " "))


def gate_in_words(gate: str) -> str:
    """The sentence for a code of `GATES`."""
    return GATES.get(gate, gate.replace("_", " "))


def explain(decision: Decision, line: Line, items: Iterable[Item]) -> str:
    """The decision as a few lines of text a person can check by hand."""
    by_id = {item.item_id: item for item in items}
    told = [_headline(decision, line)]
    told += [f"  text: {line.remittance}"] if line.remittance else []
    told += _evidence(decision.explanation, by_id)
    told += [f"  -> {_share(s, decision, by_id)}" for s in decision.shares]
    told += [_candidate(c, decision, by_id) for c in decision.candidates]
    if decision.outcome != "none" and decision.unallocated_minor:
        told.append(f"  unallocated: {Money(decision.unallocated_minor, decision.currency)}")
    told.append(_footer(decision))
    return "\n".join(told)


def _headline(decision: Decision, line: Line) -> str:
    amount = Money(line.amount_minor, line.currency)
    payer = f" from {line.counterparty_name}" if line.counterparty_name else ""
    outcome = _OUTCOMES[decision.outcome]
    words = reason_in_words(decision.reason)
    return f"{line.booking_date}  {amount}{payer}: {outcome} ({decision.tier}), {words}."


def _evidence(explanation: Mapping[str, Any], by_id: Mapping[str, Item]) -> list[str]:
    told = []
    for token in explanation.get("tokens", ()):
        meant = ", ".join(_number(i, by_id) for i in token.get("items", ())) or "possible counter"
        place = f"{token['field']} {token['start']}-{token['end']}"
        told.append(f"  read «{token['text']}» ({place}, {token['how']}): {meant}")
    for token in explanation.get("unknown_references", ()):
        told.append(f"  read «{token['text']}» ({token['field']}): not held here")
    payer = explanation.get("payer") or {}
    if payer.get("grade") is not None:
        told.append(f"  payer {payer.get('name') or 'without name'} {_GRADES[payer['grade']]}")
    told += _doubts(explanation, by_id)
    for key in ("returns", "returned_by", "copy_of", "cancels", "return_reason"):
        if explanation.get(key):
            told.append(f"  {key.replace('_', ' ')}: {explanation[key]}")
    return told


def _doubts(explanation: Mapping[str, Any], by_id: Mapping[str, Item]) -> list[str]:
    """What else was possible, and what was not enough."""
    told = []
    for key, word in (("rivals", "rivals"), ("caps", "limits reached"), ("originals", "possible originals")):
        if explanation.get(key):
            told.append(f"  {word}: {', '.join(_number(i, by_id) for i in explanation[key])}")
    if explanation.get("gate"):
        told.append(f"  payer and amount are not enough: {gate_in_words(explanation['gate'])}")
    return told


def _number(item_id: str, by_id: Mapping[str, Item]) -> str:
    item = by_id.get(item_id)
    return f"{item.number} ({item.debtor_name.split('|')[0]})" if item else item_id


def _share(share: Share, decision: Decision, by_id: Mapping[str, Item]) -> str:
    amount = Money(share.amount_minor, decision.currency)
    gap = ""
    if share.gap_reason:
        gap = f", {Money(share.gap_minor, decision.currency)} stays open as {share.gap_reason}"
    return f"{amount} on {_number(share.item_id, by_id)}{gap}"


def _candidate(candidate: Candidate, decision: Decision, by_id: Mapping[str, Item]) -> str:
    shares = " + ".join(_share(s, decision, by_id) for s in candidate.shares)
    why = candidate.why.get("because", "")
    return f"  {candidate.rank}. {shares}" + (f" ({why})" if why else "")


def _footer(decision: Decision) -> str:
    versions = f"{decision.explanation.get('policy')}, {decision.explanation.get('code')}"
    chance = f"chance alone would give {decision.coincidence:g} matches; " if decision.coincidence else ""
    return f"  {chance}{decision.decided_by}, {versions}"
