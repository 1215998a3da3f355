"""What happens around a payment: the same again, taken back, cancelled the same day and made anew."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from benchmarks.reconciliation.noise import Noise
from benchmarks.reconciliation.payments import Payment, working_day

REASONS = ("AC04", "AM04", "FOCR", "MS03", "AC01", "DUPL")


def aftermath(rng: Random, noise: Noise, payment: Payment) -> Iterator[Payment]:
    """What follows a payment that was received as it is."""
    rates = noise["after"]
    way = rng.random()
    if way < rates["duplicate"] and payment.kind in ("single", "several"):
        day = working_day(payment.day + timedelta(days=rng.randrange(1, 22)))
        yield replace(payment, kind="duplicate", day=day, pays=[], of=payment)
    elif way < rates["duplicate"] + rates["returned"] and payment.kind == "single":
        yield from _returned(rng, payment)
    elif way < rates["duplicate"] + rates["returned"] + rates["cancelled"]:
        twin = replace(payment, kind="cancelled", pays=[], of=payment)
        payment.day = working_day(payment.day + timedelta(days=rng.randrange(1, 4)))
        yield twin
        yield replace(twin, kind="cancelling", amount=-payment.amount, of=twin)
    elif way > 1 - rates["pending"]:
        yield replace(payment, kind="pending", pays=[], of=payment)


def _returned(rng: Random, payment: Payment) -> Iterator[Payment]:
    back = working_day(payment.day + timedelta(days=rng.randrange(2, 9)))
    reversed_ = [(document, -amount) for document, amount in payment.pays]
    yield replace(
        payment, kind="return", day=back, amount=-payment.amount, pays=reversed_, of=payment,
        remark=rng.choice(REASONS),
    )  # fmt: skip
    if rng.random() < 0.75:
        again = working_day(back + timedelta(days=rng.randrange(3, 20)))
        payment.pays[0][0].settled_on = again
        yield replace(payment, kind="paid_again", day=again, of=payment)
    else:
        payment.pays[0][0].settled_on = None
