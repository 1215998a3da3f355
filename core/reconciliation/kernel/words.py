"""Words, patterns and numbers of the rules that the compiled half is handed: they stand in one place only.

Whoever asks for them loads the rules.
"""

import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, Final

from core.money import EXPONENTS

HANDED: Final[Mapping[str, str]] = {
    "candidates": (
        "AMOUNT DAYS_A_BIT EACH_MORE EARLY FAR FEW HANDFUL LEFT_OUT MIDDLE MOST MOST_LATE NO_DATE "
        "PAYER RARE REFERENCE SIZE STEPS _NEAR"
    ),
    "case": "FEW_SELLERS MANY_DIGITS OWN_ID SPARSE",
    "cite.kinds": "JOINS MAX_RANGE MAX_WORDS OTHER_PAPERS TIGHT",
    "cite.near": "MAX_LOOKED_AT MAX_OWED SHORTEST_CUT",
    "cite.numbers": "TELLING",
    "cite.rest": "LONGEST_COUNTER LONGEST_NUMBER SHORTEST_ALIKE _CITING _CUSTOMERS _LETTERS_DIGITS",
    "cite.series": (
        "AND_WORDS EXCEPT_WORDS LONGEST_TAIL MAX_ENDING NUMBER_WORDS RANGE_SIGNS RANGE_WORDS SPAN_SIGNS "
        "_FILLERS"
    ),
    "cite.unglue": "MAX_PIECES STAMP _WORDS",
    "coincidence": "NEAR ROUND SHAPE_COUNTS UNEVEN",
    "decision": "LISTED SHOWN _UNCERTAIN",
    "endings": "MOST_ENDS SHORTEST_TAIL",
    "gaps": "CLOSE DEDUCTION INDEMNITY MAX_RETENTION_BP MOST_INTEREST",
    "hints": "ABOUT_EARLY ABOUT_LATE FEW_HELD",
    "hold": "TWINS TWIN_DAYS",
    "index": "CONFUSED GENERIC LONG LONGEST_LAST SHORT YEARS",
    "joint": "MAX_LINES",
    "label.amounts": "_BEFORE _CENTS_APART _DIGITS _INSIDE _LOOKED_BACK _MOST_DIGITS _NAMED _SAID",
    "label.folding": "CUTS EMPTY",
    "label.forms": "ABROAD READ_FOR_REFERENCES ROLES RUN_TOGETHER",
    "label.noise": (
        "IBAN_LENGTHS LONGEST_PLAIN _ANNOUNCING _BLOCKS _DASHES _FIND _IBAN_START _IBAN_WORD _KINDS "
        "_PLAIN_NUMBER _SLASHES _TELLING"
    ),
    "label.openings": "_MORE _SPELLED _WITH_MORE",
    "label.reading": "FIELD_CUTS OWN_REFERENCE REMITTANCE_CUTS _AROUND _NAMES",
    "label.structured": "_CARRY _DIGITS _RF _SEPARATORS",
    "label.tags": "_ADDRESS _COLON _LINE _LONGEST_CUT _PLUS _SLASH _TOUCHING",
    "label.zones": "_BARE _BEHIND_NAME _ENDS_EARLY _NAME_ALONE _ONE_WORD _ORDERING",
    "likeness": "LONG_WORD MOST_BEGUN RELEVANT ROUNDING SHORTEST_CUT",
    "names": (
        "CLEAR CUTS_OF_NAMES EVERYBODYS FOR_MANY HANDFUL LONGEST_NAME LONGEST_RUN MARGIN MUCH "
        "SHORTEST_TELLING SURE"
    ),
    "receipt": (
        "CREDIT_MARK DEBIT_MARK QUOTED SHORTEST_ID SHORTEST_NAME WHOLE _ANYWHERE _CORRECTION _NO_CREDIT "
        "_NO_RECEIPT _OPENING _PLATFORMS _RETURN_WORDS"
    ),
    "returns": "MOST_READ",
    "review": "OWN _GATED",
    "silent": (
        "APART_DAYS CLOSE_DAYS EARLY_DAYS IN_TIME IN_TIME_EARLY IN_TIME_LATE LATE_DAYS OTHERWISE OUT_OF_TIME "
        "USUAL_EARLY USUAL_LATE"
    ),
    "slips": "LITTLE_CUT MUCH_NEARER",
    "spelling": "AND ANY_FORM COMMON LEGAL_FORMS OR TITLES",
    "tiers": "AGAINST BOUNDED MORE NEARLY NEXT TIMELY",
}
"""Names by module, the modules counted from `core.reconciliation`."""
USUAL: Final = "".join(map(chr, (*range(0x80, 0x250), *range(0x2000, 0x2070), *range(0x20A0, 0x20C0))))
"""Characters beyond ASCII that texts mostly have: letters of Europe, punctuation, currencies."""
UNIT: Final = "\x1f"
RECORD: Final = "\x1e"


def words() -> str:
    """Records of a key and its texts, as `words.rs` reads them."""
    records = []
    for module, names in HANDED.items():
        found = import_module(f"core.reconciliation.{module}")
        for name in names.split():
            records.append(UNIT.join((f"{module}.{name}", *_texts(getattr(found, name)))))
    records.append(UNIT.join(("money.EXPONENTS", *_texts(EXPONENTS))))
    records.append(UNIT.join(("kernel.words.ZEROS", *_zeros())))
    return RECORD.join(records)


def _zeros() -> Iterable[str]:
    """The zeros beyond ASCII, each with its other digits behind it: `\\d` means them too."""
    return (one for one in map(chr, range(0x80, 0x20000)) if one.isdecimal() and int(one) == 0)


def characters(found: str) -> str:
    """Records of a character, the one that stands for it in a folded text, and its letters in ASCII."""
    from anyascii import anyascii

    from core.reconciliation.label import fold_text

    return RECORD.join(UNIT.join((char, fold_text(char), anyascii(char))) for char in found)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        return map(_text, value.items())
    if isinstance(value, set | frozenset):
        return map(_text, sorted(value))
    if isinstance(value, list | tuple):
        return map(_text, value)
    return (_text(value),)


def _text(value: Any) -> str:
    if isinstance(value, re.Pattern):
        return str(value.pattern)
    return "\t".join(map(_text, value)) if isinstance(value, tuple) else str(value)
