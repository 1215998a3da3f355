"""S01…: payments that cite nothing (T6, T7), and what speaks against deciding them."""

from dataclasses import replace
from datetime import date, timedelta

from core.reconciliation import Item, PayerAccount, Policy
from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.cases.table import BRUNOY, Case


def owes(*euros: str) -> list[Item]:
    return [item(f"FA-{n}", amount, whole_turnover=True) for n, amount in enumerate(euros, 1)]


THREE = owes("1457.13", "864.17", "95.50")
MONTH = timedelta(days=30)
TWELVE = [
    item(f"FA-{n:02d}", amount, whole_turnover=True, due_date=date(2024, 1, 31) + timedelta(days=7 * n))
    for n, amount in enumerate(
        ("1256.80", "654.94", "1143.46", "1316.86", "701.25", "203.06", "489.36", "820.13", "786.91",
         "680.75", "1353.54", "1177.34"), 1)
]  # fmt: skip
MARTINS = [
    item(f"FB-{trade[0]}{n}", f"3{n:02d}.17", f"{trade} {n}")
    for n in range(40) for trade in ("Garage Dupont", "Transports Martin")
]  # fmt: skip
ACCOUNT = PayerAccount(tenant_id="t", iban="FR7630001007941234567890185", debtor_id="d:Garage Martin SAS")
YEN = [
    item(f"FA-{n}", 0, amount_minor=minor, currency="JPY", kind="invoice", whole_turnover=True)
    for n, minor in ((1, 98765), (2, 43210))
]

CASES = [
    Case("S01 one item of this amount, and nothing else makes it", owed=THREE,
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="AUTO T6: FA-2 864.17"),
    Case("S02 two items make it", owed=THREE, paid=line(None, "959.67", payer=BRUNOY),
         right="AUTO T7: FA-2 864.17 + FA-3 95.50"),
    Case("S03 everything he owes", owed=THREE, paid=line(None, "2416.80", payer=BRUNOY),
         right="AUTO T7: FA-1 1457.13 + FA-2 864.17 + FA-3 95.50"),
    Case("S04 he also pays invoices unknown here", owed=[*THREE[:2], replace(THREE[2], whole_turnover=False)],
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW payer_and_amount: FA-2 864.17"),
    Case("S05 the name is only the nearest", owed=THREE, paid=line("VIREMENT", "864.17",
         payer="BRUNOY ATELIER"),
         right="REVIEW payer_and_amount: FA-2 864.17"),
    Case("S06 a number that is not held here: he pays something else", owed=THREE,
         paid=line("FA-99", "864.17", payer=BRUNOY), right="REVIEW unknown_reference: FA-2 864.17"),
    Case("S07 any free number counts as one", owed=THREE, paid=line("DOSSIER 4471", "864.17", payer=BRUNOY),
         right="REVIEW payer_and_amount: FA-2 864.17"),
    Case("S08 a year is none", owed=THREE, paid=line("SOLDE 2024", "864.17", payer=BRUNOY),
         right="AUTO T6: FA-2 864.17"),
    Case("S09 nor is what software fills in", owed=THREE,
         paid=line("VIREMENT", "864.17", payer=BRUNOY, end_to_end_id="0018937"),
         right="AUTO T6: FA-2 864.17"),
    Case("S10 unless it looks like a number of his", owed=
         [item("FA2404351", "864.17", whole_turnover=True)],
         paid=line("VIREMENT", "864.17", payer=BRUNOY, end_to_end_id="FA2404399"),
         right="REVIEW unknown_reference: FA2404351 864.17"),
    Case("S11 a recurring amount: which month, nobody can say",
         owed=[item("FA-1", "450.37", whole_turnover=True, open_minor=0), item("FA-2", "450.37",
         whole_turnover=True)],
         paid=line("VIREMENT", "450.37", payer=BRUNOY), right="REVIEW payer_and_amount: FA-2 450.37"),
    Case("S12 the same in legal order",
         owed=[item("FA-1", "450.37", whole_turnover=True, open_minor=0), item("FA-2", "450.37",
         whole_turnover=True)],
         paid=line("VIREMENT", "450.37", payer=BRUNOY), right="AUTO T6: FA-2 450.37",
         policy=Policy(legal_order=True)),
    Case("S13 legal order: what is due comes before what is older and not due",
         owed=[item("FA-1", "450.37", whole_turnover=True, due_date=DAY + MONTH, issue_date=date(2024, 1, 1)),
               item("FA-2", "450.37", whole_turnover=True, due_date=DAY - MONTH)],
         paid=line("VIREMENT", "450.37", payer=BRUNOY), right="AUTO T6: FA-2 450.37",
         policy=Policy(legal_order=True)),
    Case("S14 legal order: two of three equal ones, the oldest",
         owed=[item(f"FA-{n}", "450.37", whole_turnover=True, due_date=date(2024, n, 5)) for n in (1, 2, 3)],
         paid=line("VIREMENT", "900.74", payer=BRUNOY), right="AUTO T7: FA-1 450.37 + FA-2 450.37",
         policy=Policy(legal_order=True)),
    Case("S15 legal order does not choose between sellers",
         owed=[item("FA-1", "450.37", whole_turnover=True), item("FA-2", "450.37", whole_turnover=True,
         seller_id="B")],
         paid=line("VIREMENT", "450.37", payer=BRUNOY), right="REVIEW identical_items",
         policy=Policy(legal_order=True)),
    Case("S16 two payments of one amount on one day, and one item", owed=THREE,
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW twin_payments: FA-2 864.17",
         after=(line("VIREMENT", "864.17", payer=BRUNOY, id="L2"),)),
    Case("S17 another payment cites the item the same day", owed=THREE,
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW payer_only",
         after=(line("FA-2", "864.17", payer=BRUNOY, id="L2"),)),
    Case("S18 a credit note would be needed and nobody cites it",
         owed=[*owes("1000.00"), item("AV-7", "-150.33", whole_turnover=True)],
         paid=line("VIREMENT", "849.67", payer=BRUNOY),
         right="REVIEW payer_and_group: AV-7 -150.33 + FA-1 1000.00"),
    Case("S19 an item, or a group that sums the same", owed=owes("959.67", "864.17", "95.50"),
         paid=line(None, "959.67", payer=BRUNOY), right="REVIEW payer_and_amount: FA-1 959.67"),
    Case("S20 the invoice is younger than the payment",
         owed=[item("FA-1", "864.17", whole_turnover=True, issue_date=DAY + timedelta(days=3))],
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW payer_and_amount: FA-1 864.17"),
    Case("S21 the money should land on another account",
         owed=[item("FA-1", "864.17", whole_turnover=True, expected_account_id="elsewhere")],
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW payer_and_amount: FA-1 864.17"),
    Case("S22 a round amount among many of his", owed=owes("1200.00", *(f"{n}37.1{n}" for n in range(1, 8))),
         paid=line("VIREMENT", 1200, payer=BRUNOY), right="REVIEW payer_and_amount: FA-1 1200.00"),
    Case("S23 the same amount, the only thing he owes", owed=owes("1200.00"),
         paid=line("VIREMENT", 1200, payer=BRUNOY), right="AUTO T6: FA-1 1200.00"),
    Case("S24 more items than can be searched", owed=owes(*(f"{100 + n}.{n:02d}" for n in range(41))),
         paid=line("VIREMENT", "105.05", payer=BRUNOY), right="REVIEW payer_and_amount: FA-6 105.05"),
    Case("S25 held for two business days: the data end before", owed=THREE,
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW held: FA-2 864.17",
         policy=Policy(hold_days=2)),
    Case("S26 held, and the days go by", owed=THREE, paid=line("VIREMENT", "864.17", payer=BRUNOY),
         right="AUTO T6: FA-2 864.17", policy=Policy(hold_days=2),
         after=(line("LOYER", 3, id="L2", booking_date=DAY + timedelta(days=2)),)),
    Case("S27 held over a week-end: Monday does not count twice", owed=THREE,
         paid=line("VIREMENT", "864.17", payer=BRUNOY, booking_date=date(2024, 3, 15)),
         right="REVIEW held: FA-2 864.17", policy=Policy(hold_days=2),
         after=(line("LOYER", 3, id="L2", booking_date=date(2024, 3, 18)),)),
    Case("S28 held, and a stronger claim comes meanwhile", owed=THREE,
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW payer_only", policy=Policy(hold_days=2),
         after=(line("FA-2", "864.17", payer=BRUNOY, id="L2", booking_date=DAY + timedelta(days=1)),
                line("LOYER", 3, id="L3", booking_date=DAY + timedelta(days=5)))),
    Case("S29 that stronger claim", owed=THREE,
         paid=line("FA-2", "864.17", payer=BRUNOY, id="L2", booking_date=DAY + timedelta(days=1)),
         right="AUTO T2: FA-2 864.17", policy=Policy(hold_days=2),
         before=(line("VIREMENT", "864.17", payer=BRUNOY),)),
    Case("S30 yen have no cents: 98 765 is as rare as it looks", owed=YEN,
         paid=line("VIREMENT", 0, amount_minor=98765, currency="JPY", payer=BRUNOY),
         right="AUTO T6: FA-1 987.65"),
    Case("S31 dinars have three decimals: 98.765 is rare, too",
         owed=[replace(i, currency="TND") for i in YEN],
         paid=line("VIREMENT", 0, amount_minor=98765, currency="TND", payer=BRUNOY),
         right="AUTO T6: FA-1 987.65"),
    Case("S32 four of twelve make it, skipping what fell due between: chance makes such a group, too",
         owed=TWELVE, paid=line("VIREMENT", "2526.30", payer=BRUNOY),
         right="REVIEW payer_and_group: FA-02 654.94 + FA-05 701.25 + FA-07 489.36 + FA-10 680.75"),
    Case("S33 four that fell due one after the other", owed=TWELVE,
         paid=line("VIREMENT", "2710.53", payer=BRUNOY),
         right="AUTO T7: FA-04 1316.86 + FA-05 701.25 + FA-06 203.06 + FA-07 489.36"),
    Case("S34 the only invoice of this amount was issued a month later: nobody pays what is not there",
         owed=[*THREE[:1], replace(THREE[1], issue_date=DAY + MONTH)],
         paid=line("FA-99", "864.17", payer=BRUNOY), right="NONE nothing_fits"),
    Case("S35 an invoice and the charges that an earlier payment kept back: or twenty euros too much",
         owed=[*owes("864.17"), item("FA-2", 540, whole_turnover=True, open_minor=2000)],
         paid=line("VIREMENT", "884.17", payer=BRUNOY),
         right="REVIEW payer_and_group: FA-1 864.17 + FA-2 20.00"),
    Case("S36 four months after it was due: maybe a namesake", owed=
         [*THREE[:1], replace(THREE[1], due_date=DAY - 4 * MONTH)],
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW payer_and_amount: FA-2 864.17"),
    Case("S37 two months before it falls due", owed=[*THREE[:1], replace(THREE[1], due_date=DAY + 2 * MONTH)],
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW payer_and_amount: FA-2 864.17"),
    Case("S38 a month late is nothing special", owed=[*THREE[:1], replace(THREE[1], due_date=DAY - MONTH)],
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="AUTO T6: FA-2 864.17"),
    Case("S39 one invoice, or half of another", owed=owes("864.17", "1728.34"),
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW payer_and_amount: FA-1 864.17"),
    Case("S40 a name of everybody's words, and a common amount: a namesake may pay something else",
         owed=[item("FA-1", 1200, "Garage Martin SAS", whole_turnover=True), *MARTINS],
         paid=line("VIREMENT", 1200, payer="GARAGE MARTIN SAS"),
         right="REVIEW payer_and_amount: FA-1 1200.00"),
    Case("S41 the same from his own account", accounts=(ACCOUNT,),
         owed=[item("FA-1", 1200, "Garage Martin SAS", whole_turnover=True), *MARTINS],
         paid=line("VIREMENT", 1200, payer="GARAGE MARTIN SAS", iban=ACCOUNT.iban),
         right="AUTO T6: FA-1 1200.00"),
    Case("S42 the same amount two weeks after one that waits for a person: maybe the same once more",
         owed=[item("FA-1", "864.17", whole_turnover=True, issue_date=DAY - MONTH / 3)],
         before=(line("VIREMENT", "864.17", payer=BRUNOY, id="L0", booking_date=DAY - MONTH / 2),),
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="REVIEW twin_payments: FA-1 864.17"),
    Case("S43 months after it", owed=[item("FA-1", "864.17", whole_turnover=True, issue_date=DAY - MONTH)],
         before=(line("VIREMENT", "864.17", payer=BRUNOY, id="L0", booking_date=DAY - 2 * MONTH),),
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="AUTO T6: FA-1 864.17"),
    Case("S44 the first one went back meanwhile",
         owed=[item("FA-1", "864.17", whole_turnover=True, issue_date=DAY - MONTH / 3)],
         before=(line("VIREMENT", "864.17", payer=BRUNOY, id="L0", booking_date=DAY - MONTH / 2,
                      end_to_end_id="E2E-90"),
                 line("REJET", "-864.17", id="L9", booking_date=DAY - MONTH / 5, end_to_end_id="E2E-90")),
         paid=line("VIREMENT", "864.17", payer=BRUNOY), right="AUTO T6: FA-1 864.17"),
    Case("S45 all that is left of an invoice, a tenth of it: maybe he paid something else",
         owed=[item("FA-1", "257.07", whole_turnover=True, open_minor=2500)],
         paid=line("VIREMENT", 25, payer=BRUNOY), right="REVIEW payer_and_amount: FA-1 25.00"),
]  # fmt: skip
