"""What the banks' operation codes and reject codes mean, one table each."""

from typing import Final

from core.model.bank import Operation

_BY_KIND: Final[tuple[tuple[Operation, str], ...]] = (
    ("transfer", "05 06 13 14 18 21 39 41 44 45 90"),
    ("instant_transfer", "C1 C2"),
    ("return", "12 C3 C5"),
    ("recall", "C4"),
    ("direct_debit", "08 09 22 24 96 97 A1 A2 B1 B2"),
    ("direct_debit_return", "10 26 27 98 A3 A4 A5 A6 B3 B4 B5 B6"),
    ("cheque", "01 02 03 15"),
    ("trade_bill", "07 31 33 34 35"),
    ("financing", "32 37 71 72"),
    ("card", "11 28 29 30 36 38"),
    ("cash", "04"),
    ("fee", "62 64 65 66 88"),
    ("interest", "61 63 70"),
    ("tax", "67"),
    ("internal", "92 93 94 95"),
)
CFONB: Final[dict[str, Operation]] = {code: kind for kind, codes in _BY_KIND for code in codes.split()}
"""Interbank operation code (CFONB 120, positions 33-34) to operation; any other code is `other`."""

REJECT_REASONS: Final[dict[str, str]] = {
    "12": "AC01", "14": "AC04", "20": "AM04", "31": "MD01", "34": "AC06", "35": "MD07", "52": "AG02",
    "57": "FF01", "58": "MS02", "59": "MS03", "60": "RC01", "61": "TM01", "62": "RR04", "63": "SL01",
    "64": "AM05", "65": "FOCR", "66": "MD02", "80": "MD06", "99": "AG01",
}  # fmt: skip
"""CFONB reject code to its ISO 20022 equal, where both lists say the same. Another code is kept."""

_BY_SWIFT: Final[tuple[tuple[Operation, str], ...]] = (
    ("transfer", "TRF STO"), ("direct_debit", "DDT"), ("cheque", "CHK TCK"), ("trade_bill", "BOE"),
    ("fee", "CHG COM BRF"), ("interest", "INT"), ("tax", "TAX"), ("return", "RTI"), ("financing", "LDP"),
    ("internal", "CMI CMN CMS CMT CMZ"),
)  # fmt: skip
SWIFT: Final[dict[str, Operation]] = {code: kind for kind, codes in _BY_SWIFT for code in codes.split()}
"""SWIFT transaction type (MT940 `:61:`, after its first letter) to operation; MSC and others say none."""
_BY_GERMAN: Final[tuple[tuple[Operation, str], ...]] = (
    ("transfer", "116 117 152 153 166 177 191"), ("instant_transfer", "118 168"),
    ("direct_debit", "104 105 171 174"), ("direct_debit_return", "108 109"), ("return", "159"),
)  # fmt: skip
GERMAN: Final[dict[str, Operation]] = {code: kind for kind, codes in _BY_GERMAN for code in codes.split()}
"""German business transaction code (first three digits of `:86:`) to operation, where one word says it."""
GERMAN_RETURNS: Final[dict[str, str]] = {"901": "AC01", "914": "MS03"}
"""German return code (`?34` of `:86:`) to ISO 20022: those that a public statement spells out beside the
code (betterplace/sepa_snippet.sta of the library mt-940: "IBAN unguelti(g)", "Grund nicht spezifiziert").
The list of the German banks is not public and copies of it disagree, on 911 to 913 above all; so any
other code is kept as the bank writes it."""

_SUBFAMILIES: Final[dict[str, Operation]] = {
    "RRTN": "return", "RPCR": "return", "UPDD": "direct_debit_return", "PRDD": "direct_debit_return",
    "RCDD": "direct_debit_return", "ICCT": "internal", "CHRG": "fee", "COMM": "fee", "COME": "fee",
    "COMI": "fee", "COMT": "fee", "FEES": "fee", "INTR": "interest", "TAXE": "tax",
    "CDPT": "cash", "CWDL": "cash",
}  # fmt: skip
_FAMILIES: Final[dict[str, Operation]] = {
    "ICDT": "transfer", "RCDT": "transfer", "IRCT": "instant_transfer", "RRCT": "instant_transfer",
    "IDDT": "direct_debit", "RDDT": "direct_debit", "CCRD": "card", "MCRD": "card", "ICHQ": "cheque",
    "RCHQ": "cheque", "DRFT": "trade_bill", "CNTR": "cash",
}  # fmt: skip
_DOMAINS: Final[dict[str, Operation]] = {"LDAS": "financing", "CAMT": "internal"}
_UNDONE: Final[dict[Operation, Operation]] = {
    "direct_debit": "direct_debit_return",
    "transfer": "return",
    "instant_transfer": "return",
}


def iso_operation(*, domain: str, family: str, subfamily: str, undone: bool) -> Operation:
    """ISO 20022 bank transaction code to operation. `undone`: the bank says that the entry
    returns or reverses an earlier one."""
    kind = _SUBFAMILIES.get(subfamily) or _FAMILIES.get(family) or _DOMAINS.get(domain) or "other"
    return _UNDONE.get(kind, kind) if undone else kind
