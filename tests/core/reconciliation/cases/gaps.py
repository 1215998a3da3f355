"""G01…: less, or more, than what is cited: differences with a name and without one."""

from dataclasses import replace
from datetime import date

from core.reconciliation import PayerAccount, Policy
from tests.core.reconciliation.build import item, line
from tests.core.reconciliation.cases.table import BRUNOY, Case

ONE = [item("FA-801", 1972)]
WHOLE = [replace(ONE[0], whole_turnover=True)]
EVERYBODYS = [item(f"FA-90{n}", f"64{n}.10", f"Client {n}", seller_id=f"s{n}") for n in (1, 2, 3)]
"""Numbers of the same form at three more sellers."""
COMMISSION = Policy(commission_allowed=True)
IBAN = "FR7630001007941234567890185"
FACTOR = tuple(
    PayerAccount(tenant_id="t", iban=IBAN, debtor_id=d) for d in ("d:Ateliers Brunoy SAS", "d:Kervadec SARL")
)

CASES = [
    Case("G01 a cent is missing", owed=ONE, paid=line("FA-801", "1971.99", payer=BRUNOY),
         right="AUTO T4: FA-801 1971.99 (0.01 rounding)"),
    Case("G02 a cent too much is an over-payment, and nothing is absorbed", owed=ONE,
         paid=line("FA-801", "1972.01", payer=BRUNOY), right="REVIEW overpayment: FA-801 1972.00"),
    Case("G03 charges beyond the tolerance", owed=ONE, paid=line("FA-801", 1940, payer=BRUNOY),
         right="REVIEW unexplained_gap: FA-801 1940.00", policy=Policy(charges_tolerance_minor=2500)),
    Case("G04 charges, but the payer is unknown", owed=ONE, paid=line("FA-801", 1957, payer="PERSONNE"),
         right="REVIEW unexplained_gap: FA-801 1957.00", policy=Policy(charges_tolerance_minor=2500)),
    Case("G05 charges would do, but another invoice of the payer has this amount",
         owed=[*ONE, item("FA-810", 1957)], paid=line("FA-801", 1957, payer=BRUNOY),
         right="REVIEW probable_typing_error", policy=Policy(charges_tolerance_minor=2500)),
    Case("G06 commission written in the text", owed=ONE,
         paid=line("FA-801 LESS COMM 400.00", 1572, payer=BRUNOY),
         right="AUTO T4: FA-801 1572.00 (400.00 commission)", policy=COMMISSION),
    Case("G07 commission, not allowed", owed=ONE, paid=line("FA-801 LESS COMM 400.00", 1572, payer=BRUNOY),
         right="REVIEW partial_payment: FA-801 1572.00"),
    Case("G08 the commission does not explain the gap", owed=ONE,
         paid=line("FA-801 LESS COMM 300.00", 1572, payer=BRUNOY),
         right="REVIEW partial_payment: FA-801 1572.00", policy=COMMISSION),
    Case("G09 the commission is in another currency", owed=ONE,
         paid=line("FA-801 COMMISSION 400,00 USD", 1572, payer=BRUNOY),
         right="REVIEW partial_payment: FA-801 1572.00", policy=COMMISSION),
    Case("G10 two invoices have the gross amount", owed=[*ONE, item("FA-810", 1972)],
         paid=line("FA-801 LESS COMM 400.00", 1572, payer=BRUNOY),
         right="REVIEW partial_payment: FA-801 1572.00", policy=COMMISSION),
    Case("G11 changed from dollars, a little is missing", owed=ONE,
         paid=line("FA-801", 1965, payer=BRUNOY, original_currency="USD", original_amount_minor=213000),
         right="AUTO T4: FA-801 1965.00 (7.00 exchange)"),
    Case("G12 changed from dollars, too much is missing", owed=ONE,
         paid=line("FA-801", 1900, payer=BRUNOY, original_currency="USD", original_amount_minor=206000),
         right="REVIEW unexplained_gap: FA-801 1900.00"),
    Case("G13 sent whole in the item's currency, and changed on the way", owed=ONE,
         paid=line("FA-801", 1960, payer=BRUNOY, original_currency="EUR", original_amount_minor=197200),
         right="AUTO T4: FA-801 1960.00 (12.00 exchange)"),
    Case("G14 a retention above what the law allows is none", owed=[item("FA-61", 48000, retention_bp=1000)],
         paid=line("FA-61", 43200, payer=BRUNOY), right="REVIEW unexplained_gap: FA-61 43200.00"),
    Case("G15 the discount, on the last day",
         owed=[item("FA-60", 2000, discount_bp=200, discount_until=date(2024, 3, 12))],
         paid=line("FA-60", 1960, payer=BRUNOY), right="AUTO T4: FA-60 1960.00 (40.00 discount)"),
    Case("G16 the value date counts for the discount",
         owed=[item("FA-60", 2000, discount_bp=200, discount_until=date(2024, 3, 10))],
         paid=line("FA-60", 1960, payer=BRUNOY, value_date=date(2024, 3, 10)),
         right="AUTO T4: FA-60 1960.00 (40.00 discount)"),
    Case("G17 another rate than the agreed one",
         owed=[item("FA-60", 2000, discount_bp=200, discount_until=date(2024, 3, 30))],
         paid=line("FA-60", 1940, payer=BRUNOY), right="REVIEW unexplained_gap: FA-60 1940.00"),
    Case("G18 a part, where not every invoice of the payer is known", owed=ONE,
         paid=line("FA-801", 1000, payer=BRUNOY), right="REVIEW partial_payment: FA-801 1000.00"),
    Case("G19 a part that leaves less than a tenth looks like a deduction", owed=WHOLE,
         paid=line("FA-801", 1800, payer=BRUNOY), right="REVIEW unexplained_gap: FA-801 1800.00"),
    Case("G20 a part, but something else of about this amount is owed",
         owed=[*WHOLE, item("FA-810", "995.00", whole_turnover=True)],
         paid=line("FA-801", 1000, payer=BRUNOY), right="REVIEW partial_payment: FA-801 1000.00"),
    Case("G21 a part, and a second number that is not held here", owed=WHOLE,
         paid=line("FA-801 FA-999", 1000, payer=BRUNOY), right="REVIEW partial_payment: FA-801 1000.00"),
    Case("G22 one more invoice explains what is too much", owed=[*ONE, item("FA-810", 128)],
         paid=line("FA-801", 2100, payer=BRUNOY), right="REVIEW overpayment: FA-801 1972.00 + FA-810 128.00"),
    Case("G23 a part, from a factor who pays for several debtors: another may have that number, too",
         owed=[*WHOLE, item("FB-77", 640, "Kervadec SARL", whole_turnover=True)], accounts=FACTOR,
         paid=line("FA-801", 1000, payer="LIBERIS AFFACTURAGE", iban=IBAN),
         right="REVIEW partial_payment: FA-801 1000.00"),
    Case("G24 a part, under a number of everybody's form, from one whose name is only the nearest",
         owed=[*WHOLE, *EVERYBODYS],
         paid=line("FA-801", 1000, payer="BRUNOY ATELIER"),
         right="REVIEW partial_payment: FA-801 1000.00"),
    Case("G25 the same from the debtor himself",
         owed=[*WHOLE, *EVERYBODYS],
         paid=line("FA-801", 1000, payer=BRUNOY), right="AUTO T8: FA-801 1000.00"),
    Case("G26 a part, but a credit note and a retention explain what is missing",
         owed=[item("FA-801", 500, whole_turnover=True, retention_bp=500), item("AV-7", -100)],
         paid=line("FA-801", 375, payer=BRUNOY), right="REVIEW partial_payment: FA-801 375.00"),
    Case("G27 short by less than charges may be, but a credit note explains some of it",
         owed=[item("FA-801", 354, discount_bp=100), item("AV-7", "-17.70")],
         paid=line("FA-801", "332.76", payer=BRUNOY), right="REVIEW unexplained_gap: FA-801 332.76",
         policy=Policy(charges_tolerance_minor=2500)),
    Case("G28 a part of it, or all of another debtor's invoice of that number",
         owed=[item("FC2400003", "325.71", whole_turnover=True),
               item("FC2400003", 170, "Dorfalles GmbH", seller_id="s2", id="i2")],
         paid=line("FC2400003", 170, payer=BRUNOY), right="REVIEW probable_typing_error"),
]  # fmt: skip
