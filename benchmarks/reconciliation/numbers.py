"""How sellers number their invoices, and how payers write those numbers down."""

import re
from collections.abc import Callable
from datetime import date
from random import Random

Format = Callable[[date, int, str], str]
FORMATS: tuple[Format, ...] = (
    lambda day, n, _own: f"FAC-{day.year}-{n:06}",
    lambda day, n, _own: f"F{day.year}-{n:03}",
    lambda day, n, _own: f"{day:%y%m}{n:03}",
    lambda day, n, _own: f"INV-{n:05}",
    lambda day, n, _own: f"FA{day:%y%m}{n:02}",
    lambda day, n, _own: f"FA-{n}",
    lambda day, n, _own: f"{n:06}",
    lambda day, n, _own: f"{day.year}{n:04}",
    lambda day, n, _own: f"FV/{day.year}/{day:%m}/{n:03}",
    lambda day, n, _own: f"{n}/{day.year}",
    lambda day, n, _own: f"VT{day:%y}-{n:05}",
    lambda day, n, _own: f"{day.year}-{n:04}",
    lambda day, n, _own: f"F{n:07}",
    lambda day, n, _own: f"FC{day:%y}{n:05}",
    lambda day, n, own: f"{own}{day:%y}{n:04}",
    lambda day, n, own: f"{own}-{day.year}-{n:04}",
    lambda day, n, own: f"{own}{n:06}",
    lambda day, n, own: f"F{own}{day:%y%m}{n:03}",
    lambda day, n, own: f"{day.year}-{own}-{n:04}",
    lambda day, n, own: f"{own}/{n:05}",
)
"""Day of issue, counter, and letters of the seller's own: some sellers have them in front."""
YEARLY = frozenset({0, 1, 2, 4, 7, 8, 9, 10, 11, 13, 14, 15, 17, 18})
"""Formats whose counter starts anew each year."""
_PARTS = re.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]+")
_LOOKS = {"0": "O", "1": "I", "5": "S", "8": "B", "2": "Z", "6": "G", "O": "0", "I": "1", "S": "5", "B": "8"}


def _groups(number: str) -> list[str]:
    return re.findall(r"\d+", number)


def _last_digits(number: str) -> str:
    return _groups(number)[-1]


def counter(number: str) -> str:
    """The last group of digits without its zeros; of a long group (2401201) its last three or four."""
    return _counter_of(number).lstrip("0") or "0"


def _counter_of(number: str) -> str:
    groups = _groups(number)
    if re.fullmatch(r"\d+/\d{4}", number):
        return groups[0]
    last = groups[-1]
    if re.fullmatch(r"20\d\d\d{4}", last) or (
        len(groups) == 1 and len(last) == 7 and not number.startswith("F0")
    ):
        return last[4:]
    return last


def intact(rng: Random, number: str) -> str:
    return number


def separators(rng: Random, number: str) -> str:
    """Separators lost or replaced, or letters and digits parted."""
    parts = [p for p in _PARTS.findall(number) if p.isalnum()]
    if len(parts) == 1:
        return parts[0].lower() if not parts[0].isdigit() else f"F{parts[0]}"
    joined = rng.choice(("", "", " ", " ", ".", "/", "_")).join(parts)
    return joined.lower() if rng.random() < 0.25 else joined


def zeros(rng: Random, number: str) -> str:
    """The zeros in front of the last group of digits lost."""
    return re.sub(r"(?<!\d)0+(?=\d+\D*$)", "", number)


def digits(rng: Random, number: str) -> str:
    """Only the digits, together or apart."""
    return rng.choice(("", " ", " ")).join(re.findall(r"\d+", number))


def bare_counter(rng: Random, number: str) -> str:
    """The counter alone, with a word in front."""
    return f"{rng.choice(('FACT', 'FACTURE', 'FACTURE N', 'FAC', 'F', 'NO'))} {counter(number)}"


def ocr(rng: Random, number: str) -> str:
    """One or two characters read as their look-alikes."""
    places = [at for at, c in enumerate(number) if c in _LOOKS]
    chosen = rng.sample(places, min(len(places), 1 if rng.random() < 0.7 else 2))
    return "".join(_LOOKS[c] if at in chosen else c for at, c in enumerate(number))


def typo(rng: Random, number: str) -> str:
    """One digit replaced, dropped or doubled, or two swapped."""
    at = rng.choice([i for i, c in enumerate(number) if c.isdigit()])
    way = rng.random()
    if way < 0.45:
        return number[:at] + rng.choice([d for d in "0123456789" if d != number[at]]) + number[at + 1 :]
    if way < 0.70:
        return number[:at] + number[at + 1 :]
    if way < 0.80 or at + 1 >= len(number) or not number[at + 1].isdigit():
        return number[:at] + number[at] + number[at:]
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


WAYS: dict[str, Callable[[Random, str], str]] = {
    "intact": intact, "separators": separators, "zeros": zeros, "digits": digits, "counter": bare_counter,
    "ocr": ocr, "typo": typo, "truncated": intact,
}  # fmt: skip


def listed(rng: Random, numbers: list[str]) -> str:
    """The first number whole, then what differs: `FA2401201 1202 1205`; another series is whole again."""
    shown = [numbers[0], *(_short(numbers[0], number) for number in numbers[1:])]
    return rng.choice((" ", ", ", "+", "/", " - ", " ET ", ";")).join(shown)


def _short(first: str, number: str) -> str:
    """The end of a number that begins as the first does; the whole number otherwise."""
    tail, other = _last_digits(number), _last_digits(first)
    if re.fullmatch(r"\d+/\d{4}", number) or len(tail) != len(other):
        return number
    if number.removesuffix(tail) != first.removesuffix(other):
        return number
    return tail if len(tail) <= 4 else tail[-4:] if tail[:-4] == other[:-4] else number


def spanned(rng: Random, numbers: list[str]) -> str:
    """The first number, a word, and the last one's digits: `F2024-007 A 010`."""
    last = numbers[-1] if rng.random() < 0.4 else _last_digits(numbers[-1])
    return f"{numbers[0]} {rng.choice(('A', 'AU', 'à', '-'))} {last}"
