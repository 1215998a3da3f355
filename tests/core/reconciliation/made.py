"""Small crowded worlds from a seed: few debtors, many ways to pay them, so that every tier has work."""

import random
from dataclasses import replace
from datetime import timedelta

from core.reconciliation import Item, Line
from tests.core.reconciliation.build import DAY, item, line

DEBTORS = ("Ateliers Brunoy SAS", "Kervadec SARL", "Viandes Bost", "Ruel Conseil", "Durand Bois SA")
OPEN_WORLD = "Ruel Conseil"
SELLER = "Menuiserie Lambert"
TREASURY = "MERIDIA TRESORERIE"
IBANS = ("FR7630001007941234567890185", "FR1420041010050500013M02606")


def _amount(rng: random.Random) -> str:
    return rng.choice(["1200", "450.37", f"{rng.randint(90, 4000)}.{rng.randint(0, 99):02d}"])


def made_items(rng: random.Random) -> list[Item]:
    """About twenty items of two tenants; some replaced, discounted, retained, credited."""
    found = []
    for n in range(rng.randint(10, 24)):
        debtor = rng.choice(DEBTORS)
        credit = rng.random() < 0.12
        found.append(
            item(
                f"{'AV' if credit else 'FA'}-2024-{rng.randint(0, 60):04d}",
                ("-" if credit else "") + _amount(rng), debtor,
                id=f"item-{n:04d}-{rng.randint(0, 9)}", tenant_id=rng.choice("ttttu"),
                seller_id=rng.choice("AAB"), seller_name=SELLER, whole_turnover=debtor != OPEN_WORLD,
                due_date=DAY + timedelta(days=rng.randint(-60, 40)),
                issue_date=DAY - timedelta(days=rng.randint(-9, 90)),
                retention_bp=rng.choice([None, None, 500]), discount_bp=rng.choice([None, 200]),
                discount_until=DAY + timedelta(days=3),
                direction=rng.choice(["receivable"] * 9 + ["payable"]),
                replaces=found[-1].item_id if found and rng.random() < 0.05 else None,
                creditor_reference="RF18539007547034" if n == 3 else None,
            )
        )  # fmt: skip
    return found


def _text(rng: random.Random, cited: list[Item]) -> str:
    numbers = [i.number for i in cited]
    first = numbers[0]
    return rng.choice(
        [
            "VIR RECU " + " ".join(numbers), "RGLT " + " ".join(numbers), " ".join(numbers), "VIREMENT", "",
            "FACT " + first[-4:].lstrip("0"), "FA-2024-9999", first[:-1] + "7", first[:-2],
            f"{numbers[0]} A {numbers[-1]}", " ".join(numbers) + " LESS COMM 12.00", "VIREMENT",
        ]
    )  # fmt: skip


def _paid(rng: random.Random, cited: list[Item]) -> int:
    due = sum(i.amount_minor for i in cited) or 1234
    return due + rng.choice([0] * 9 + [4000, -1200, -due // 2, -due * 2 // 100, -1, -due * 5 // 100])


def made_lines(rng: random.Random, items: list[Item]) -> list[Line]:
    """About thirty lines over two weeks: payments, twins, returns, corrections, refunds, strangers."""
    found: list[Line] = []
    for n in range(rng.randint(12, 34)):
        payer = rng.choice(items)
        same = [i for i in items if i.debtor_id == payer.debtor_id and i.tenant_id == payer.tenant_id]
        cited = rng.sample(same, min(len(same), rng.choice([1, 1, 1, 2, 3])))
        debit = cited[0].direction == "payable" or (cited[0].kind == "credit_note" and len(cited) == 1)
        amount = abs(_paid(rng, cited)) * (-1 if debit else 1)
        who = rng.choice([cited[0].debtor_name] * 6 + [None, "INCONNU", TREASURY, SELLER])
        fields = {
            "transaction_id": f"L{n:03d}", "tenant_id": cited[0].tenant_id, "amount_minor": amount,
            "booking_date": DAY + timedelta(days=rng.randint(0, 13)), "counterparty_name": who,
            "counterparty_iban": rng.choice([None, None, *IBANS]), "end_to_end_id": rng.choice(
                [None] * 8 + [f"E2E-{n:04d}"] * 3 + [cited[0].item_id]),
            "creditor_reference": "RF18539007547034" if rng.random() < 0.04 else None,
            "original_currency": rng.choice([None] * 6 + ["USD"]), "original_amount_minor": abs(amount) + 99,
            "status": rng.choice(["booked"] * 15 + ["pending"]),
        }  # fmt: skip
        paid = replace(line(_text(rng, cited), 1), **fields)
        found += _split(paid, n) if rng.random() < 0.06 else [paid, *_what_follows(rng, paid, n)]
    return found


def _split(paid: Line, n: int) -> list[Line]:
    """The payment in two lines of one day."""
    part = paid.amount_minor // 3
    rest = replace(paid, transaction_id=f"S{n:03d}", amount_minor=paid.amount_minor - part)
    return [replace(paid, amount_minor=part), rest]


def _what_follows(rng: random.Random, paid: Line, n: int) -> list[Line]:
    """A twin of the payment, or the payment taken back."""
    assert paid.booking_date is not None
    later = paid.booking_date + timedelta(days=rng.choice([0, 1, 4]))
    if rng.random() < 0.08:
        return [replace(paid, transaction_id=f"T{n:03d}", booking_date=later)]
    if rng.random() < 0.1:
        back = replace(paid, transaction_id=f"R{n:03d}", booking_date=later, amount_minor=-paid.amount_minor)
        return [replace(back, return_reason="AC04", remittance="REJET")]
    return []


def made(seed: int) -> tuple[list[Line], list[Item]]:
    """The world of a seed."""
    rng = random.Random(seed)
    items = made_items(rng)
    return made_lines(rng, items), items
