"""Worlds and policies for property tests: small ones that are drawn, and crowded ones made from a seed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from core.reconciliation import Item, Line, Policy
from tests.core.reconciliation.build import DAY, cents, item, line
from tests.core.reconciliation.made import made

World = tuple[list[Line], list[Item]]

DEBTORS = ("Ateliers Brunoy SAS", "Kervadec SARL", "Viandes Bost", "Ruel Conseil")
AMOUNTS = ("1200", "360", "864.17", "95.50", "1457.13", "2204")
NUMBERS = ("FA-801", "FA-802", "FAC-2024-000123", "FAC-2024-000124", "INV-4968", "7530", "F2024-007", "AV-7")


@st.composite
def open_items(draw: st.DrawFn) -> list[Item]:
    found = []
    for n in range(draw(st.integers(1, 9))):
        number = draw(st.sampled_from(NUMBERS))
        sign = "-" if number.startswith("AV") else ""
        found.append(
            item(
                number, sign + draw(st.sampled_from(AMOUNTS)), draw(st.sampled_from(DEBTORS)), id=f"i{n}",
                tenant_id=draw(st.sampled_from("tu")), seller_id=draw(st.sampled_from("AB")),
                whole_turnover=draw(st.sampled_from([True, True, False])),
                retention_bp=draw(st.sampled_from([None, 500])),
                direction=draw(st.sampled_from(["receivable", "receivable", "receivable", "payable"])),
            )
        )  # fmt: skip
    return found


@st.composite
def lines_for(draw: st.DrawFn, items: list[Item]) -> list[Line]:
    found: list[Line] = []
    for n in range(draw(st.integers(1, 10))):
        cited = draw(st.lists(st.sampled_from(items), max_size=3))
        text = draw(st.sampled_from(["VIR ", "FACT ", "", "FA-999 "])) + " ".join(i.number for i in cited)
        text = draw(st.sampled_from([text, text, "VIREMENT"]))
        total = sum(i.amount_minor for i in cited) or draw(st.sampled_from([cents(a) for a in AMOUNTS]))
        amount = total + draw(st.sampled_from([0, 0, 0, 4000, -1500, -total // 2, -2 * total]))
        by_item = draw(st.sampled_from(cited or items))
        fields: dict[str, Any] = {
            "tenant_id": draw(st.sampled_from("tu")), "amount_minor": amount,
            "booking_date": DAY + timedelta(days=draw(st.integers(0, 6))),
            "counterparty_name": draw(st.sampled_from([None, "INCONNU", by_item.debtor_name])),
            "counterparty_iban": draw(st.sampled_from([None, "FR7630001007941234567890185"])),
            "end_to_end_id": draw(st.sampled_from([None, "E2E-0001", "E2E-0002"])),
            "return_reason": draw(st.sampled_from([None, None, None, "AC04"])),
            "status": draw(st.sampled_from(["booked"] * 6 + ["pending"])),
        }  # fmt: skip
        found.append(replace(line(text, 1, id=f"L{n:02d}"), **fields))
    return found


POLICIES = st.builds(
    Policy, hold_days=st.integers(0, 3), max_coincidence=st.sampled_from([0.001, 0.5]),
    charges_tolerance_minor=st.sampled_from([0, 2500]), legal_order=st.booleans(),
    joint_decisions=st.booleans(), commission_allowed=st.booleans(), indirect_collection=st.booleans(),
)  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Line], list[Item]]:
    items = draw(open_items())
    return draw(lines_for(items)), items


WORLDS = st.one_of(worlds(), st.integers(0, 10**9).map(made))
"""Both kinds: in the small ones chance meets everything, in the crowded ones every tier has work."""
