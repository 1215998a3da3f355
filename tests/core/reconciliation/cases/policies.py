"""Q01…: what a tenant allows."""

from core.reconciliation import Policy
from tests.core.reconciliation.build import item, line
from tests.core.reconciliation.cases.table import BRUNOY, Case

ONE = [item("FA-2404351", "2188.75", whole_turnover=True)]
ROUND = [
    item("F2024-0007", 1200),
    *(item(f"X{n}-0009", 1200, f"Client {n}", seller_id=f"s{n}") for n in range(30)),
]

CASES = [
    Case("Q01 a tier that may not decide prepares its answer", owed=ONE, paid=line("FA-2404351", "2188.75"),
         right="REVIEW tier_not_automatic: FA-2404351 2188.75", policy=Policy(automatic_tiers=("T1",))),
    Case("Q02 parts are not allowed", owed=ONE, paid=line("FA-2404351", 1000, payer=BRUNOY),
         right="REVIEW partial_payment: FA-2404351 1000.00", policy=Policy(allow_partial=False)),
    Case("Q03 silent payments are not allowed", owed=ONE, paid=line("VIREMENT", "2188.75", payer=BRUNOY),
         right="REVIEW tier_not_automatic: FA-2404351 2188.75", policy=Policy(automatic_tiers=("T1", "T2"))),
    Case("Q04 no rounding", owed=ONE, paid=line("FA-2404351", "2188.74", payer=BRUNOY),
         right="REVIEW unexplained_gap: FA-2404351 2188.74", policy=Policy(rounding_tolerance_minor=0)),
    Case("Q05 no exchange difference", owed=ONE, policy=Policy(exchange_tolerance_bp=0),
         paid=line("FA-2404351", 2180, payer=BRUNOY, original_currency="USD", original_amount_minor=236000),
         right="REVIEW unexplained_gap: FA-2404351 2180.00"),
    Case("Q06 a bolder bound of chance", owed=ROUND, paid=line("REGLT 2024 7", 1200),
         right="AUTO T2: F2024-0007 1200.00", policy=Policy(max_coincidence=2.0)),
    Case("Q07 the usual bound", owed=ROUND, paid=line("REGLT 2024 7", 1200),
         right="REVIEW coincidence_bound: F2024-0007 1200.00"),
    Case("Q08 fewer items are searched", owed=[*ONE, item("FA-2", "95.50", whole_turnover=True)],
         paid=line("VIREMENT", "2188.75", payer=BRUNOY), right="REVIEW payer_and_amount: FA-2404351 2188.75",
         policy=Policy(max_group_items=1)),
]  # fmt: skip
