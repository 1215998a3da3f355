"""The cases of the reference: each situation with the outcome that is right."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from core.reconciliation import Item, Line, PayerAccount, Policy, reconcile
from tests.core.reconciliation.build import DAY, DEFAULTS, background, decided, item, line, shares

BRUNOY = "VIR SEPA RECU /DE ATELIERS BRUNOY /MOTIF {} /REF NOTPROVIDED"
RICH_FR = "FR7630001007941234567890185"


@dataclass(frozen=True)
class Situation:
    id: str
    items: list[Item]
    line: Line
    right: str
    shares: dict[str, str] = field(default_factory=dict)
    first: tuple[str, ...] | None = None
    accounts: tuple[PayerAccount, ...] = ()
    policy: Policy = DEFAULTS
    before: tuple[Line, ...] = ()


D01 = [item("FAC-2024-000123", "1873.46")]
D06 = [
    item("F2024-0031", "940.10", "Kervadec", seller_id="A", id="A31"),
    item("F2024-0031", "2210.00", "Lartigue", seller_id="B", id="B31"),
]
D09 = [item("F2024-007", 700), item("F2024-008", 840), item("F2024-010", 800)]
D10 = [item("FA-801", 1972), item("FA-802", 2204)]
D16 = [item("FA-55", 1000), item("AV-7", -150)]
D14 = [item("FA-60", 2000, discount_bp=200, discount_until=date(2024, 3, 10))]
BRUNOY_NAME = "ATELIERS BRUNOY"


def _d05() -> list[Item]:
    twins = [item(f"INV-{n:05d}", 1200, f"Client Numero {n}") for n in range(10_001, 10_600)]
    return [item("INV-00417", 1200, "Societe Quatre Cent"), *twins]


CASES = [
    Situation(
        "D01", D01, line(BRUNOY.format("FAC-2024-000123"), "1873.46"), "T2", {"FAC-2024-000123": "1873.46"}
    ),
    Situation(
        "D02", D01, line(BRUNOY.format("fac2024000123"), "1873.46"), "T2", {"FAC-2024-000123": "1873.46"}
    ),
    Situation(
        "D03", D01, line("REGLT 2024 123", "1873.46", payer=BRUNOY_NAME), "T2", {"FAC-2024-000123": "1873.46"}
    ),
    Situation(
        "D04", D01, line("FACT 123", "1873.46", payer=BRUNOY_NAME), "T5", {"FAC-2024-000123": "1873.46"}
    ),
    Situation(
        "D05",
        _d05(),
        line("417", 1200, payer="INCONNU AU BATAILLON"),
        "coincidence_bound",
        first=("INV-00417",),
    ),
    Situation("D06", D06, line("F2024-0031", "940.10", payer="KERVADEC SARL"), "T2", {"A31": "940.1"}),
    Situation(
        "D07",
        [replace(i, amount_minor=60000) for i in D06],
        line("F2024-0031", 600, payer="INCONNU AU BATAILLON"),
        "ambiguous_reference",
        first=("A31",),
    ),
    Situation(
        "D08",
        [item("FA2401201", 310), item("FA2401202", "95.50"), item("FA2401205", 1020)],
        line("FA2401201 1202 1205", "1425.50"),
        "T3",
        {"FA2401201": "310", "FA2401202": "95.5", "FA2401205": "1020"},
    ),
    Situation(
        "D09a",
        D09,
        line("F2024-007 A 010", 2340),
        "T3",
        {"F2024-007": "700", "F2024-008": "840", "F2024-010": "800"},
    ),
    Situation(
        "D09b",
        D09,
        line("F2024-007 A 010", 2700),
        "overpayment",
        first=("F2024-007", "F2024-008", "F2024-010"),
    ),
    Situation("D10", D10, line("FA-801 FA-802", 2204), "T3", {"FA-802": "2204"}),
    Situation("D11", D10, line("FA-801 FA-802", 3000), "sum_differs"),
    Situation("D12", D10, line("FA-801", 2012), "overpayment", first=("FA-801",)),
    Situation(
        "D13",
        D01,
        line("FAC-2024-000123", "1858.46", payer=BRUNOY_NAME),
        "T4",
        {"FAC-2024-000123": "1858.46"},
        policy=Policy(charges_tolerance_minor=2500),
    ),
    Situation(
        "D14 in time",
        D14,
        line("FA-60", 1960, payer=BRUNOY_NAME, booking_date=date(2024, 3, 9)),
        "T4",
        {"FA-60": "1960"},
    ),
    Situation(
        "D14 too late",
        D14,
        line("FA-60", 1960, payer=BRUNOY_NAME, booking_date=date(2024, 3, 20)),
        "unexplained_gap",
    ),
    Situation(
        "D15 flagged",
        [item("FA-61", 48000, retention_bp=500)],
        line("FA-61", 45600, payer=BRUNOY_NAME),
        "T4",
        {"FA-61": "45600"},
    ),
    Situation(
        "D15 unflagged",
        [item("FA-61", 48000, whole_turnover=True)],
        line("FA-61", 45600, payer=BRUNOY_NAME),
        "unexplained_gap",
        first=("FA-61",),
    ),
    Situation("D16", D16, line("FA-55 AV-7", 850), "T3", {"AV-7": "-150", "FA-55": "1000"}),
    Situation(
        "D17",
        [replace(i, whole_turnover=True) for i in D16],
        line("FA-55", 850, payer=BRUNOY_NAME),
        "credit_note_not_cited",
        first=("AV-7", "FA-55"),
    ),
    Situation(
        "D18",
        [item("FA-90", 5000, whole_turnover=True)],
        line("FA-90", 3000, payer=BRUNOY_NAME),
        "T2",
        {"FA-90": "3000"},
        before=(line("FA-90", 2000, payer=BRUNOY_NAME, id="L0", booking_date=DAY - timedelta(days=9)),),
    ),
    Situation(
        "D19",
        [item("FA2404351", "2188.75", whole_turnover=True), item("FA2404356", 360, whole_turnover=True)],
        line("FA2404351", 360, payer=BRUNOY_NAME),
        "probable_typing_error",
        first=("FA2404356",),
    ),
    Situation(
        "D20",
        [item("FA-1", 5250), item("FA-2", 5250)],
        line(None, 5250, payer=BRUNOY_NAME),
        "identical_items",
        first=("FA-1",),
    ),
    Situation(
        "D21",
        [item("FA-1", 5250, whole_turnover=True), item("FA-2", 5250, whole_turnover=True)],
        line(None, 10500, payer=BRUNOY_NAME),
        "T7",
        {"FA-1": "5250", "FA-2": "5250"},
    ),
    Situation(
        "D22",
        [item("FA-1", 5000), item("FA-2", 3000), item("FA-3", 2000)],
        line(None, 5000, payer=BRUNOY_NAME),
        "payer_and_amount",
    ),
    Situation(
        "D23",
        [
            item(f"FA-{n}", f"{n * 311 % 900 + 100}.{n * 37 % 100:02d}", whole_turnover=True)
            for n in range(1, 7)
        ],
        line(None, "1267.22", payer=BRUNOY_NAME),
        "T7",
        {"FA-1": "411.37", "FA-2": "722.74", "FA-3": "133.11"},
    ),
    Situation(
        "D24",
        [item(f"FA-{n}", n * 100, whole_turnover=True) for n in range(1, 13)],
        line(None, 900, payer=BRUNOY_NAME),
        "payer_and_amount",
    ),
    Situation(
        "D25",
        [item("FA-77", 864)],
        line("FA-93", 864, payer=BRUNOY_NAME),
        "unknown_reference",
        first=("FA-77",),
    ),
    Situation(
        "D26",
        [item("FA-12", 700)],
        line("FA-12", 700, payer=BRUNOY_NAME),
        "already_settled",
        before=(line("FA-12", 700, payer=BRUNOY_NAME, id="L0", booking_date=date(2024, 3, 3)),),
    ),
    Situation(
        "D27",
        [item("F2024-0099", "777.70", "Lartigue")],
        line("F2024-0099", "777.70", payer="MERIDIA TRESORERIE GROUPE", iban=RICH_FR),
        "T2",
        {"F2024-0099": "777.7"},
        accounts=(PayerAccount(tenant_id="t", iban=RICH_FR, debtor_id="d:Lartigue"),),
    ),
    Situation(
        "D28",
        [
            item("INV-4968", 360, "Viandes Bost"),
            item("INV-4100", 512, "Ruel Conseil"),
            *(item(f"INV-{n}", 360, f"Autre Client {n}") for n in range(6000, 6030)),
        ],
        line("INV-4968", 360, payer="RUEL CONSEIL"),
        "payer_conflict",
        first=("INV-4968",),
    ),
    Situation(
        "D29",
        [item("7530", "2459.10", "Un Client")],
        line(f"VIR RECU IBAN {RICH_FR[:20]}7530185 DU 07/05/30", 12),
        "nothing_fits",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.id)
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "among others"])
def test_reference_case(case: Situation, alone: bool) -> None:
    items = [*case.items, *([] if alone else background())]
    found = decided([*case.before, case.line], items, case.accounts, policy=case.policy)["L1"]
    if case.right.startswith("T"):
        assert (found.outcome, found.tier, shares(found)) == ("auto", case.right, case.shares)
    else:
        assert found.outcome in ("review", "none")
        assert found.reason == case.right
        assert not found.shares
        assert found.unallocated_minor == case.line.amount_minor
    if case.first is not None:
        assert tuple(s.item_id for s in found.candidates[0].shares) == case.first


def test_instalments_leave_the_invoice_open_until_the_last() -> None:
    case = next(c for c in CASES if c.id == "D18")
    first = decided([*case.before, case.line], case.items)["L0"]
    assert (first.outcome, first.tier, shares(first)) == ("auto", "T8", {"FA-90": "2000"})


def test_gap_stays_open_and_labelled() -> None:
    case = next(c for c in CASES if c.id == "D13")
    share = decided([case.line], case.items, policy=case.policy)["L1"].shares[0]
    assert (share.gap_minor, share.gap_reason) == (1500, "charges")


def test_over_payment_shows_the_indemnity_and_absorbs_nothing() -> None:
    case = next(c for c in CASES if c.id == "D12")
    best = decided([case.line], case.items)["L1"].candidates[0]
    assert best.shares[0].amount_minor == 197200
    assert best.why["excess_minor"] == best.why["indemnity_minor"] == 4000


def test_d30_a_return_reopens_what_the_original_closed() -> None:
    paid = line("FA-12", 700, payer=BRUNOY_NAME, id="L0", end_to_end_id="X-2024-77")
    back = line(
        "REJET VIREMENT",
        -700,
        end_to_end_id="X-2024-77",
        return_reason="AC04",
        booking_date=DAY + timedelta(days=6),
    )
    again = line("FA-12", 700, payer=BRUNOY_NAME, id="L2", booking_date=DAY + timedelta(days=9))
    found = {d.transaction_id: d for d in reconcile([paid, back, again], [item("FA-12", 700)])}
    assert (found["L1"].outcome, found["L1"].reason, shares(found["L1"])) == (
        "auto",
        "return",
        {"FA-12": "-700"},
    )
    assert found["L1"].explanation["return_reason"] == "AC04"
    assert found["L1"].explanation["returns"] == "L0"
    assert (found["L1"].allocated_minor, found["L1"].unallocated_minor) == (-70000, 0)
    assert (found["L2"].outcome, found["L2"].tier) == ("auto", "T2")
