"""What Pennylane's words mean (Company API v2): one table per list.

Money arrives as decimal text. `currency_*` fields are in the document's currency and the others in
euros, so the tables read `currency_*`, which is right for both. Empty text means missing.
The traps behind each choice are told in `connectors/pennylane/NOTES.md`.
"""

from mappings.pennylane.bank import BANK_ACCOUNT, TRANSACTION
from mappings.pennylane.invoices import CUSTOMER_INVOICE, SUPPLIER_INVOICE
from mappings.pennylane.matches import MATCH
from mappings.pennylane.parties import COMPANY, CUSTOMER, SUPPLIER

__all__ = [
    "BANK_ACCOUNT",
    "COMPANY",
    "CUSTOMER",
    "CUSTOMER_INVOICE",
    "MATCH",
    "SUPPLIER",
    "SUPPLIER_INVOICE",
    "TRANSACTION",
]
