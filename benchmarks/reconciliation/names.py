"""Invented French company names: trades, places and surnames put together, with their legal forms."""

from random import Random

from benchmarks.reconciliation.noise import words

_FORMS = (("SAS", 36), ("SARL", 30), ("SA", 8), ("EURL", 7), ("SASU", 7), ("SCI", 3), ("SNC", 2), ("", 7))
_ABROAD = ("GmbH", "Ltd", "BV", "SpA", "SL", "AG", "SRL", "Oy")
_FORM_NAMES, _FORM_WEIGHTS = zip(*_FORMS, strict=True)
FACTORS = ("CAPFACT SERVICES", "ARMORIQUE AFFACTURAGE", "PAYFLUX EUROPE SA", "LIBERIS ENCAISSEMENT")
"""Invented companies that pay for many debtors."""


def surname(rng: Random) -> str:
    """One in seven is a frequent surname, the others are put together from syllables."""
    if rng.random() < 0.14:
        return rng.choice(words("frequent_surnames"))
    return rng.choice(words("heads")) + rng.choice(words("middles")) + rng.choice(words("tails"))


def core_name(rng: Random, word: str) -> str:
    """A company's name around one distinctive word, without its legal form."""
    shape = rng.random()
    if shape < 0.40:
        return f"{rng.choice(words('trades'))} {word}"
    if shape < 0.55:
        return f"{word} {rng.choice(words('areas'))}"
    if shape < 0.68:
        return f"{rng.choice(words('trades'))} {word} {rng.choice(words('towns'))}"
    if shape < 0.78:
        return f"{word} & Fils" if rng.random() < 0.5 else f"{word} {surname(rng)}"
    if shape < 0.90:
        return f"{word} {rng.choice(words('trades'))}"
    if shape < 0.95:
        return f"Groupe {word}"
    return word


def with_form(rng: Random, core: str, *, abroad: bool = False) -> str:
    """The name with its legal form, mostly behind it."""
    form = rng.choice(_ABROAD) if abroad else rng.choices(_FORM_NAMES, _FORM_WEIGHTS)[0]
    if not form:
        return core
    if form in ("SA", "SARL") and rng.random() < 0.03:
        form = ".".join(form) + "."
    return f"{form} {core}" if rng.random() < 0.12 and not abroad else f"{core} {form}"


def iban(rng: Random, country: str = "FR") -> str:
    """An IBAN of the country's length with valid check digits."""
    length = {"FR": 23, "DE": 18, "BE": 12, "ES": 20, "IT": 23, "NL": 14, "GB": 18}[country]
    if country == "NL":
        body = "INGB" + _digits(rng, length - 4)
    elif country == "GB":
        body = "BARC" + _digits(rng, length - 4)
    else:
        body = _digits(rng, length)
    as_number = "".join(str(int(c, 36)) for c in body + country)
    return f"{country}{98 - int(as_number + '00') % 97:02}{body}"


def _digits(rng: Random, count: int) -> str:
    return str(rng.randrange(10**count)).zfill(count)


def creditor_reference(body: str) -> str:
    """RF, its check digits, and up to 21 letters and digits (ISO 11649)."""
    body = "".join(c for c in body.upper() if c.isalnum())[:21]
    as_number = "".join(str(int(c, 36)) for c in body + "RF")
    return f"RF{98 - int(as_number + '00') % 97:02}{body}"
