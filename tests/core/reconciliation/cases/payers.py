"""P01…: who pays: names, accounts, treasuries, sellers who forward, and what is learnt."""

from datetime import timedelta

from core.reconciliation import PayerAccount, Policy
from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.cases.table import Case

IBAN = "FR7630001007941234567890185"
RUEL = [item("FA-13", 700, "Ruel Conseil")]
COMMON = [item(f"Z-{n}", 512, f"Client Numero {n}") for n in range(100, 140)]
BARE = [item("FAC-2024-13", 512), *COMMON]
SOLD = [item("FAC-2024-123", "873.46", seller_name="Menuiserie Lambert", whole_turnover=True)]
LATER = DAY + timedelta(days=2)

CASES = [
    Case("P01 the account in history outweighs a foreign name", owed=[item("FA-12", 700), *RUEL, *COMMON],
         paid=line("FA-12", 700, payer="RUEL CONSEIL", iban=IBAN), right="AUTO T2: FA-12 700.00",
         accounts=(PayerAccount(tenant_id="t", iban=IBAN, debtor_id="d:Ateliers Brunoy SAS"),)),
    Case("P02 a counter and a common amount, the payer unknown", owed=BARE,
         paid=line("FACT 13", 512, payer="PERSONNE"), right="REVIEW coincidence_bound: FAC-2024-13 512.00"),
    Case("P03 his account was learnt from a payment that added up", owed=[item("FA-12", 700), *BARE],
         paid=line("FACT 13", 512, payer="TRESORERIE CENTRALE", iban=IBAN, booking_date=LATER),
         right="AUTO T5: FAC-2024-13 512.00",
         before=(line("FA-12", 700, id="L0", payer="TRESORERIE CENTRALE", iban=IBAN),)),
    Case("P04 his name was learnt so, without an account", owed=[item("FA-12", 700), *BARE],
         paid=line("FACT 13", 512, payer="MERIDIA FINANCES", booking_date=LATER),
         right="AUTO T5: FAC-2024-13 512.00", before=(line("FA-12", 700, id="L0",
         payer="MERIDIA FINANCES"),)),
    Case("P05 what was learnt is forgotten when the payment went back", owed=[item("FA-12", 700), *BARE],
         paid=line("FACT 13", 512, payer="MERIDIA FINANCES", booking_date=LATER),
         right="REVIEW coincidence_bound: FAC-2024-13 512.00",
         before=(line("FA-12", 700, id="L0", payer="MERIDIA FINANCES", end_to_end_id="E2E-77"),
                 line("RETOUR", -700, id="L00", end_to_end_id="E2E-77", return_reason="FOCR",
                      booking_date=DAY + timedelta(days=1)))),
    Case("P06 nothing is learnt from a part", owed=[item("FA-2024-0012", 700, whole_turnover=True), *BARE],
         paid=line("FACT 13", 512, payer="MERIDIA FINANCES", booking_date=LATER),
         right="REVIEW coincidence_bound: FAC-2024-13 512.00",
         before=(line("FA-2024-0012", 300, id="L0", payer="MERIDIA FINANCES"),)),
    Case("P07 a learnt name is never sure: it decides nothing without a reference",
         owed=[item("FA-12", 700, whole_turnover=True), item("FA-14", "613.57", whole_turnover=True)],
         paid=line("VIREMENT", "613.57", payer="MERIDIA FINANCES", booking_date=LATER),
         right="REVIEW payer_and_amount: FA-14 613.57",
         before=(line("FA-12", 700, id="L0", payer="MERIDIA FINANCES"),)),
    Case("P08 two debtors of one name", owed=[item("FA-12", 700, "Durand", debtor_id="d1"), *COMMON,
                                              item("FA-13", 512, "Durand", debtor_id="d2")],
         paid=line("FA-13", 512, payer="DURAND"), right="AUTO T2: FA-13 512.00"),
    Case("P09 the legal form tells two debtors apart",
         owed=[item("FA-12", 512, "Durand Bois SARL", id="sarl"), item("FA-12", 512, "Durand Bois SA",
         id="sa",
                                                                       seller_id="B")],
         paid=line("FA-12", 512, payer="DURAND BOIS SARL"), right="AUTO T2: sarl 512.00"),
    Case("P10 a former name", owed=[item("FAC-2024-000123", "1873.46", "Brunoy SAS|Anciens Ets Faure")],
         paid=line("FACT 123", "1873.46", payer="ANCIENS ETS FAURE"),
         right="AUTO T5: FAC-2024-000123 1873.46"),
    Case("P11 the seller pays his debtor's invoice: may he forward?", owed=SOLD,
         paid=line("FAC-2024-123", "873.46", payer="MENUISERIE LAMBERT"),
         right="REVIEW paid_by_seller: FAC-2024-123 873.46"),
    Case("P12 he may", owed=SOLD, paid=line("FAC-2024-123", "873.46", payer="MENUISERIE LAMBERT"),
         right="AUTO T2: FAC-2024-123 873.46", policy=Policy(indirect_collection=True)),
    Case("P13 he may, and pays a part", owed=SOLD, paid=line("FAC-2024-123", 400, payer="MENUISERIE LAMBERT"),
         right="AUTO T8: FAC-2024-123 400.00", policy=Policy(indirect_collection=True)),
    Case("P14 he may, but cites nothing: no seller is his debtor", owed=SOLD,
         paid=line("VIREMENT", "873.46", payer="MENUISERIE LAMBERT"),
         right="REVIEW amount_only: FAC-2024-123 873.46", policy=Policy(indirect_collection=True)),
    Case("P15 a payment platform", owed=[item("FA-12", 700)], paid=line("VIREMENT", 700,
         payer="STRIPE PAYMENTS"),
         right="NONE platform_payout"),
    Case("P16 a clear other debtor, but an amount that chance does not meet",
         owed=[item("INV-4968", "1457.13", "Viandes Bost"), item("INV-4100", 512, "Ruel Conseil")],
         paid=line("INV-4968", "1457.13", payer="RUEL CONSEIL"), right="AUTO T2: INV-4968 1457.13"),
    Case("P17 an account of two debtors singles out none",
         owed=[item("FA-12", "613.57", whole_turnover=True), item("FA-13", 700, "Ruel Conseil",
         whole_turnover=True)],
         paid=line("VIREMENT", "613.57", payer="TRESORERIE CENTRALE", iban=IBAN),
         right="REVIEW payer_and_amount: FA-12 613.57",
         accounts=(PayerAccount(tenant_id="t", iban=IBAN, debtor_id="d:Ateliers Brunoy SAS"),
                   PayerAccount(tenant_id="t", iban=IBAN, debtor_id="d:Ruel Conseil"))),
]  # fmt: skip
