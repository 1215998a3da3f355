"""D01 to D30: the cases of the reference, each with its exact outcome."""

from dataclasses import replace
from datetime import date, timedelta

from core.reconciliation import Item, PayerAccount, Policy
from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.cases.table import BRUNOY, Case

LABEL = "VIR SEPA RECU /DE ATELIERS BRUNOY /MOTIF {} /REF NOTPROVIDED"
TREASURY = "FR7630001007941234567890185"

D01 = [item("FAC-2024-000123", "1873.46")]
D06 = [
    item("F2024-0031", "940.10", "Kervadec", seller_id="A", id="A31"),
    item("F2024-0031", "2210.00", "Lartigue", seller_id="B", id="B31"),
]
D09 = [item("F2024-007", 700), item("F2024-008", 840), item("F2024-010", 800)]
D10 = [item("FA-801", 1972), item("FA-802", 2204)]
D14 = [item("FA-60", 2000, discount_bp=200, discount_until=date(2024, 3, 10))]
D16 = [item("FA-55", 1000), item("AV-7", -150)]
D20 = [item("FA-1", 5250, whole_turnover=True), item("FA-2", 5250, whole_turnover=True)]
D22 = [item(f"FA-{n}", euros, whole_turnover=True) for n, euros in ((1, 5000), (2, 3000), (3, 2000))]
D23 = [item(f"FA-{n}", f"{n * 311 % 900 + 100}.{n * 37 % 100:02d}", whole_turnover=True) for n in range(1, 7)]


def _d05() -> list[Item]:
    twins = [item(f"INV-{n:05d}", 1200, f"Client Numero {n}") for n in range(10_001, 10_600)]
    return [item("INV-00417", 1200, "Societe Quatre Cent"), *twins]


CASES = [
    Case("D01 plain", owed=D01, paid=line(LABEL.format("FAC-2024-000123"), "1873.46"),
         right="AUTO T2: FAC-2024-000123 1873.46"),
    Case("D02 separators and case lost", owed=D01, paid=line(LABEL.format("fac2024000123"), "1873.46"),
         right="AUTO T2: FAC-2024-000123 1873.46"),
    Case("D03 prefix and zeros lost", owed=D01, paid=line("REGLT 2024 123", "1873.46", payer=BRUNOY),
         right="AUTO T2: FAC-2024-000123 1873.46"),
    Case("D04 bare counter, payer known", owed=D01, paid=line("FACT 123", "1873.46", payer=BRUNOY),
         right="AUTO T5: FAC-2024-000123 1873.46"),
    Case("D05 bare counter, payer unknown, common amount", owed=_d05(),
         paid=line("417", 1200, payer="INCONNU AU BATAILLON"),
         right="REVIEW coincidence_bound: INV-00417 1200.00"),
    Case("D06 same number at two sellers", owed=D06, paid=line("F2024-0031", "940.10", payer="KERVADEC SARL"),
         right="AUTO T2: A31 940.10"),
    Case("D07 same number, same amount, payer unknown", owed=[replace(i, amount_minor=60000) for i in D06],
         paid=line("F2024-0031", 600, payer="INCONNU AU BATAILLON"),
         right="REVIEW ambiguous_reference: A31 600.00"),
    Case("D08 list, prefix once",
         owed=[item("FA2401201", 310), item("FA2401202", "95.50"), item("FA2401205", 1020)],
         paid=line("FA2401201 1202 1205", "1425.50"),
         right="AUTO T3: FA2401201 310.00 + FA2401202 95.50 + FA2401205 1020.00"),
    Case("D09a range with a hole, the sum of what is here", owed=D09, paid=line("F2024-007 A 010", 2340),
         right="AUTO T3: F2024-007 700.00 + F2024-008 840.00 + F2024-010 800.00"),
    Case("D09b range with a hole, more is paid", owed=D09, paid=line("F2024-007 A 010", 2700),
         right="REVIEW overpayment: F2024-007 700.00 + F2024-008 840.00 + F2024-010 800.00"),
    Case("D10 two cited, one paid", owed=D10, paid=line("FA-801 FA-802", 2204),
         right="AUTO T3: FA-802 2204.00"),
    Case("D11 two cited, none fits", owed=D10, paid=line("FA-801 FA-802", 3000), right="REVIEW sum_differs"),
    Case("D12 over-payment", owed=D10, paid=line("FA-801", 2012), right="REVIEW overpayment: FA-801 1972.00"),
    Case("D13 charges", owed=D01, paid=line("FAC-2024-000123", "1858.46", payer=BRUNOY),
         right="AUTO T4: FAC-2024-000123 1858.46 (15.00 charges)",
         policy=Policy(charges_tolerance_minor=2500)),
    Case("D14a discount in time", owed=D14, paid=line("FA-60", 1960, payer=BRUNOY,
         booking_date=date(2024, 3, 9)),
         right="AUTO T4: FA-60 1960.00 (40.00 discount)"),
    Case("D14b discount too late", owed=D14,
         paid=line("FA-60", 1960, payer=BRUNOY, booking_date=date(2024, 3, 20)),
         right="REVIEW unexplained_gap: FA-60 1960.00"),
    Case("D15a retention, flagged", owed=[item("FA-61", 48000, retention_bp=500)],
         paid=line("FA-61", 45600, payer=BRUNOY), right="AUTO T4: FA-61 45600.00 (2400.00 retention)"),
    Case("D15b retention, not flagged", owed=[item("FA-61", 48000, whole_turnover=True)],
         paid=line("FA-61", 45600, payer=BRUNOY), right="REVIEW unexplained_gap: FA-61 45600.00"),
    Case("D16 credit note cited", owed=D16, paid=line("FA-55 AV-7", 850),
         right="AUTO T3: AV-7 -150.00 + FA-55 1000.00"),
    Case("D17 credit note not cited", owed=[replace(i, whole_turnover=True) for i in D16],
         paid=line("FA-55", 850, payer=BRUNOY),
         right="REVIEW credit_note_not_cited: AV-7 -150.00 + FA-55 1000.00"),
    Case("D18a instalment, the first", owed=[item("FA-90", 5000, whole_turnover=True)],
         paid=line("FA-90", 2000, payer=BRUNOY), right="AUTO T8: FA-90 2000.00",
         after=(line("FA-90", 3000, payer=BRUNOY, id="L2", booking_date=DAY + timedelta(days=9)),)),
    Case("D18b instalment, the last", owed=[item("FA-90", 5000, whole_turnover=True)],
         paid=line("FA-90", 3000, payer=BRUNOY), right="AUTO T2: FA-90 3000.00",
         before=(line("FA-90", 2000, payer=BRUNOY, id="L0", booking_date=DAY - timedelta(days=9)),)),
    Case("D19 rival for a partial",
         owed=[item("FA2404351", "2188.75", whole_turnover=True), item("FA2404356", 360,
         whole_turnover=True)],
         paid=line("FA2404351", 360, payer=BRUNOY), right="REVIEW probable_typing_error: FA2404356 360.00"),
    Case("D20a identical invoices, one payment", owed=D20, paid=line(None, 5250, payer=BRUNOY),
         right="REVIEW identical_items: FA-1 5250.00"),
    Case("D20b the same, legal order chosen",
         owed=[replace(D20[0], due_date=date(2024, 3, 9)), replace(D20[1], due_date=date(2024, 2, 9))],
         paid=line(None, 5250, payer=BRUNOY), right="AUTO T6: FA-2 5250.00", policy=Policy(legal_order=True)),
    Case("D21 identical invoices, both paid", owed=D20, paid=line(None, 10500, payer=BRUNOY),
         right="AUTO T7: FA-1 5250.00 + FA-2 5250.00"),
    Case("D22 A, or B and C", owed=D22, paid=line(None, 5000, payer=BRUNOY),
         right="REVIEW payer_and_amount: FA-1 5000.00"),
    Case("D23 unique group", owed=D23, paid=line(None, "1267.22", payer=BRUNOY),
         right="AUTO T7: FA-1 411.37 + FA-2 722.74 + FA-3 133.11"),
    Case("D24 group with round amounts",
         owed=[item(f"FA-{n:02d}", n * 100, whole_turnover=True) for n in range(1, 13)],
         paid=line(None, 2500, payer=BRUNOY), right="REVIEW payer_and_group"),
    Case("D25 unknown reference", owed=[item("FA-77", 864)], paid=line("FA-93", 864, payer=BRUNOY),
         right="REVIEW unknown_reference: FA-77 864.00"),
    Case("D26 duplicate payment", owed=[item("FA-12", 700)], paid=line("FA-12", 700, payer=BRUNOY),
         right="REVIEW already_settled",
         before=(line("FA-12", 700, payer=BRUNOY, id="L0", booking_date=date(2024, 3, 3)),)),
    Case("D27 group treasury", owed=[item("F2024-0099", "777.70", "Lartigue")],
         paid=line("F2024-0099", "777.70", payer="MERIDIA TRESORERIE GROUPE", iban=TREASURY),
         right="AUTO T2: F2024-0099 777.70",
         accounts=(PayerAccount(tenant_id="t", iban=TREASURY, debtor_id="d:Lartigue"),)),
    Case("D28 another debtor's name",
         owed=[item("INV-4968", 360, "Viandes Bost"), item("INV-4100", 512, "Ruel Conseil"),
               *(item(f"INV-{n}", 360, f"Autre Client {n}") for n in range(6000, 6030))],
         paid=line("INV-4968", 360, payer="RUEL CONSEIL"), right="REVIEW payer_conflict: INV-4968 360.00"),
    Case("D29 digits that are not references", owed=[item("7530", "2459.10", "Un Client")],
         paid=line(f"VIR RECU IBAN {TREASURY[:20]}7530185 DU 07/05/30", 12), right="NONE nothing_fits"),
    Case("D30 return", owed=[item("FA-12", 700)],
         paid=line("REJET VIREMENT", -700, end_to_end_id="X-2024-77", return_reason="AC04",
                   booking_date=DAY + timedelta(days=6)),
         right="AUTO T0: FA-12 -700.00",
         before=(line("FA-12", 700, payer=BRUNOY, id="L0", end_to_end_id="X-2024-77"),)),
]  # fmt: skip
