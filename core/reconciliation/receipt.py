"""T0: which lines are no receipts, which are returns, and which two cancel each other."""

import re
from collections import defaultdict
from collections.abc import Sequence
from enum import IntEnum, auto
from typing import Final

from core.reconciliation.label import WORD, fold_text, given, read
from core.reconciliation.line import Line
from core.reconciliation.scope import normal_iban
from core.reconciliation.spelling import normalise

_RETURN_WORDS: Final = frozenset({"return", "recall", "direct_debit_return"})
_NO_RECEIPT: Final = frozenset({"fee", "interest", "internal", "financing", "tax", "cash"})
_NO_CREDIT: Final = _NO_RECEIPT | {"card", "psp_payout"}
DEBIT_MARK: Final = re.compile(
    r"\b(?:IMPAYES?|REJET|REJETE|RETOUR|RAPPEL|RET\.? ?SDD|RECALL|RETURN|ANNUL\w*|CONTRE-?PASS\w*|EXTOURNE)\b"
)
CREDIT_MARK: Final = re.compile(
    r"^(?:(?:REJET|RETOUR|IMPAYE|ANNUL\w*|CONTRE-?PASS\w*|EXTOURNE)\b|VIR\w*\b.{0,20}\bREJETE\b)"
)
_CORRECTION: Final = re.compile(r"\b(?:ANNUL\w*|CONTRE-?PASS\w*|EXTOURNE|REGUL\w*|ERREUR)\b")
_OPENING: Final = re.compile(
    r"(?:REMISES? (?:CB|CARTE|\d)|VIR(?:EMENT)? (?:CPTE A CPTE|INTERNE)|ECHEANCE ?PRET|DEBLOCAGE|INTERETS)\b"
)
_ANYWHERE: Final = re.compile(r"\b(?:REMB\w* (?:DE )?(?:CREDIT )?(?:DE )?TVA|URSSAF|SALAIRES?)\b")
"""Looked for only where one of the words stands that it ends with."""
_PLATFORMS: Final = frozenset(
    {"STRIPE", "GOCARDLESS", "PAYPAL", "SUMUP", "ADYEN", "MOLLIE", "ALMA", "SLIMPAY"}
)
SHORTEST_ID: Final = 4
"""End-to-end ids shorter than this (`9`, `1`) link nothing."""
SHORTEST_NAME: Final = 5
"""Letters of a name that a return quotes."""
WHOLE: Final = 4
"""Words of a text that is repeated whole."""
QUOTED: Final = 400
"""How much of a text is read for such a name, in characters."""


class Quoted(IntEnum):
    """What a return repeats of an earlier line: nothing, nothing that could be told (nobody is named there),
    who paid, all its words (but the last, which may be cut)."""

    NOTHING = auto()
    NAMELESS = auto()
    NAME = auto()
    ALL = auto()


def not_booked(line: Line) -> str | None:
    """Why a line cannot settle anything yet, or ever."""
    if line.status != "booked":
        return line.status
    if line.booking_date is None:
        return "pending"
    return "zero_amount" if line.amount_minor == 0 else None


def no_receipt(line: Line, own_ibans: frozenset[str]) -> str | None:
    """Why a booked line pays no invoice, as far as its kind and words say."""
    words = _NO_CREDIT if line.amount_minor > 0 else _NO_RECEIPT
    if line.operation in words:
        return f"{line.operation}_line"
    if own_ibans and normal_iban(line.counterparty_iban) in own_ibans:
        return "own_transfer"
    if line.operation is None and line.amount_minor > 0:
        return _noise(line)
    return None


def _noise(line: Line) -> str | None:
    name, remittance = line.counterparty_name, line.remittance
    if name and fold_text(name).partition(" ")[0] in _PLATFORMS:
        return "platform_payout"
    return "not_a_receipt" if remittance and _says_so(fold_text(remittance[:140])) else None


def _says_so(text: str) -> bool:
    if _OPENING.match(text):
        return True
    return ("TVA" in text or "URSSAF" in text or "SALAIRE" in text) and bool(_ANYWHERE.search(text))


def is_marked_return(line: Line) -> bool:
    """Whether the bank says, by reason, kind or words, that the line takes an earlier one back."""
    if given(line.return_reason) or line.operation in _RETURN_WORDS:
        return True
    if line.operation not in (None, "other") or not line.remittance:
        return False
    text = fold_text(line.remittance[:140])
    return (DEBIT_MARK.search(text) if line.amount_minor < 0 else CREDIT_MARK.match(text)) is not None


def ids_of(line: Line) -> tuple[tuple[str, str], ...]:
    """The identifiers by which a return names its original."""
    pairs = (("end_to_end_id", given(line.end_to_end_id)), ("bank_reference", given(line.bank_reference)))
    return tuple((kind, text) for kind, text in pairs if text and len(text) >= SHORTEST_ID)


def same_payer(one: Line, other: Line) -> bool:
    """Equal account, else equal name; unknown is not equal."""
    a, b = normal_iban(one.counterparty_iban), normal_iban(other.counterparty_iban)
    if a and b:
        return a == b
    first, second = given(one.counterparty_name), given(other.counterparty_name)
    return bool(first and second) and normalise(first or "").words == normalise(second or "").words


def quoted(line: Line, earlier: Line) -> Quoted:
    """How a return that names nobody by itself repeats an earlier line in its text."""
    text = earlier.remittance
    if given(line.counterparty_name) or not line.remittance:
        return Quoted.NOTHING
    told = set(WORD.findall(fold_text(line.remittance[:QUOTED])))
    words = WORD.findall(fold_text(text[:QUOTED])) if text else []
    if len(words) >= WHOLE and told.issuperset(words[:-1]):
        return Quoted.ALL
    name = read(earlier, max_text=QUOTED).payer
    if not name:
        return Quoted.NAMELESS
    parts = normalise(name).words
    telling = sum(map(len, parts)) >= SHORTEST_NAME
    return Quoted.NAME if telling and told.issuperset(parts) else Quoted.NOTHING


def contra_entries(lines: Sequence[Line]) -> dict[str, str]:
    """Lines of one day that cancel each other, both ways: same account, opposite amount, and a common
    identifier, else the same label, else a word for a correction; only where one pair is possible."""
    by_amount: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for line in lines:
        by_amount[line.account_id, abs(line.amount_minor)].append(line)
    cancelled: dict[str, str] = {}
    for group in by_amount.values():
        debits = [line for line in group if line.amount_minor < 0]
        for debit in debits if len(debits) < len(group) else ():
            credits = [c for c in group if c.amount_minor > 0 and c.transaction_id not in cancelled]
            partner = _partner(debit, credits)
            if partner is not None:
                cancelled[debit.transaction_id] = partner.transaction_id
                cancelled[partner.transaction_id] = debit.transaction_id
    return cancelled


def _partner(debit: Line, credits: Sequence[Line]) -> Line | None:
    """The one credit that a debit cancels, by the strongest sign that any of them bears."""
    for sign in (_share_an_id, _repeats, _cancels):
        found = [credit for credit in credits if sign(debit, credit)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _share_an_id(debit: Line, credit: Line) -> bool:
    return not set(ids_of(debit)).isdisjoint(ids_of(credit))


def _repeats(debit: Line, credit: Line) -> bool:
    """Whether the bank corrects itself by the very label, of nobody else, with a word for it put before."""
    one, other = (fold_text(line.remittance or "") for line in (debit, credit))
    if not _CORRECTION.search(one) and not _CORRECTION.search(other):
        return False
    words, others = (re.findall(r"[A-Z0-9]+", _CORRECTION.sub(" ", text)) for text in (one, other))
    named = debit.counterparty_name and credit.counterparty_name
    return bool(words) and words == others and (not named or same_payer(debit, credit))


def _cancels(debit: Line, credit: Line) -> bool:
    texts = [fold_text(line.remittance or "") for line in (debit, credit)]
    return any(_CORRECTION.search(t) for t in texts) and (
        same_payer(debit, credit) or _alike(texts[0], texts[1])
    )


def _alike(one: str, other: str) -> bool:
    a, b = (set(re.findall(r"[A-Z0-9]{4,}", _CORRECTION.sub(" ", t))) for t in (one, other))
    return bool(a & b) and len(a & b) * 2 >= min(len(a), len(b))
