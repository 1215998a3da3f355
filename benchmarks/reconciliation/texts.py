"""What payers write: references in every state, words around them, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from benchmarks.reconciliation.documents import Document
from benchmarks.reconciliation.noise import Noise, words
from benchmarks.reconciliation.numbers import WAYS, listed, spanned
from benchmarks.reconciliation.payments import Payment


@dataclass(slots=True)
class Text:
    """One payer's text and the state of what it cites; empty text: `cited` says why."""

    text: str
    cited: str
    creditor_reference: str | None = None
    end_to_end_id: str | None = None


def write(rng: Random, noise: Noise, payment: Payment) -> Text:
    """The text of a payment and the identifiers beside it."""
    rates = noise["text"]
    if not payment.cites or rng.random() < rates["empty"]:
        return Text(rng.choice(words("nothing")), "empty")
    if rng.random() < rates["words_only"]:
        return Text(rng.choice(words("instead_of_a_number")), "words")
    if len(payment.cites) == 1:
        found = _one(rng, noise, payment.cites[0])
    else:
        found = _several(rng, noise, payment.cites)
    if found.text:
        found.text = _around(rng, rates, found.text)
    if payment.remark.startswith("LESS"):
        found.text = f"{found.text} {payment.remark}".strip()
    return found


def _one(rng: Random, noise: Noise, document: Document) -> Text:
    ways = noise["cites"]
    way = rng.choices(list(ways), list(ways.values()))[0]
    if way == "structured" and document.rf:
        return Text("", "structured", creditor_reference=document.rf)
    if way == "order" and document.order:
        return Text(f"{rng.choice(('CDE', 'COMMANDE', 'VOTRE CDE', ''))} {document.order}".strip(), "order")
    if way == "end_to_end":
        return Text("", "end_to_end", end_to_end_id=document.number)
    if rng.random() < noise["text"]["wrong_number"]:
        return Text(WAYS["typo"](rng, document.number), "wrong_number")
    way = way if way in WAYS else "intact"
    shown = WAYS[way](rng, document.number)
    unharmed = shown == document.number and way not in ("truncated", "wrong_number")
    return Text(shown, "intact" if unharmed else way)


def _several(rng: Random, noise: Noise, documents: list[Document]) -> Text:
    rates = noise["lists"]
    numbers = [d.number for d in documents]
    one_series = len({d.seller.id for d in documents}) == 1 and all(d.amount > 0 for d in documents)
    if one_series and len(documents) > 2 and _consecutive(documents) and rng.random() < rates["range"]:
        return Text(spanned(rng, numbers), "range")
    if rng.random() < rates["one_missing"] and len(numbers) > 2:
        numbers.pop(rng.randrange(len(numbers)))
        return Text(" ".join(numbers), "list_one_missing")
    if one_series and rng.random() > rates["all_full"]:
        return Text(listed(rng, numbers), "list_counters")
    way = "separators" if rng.random() < 0.15 else "intact"
    shown = [WAYS[way](rng, n) for n in numbers]
    return Text(rng.choice((" ", " ", ", ", " + ", " / ", " ET ", ";")).join(shown), "list_full")


def _consecutive(documents: list[Document]) -> bool:
    """Whether the numbers rise by one, give or take a hole, as a range says."""
    tails = [int("".join(c for c in d.number if c.isdigit())) for d in documents]
    return tails == sorted(tails) and tails[-1] - tails[0] <= len(tails) + 1


def _around(rng: Random, rates: Mapping[str, float], text: str) -> str:
    if rng.random() < rates["noise_words"]:
        text = f"{rng.choice(words('before_a_number'))} {text}"
        if rng.random() < 0.3:
            text = f"{text} {rng.choice(words('after_a_number'))}"
    if rng.random() < rates["noise_digits"]:
        extra = _digits(rng)
        text = f"{text} {extra}" if rng.random() < 0.7 else f"{extra} {text}"
    return text if rng.random() < 0.25 else text.upper()


def _digits(rng: Random) -> str:
    """Digits that are no reference."""
    day, month = rng.randrange(1, 29), rng.randrange(1, 13)
    shapes = (
        f"DU {day:02}/{month:02}/2024", f"DU {day:02}.{month:02}.24", f"{day:02}{month:02}24",
        f"ECH {day:02}/{month:02}", f"T{rng.randrange(1, 5)} 2024", f"LOT {rng.randrange(1, 40)}",
        f"CLT {rng.randrange(100, 99999)}", f"CODE CLIENT {rng.randrange(1000, 9999)}",
        f"C{rng.randrange(10**5):05}", f"TEL 0{rng.randrange(10**8, 10**9)}",
        f"SIREN {rng.randrange(10**8, 10**9)}",
        f"CONTRAT {rng.randrange(10**6, 10**7)}", f"{rng.randrange(10, 999)},{rng.randrange(100):02} EUR",
    )  # fmt: skip
    return rng.choice(shapes)


def number_not_held(rng: Random) -> str:
    """A number of somebody's invoices; it looks like one."""
    n = rng.randrange(1, 99_999)
    year, month = rng.choice((2023, 2024, 2024, 2024, 2025)), n % 12 + 1
    shapes = (
        f"FAC-{year}-{n:06}", f"F{year}-{n % 1000:03}", f"{year % 100}{month:02}{n % 1000:03}", f"INV-{n:05}",
        f"FA-{n}", f"{year}{n % 10_000:04}", f"FV/{year}/{month:02}/{n % 1000:03}", f"{n % 1000}/{year}",
        f"D{n:05}", f"{n:06}",
    )  # fmt: skip
    return rng.choice(shapes)
