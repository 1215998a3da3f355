"""L01…: several numbers in one text: lists, ranges, groups, several debtors, several lines."""

from datetime import timedelta

from core.reconciliation import PayerAccount, Policy
from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.cases.table import BRUNOY, Case

SERIES = [item(f"FA2401{n}", f"{n}.11") for n in range(201, 207)]
FACTOR = "FR7630001007941234567890185"
FACTOR_PAYS = tuple(
    PayerAccount(tenant_id="t", iban=FACTOR, debtor_id=f"d:{name}")
    for name in ("Viandes Bost", "Ruel Conseil")
)
TWO_DEBTORS = [item("INV-4968", "360.25", "Viandes Bost"), item("INV-4969", "512.40", "Ruel Conseil")]
RUEL = [
    item("FA-2026-0431", 310, "Ruel Conseil SARL"), item("FA-2026-0432", "95.50", "Ruel Conseil SARL"),
    item("FA-2026-0435", 1020, "Ruel Conseil SARL"),
]  # fmt: skip
PAIR = [item("FA-801", 1000), item("FA-802", 500)]

CASES = [
    Case("L01 a list with signs between", owed=SERIES, paid=line("FA2401201, 202 ET 204", "607.33"),
         right="AUTO T3: FA2401201 201.11 + FA2401202 202.11 + FA2401204 204.11"),
    Case("L02 a range", owed=SERIES, paid=line("FA2401203 AU FA2401205", "612.33"),
         right="AUTO T3: FA2401203 203.11 + FA2401204 204.11 + FA2401205 205.11"),
    Case("L03 a range without one of them", owed=SERIES,
         paid=line("FA2401201 A 204 SAUF 203", "607.33", payer=BRUNOY),
         right="AUTO T3: FA2401201 201.11 + FA2401202 202.11 + FA2401204 204.11"),
    Case("L04 a dash is a range when only the range sums", owed=SERIES, paid=line("FA2401201-1203", "606.33"),
         right="AUTO T3: FA2401201 201.11 + FA2401202 202.11 + FA2401203 203.11"),
    Case("L05 a dash is a list when only the two sum", owed=SERIES, paid=line("FA2401201-1203", "404.22"),
         right="AUTO T3: FA2401201 201.11 + FA2401203 203.11"),
    Case("L06 one of the cited is not held here, and the rest is what was paid", owed=PAIR,
         paid=line("FA-801 FA-802 FA-999", 1500, payer=BRUNOY),
         right="AUTO T3: FA-801 1000.00 + FA-802 500.00"),
    Case("L07 one of the cited is not held here, and more was paid", owed=PAIR,
         paid=line("FA-801 FA-802 FA-999", 1900, payer=BRUNOY),
         right="REVIEW overpayment: FA-801 1000.00 + FA-802 500.00"),
    Case("L08 one of the cited is settled, the other is paid", owed=[*PAIR, item("FA-700", 80, open_minor=0)],
         paid=line("FA-700 FA-801", 1000, payer=BRUNOY), right="AUTO T2: FA-801 1000.00"),
    Case("L09 two groups of the cited fit", owed=[item("FA-1", 300), item("FA-2", 200), item("FA-3", 300)],
         paid=line("FA-1 FA-2 FA-3", 500, payer=BRUNOY), right="REVIEW several_groups_fit"),
    Case("L10 several debtors are cited, the payer is nobody of them", owed=TWO_DEBTORS,
         paid=line("INV-4968 INV-4969", "872.65", payer="PERSONNE"),
         right="REVIEW several_debtors: INV-4968 360.25 + INV-4969 512.40"),
    Case("L11 a factor pays for several debtors from an account known for each", owed=TWO_DEBTORS,
         paid=line("INV-4968 INV-4969", "872.65", payer="AFFACTURAGE DU NORD", iban=FACTOR),
         right="AUTO T3: INV-4968 360.25 + INV-4969 512.40", accounts=FACTOR_PAYS),
    Case("L12 the same factor, one of the sums is short", owed=TWO_DEBTORS,
         paid=line("INV-4968 INV-4969", 870, payer="AFFACTURAGE DU NORD", iban=FACTOR),
         right="REVIEW several_debtors: INV-4968 360.25 + INV-4969 509.75", accounts=FACTOR_PAYS),
    Case("L13 two lines of one day pay two invoices together, when allowed", owed=PAIR,
         paid=line("FA-801 FA-802", 900, payer=BRUNOY), right="AUTO T3: FA-801 900.00",
         after=(line("FA-801 FA-802", 600, payer=BRUNOY, id="L2"),), policy=Policy(joint_decisions=True)),
    Case("L14 the second of the two", owed=PAIR, paid=line("FA-801 FA-802", 600, payer=BRUNOY),
         right="AUTO T3: FA-801 100.00 + FA-802 500.00",
         before=(line("FA-801 FA-802", 900, payer=BRUNOY, id="L0"),), policy=Policy(joint_decisions=True)),
    Case("L15 the same, not allowed", owed=PAIR, paid=line("FA-801 FA-802", 900, payer=BRUNOY),
         right="REVIEW sum_differs", after=(line("FA-801 FA-802", 600, payer=BRUNOY, id="L2"),)),
    Case("L16 together they do not sum", owed=PAIR, paid=line("FA-801 FA-802", 900, payer=BRUNOY),
         right="REVIEW sum_differs", after=(line("FA-801 FA-802", 700, payer=BRUNOY, id="L2"),),
         policy=Policy(joint_decisions=True)),
    Case("L17 the second comes a day later: nothing is joint any more", owed=PAIR,
         paid=line("FA-801 FA-802", 900, payer=BRUNOY), right="REVIEW sum_differs",
         after=(line("FA-801 FA-802", 600, payer=BRUNOY, id="L2", booking_date=DAY + timedelta(days=1)),),
         policy=Policy(joint_decisions=True)),
    Case("L18 an invoice, and a credit note larger than it", owed=[item("FA-55", 100), item("AV-7", -150)],
         paid=line("FA-55 AV-7", 50, payer=BRUNOY), right="REVIEW sum_differs"),
    Case("L19 two halves of one invoice on one day", owed=[item("FA-90", 5000, whole_turnover=True)],
         paid=line("FA-90", 3000, payer=BRUNOY), right="AUTO T2: FA-90 3000.00",
         before=(line("FA-90", 2000, payer=BRUNOY, id="L0"),)),
    Case("L20 a list of the length at which banks cut, its last element as long as the others", owed=RUEL,
         paid=line("FACTURES FA-2026-0431 0432 0435", "1425.50", payer="RUEL CONSEIL"),
         right="AUTO T3: FA-2026-0431 310.00 + FA-2026-0432 95.50 + FA-2026-0435 1020.00"),
    Case("L21 the same length, the last element may be half a number", owed=RUEL,
         paid=line("FACTURES DE FA-2026-0431 432 43", "405.50", payer="RUEL CONSEIL"),
         right="AUTO T3: FA-2026-0431 310.00 + FA-2026-0432 95.50"),
    Case("L22 the year is written last: a number that is not held is no second one of that year", owed=
         [item("2103/2025", "1259.92"), item("2047/2024", 2340)],
         paid=line("2103/2025 ET 2537/2024", "3599.92", payer=BRUNOY),
         right="REVIEW overpayment: 2047/2024 2340.00 + 2103/2025 1259.92"),
    Case("L23 a list with dashes, one of which is not held, is no range",
         owed=[item("F2024-083", 4200), item("F2024-159", 4200), item("F2024-251", 1500)],
         paid=line("F2024-083 - 241 - 251", 9900, payer=BRUNOY),
         right="REVIEW overpayment"),
    Case("L24 the ends of several numbers of a known payer, which sum exactly",
         owed=[item("FAC-2024-0172", 310), item("FAC-2024-0178", "95.50"), item("FAC-2024-0190", 1020)],
         paid=line("VOS FACTURES 172 178 190", "1425.50", payer=BRUNOY),
         right="AUTO T3: FAC-2024-0172 310.00 + FAC-2024-0178 95.50 + FAC-2024-0190 1020.00"),
    Case("L25 one of them is not held",
         owed=[item("FAC-2024-0172", 310), item("FAC-2024-0178", "95.50")],
         paid=line("VOS FACTURES 172 178 190", "1425.50", payer=BRUNOY),
         right="REVIEW sum_differs: FAC-2024-0172 310.00 + FAC-2024-0178 95.50"),
    Case("L40 the ends of several numbers, one of them long after its due day",
         owed=[item("FAC-2024-0172", 310),
               item("FAC-2023-0178", "95.50", due_date=DAY - timedelta(days=200))],
         paid=line("VOS FACTURES 172 178", "405.50", payer=BRUNOY), right="REVIEW sum_differs"),
]  # fmt: skip
