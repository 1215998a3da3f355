"""How the reports say things: amounts, dates, tiers and grades in words, hostile text made harmless."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from markupsafe import Markup

from core.model import Money, to_major

UNKNOWN = "unknown"

TIERS: dict[str, str] = {
    "T0": "Not a receipt",
    "T1": "Structured reference",
    "T2": "Invoice number and exact amount",
    "T3": "Several numbers, exact sum",
    "T4": "Number, explained difference",
    "T5": "Short number and exact amount",
    "T6": "Known payer and exact amount",
    "T7": "Known payer, one exact group",
    "T8": "Number, part payment",
    "T9": "Suggestive, not conclusive",
    "T10": "Nothing points anywhere",
}

GRADES: dict[str, str] = {
    "E0": "the tool says so",
    "E1": "allocated in the ledger",
    "E2": "reported by a party",
    "E3": "booked at the bank",
    "E4": "bank and ledger agree",
}

BUCKETS: dict[str, str] = {
    "not_due": "Not due",
    "1-30": "1–30 days",
    "31-60": "31–60 days",
    "61-90": "61–90 days",
    ">90": "Over 90 days",
    "no_due_date": "No due date",
}

GAPS: dict[str, str] = {
    "charges": "bank charges",
    "discount": "early-payment discount",
    "retention": "retention",
    "commission": "commission",
    "exchange": "exchange difference",
    "rounding": "rounding",
}

REASONS: dict[str, str] = {
    "structured_reference": "The structured reference on the line is the invoice's, and fits what is open.",
    "reference_and_amount": "The line cites one open invoice and pays exactly its amount.",
    "reference_and_rest": "The line cites one invoice and pays exactly what that day's others left of it.",
    "references_and_sum": "The invoices cited add up to exactly what was paid.",
    "range_and_sum": "The range of numbers cited adds up to exactly what was paid.",
    "only_subset_that_fits": "Of the invoices cited, only these add up to what was paid.",
    "reference_and_charges": "The line cites one invoice and is short by bank charges within the tolerance.",
    "reference_and_discount": "The line cites one invoice and is short by the discount agreed.",
    "reference_and_retention": "The line cites one invoice and is short by the retention agreed.",
    "reference_and_rounding": "The line cites one invoice and differs by a rounding.",
    "counter_and_amount": "The end of the invoice number and its exact amount agree.",
    "reference_and_part": "A known payer cites one invoice and pays a part of it.",
    "accepted": "A person accepted this candidate.",
    "assigned": "A person split the line.",
    "not_ours": "A person said that the line pays none of our invoices.",
    "rejected": "A person rejected a candidate.",
    "undone": "A person took an earlier decision back.",
    "return": "The bank takes an earlier payment back.",
    "return_of_unallocated": "The bank takes back a payment that was never allocated.",
    "return_ambiguous": "The bank takes a payment back, and several could be meant.",
    "return_without_original": "The bank takes a payment back that is not among the lines we hold.",
    "settled_meanwhile": "A returned payment comes back, but another one settled the invoice meanwhile.",
    "contra_entry": "The bank corrected itself: this line and another cancel each other.",
    "own_transfer": "A transfer between the company's own accounts.",
    "internal_line": "A transfer between the company's own accounts.",
    "platform_payout": "A payout of a payment platform: one net amount for many sales.",
    "psp_payout_line": "A payout of a payment platform: one net amount for many sales.",
    "not_a_receipt": "The bank's words say that no customer pays an invoice here.",
    "financing_line": "A loan or another financing, not a customer's payment.",
    "nothing_fits": "Nothing on the line points to an invoice we hold.",
    "ambiguous_reference": "The number cited belongs to more than one invoice.",
    "already_settled": "The invoice cited is settled already: a second payment, or a slip in the number.",
    "payer_conflict": "The invoice cited belongs to another customer than the payer.",
    "several_debtors": "Invoices of several customers are cited together.",
    "overpayment": "More was paid than is open; the excess is shown, never absorbed.",
    "sum_differs": "Several invoices are cited and no clear group of them is what was paid.",
    "several_groups_fit": "Several groups of invoices add up to what was paid.",
    "cap_reached": "There are more possibilities than the search may examine.",
    "coincidence_bound": "Number and amount agree, but chance alone would give such a match.",
    "unknown_reference": "The line cites a number we do not hold: the payer pays something else.",
    "declared_match": "The accounting tool ties this line to an invoice; the bank's words do not.",
    "identical_items": "Several invoices are alike: same customer, amount and due date.",
    "payer_and_amount": "The payer is known and the amount fits, but no number is cited.",
    "payer_and_group": "Several invoices of the payer together make the amount, but no number is cited.",
    "one_paid_alone": "Several invoices make the amount, but one of them may be paid by another payment.",
    "amount_only": "Nothing but the amount points to an invoice.",
    "credit_note_not_cited": "The sum works with a credit note that the line does not cite.",
    "probable_typing_error": "Another invoice of this payer has exactly this amount.",
    "unexplained_gap": "Less was paid than is open, and nothing agreed explains the difference.",
    "paid_before_issue": "The payment is older than the invoice: it may be for another one of that number.",
    "partial_payment": "A part of the invoice cited was paid.",
}
"""The engine's reason codes as sentences; a code that is not here is shown as its own words."""

_HIDDEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
"""Control characters, marks that change the direction of text, lone surrogates."""


def plain(text: str) -> str:
    """One visible character for each of `text`: controls, direction marks and lone surrogates become U+FFFD.

    >>> plain("VIR\\x00 DUPONT")
    'VIR� DUPONT'
    """
    return _HIDDEN.sub("\ufffd", text)


def visible(value: object) -> object:
    """What a template shows of `value`: text made `plain`, unless it is markup of our own."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def amount(minor: int | None, currency: str | None) -> str:
    """`1 873.46 EUR`, or the word for unknown.

    >>> amount(187346, "EUR"), amount(None, "EUR")
    ('1 873.46 EUR', 'unknown')
    """
    return UNKNOWN if minor is None or currency is None else str(Money(minor, currency))


def figure(minor: int, currency: str) -> str:
    """The amount without its currency: `1 873.46`."""
    return f"{to_major(minor, currency):,f}".replace(",", " ")


def day(on: date | None) -> str:
    """An ISO date, or the word for unknown."""
    return UNKNOWN if on is None else on.isoformat()


def moment(at: datetime | None) -> str:
    """An instant to the minute, in UTC: `2026-03-02 09:00 UTC`."""
    return UNKNOWN if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def percent(basis_points: int | None) -> str:
    """`87.5 %` from 8750 basis points, rounded down, so that 100 % means all."""
    if basis_points is None:
        return UNKNOWN
    return f"{basis_points // 100}.{basis_points % 100 // 10} %"


def lateness(days: int | None) -> str:
    """Days past due as a person says it.

    >>> lateness(3), lateness(-1), lateness(0)
    ('3 days late', 'due in 1 day', 'due today')
    """
    if days is None:
        return "no due date"
    if days == 0:
        return "due today"
    count = f"{abs(days)} day{'s' * (abs(days) != 1)}"
    return f"{count} late" if days > 0 else f"due in {count}"


def chance(expected: float) -> str:
    """How many matches chance alone would give, to one digit: `0.00002`, `less than 0.000001`.

    >>> chance(0.00002), chance(0), chance(1e-12)
    ('0.00002', '0', 'less than 0.000001')
    """
    if expected == 0:
        return "0"
    return "less than 0.000001" if expected < 1e-6 else f"{Decimal(f'{expected:.1g}'):f}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 line`, `2 lines`, `1 250 lines`."""
    return f"{number:,} ".replace(",", " ") + (one if number == 1 else many or one + "s")


def because(reason: str) -> str:
    """The sentence for a reason code.

    >>> because("nothing_fits"), because("fee_line")
    ('Nothing on the line points to an invoice we hold.', 'Fee line.')
    """
    return REASONS.get(reason) or f"{spoken(plain(reason)).capitalize()}."


def spoken(code: str) -> str:
    """A reason code as words: `already_settled` -> `already settled`."""
    return code.replace("_", " ").replace("-", " ")
