"""What is no receipt, what comes back, what cancels out, and money that goes out."""

from datetime import timedelta
from typing import Any

import pytest

from core.reconciliation import Item, PayerAccount, Policy
from core.reconciliation.explain import explain
from core.reconciliation.label import read
from core.reconciliation.names import Debtors
from core.reconciliation.spelling import normalise
from tests.core.reconciliation.build import DAY, background, decided, item, line, shares

LATER = DAY + timedelta(days=6)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": "pending", "booking_date": None}, "pending"),
        ({"status": "removed"}, "removed"),
        ({"operation": "internal"}, "internal_line"),
        ({"operation": "psp_payout"}, "psp_payout_line"),
        ({"payer": "STRIPE PAYMENTS EUROPE"}, "platform_payout"),
        ({"remittance": "REMISE CB /14/08 BOUTIQUE"}, "not_a_receipt"),
        ({"remittance": "VIR CPTE A CPTE"}, "not_a_receipt"),
        (
            {"iban": "FR7630001007941234567890185", "account_iban": "FR7630001007941234567890185"},
            "own_transfer",
        ),
    ],
)
def test_not_a_receipt(more: dict[str, Any], reason: str) -> None:
    text = more.pop("remittance", "MERCI")
    found = decided([line(text, 700, **more)], [item("FA-12", 700)])["L1"]
    assert (found.outcome, found.tier, found.reason) == ("none", "T0", reason)
    assert found.unallocated_minor == 70000


def test_a_debit_pays_payables_only() -> None:
    owed = item("FOURN-881", 700, "Fournisseur Lepic", direction="payable")
    due = item("FA-12", 300)
    paid, other = line("FOURN-881", -700, id="a"), line("FA-12", -300, id="b")
    found = decided([paid, other], [owed, due])
    assert (found["a"].tier, shares(found["a"])) == ("T2", {"FOURN-881": "700"})
    assert (found["a"].allocated_minor, found["a"].unallocated_minor) == (-70000, 0)
    assert (found["b"].outcome, found["b"].tier, found["b"].reason) == ("none", "T0", "debit")


def test_a_supplier_payment_that_comes_back_reopens_the_payable() -> None:
    owed = item("FOURN-881", 700, "Fournisseur Lepic", direction="payable")
    paid = line("FOURN-881", -700, id="a", end_to_end_id="OUT-0001")
    back = line("REJET VIREMENT", 700, id="b", end_to_end_id="OUT-0001", booking_date=LATER)
    found = decided([paid, back], [owed])
    assert (found["b"].reason, shares(found["b"])) == ("return", {"FOURN-881": "-700"})
    assert (found["b"].allocated_minor, found["b"].unallocated_minor) == (70000, 0)


def test_a_return_without_identifier_needs_one_original_by_amount_and_payer() -> None:
    a = line("FA-12", 700, id="a", payer="ATELIERS BRUNOY")
    b = line("FA-13", 700, id="b", payer="KERVADEC", booking_date=DAY + timedelta(days=1))
    back = line("RAPPEL", -700, id="c", payer="Kervadec SARL", return_reason="FOCR", booking_date=LATER)
    items = [item("FA-12", 700), item("FA-13", 700, "Kervadec SARL")]
    assert shares(decided([a, b, back], items)["c"]) == {"FA-13": "-700"}
    nameless = line("RAPPEL", -700, id="c", return_reason="FOCR", booking_date=LATER)
    found = decided([a, b, nameless], items)["c"]
    assert (found.outcome, found.reason, found.explanation["originals"]) == (
        "review",
        "return_ambiguous",
        ["a", "b"],
    )
    stranger = line("REJET", -55, id="c", return_reason="AC04", booking_date=LATER)
    assert decided([a, stranger], items)["c"].reason == "return_without_original"


def test_a_payment_is_returned_once() -> None:
    paid = line("FA-12", 700, id="a", end_to_end_id="E2E-1234")
    backs = [
        line("RETOUR", -700, id=i, end_to_end_id="E2E-1234", booking_date=DAY + timedelta(days=n))
        for n, i in enumerate("bc", 1)
    ]
    found = decided([paid, *backs], [item("FA-12", 700)])
    assert (found["b"].reason, found["c"].outcome) == ("return", "review")


def test_a_returned_payment_that_was_not_allocated_leaves_nothing_to_review() -> None:
    paid = line(None, 700, id="a", end_to_end_id="E2E-1234")
    back = line("RETOUR", -700, id="b", end_to_end_id="E2E-1234", booking_date=LATER)
    found = decided([paid, back], [item("FA-12", 700)])
    assert (found["a"].outcome, found["a"].reason, found["a"].explanation["returned_by"]) == (
        "none",
        "returned",
        "b",
    )
    assert found["b"].reason == "return_of_unallocated"


def test_a_bank_correction_of_the_same_day_cancels_both_lines() -> None:
    paid = line("FA-12", 700, id="a", bank_reference="BNK-0099")
    undone = line("ANNULATION", -700, id="b", bank_reference="BNK-0099")
    again = line("FA-12", 700, id="c", booking_date=LATER)
    found = decided([paid, undone, again], [item("FA-12", 700)])
    assert [found[i].reason for i in "abc"] == ["contra_entry", "contra_entry", "reference_and_amount"]


def test_an_unrelated_debit_of_the_same_amount_cancels_nothing() -> None:
    found = decided([line("FA-12", 700, id="a"), line("LOYER MARS", -700, id="b")], [item("FA-12", 700)])
    assert (found["a"].outcome, found["b"].reason) == ("auto", "debit")


def test_structured_reference_may_pay_in_parts_but_not_beyond() -> None:
    items = [item("FA-12", 700, creditor_reference="RF18 5390 0754 7034")]
    part = line(None, 200, creditor_reference="RF18539007547034")
    assert decided([part], items)["L1"].tier == "T1"
    over = line(None, 900, creditor_reference="RF18539007547034")
    assert decided([over], items)["L1"].reason == "overpayment"
    broken = line(None, 700, creditor_reference="RF19539007547034")
    assert decided([broken], items)["L1"].outcome != "auto"


def test_currencies_and_companies_do_not_mix() -> None:
    assert decided([line("FA-12", 700, currency="USD")], [item("FA-12", 700)])["L1"].outcome == "none"
    there = [item("FA-12", 700, company_id="B")]
    assert decided([line("FA-12", 700, company_id="A")], there)["L1"].outcome == "none"
    assert decided([line("FA-12", 700, company_id="B")], there)["L1"].outcome == "auto"


@pytest.mark.parametrize(
    ("more", "policy"),
    [
        ({"whole_turnover": False}, Policy()),
        ({}, Policy(allow_partial=False)),
        ({}, Policy(automatic_tiers=("T2",))),
        ({"debtor": "Quelqu'un d'autre"}, Policy()),
    ],
)
def test_a_part_is_a_review_unless_everything_holds(more: dict[str, Any], policy: Policy) -> None:
    fields = {"whole_turnover": True, "debtor": "Ateliers Brunoy SAS"} | more
    items = [item("FA-90", 5000, fields.pop("debtor"), **fields)]
    found = decided([line("FA-90", 2000, payer="ATELIERS BRUNOY")], items, policy=policy)["L1"]
    assert (found.outcome, found.tier) == ("review", "T9")
    assert [s.amount_minor for s in found.candidates[0].shares] == [200000]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("FA-1", "none"), ("FA-123", "none"), ("XFA-12", "none"), ("FA-12", "auto"), ("fa 12", "auto"),
        ("RGLT VOS FACTURES FA-12 MERCI", "auto"), ("FA-12 FA-1", "auto"),
        ("Facture n°FA–12 réglée", "auto"), ("FR76FA120000", "none"),
    ],
)  # fmt: skip
def test_a_number_must_be_delimited(text: str, outcome: str) -> None:
    items = [item("FA-12", "712.33"), *background(50)]
    found = decided([line(text, "712.33", payer="PERSONNE")], items)["L1"]
    assert found.outcome == outcome or (outcome == "none" and found.outcome == "review")


def _series() -> list[Item]:
    return [item(f"FA2401{n}", f"{n}.11") for n in range(201, 209)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("FA2401201 1202 1205", (201, 202, 205)),
        ("FA2401201, 202 ET 203", (201, 202, 203)),
        ("FA2401201 A 204", (201, 202, 203, 204)),
        ("FA2401201 AU FA2401203", (201, 202, 203)),
        ("FA2401201-1203", (201, 202, 203)),
        ("FA2401201/FA2401208", (201, 208)),
    ],
)
def test_lists_and_ranges(text: str, numbers: tuple[int, ...]) -> None:
    paid = sum(i.amount_minor for i in _series() if int(i.number[-3:]) in numbers)
    found = decided([line(text, 0, amount_minor=paid)], _series())["L1"]
    assert (found.outcome, found.tier) == ("auto", "T3")
    assert set(shares(found)) == {f"FA2401{n}" for n in numbers}


def test_names() -> None:
    assert normalise("S.A.R.L. Côté & Fils") == normalise("COTE FILS SARL")
    debtors = Debtors(
        [("a", "Durand Bois SARL"), ("b", "Durand Bois SA"), ("c", "Ruel"), ("d", "Viandes Bost|VB Nord")]
    )
    assert debtors.find("DURAND BOIS SARL").grade("a") == 2
    assert debtors.find("DURAND BOIS SARL").grade("b") == -1
    assert debtors.find("DURAND BOIS").grade("a") == debtors.find("DURAND BOIS").grade("b") == 1
    assert debtors.find("RUEL").grade("c") == 1
    assert debtors.find("VIANDES BOS").grade("d") == 1
    assert debtors.find("VB NORD").grade("d") == 2
    assert debtors.find("TRESORERIE GENERALE").grade("d") == 0


def test_positions_point_into_the_text() -> None:
    text = "VIR SEPA RECU /DE ÉTABLISSEMENTS Œuvre /MOTIF réglt FA-12"
    label = read(line(text, 700), max_text=500)
    assert [text[w.start : w.end] for w in label.words][-2:] == ["FA", "12"]


def test_an_account_in_history_outweighs_a_foreign_name() -> None:
    iban = "FR7630001007941234567890185"
    items = [
        item("FA-12", 700),
        item("FA-13", 700, "Ruel Conseil"),
        *(item(f"Z-{n}", 700, f"N {n}") for n in range(30)),
    ]
    paid = line("FA-12", 700, payer="RUEL CONSEIL", iban=iban)
    assert decided([paid], items)["L1"].reason == "payer_conflict"
    known = PayerAccount(tenant_id="t", iban=iban, debtor_id="d:Ateliers Brunoy SAS")
    assert decided([paid], items, (known,))["L1"].tier == "T2"


def test_explained_in_words() -> None:
    items = [item("FA-801", 1972), item("FA-802", 2204)]
    bank = line("FA-801", 2012, payer="ATELIERS BRUNOY")
    told = explain(decided([bank], items)["L1"], bank, items)
    assert "waits for a person (T9), more was paid than is open" in told
    assert "read «FA 801» (remittance 0-6, full): FA-801 (Ateliers Brunoy SAS)" in told
    assert "1. 1 972.00 EUR on FA-801" in told
    assert "policy-" in told
