"""Which money pays what: payments of one debtor, with their kinds; texts come later."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from benchmarks.reconciliation.documents import Document
from benchmarks.reconciliation.noise import Noise
from benchmarks.reconciliation.parties import Debtor

Pays = list[tuple[Document, int]]
LAST = date(2025, 9, 30)


@dataclass(slots=True, eq=False)
class Payment:
    """One credit (or the debit that takes one back). `cites` is what the payer means to name, which
    may be more or less than what he pays; `pays` holds only documents that are items."""

    kind: str
    debtor: Debtor
    day: date
    amount: int
    cites: list[Document]
    pays: Pays = field(default_factory=list)
    currency: str = "EUR"
    original: tuple[int, str] | None = None
    remark: str = ""
    of: "Payment | None" = None
    """The payment that this one repeats, takes back or completes."""
    id: str = ""
    form: str = ""
    payer: str = ""
    payer_name: str = ""
    expect: str = ""


def working_day(day: date) -> date:
    """Banks book from Monday to Friday."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def _day(rng: Random, due: date, issue: date) -> date:
    way = rng.random()
    if way < 0.30:
        late = -rng.randrange(0, 4)
    elif way < 0.75:
        late = rng.randrange(0, 11)
    elif way < 0.95:
        late = rng.randrange(10, 45)
    else:
        late = -rng.randrange(3, 21)
    return working_day(max(due + timedelta(days=late), issue))


def payments_of(rng: Random, noise: Noise, debtor: Debtor, documents: list[Document]) -> Iterator[Payment]:
    """All payments of one debtor, in no order. Documents held or not are paid alike."""
    invoices = sorted((d for d in documents if d.amount > 0), key=lambda d: (d.due, d.number))
    credits = [d for d in documents if d.amount < 0]
    held = [d for d in invoices if d.held and not d.void and _comes(rng, noise, d)]
    others = [d for d in invoices if not d.held and rng.random() > 0.12]
    for group in _bundles(rng, debtor, held):
        yield from _paid(rng, noise, debtor, group, others, credits)
    for group in _bundles(rng, debtor, others):
        day = _day(rng, group[-1].due, group[-1].issue)
        total = sum(d.amount for d in group)
        yield Payment("not_held", debtor, day, total, group, currency=group[0].currency)


def _comes(rng: Random, noise: Noise, document: Document) -> bool:
    """Whether money comes for it; what was paid before the first line is taken off."""
    rates = noise["documents"]
    way = rng.random()
    if way < rates["unpaid"]:
        return False
    if way < rates["unpaid"] + rates["settled_before"]:
        document.left = document.open_minor = 0
        document.settled_on = document.issue
        return False
    if rng.random() < rates["part_paid_before"]:
        document.left = document.open_minor = document.amount - document.amount * rng.choice((3, 4, 5)) // 10
    return True


def _bundles(rng: Random, debtor: Debtor, documents: list[Document]) -> Iterator[list[Document]]:
    """Documents that are paid together: of one seller, due within three weeks."""
    at = 0
    while at < len(documents):
        size = 1
        if rng.random() < (0.62 if debtor.batches else 0.05):
            size = rng.choice((2, 2, 2, 3, 3, 4, 5, 6, 8))
        first = documents[at]
        group = [first]
        for other in documents[at + 1 : at + size]:
            near = (other.due - first.due).days <= 21 and other.currency == first.currency
            if not near or (other.seller is not first.seller and rng.random() > 0.25):
                break
            group.append(other)
        at += len(group)
        yield group


def _paid(
    rng: Random,
    noise: Noise,
    debtor: Debtor,
    group: list[Document],
    others: list[Document],
    credits: list[Document],
) -> Iterator[Payment]:
    rates = noise["money"]
    day = _day(rng, group[-1].due, group[-1].issue)
    if len(group) == 1 and rng.random() < noise["after"]["before_issue"]:
        day = working_day(group[0].issue - timedelta(days=rng.randrange(1, 6)))
    first = group[0]
    mine = [d for d in others if d.seller is first.seller and d.currency == first.currency]
    if mine and not first.seller.closed and rng.random() < rates["mixed"]:
        yield _mixed(rng, debtor, day, group, mine, others)
    elif rng.random() < rates["overpaid"]:
        yield _overpaid(rng, debtor, day, group)
    elif len(group) == 1:
        yield from _single(rng, noise, debtor, day, first, credits)
    else:
        yield _whole(debtor, day, group, "several")


def _whole(debtor: Debtor, day: date, group: list[Document], kind: str) -> Payment:
    pays = [(d, d.left) for d in group]
    payment = Payment(kind, debtor, day, sum(a for _, a in pays), list(group), pays, group[0].currency)
    settle(payment)
    return payment


def settle(payment: Payment) -> None:
    """Takes what is paid off what is open."""
    for document, amount in payment.pays:
        document.left -= amount
        if document.left == 0:
            document.settled_on = max(payment.day, document.settled_on or payment.day)


def _mixed(
    rng: Random,
    debtor: Debtor,
    day: date,
    group: list[Document],
    mine: list[Document],
    others: list[Document],
) -> Payment:
    added = rng.sample(mine, min(len(mine), rng.choice((1, 1, 2))))
    for document in added:
        others.remove(document)
    payment = _whole(debtor, day, group, "mixed")
    payment.amount += sum(d.amount for d in added)
    if rng.random() < 0.8:
        payment.cites = sorted([*payment.cites, *added], key=lambda d: d.number)
    return payment


def _overpaid(rng: Random, debtor: Debtor, day: date, group: list[Document]) -> Payment:
    payment = _whole(debtor, day, group, "overpaid")
    way = rng.random()
    if way < 0.40:
        payment.amount += 4_000
    elif way < 0.65:
        payment.amount += 4_000 + payment.amount * rng.randrange(1, 60) // 3650
    else:
        payment.amount += rng.choice((100, 1_000, 2_000, 5_000, rng.randrange(3, 9_999), payment.amount // 5))
    return payment


def _single(
    rng: Random, noise: Noise, debtor: Debtor, day: date, document: Document, credits: list[Document]
) -> Iterator[Payment]:
    rates = noise["money"]
    note = next((c for c in credits if c.held and c.left and _fits(c, document, day)), None)
    due = document.left
    if note is not None and due + note.left > 0 and rng.random() < 0.7:
        yield _less_credit(rng, rates["credit_cited"], debtor, day, document, note)
    elif document.discount_bp and rng.random() < rates["discount_taken"] and due == document.amount:
        yield _discounted(rng, debtor, document)
    elif document.retention_bp and due == document.amount and rng.random() < 0.85:
        yield _short(debtor, day, document, due - due * document.retention_bp // 10_000, "retention")
    elif debtor.country != "FR" and rng.random() < rates["charges"]:
        yield _short(
            debtor, day, document, due - rng.choice((500, 800, 1_000, 1_500, 2_000, 2_500)), "charges"
        )
    else:
        yield from _plain(rng, noise, debtor, day, document)


def _fits(note: Document, document: Document, day: date) -> bool:
    """Whether a credit note may be taken off this document."""
    return note.seller is document.seller and note.currency == document.currency and note.issue <= day


def _plain(rng: Random, noise: Noise, debtor: Debtor, day: date, document: Document) -> Iterator[Payment]:
    rates, due = noise["money"], document.left
    way = rng.random()
    steps = [rates[k] for k in ("instalment", "deduction", "rounding", "commission")]
    if way < steps[0] and due > 50_000:
        first = due * rng.choice((30, 40, 50, 50)) // 100
        first -= first % (5_000 if rng.random() < 0.5 else 1)
        part = _short(debtor, day, document, first, "instalment")
        yield part
        if rng.random() < 0.8:
            later = working_day(day + timedelta(days=rng.randrange(10, 50)))
            last = _whole(debtor, later, [document], "last_instalment")
            last.of = part
            yield last
    elif way < sum(steps[:2]):
        yield _short(debtor, day, document, due - max(100, due * rng.randrange(1, 25) // 100), "deduction")
    elif way < sum(steps[:3]):
        cents = rng.choice((-1, 1, 1, 2))
        yield _short(debtor, day, document, due - cents, "rounding" if cents > 0 else "cent_too_much")
    elif way < sum(steps):
        kept = max(500, due * rng.randrange(1, 8) // 100)
        payment = _short(debtor, day, document, due - kept, "commission")
        payment.remark = f"LESS COMM {kept // 100}.{kept % 100:02}"
        yield payment
    else:
        yield _exact(rng, noise, debtor, day, document)


def _exact(rng: Random, noise: Noise, debtor: Debtor, day: date, document: Document) -> Payment:
    payment = _whole(debtor, day, [document], "single")
    if document.old is not None and rng.random() < noise["documents"]["old_cited"]:
        payment.kind, payment.cites = "replaced", [document.old]
    if document.currency != "EUR" and rng.random() < 0.6:
        rate = {"USD": 0.921, "GBP": 1.172, "CHF": 1.044}[document.currency] * rng.uniform(0.985, 1.015)
        payment.original = (payment.amount, document.currency)
        payment.amount, payment.currency, payment.kind = int(payment.amount * rate), "EUR", "exchange"
    return payment


def _short(debtor: Debtor, day: date, document: Document, amount: int, kind: str) -> Payment:
    """Less than what is due (rounding: perhaps a cent more); the rest stays open."""
    amount = max(amount, 1)
    pays = [(document, min(amount, document.left))]
    payment = Payment(kind, debtor, day, amount, [document], pays, document.currency)
    settle(payment)
    return payment


def _discounted(rng: Random, debtor: Debtor, document: Document) -> Payment:
    until = document.discount_until or document.issue
    late = rng.random() < 0.2
    days = rng.randrange(3, 20) if late else -rng.randrange(0, 7)
    day = max(working_day(until + timedelta(days=days)), document.issue)
    late = day > until
    paid = document.amount - document.amount * (document.discount_bp or 0) // 10_000
    return _short(debtor, day, document, paid, "discount_late" if late else "discount")


def _less_credit(
    rng: Random, cited: float, debtor: Debtor, day: date, document: Document, note: Document
) -> Payment:
    payment = _whole(debtor, day, [document, note], "credit_cited")
    if rng.random() > cited:
        payment.kind, payment.cites = "credit_not_cited", [document]
    return payment
