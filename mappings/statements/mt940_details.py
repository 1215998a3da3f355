"""What `:86:` says, in the three ways banks write it: German sub-fields, slash words, free text."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from mt940 import Options
from mt940.models import Transactions
from mt940.processors import transaction_details_post_processor
from mt940.tags import TAG_BY_ID

from core.model.identifiers import is_iban
from mappings.statements.draft import seamless, told

WIDTH: Final = 65
_GERMAN: Final = re.compile(r"\d{3}([?~^<>@])\d\d")
_MESSAGE: Final = re.compile(r"(\?2\d)(MTLG:)")
"""Begins a text of the bank that the reference before it would swallow."""
_SLASH: Final = re.compile(
    r"/(EREF|KREF|PREF|MARF|CSID|CNTP|NAME|IBAN|BIC|REMI|RTRN|ORDP|BENM|ULTD|ULTC|ULTB|PURP|TRTP|TRCD|ISDT"
    r"|SVCL|INIT|TRXID|ADDR|CREF|OCMT|CHGS|EXCH|NRTX)/"
)
_GERMAN_WORDS: Final = {
    "end_to_end_reference": "end_to_end_id", "additional_position_reference": "mandate_id",
    "applicant_creditor_id": "creditor_id", "applicant_name": "name", "applicant_iban": "account",
    "gvc_applicant_iban": "iban", "applicant_bin": "bic", "return_debit_notes": "return_code",
    "purpose_code": "purpose", "customer_reference": "payment_information_id", "posting_text": "posting_text",
    "deviate_applicant": "ultimate_debtor", "deviate_recipient": "ultimate_creditor",
    "transaction_code": "business_code", "prima_nota": "batch_number",
}  # fmt: skip
_SLASH_WORDS: Final = {
    "EREF": "end_to_end_id", "MARF": "mandate_id", "CSID": "creditor_id", "NAME": "name", "IBAN": "iban",
    "BIC": "bic", "RTRN": "return_code", "PURP": "purpose", "KREF": "payment_information_id",
    "PREF": "payment_information_id", "ULTD": "ultimate_debtor", "ULTC": "ultimate_creditor",
    "ULTB": "ultimate_creditor", "TRTP": "posting_text", "TRCD": "business_code",
}  # fmt: skip
_COUNTERPARTY: Final = ("iban", "bic", "name")
"""The parts of CNTP, in order; a fourth is the town."""


class Details(NamedTuple):
    """The free text, every other part under our word for it, and the text in lines as a person reads it."""

    remittance: str | None
    words: dict[str, str]
    lines: tuple[str, ...]


def details(lines: list[str]) -> Details:
    """The details of a line from the lines of its `:86:`."""
    german = _GERMAN.match(lines[0]) if lines else None
    if german:
        return _german(lines, german[1])
    text = seamless(lines, WIDTH)
    remittance, words = _slashed(text) if _SLASH.search(text) else (_single(text), {})
    return Details(remittance, words, tuple(filter(None, map(str.strip, lines))))


def _german(lines: list[str], sign: str) -> Details:
    """`166?00TEXT?20EREF+…?21SVWZ+…?30BIC?31ACCOUNT?32NAME?34REASON`: cut anywhere, so nothing is
    put between the parts of one field. `?` is the usual sign, some banks have another."""
    text = "".join(lines)
    if sign != "?":
        text = text.replace("?", " ").replace(sign, "?")
    text = _MESSAGE.sub(r"\1SVWZ+\2", text)
    said = {"transaction_details": text}
    found: Mapping[str, object] = transaction_details_post_processor(
        Transactions(options=Options.all()), TAG_BY_ID[86], said, dict(said)
    )
    words = _kept((_GERMAN_WORDS[name], part) for name, part in found.items() if name in _GERMAN_WORDS)
    purpose = [str(found[name]).strip() for name in ("purpose", "additional_purpose") if found.get(name)]
    account = words.pop("account", "")
    if account:
        words.setdefault("iban" if is_iban(account.replace(" ", "")) else "counterparty_account", account)
    remittance = _single(" ".join(purpose))
    return Details(remittance, words, tuple(filter(None, (words.get("posting_text"), remittance))))


def _slashed(text: str) -> tuple[str | None, dict[str, str]]:
    """`/EREF/…//RTRN/…/NAME/…/REMI/…`: a word counts to the next one that is known."""
    free, *rest = _SLASH.split(text)
    pairs: list[tuple[str, str]] = []
    remittance = [free]
    for name, value in zip(rest[::2], rest[1::2], strict=True):
        if name == "REMI":
            remittance.append(re.sub(r"^/?(USTD|STRD)/+(CUR/)?", "", value))
        elif name == "CNTP":
            pairs += zip(_COUNTERPARTY, value.split("/"), strict=False)
        else:
            pairs.append((_SLASH_WORDS.get(name, name), value))
    text = " ".join(part for part in (piece.strip(" /") for piece in remittance) if part)
    return _single(text), _kept(pairs)


def _kept(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The first of each word that says something."""
    words: dict[str, str] = {}
    for name, part in pairs:
        if isinstance(part, str) and (value := _single(part.strip(" /"))):
            words.setdefault(name, value)
    return words


def _single(text: str) -> str | None:
    """With single blanks; None when it says nothing."""
    return told(" ".join(text.split()))
