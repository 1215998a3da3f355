"""Invoices and credit notes of one tenant: amounts, dates, numbers, terms; held by us or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from benchmarks.reconciliation.names import creditor_reference
from benchmarks.reconciliation.noise import Noise
from benchmarks.reconciliation.numbers import FORMATS, YEARLY
from benchmarks.reconciliation.parties import Debtor, Seller

FIRST = date(2024, 1, 2)
DAYS = 420
LATEST = FIRST + timedelta(days=DAYS + 120)
DISCOUNTS = (100, 150, 200, 300)
OTHERS_SHARE = 0.55
"""Chance that one more document for somebody else comes before the next one."""
ABROAD = ("USD", "GBP", "CHF")


@dataclass(slots=True, eq=False)
class Document:
    """One invoice (amount > 0) or credit note (amount < 0); `left` is what is open as money comes."""

    seller: Seller
    debtor: Debtor
    issue: date
    due: date
    amount: int
    currency: str = "EUR"
    held: bool = True
    id: str = ""
    number: str = ""
    left: int = 0
    open_minor: int = 0
    rf: str | None = None
    order: str | None = None
    discount_bp: int | None = None
    discount_until: date | None = None
    retention_bp: int | None = None
    replaces: str | None = None
    old: "Document | None" = None
    """The document that this one replaces: nobody pays that one any more."""
    void: bool = False
    settled_on: date | None = None
    """The day on which the last of it was paid; None while anything is open."""


def amounts(rng: Random, noise: Noise) -> int:
    """A long tail around 900 €, clustered on round values before or after tax."""
    shapes = noise["amounts"]
    shape = rng.choices(list(shapes), list(shapes.values()))[0]
    if shape == "uneven":
        return max(850, int(rng.lognormvariate(11.4, 1.35)))
    if shape == "round":
        return _round(rng) * 100
    tax = 120 if rng.random() < 0.88 else rng.choice((110, 105.5))
    return int(_round(rng) * tax)


def _round(rng: Random) -> int:
    value = rng.lognormvariate(6.9, 1.2)
    step = 10 if value < 300 else 50 if value < 2000 else 100 if rng.random() < 0.7 else 500
    return max(step, int(value / step) * step)


def _dates(rng: Random, count: int, recurring: bool) -> Iterator[date]:
    day = FIRST + timedelta(days=rng.randrange(DAYS - 30))
    if recurring:
        day = FIRST + timedelta(days=rng.randrange(100))
    gap = min(16.0, DAYS / count)
    for _ in range(count):
        if day > LATEST:
            return
        yield day
        if recurring:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=min(day.day, 28))
        elif rng.random() > 0.20:
            day += timedelta(days=1 + int(rng.expovariate(1 / gap)))


def _due(rng: Random, issue: date, term: int) -> date:
    due = issue + timedelta(days=term)
    return due if term != 45 else (due.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def relation(rng: Random, noise: Noise, seller: Seller, debtor: Debtor) -> list[Document]:
    """Everything that one seller bills to one debtor."""
    recurring = rng.random() < noise["debtors"]["recurring"]
    count = rng.randrange(4, 14) if recurring else min(300, max(1, int(rng.lognormvariate(1.25, 1.1))))
    term = rng.choice((0, 15, 30, 30, 30, 45, 60))
    fixed = amounts(rng, noise)
    abroad = debtor.country != "FR" and rng.random() < 10 * noise["documents"]["foreign_currency"]
    currency = rng.choice(ABROAD) if abroad else "EUR"
    works = rng.random() < noise["documents"]["retention"]
    found = []
    for issue in _dates(rng, count, recurring):
        document = Document(
            seller, debtor, issue, _due(rng, issue, term),
            fixed if recurring and rng.random() > 0.03 else amounts(rng, noise), currency,
            held=seller.closed or rng.random() < seller.held_share,
        )  # fmt: skip
        if works and document.amount > 200_000:
            document.retention_bp = 500
        found.append(document)
        found += _terms(rng, noise, document)
    return found


def _terms(rng: Random, noise: Noise, document: Document) -> list[Document]:
    """What is agreed about a document, and the credit note or replacement that follows it."""
    rates = noise["documents"]
    if rng.random() < rates["discount"] and document.retention_bp is None:
        document.discount_bp = rng.choice(DISCOUNTS)
        document.discount_until = document.issue + timedelta(days=rng.choice((8, 10, 15)))
    if rng.random() < rates["order_number"]:
        document.order = rng.choice(
            (f"CDE{rng.randrange(10**6):06}", f"45{rng.randrange(10**8):08}", f"BC-{rng.randrange(10**5):05}")
        )
    way = rng.random()
    if way < rates["credit_note"] and document.amount > 5_000:
        taken = -(document.amount * rng.choice((5, 8, 10, 12, 20, 30)) // 100)
        later = document.issue + timedelta(days=rng.randrange(3, 20))
        return [
            Document(document.seller, document.debtor, later, later, taken, document.currency, document.held)
        ]
    if way < rates["credit_note"] + rates["replaced"] and document.held:
        later = document.issue + timedelta(days=rng.randrange(2, 12))
        new = Document(
            document.seller, document.debtor, later, document.due, document.amount, document.currency
        )
        new.old, document.void = document, True
        return [new]
    return []


def all_documents(
    rng: Random, noise: Noise, sellers: list[Seller], debtors: list[Debtor], items: int, ids: Iterator[str]
) -> list[Document]:
    """Relations until `items` documents are held; the last relation is cut to the number."""
    found: list[Document] = []
    held = 0
    order = list(debtors)
    near = max(1, len(sellers) // 8)
    while held < items:
        rng.shuffle(order)
        for debtor in order:
            home = hash_of(debtor.id) % len(sellers)
            seller = sellers[home if rng.random() < 0.85 else (home + rng.randrange(near)) % len(sellers)]
            mine = relation(rng, noise, seller, debtor)
            while mine and held + sum(d.held for d in mine) > items:
                gone = mine.pop()
                if gone.old is not None:
                    gone.old.void = False
            held += sum(d.held for d in mine)
            found += mine
            if held >= items:
                break
    _number(found, noise, rng, ids)
    return found


def _printed(document: Document, count: int) -> str:
    seller = document.seller
    return FORMATS[seller.format](document.issue, count, seller.letters)


def spare_numbers(sellers: list[Seller]) -> list[tuple[date, str]]:
    """Numbers of these sellers' documents for customers whom we never see, in no order."""
    found = [each for seller in sellers for each in seller.spare]
    Random(len(found)).shuffle(found)
    return found


def hash_of(text: str) -> int:
    """A small hash that is the same in every process."""
    value = 0
    for c in text:
        value = (value * 131 + ord(c)) % 1_000_003
    return value


def _number(documents: list[Document], noise: Noise, rng: Random, ids: Iterator[str]) -> None:
    credits = 0
    printed: dict[str, bool] = {}
    last: dict[str, Debtor] = {}
    rates = noise["documents"]
    for document in sorted(documents, key=lambda d: d.issue):
        seller = document.seller
        series = document.issue.year if seller.format in YEARLY else 0
        if document.amount < 0:
            credits += 1
            document.number = f"AV{document.issue:%y}-{credits:04}"
        else:
            count = seller.counters.get(series, seller.start - 1) + 1
            while rng.random() < OTHERS_SHARE and last.get(seller.id) is not document.debtor:
                seller.spare.append((document.issue, _printed(document, count)))
                count += 1
            seller.counters[series], last[seller.id] = count, document.debtor
            document.number = _printed(document, count)
            if printed.setdefault(seller.id, rng.random() < rates["rf_printed"] * 2):
                document.rf = creditor_reference(document.number + seller.id[-3:])
        document.id = next(ids)
        document.left = document.open_minor = document.amount
    for document in documents:
        if document.old is not None:
            document.replaces = document.old.id
