"""R01…: money that comes back, that is paid out, and that was never a receipt."""

from datetime import timedelta

from tests.core.reconciliation.build import DAY, item, line
from tests.core.reconciliation.cases.table import BRUNOY, Case

LATER = DAY + timedelta(days=6)
OWED = [item("FA-12", 700), item("FA-13", 700, "Kervadec SARL")]
PAID = (line("FA-12", 700, id="a", payer=BRUNOY), line("FA-13", 700, id="b", payer="KERVADEC"))
RF = "RF18539007547034"
REFERENCED = [item("FA-90", 700, creditor_reference=RF), item("AV-2024-0007", "-150.40")]
AV = [item("AV-2024-0007", "-150.40"), item("FA-55", 1000)]

CASES = [
    Case("R01 no identifier, but one payer and amount", owed=OWED, before=PAID,
         paid=line("RAPPEL", -700, payer="Kervadec SARL", return_reason="FOCR", booking_date=LATER),
         right="AUTO T0: FA-13 -700.00"),
    Case("R02 two payments it may take back: the latest first", owed=OWED,
         before=(PAID[0], line("FA-13", 700, id="b", booking_date=DAY + timedelta(days=2))),
         paid=line("RAPPEL", -700, return_reason="FOCR", booking_date=LATER),
         right="REVIEW return_ambiguous: FA-13 -700.00"),
    Case("R03 a return of nothing that is known", owed=OWED, paid=line("REJET", -55, return_reason="AC04"),
         right="REVIEW return_without_original"),
    Case("R04 taken back before it was allocated", owed=OWED, paid=line("RETOUR", -81,
         id="L1", end_to_end_id="E2E-8",
                                                                     booking_date=LATER),
         before=(line(None, 81, id="L0", end_to_end_id="E2E-8"),), right="NONE return_of_unallocated"),
    Case("R05 the bank corrects itself the same day", owed=OWED,
         paid=line("FA-12", 700, bank_reference="BNK-0099"), right="NONE contra_entry",
         after=(line("ANNULATION", -700, id="L2", bank_reference="BNK-0099"),)),
    Case("R06 a credit note is paid out", owed=AV, paid=line("REMB AV-2024-0007", "-150.40", payer=BRUNOY),
         right="AUTO T2: AV-2024-0007 -150.40"),
    Case("R07 that refund comes back", owed=AV,
         paid=line("REJET VIREMENT", "150.40", end_to_end_id="OUT-0007", booking_date=LATER),
         before=(line("REMB AV-2024-0007", "-150.40", id="L0", payer=BRUNOY, end_to_end_id="OUT-0007"),),
         right="AUTO T0: AV-2024-0007 150.40"),
    Case("R08 another amount than the credit note's", owed=AV, paid=line("REMB AV-2024-0007", -100,
         payer=BRUNOY),
         right="REVIEW sum_differs: AV-2024-0007 -100.00"),
    Case("R09 a debit that cites an invoice pays nothing of it", owed=AV, paid=line("FA-55", -1000),
         right="NONE debit"),
    Case("R10 after a return the invoice is paid again", owed=[OWED[0]],
         before=(line("FA-12", 700, id="a", payer=BRUNOY, end_to_end_id="X-77"),
                 line("REJET", -700, id="b", end_to_end_id="X-77", booking_date=DAY + timedelta(days=3))),
         paid=line("FA-12", 700, payer=BRUNOY, booking_date=LATER), right="AUTO T2: FA-12 700.00"),
    Case("R11 a refund of value added tax", owed=OWED, paid=line("DGFIP REMBT TVA", 700),
         right="NONE not_a_receipt"),
    Case("R12 a salary, a fee, a loan: by the bank's own word", owed=OWED,
         paid=line("FA-XX", 700, operation="financing"), right="NONE financing_line"),
    Case("R13 money out under the reference of a settled invoice, citing a credit note", owed=REFERENCED,
         before=(line("FA-90", 700, id="a", payer=BRUNOY),),
         paid=line("AV-2024-0007", -700, creditor_reference=RF, booking_date=LATER, payer=BRUNOY),
         right="REVIEW sum_differs"),
    Case("R14 the bank corrects itself, and another payer's line of that day has a like label",
         owed=[item("2024-0012", 700), item("2024-0015", 700, "Kervadec SARL")],
         paid=line("REGLT 2024-0012", 700, payer=BRUNOY), right="NONE contra_entry",
         after=(line("EXTOURNE REGLT 2024-0012", -700, id="L2", payer=BRUNOY),
                line("2024-0015", 700, id="L3", payer="KERVADEC"))),
    Case("R15 money out to somebody else, whose invoice has the number of our credit note", owed=AV,
         paid=line("VIR SEPA EMIS /MOTIF AV-2024-0007 /BEN KERVADEC SARL", "-150.40"),
         right="REVIEW coincidence_bound: AV-2024-0007 -150.40"),
    Case("R16 a return whose text quotes who paid, among others of that amount", owed=OWED,
         before=(line("VIR RECU 1234567890S DE: KERVADEC PLOMBERIE MOTIF: FA-12", 700, id="a"),
                 line("VIR RECU 1234567891S DE: RUEL CONSEIL MOTIF: FA-13", 700, id="b",
                      booking_date=DAY + timedelta(days=2))),
         paid=line("RETOUR VIREMENT VIR RECU 1234567890S DE: KERVADEC PLOMBERIE MOTIF:", -700,
                   return_reason="AC04", booking_date=LATER), right="AUTO T0: FA-12 -700.00"),
]  # fmt: skip
