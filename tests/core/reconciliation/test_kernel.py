"""The kernel and the reference say the same of any line, to the last byte."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.reconciliation import Item, Line, Policy, kernel
from core.reconciliation.fold import reconcile
from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.by_kernel import by_kernel, over_files
from tests.core.reconciliation.worlds import worlds

if not kernel.is_available():
    pytest.skip("the kernel was not built here", allow_module_level=True)

EXAMPLES = 60
"""Per property; raised to thousands by hand when the rules or the kernel change."""
DEBTORS = ("Ateliers Brunoy SAS", "Kervadec SARL", "Viandes Bost", "Ruel Conseil")
NUMBERS = (
    "FAC-2024-000123", "FA2401201", "FA2401202", "2024-0042", "F2024/0007", "INV-T06-0719", "7530-1", "A12B",
    "FACT 2024 12", "AV-7", "2401203", "FA 24 01 204",
)  # fmt: skip
FORMS = (
    "{}", "FACTURE {}", "VIR SEPA RECU /DE {payer} /MOTIF {} /REF NOTPROVIDED", "VIR INST {payer} {}",
    "VIR RECU 1234567890S DE: {payer} MOTIF: {} REF: {other}", "{} DU 12/03/2024", "{} ET {other}",
    "{} A {other}", "{} SAUF {other}", "règlement {} réf.", "FACT{}", "{}{other}",
    "1/{payer} /URI/ {} ///ROC/ NOTPROVIDED",
    "VIREMENT EN VOTRE FAVEUR {payer} {}", "CDE {} MERCI", "REMISE CB 0123 {}", "RF18 5390 0754 7034 {}",
    "{} IBAN FR76 3000 1007 9412 3456 7890 185", "{} " + "X" * 60 + " {other}", "TEL 01 23 45 67 89 {}",
)  # fmt: skip


def _written(draw: st.DrawFn, number: str) -> str:
    """A number as payers write it: whole, in other parts, without zeros, in part, misread, or not held."""
    digits = "".join(c for c in number if c.isdigit())
    ways = (
        number, number, number, number.lower(), number.replace("-", " "), number.replace("-", ""), digits,
        digits[-3:], number.replace("0", "O"), number[:-1] + "9", "FA-99 123", "", "00" + digits,
        f"{number[:3]} {number[3:]}", f"{number} -12",
    )  # fmt: skip
    return draw(st.sampled_from(ways))


@st.composite
def labelled(draw: st.DrawFn) -> tuple[list[Line], list[Item]]:
    """A world in which texts matter more than amounts do."""
    amounts = st.sampled_from(["1200", "360.40", "864.17", "95.51"])
    items = [
        item(
            number, ("-" if number.startswith("AV") else "") + draw(amounts), draw(st.sampled_from(DEBTORS)),
            id=f"item-{n:04}", buyer_reference=draw(st.sampled_from([None, None, "CDE-4711", "PO 0042"])),
            seller_id=draw(st.sampled_from("AB")), whole_turnover=draw(st.booleans()),
        )
        for n, number in enumerate(draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=7)))
    ]  # fmt: skip
    lines = []
    for n in range(draw(st.integers(1, 12))):
        cited, other, payer = (draw(st.sampled_from(items)) for _ in range(3))
        text = draw(st.sampled_from(FORMS)).format(
            _written(draw, cited.number), other=_written(draw, other.number), payer=payer.debtor_name.upper()
        )
        amount = draw(st.sampled_from([cited.amount_minor, cited.amount_minor, 12_34, 40_00, -12_34]))
        fields: dict[str, Any] = {
            "amount_minor": amount, "booking_date": DAY + timedelta(days=draw(st.integers(0, 2))),
            "counterparty_name": draw(st.sampled_from([None, "MARTIN DUPONT", payer.debtor_name, "STRIPE"])),
            "counterparty_iban": draw(st.sampled_from([None, None, "FR7630001007941234567890185"])),
            "end_to_end_id": draw(st.sampled_from([None, None, "NOTPROVIDED", other.number, "item-0001"])),
            "creditor_reference": draw(st.sampled_from([None, None, None, "RF18539007547034", other.number])),
        }  # fmt: skip
        lines.append(replace(line(text[: draw(st.sampled_from([200, 70, 35]))], 1, id=f"L{n:02d}"), **fields))
    return lines, items


POLICIES = st.sampled_from(
    [Policy(), Policy(hold_days=1), Policy(automatic_tiers=("T3", "T5"), joint_decisions=True)]
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.one_of(worlds(), labelled()), POLICIES)
@example(([line("FACT 7530 1", 1200, id="a")], [item("7530-1", 1200)]), Policy())
@example(
    (
        [line("A12 B", 1200, id="a"), line("FA2401201FA2401202", 5, id="b")],
        [item("A12B", 1200), item("FA2401201", 5)],
    ),
    Policy(),
)
@example(([line("FACT F2024 01129", 9, id="a")], [item("2024-01129", 9)]), Policy())
@example(([line("INV00459", 9, id="a")], [item("A-00459", 9)]), Policy())
@example(([line("FA2401200 A FA2401203", 9, id="a")], [item("FA2401201", 9)]), Policy())
def test_both_say_the_same(world: tuple[list[Line], list[Item]], policy: Policy) -> None:
    check(*world, policy)


def check(lines: list[Line], items: list[Item], policy: Policy) -> None:
    known = reconcile(*over_files(lines, items), policy=policy)
    for threads, block in ((1, 1_000), (3, 1)):
        assert by_kernel(lines, items, policy, threads=threads, block=block) == known


def test_hostile_texts_are_read_alike() -> None:
    items = [item("FA-12", 700)]
    lines = [
        line("1 " * 400, 700, id="a"), line("x" * 50_000, 700, id="b"), line("12" * 900, 700, id="c"),
        line("FA-12 " * 300, 700, id="d"),
        line("\u20ac FA-12", 700, id="e"), line("\x00FA-12\x1f7", 700, id="f"),
    ]  # fmt: skip
    check(lines, items, Policy())
