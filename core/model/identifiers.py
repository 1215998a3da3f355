"""Company, account and document identifiers: their check digits and their form for matching."""

import re
import unicodedata

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_RF = re.compile(r"RF\d{2}[A-Z0-9]{1,21}")
LA_POSTE = "356000000"


def compact(text: str) -> str:
    """Upper case, letters and digits only, accents removed: `Fac-2024/000 123` -> `FAC2024000123`."""
    folded = unicodedata.normalize("NFKD", text).upper()
    return "".join(c for c in folded if c.isascii() and c.isalnum())


def _mod97(text: str) -> int:
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97


def is_iban(text: str) -> bool:
    """True for an IBAN without blanks whose check digits hold (ISO 13616)."""
    return _IBAN.fullmatch(text) is not None and _mod97(text) == 1


def is_creditor_reference(text: str) -> bool:
    """True for an ISO 11649 reference whose check digits hold; blanks are ignored.

    >>> is_creditor_reference("RF18 5390 0754 7034")
    True
    """
    dense = text.replace(" ", "").upper()
    return _RF.fullmatch(dense) is not None and _mod97(dense) == 1


def _luhn(digits: str) -> bool:
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def is_siren(text: str) -> bool:
    """True for nine digits that pass Luhn: a French company."""
    return len(text) == 9 and text.isascii() and text.isdigit() and _luhn(text)


def is_siret(text: str) -> bool:
    """True for fourteen digits that pass Luhn (La Poste: sum divisible by five): a French site."""
    if not (len(text) == 14 and text.isascii() and text.isdigit()):
        return False
    if text.startswith(LA_POSTE):
        return _luhn(text) or sum(map(int, text)) % 5 == 0
    return _luhn(text)


def is_french_vat(text: str) -> bool:
    """True for FR + two digits + SIREN whose key holds; alphanumeric keys cannot be checked.

    >>> is_french_vat("FR44732829320")
    True
    """
    if not (len(text) == 13 and text.startswith("FR") and text[2:].isdigit() and is_siren(text[4:])):
        return False
    return int(text[2:4]) == (12 + 3 * (int(text[4:]) % 97)) % 97


def rib_key(bank: str, branch: str, account: str) -> str:
    """The two-digit RIB key of a French account (letters count as digits)."""
    letters = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")
    number = account.upper().translate(letters)
    return f"{97 - (89 * int(bank) + 15 * int(branch) + 3 * int(number)) % 97:02d}"


def french_iban(bank: str, branch: str, account: str) -> str:
    """The IBAN of a French RIB (bank 5, branch 5, account 11).

    >>> french_iban("20041", "01005", "0500013M026")
    'FR1420041010050500013M02606'
    """
    bban = f"{bank}{branch}{account.upper()}{rib_key(bank, branch, account)}"
    return f"FR{98 - _mod97('FR00' + bban):02d}{bban}"
