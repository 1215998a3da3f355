"""V01…: what a person is shown, and when nobody is asked."""

from dataclasses import replace
from datetime import timedelta

from core.reconciliation import Item
from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.cases.table import BRUNOY, Case

OPEN = [item("FA-1", "1457.13"), item("FA-2", "864.17")]
CLOSED = [item("FA-1", "1457.13", whole_turnover=True), item("FA-2", "864.17", whole_turnover=True)]


SIXTY = [
    item("FA-417", f"{600 + n}.10", f"Debiteur Numero {word}", seller_id=f"s{n}", id=f"i{n}")
    for n, word in enumerate([*map(str, range(10)), "Dix", *map(str, range(11, 60))])
]
"""A number of sixty sellers."""
OTHERS = [item(f"FB-{n}", 700, f"Client Numero {n}") for n in range(30)]
"""An amount that many have."""

LONG_AGO = DAY - timedelta(days=200)
LATER = [item(f"FB-{n}", 700, f"Client Numero {n}", due_date=DAY + timedelta(days=40 + n)) for n in range(5)]
"""An amount that a few have, none of which is due yet."""
PAIRS = [
    item(number, 600 + at + n, f"Debiteur {n if n == 5 else n + at}", seller_id=f"s{n}", id=f"{id}{n:02}")
    for number, at, id in (("FA-417", 0, "i"), ("FA-418", 50, "j")) for n in range(12)
]  # fmt: skip
"""Two numbers of twelve sellers: one seller billed both to the same debtor."""
DUE = [
    item(f"FA-{n}", 100 + n, due_date=DAY + timedelta(days=days))
    for n, days in enumerate((-3, 2, 60, 70, 80))
]
"""Two of these are due now."""


def crowd() -> list[Item]:
    """A shared account: forty sellers of the same form of number."""
    return [item(f"FA-{n}", f"{300 + n}.00", f"Client {n}", seller_id=f"s{n}") for n in range(400, 440)]


CASES = [
    Case("V01 a stranger, and an amount that many have",
         owed=[item(f"FA-{n}", 700, f"C {n}") for n in range(30)],
         paid=line("VIREMENT", 700, payer="PERSONNE"), right="NONE nothing_fits"),
    Case("V02 a stranger, and a rare amount", owed=OPEN, paid=line("VIREMENT", "864.17", payer="PERSONNE"),
         right="REVIEW amount_only: FA-2 864.17"),
    Case("V03 a stranger who cites a number of everybody's form, and another amount", owed=crowd(),
         paid=line("FA-417", "94.12", payer="PERSONNE"), right="NONE nothing_fits"),
    Case("V04 the same number from its debtor", owed=crowd(), paid=line("FA-417", "94.12",
         payer="CLIENT 417"),
         right="REVIEW partial_payment: FA-417 94.12"),
    Case("V05 a known payer, and nothing that fits", owed=OPEN, paid=line("VIREMENT", 77, payer=BRUNOY),
         right="NONE nothing_fits"),
    Case("V06 the same where every invoice of his is known: he pays something of it", owed=CLOSED,
         paid=line("VIREMENT", 800, payer=BRUNOY), right="REVIEW payer_only: FA-2 800.00"),
    Case("V07 late: the fixed indemnity on top", owed=CLOSED, paid=line("VIREMENT", "904.17", payer=BRUNOY),
         right="REVIEW payer_only: FA-2 864.17"),
    Case("V08 a tool says which invoice it is: evidence, not a decision", owed=OPEN,
         paid=line("VIREMENT", "1457.13", declared_item_ids=("FA-1",)),
         right="REVIEW declared_match: FA-1 1457.13"),
    Case("V09 the tool and the text agree", owed=OPEN,
         paid=line("FA-1", "1457.13", declared_item_ids=("FA-1",)), right="AUTO T2: FA-1 1457.13"),
    Case("V11 a ledger sets a credit note off against the invoice", owed=[*OPEN, item("AV-3", -100)],
         paid=line("VIREMENT", "1357.13", declared_item_ids=("FA-1", "AV-3")),
         right="REVIEW declared_match: AV-3 -100.00 + FA-1 1457.13"),
    Case("V10 a second payment of a settled invoice, and another is open at that amount",
         owed=[item("FA-12", 700, open_minor=0), item("FA-13", 700)], paid=line("FA-12", 700, payer=BRUNOY),
         right="REVIEW already_settled: FA-13 700.00"),
    Case("V12 a number of twenty sellers: the one open at the amount paid is shown first",
         owed=[item("FA-417", 600 + min(n, 15), f"Debiteur {n}", seller_id=f"s{n}", id=f"i{n:02}")
               for n in range(20)]
              + [item(f"FB-{n}", 615, f"Client {n}", seller_id="z") for n in range(3)],
         paid=line("FA-417", 615), right="REVIEW ambiguous_reference: i15 615.00"),
    Case("V13 a number of sixty sellers, none of whose debtors pays, or owes that amount: it says nothing",
         owed=SIXTY, paid=line("FA-417", 615, payer="PERSONNE"), right="NONE nothing_fits"),
    Case("V14 the same number, and the amount of one of them",
         owed=SIXTY, paid=line("FA-417", "640.10", payer="PERSONNE"), right="AUTO T2: i40 640.10"),
    Case("V15 the same number, and the debtor of one of them, who owes another amount",
         owed=SIXTY, paid=line("FA-417", 615, payer="DEBITEUR NUMERO DIX"),
         right="REVIEW overpayment: i10 610.10"),
    Case("V16 the same number, and a payer who owes another at that amount: he pays something else", owed=
         [*SIXTY, item("FA-12", 700, whole_turnover=True)], paid=line("FA-417", 700, payer=BRUNOY),
         right="REVIEW unknown_reference: FA-12 700.00"),
    Case("V17 a number of sixty sellers, at the amount of them all", owed=
         [replace(one, amount_minor=60000) for one in SIXTY], paid=line("FA-417", 600, payer="PERSONNE"),
         right="REVIEW cap_reached"),
    Case("V18 another number, and the amount of an invoice due long ago: he is billed it every month",
         owed=[item("FA-13", 700, due_date=DAY - timedelta(days=70)), *OTHERS],
         paid=line("FA-77", 700, payer=BRUNOY), right="NONE nothing_fits"),
    Case("V19 the same, and it is due now", owed=[item("FA-13", 700, due_date=DAY), *OTHERS],
         paid=line("FA-77", 700, payer=BRUNOY), right="REVIEW payer_and_amount: FA-13 700.00"),
    Case("V20 who cites nothing is asked about whenever it was due",
         owed=[item("FA-13", 700, due_date=DAY - timedelta(days=200))],
         paid=line("VIREMENT", 700, payer=BRUNOY), right="REVIEW payer_and_amount: FA-13 700.00"),
    Case("V21 who owes one invoice, due long ago, and pays another amount",
         owed=[item("FA-13", 700, due_date=DAY - timedelta(days=200))],
         paid=line("VIREMENT", 1000, payer=BRUNOY), right="NONE nothing_fits"),
    Case("V22 who withholds the agreed retention is asked about whenever it was due, whatever else he owes",
         owed=[item("FA-13", 1700, due_date=DAY - timedelta(days=200), retention_bp=500),
               *(item(f"FA-2{n}", f"93{n}.17") for n in range(9))],
         paid=line("VIREMENT", 1615, payer=BRUNOY), right="REVIEW payer_only: FA-13 1615.00"),
    Case("V26 everybody's number, an unknown payer, and the amount but for the agreed retention",
         owed=[replace(crowd()[0], amount_minor=68400, retention_bp=500), *crowd()[1:]],
         paid=line("FA-400", "649.80", payer="PERSONNE"),
         right="REVIEW unexplained_gap: FA-400 649.80"),
    Case("V27 the same without it", owed=[replace(crowd()[0], amount_minor=68400), *crowd()[1:]],
         paid=line("FA-400", "649.80", payer="PERSONNE"), right="NONE nothing_fits"),
    Case("V28 an unknown payer, a common amount, and a rare word of the name of one who owes it",
         owed=[item("FA-13", 700, "Loisirs Kervadec Ouest SARL"), *OTHERS],
         paid=line("VIREMENT", 700, payer="KERVADEC DISTRIBUTION REIMS"),
         right="REVIEW payer_and_amount: FA-13 700.00"),
    Case("V29 a word that many names have", owed=[item("FA-13", 700, "Client Kervadec SARL"), *OTHERS],
         paid=line("VIREMENT", 700, payer="CLIENT QUELCONQUE"), right="NONE nothing_fits"),
    Case("V30 who owes another amount", owed=[item("FA-13", 701, "Loisirs Kervadec Ouest SARL"), *OTHERS],
         paid=line("VIREMENT", 700, payer="KERVADEC DISTRIBUTION REIMS"), right="NONE nothing_fits"),
    Case("V31 who cites another number", owed=[item("FA-13", 700, "Loisirs Kervadec Ouest SARL"), *OTHERS],
         paid=line("FA-77", 700, payer="KERVADEC DISTRIBUTION REIMS"), right="NONE nothing_fits"),
    Case("V23 one invoice, due now, and another amount", owed=[item("FA-13", 700, due_date=DAY)],
         paid=line("VIREMENT", 1000, payer=BRUNOY), right="REVIEW payer_only: FA-13 700.00"),
    Case("V24 the end of a number that stands beside another, long after it was due",
         owed=[item("FA-2401-417", 700, "Ruel Conseil", due_date=DAY - timedelta(days=200)), *OTHERS],
         paid=line("RELEVE 417 FA-5599", 700, payer="PERSONNE"), right="NONE nothing_fits"),
    Case("V25 the same, and it is due now",
         owed=[item("FA-2401-417", 700, "Ruel Conseil", due_date=DAY), *OTHERS],
         paid=line("RELEVE 417 FA-5599", 700, payer="PERSONNE"),
         right="REVIEW coincidence_bound: FA-2401-417 700.00"),
    Case("V32 a number that another owes, and one like it at the amount: a slip of the payer's",
         owed=[item("FA-2404351", "864.17"), item("FA-2404356", "912.40", "Autre Debiteur", seller_id="z")],
         paid=line("FA-2404356", "864.17", payer="PERSONNE"),
         right="REVIEW unexplained_gap: FA-2404351 864.17"),
    Case("V33 a number that nobody owes, and one like it at an amount that a few have",
         owed=[item("FA-2404351", 700), *OTHERS[:7]], paid=line("FA-2404356", 700, payer="PERSONNE"),
         right="REVIEW unknown_reference: FA-2404351 700.00"),
    Case("V34 at an amount that many have", owed=[item("FA-2404351", 700), *OTHERS],
         paid=line("FA-2404356", 700, payer="PERSONNE"), right="NONE nothing_fits"),
    Case("V35 due long before", owed=[item("FA-2404351", 700, due_date=LONG_AGO), *OTHERS[:7]],
         paid=line("FA-2404356", 700, payer="PERSONNE"), right="NONE nothing_fits"),
    Case("V36 nothing but an amount that a few have, and one of them is about due",
         owed=[item("FA-13", 700, due_date=DAY), *LATER], paid=line("VIREMENT", 700, payer="PERSONNE"),
         right="REVIEW amount_only: FA-13 700.00"),
    Case("V37 two of them are",
         owed=[item("FA-13", 700, due_date=DAY), item("FA-14", 700, "Client Unique", due_date=DAY), *LATER],
         paid=line("VIREMENT", 700, payer="PERSONNE"), right="NONE nothing_fits"),
    Case("V38 who pays is known, and does not owe it", owed=[*OPEN, *LATER,
         item("FA-13", 700, "Client Unique", due_date=DAY)],
         paid=line("VIREMENT", 700, payer=BRUNOY), right="NONE nothing_fits"),
    Case("V39 two numbers of twelve sellers, both of which stand between the same two only once", owed=PAIRS,
         paid=line("FA-417 FA-418", 1260, payer="PERSONNE"),
         right="REVIEW ambiguous_reference: i05 605.00 + j05 655.00"),
    Case("V40 the same, and less was paid", owed=PAIRS, paid=line("FA-417 FA-418", 1200, payer="PERSONNE"),
         right="NONE nothing_fits"),
    Case("V41 one cited, and two more of what he owes make the amount",
         owed=[*OPEN, item("FA-3", "77.20"), item("FA-4", 900)],
         paid=line("FA-1", "2398.50", payer=BRUNOY),
         right="REVIEW overpayment: FA-1 1457.13 + FA-2 864.17 + FA-3 77.20"),
    Case("V42 who cites nothing, and pays a little more than is due now", owed=DUE,
         paid=line("VIREMENT", "205.50", payer=BRUNOY),
         right="REVIEW payer_only: FA-0 100.00 + FA-1 101.00"),
    Case("V43 less than is due now", owed=DUE, paid=line("VIREMENT", "160.50", payer=BRUNOY),
         right="NONE nothing_fits"),
]  # fmt: skip
